// The way in: everything that writes samples does it through an Appender.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/sample.hpp"

namespace pharos {

// Samples to append in one step. Spans point into the caller's memory during the call only. The
// samples of one series must come in the order in which they are to be judged; otherwise any order,
// but the cheapest is the order of the previous batch from the same sender.
struct AppendBatch {
  std::span<const FloatSample> floats;
  std::span<const UnixMillis> float_start_ms;   // empty, or one per float (0 = unknown)
  std::span<const HistogramSample> histograms;
  std::span<const UnixMillis> histogram_start_ms;
  std::span<const ExemplarSample> exemplars;
  std::span<const Metadata> metadata;
};

struct AppendOptions {
  // Scrapes: refuse samples older than the newest of their series even inside the out-of-order window.
  bool in_order_only = false;
};

enum class RejectReason : std::uint8_t {
  unknown_ref,     // resolve again: the series left memory
  out_of_order,    // older than the newest sample, out-of-order window is off or in_order_only
  too_old,         // older than the out-of-order window
  out_of_bounds,   // before the retention limit or too far in the future
  duplicate,       // another value at the same time as the newest sample ("duplicate sample for timestamp")
  series_limit,
  invalid,         // histogram or exemplar that does not validate
};
std::string_view name(RejectReason reason);  // Prometheus' error text: "out of order sample", …

struct Rejection {
  enum class Kind : std::uint8_t { floating, histogram, exemplar } kind;
  RejectReason reason;
  std::uint32_t index;  // into the span of its kind
};

struct AppendOutcome {
  std::uint64_t accepted = 0;         // floats + histograms stored (equal duplicates count, and change nothing)
  std::uint64_t exemplars = 0;
  std::vector<Rejection> rejections;  // in order; the first 1,000, the rest are only counted
  std::uint64_t rejected = 0;
  void clear() { *this = {}; }
};

// Thread-safe; calls from several threads run side by side where the store can.
class Appender {
 public:
  virtual ~Appender() = default;

  // The series with these labels, made when new. Errc::limit names the cardinality limit that was hit.
  virtual Result<SeriesRef> resolve(const Labels& labels) = 0;
  // The same for many at once from borrowed text: series i is labels[offsets[i] … offsets[i+1]),
  // sorted by name, unique, no empty values. refs[i] is none where `errors` got an entry for i.
  struct ResolveError { std::uint32_t index; Error error; };
  virtual void resolve(std::span<const LabelView> labels, std::span<const std::uint32_t> offsets,
                       std::span<SeriesRef> refs, std::vector<ResolveError>& errors) = 0;

  // On return the accepted samples are visible to queries and as durable as the store's sync mode
  // promises (journal written; with `always`, synced). An error (Errc::io, Errc::unavailable) means
  // that nothing of the batch is acknowledged. Rejected samples never spoil the others.
  virtual Result<AppendOutcome> append(const AppendBatch& batch, const AppendOptions& options = {}) = 0;
};

}  // namespace pharos
