// The one executor. Front ends (promql/, later logql/ and traces/) parse to a plan; this runs it.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/threads.hpp"
#include "model/querier.hpp"

namespace pharos::query {

class SharedResults;  // query/eval/shared_results.hpp

struct Point {  // a float, or a histogram when that is set
  UnixMillis t_ms = 0;
  double value = 0;
  HistogramPtr histogram;
};

struct Series {
  Labels labels;
  std::vector<Point> points;
};

struct Scalar { UnixMillis t_ms; double value; };
struct Text { UnixMillis t_ms; std::string value; };
struct Vector { std::vector<Series> series; };   // exactly one point each
struct Matrix { std::vector<Series> series; };   // sorted by labels
using Value = std::variant<Scalar, Text, Vector, Matrix>;

// Prometheus' texts, positions included, as clients compare them.
struct Annotations {
  std::vector<std::string> warnings, infos;   // in order of first appearance, unique
};

struct Stats {
  std::uint64_t samples_read = 0, samples_peak = 0, series = 0;
  Nanos queued{}, parsing{}, selecting{}, evaluating{}, total{};
  std::vector<std::uint64_t> samples_per_step;
};

struct Output {
  Value value;
  Annotations annotations;
  Stats stats;
};

struct EngineOptions {
  Millis lookback{std::chrono::minutes(5)};
  Millis timeout{std::chrono::minutes(2)};
  Millis subquery_step_default{std::chrono::minutes(1)};  // global evaluation interval
  std::uint64_t samples_max = 50'000'000;
  std::uint64_t memory_max = std::uint64_t{2} << 30;      // bytes a query may hold
  std::uint32_t concurrent_max = 20, queue_max = 1'000;
  std::uint32_t nesting_max = 250;
  int compat = 3;                    // 3: Prometheus 3.14; 2: closed windows, names dropped at once
  bool experimental_functions = true, delayed_name_removal = true, start_timestamps = true, type_and_unit_labels = true;
  bool per_step_stats = false;
};

struct QueryRequest {
  std::string expr;
  UnixMillis start_ms = 0, end_ms = 0;
  std::int64_t step_ms = 0;                // 0: instant query at start_ms
  std::optional<Millis> lookback, timeout;
  std::uint64_t samples_max = 0;           // 0: the engine's; never above it
  std::uint64_t series_max = 0;            // of the result; 0: no limit. Sets `truncated` by the API
  std::string source;                      // who asks: "api 127.0.0.1:4312", "rule group/name", for the query list
  // Asked by the server itself, again and again: kept in the list of what ended only when it failed or
  // took long.
  bool routine = false;
  std::stop_token cancelled;
  // What other queries of the same moment have worked out: for those that run one after the other.
  SharedResults* shared = nullptr;
};

// A query that runs now or ran lately.
struct QueryRecord {
  std::uint64_t id = 0;
  std::string expr, source, state;         // "queued", "running", "done", "failed", "killed"
  UnixMillis start_ms = 0, end_ms = 0;
  std::int64_t step_ms = 0;
  Time began;
  Nanos elapsed{};
  std::uint64_t samples = 0, bytes_peak = 0;
  std::string error;
};

// Thread-safe. Errors: Errc::invalid with Prometheus' parse error text (`1:5: parse error: …`),
// Errc::timeout, Errc::cancelled, Errc::limit, or Errc::unsupported; execution errors are Errc::conflict
// (Prometheus' "execution", 422) with the original's text.
class Engine {
 public:
  Engine(EngineOptions options, std::shared_ptr<ThreadPool> pool, const Clock& clock);
  ~Engine();
  Result<Output> run(Querier& querier, const QueryRequest& request);
  const EngineOptions& options() const;

  std::vector<QueryRecord> queries() const;   // running first, then the last 1,000 that ended, newest first
  bool kill(std::uint64_t id);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pharos::query
