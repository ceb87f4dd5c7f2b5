// One (expression, step) that some stream follows: the numbers of its series and its answers as
// text.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "model/labels.hpp"
#include "query/engine.hpp"

namespace pharos::api::live {

inline constexpr std::size_t kSeriesMax = 2'000;  // of one answer

// One step's answer: the inside of a `tick` event, the same bytes for all who follow.
struct Tick {
  UnixMillis t_ms = 0;
  std::string values;                                            // [[0,1.5],[3,"NaN"]]
  std::uint32_t known = 0;                                       // series that have a number by now
  std::vector<std::pair<std::uint32_t, std::int64_t>> returned;  // number, milliseconds of absence
  bool renumbered = false;  // old numbers mean nothing any more: a history must follow
};

struct HistoryText {
  UnixMillis start_ms = 0, end_ms = 0;
  std::string series;  // [[0,{…},[1,2,null]],…]
  std::uint32_t known = 0;
};

// Thread-safe.
class Plan {
 public:
  Plan(std::string expr, std::int64_t step_ms) : expr_(std::move(expr)), step_ms_(step_ms) {}
  const std::string& expr() const { return expr_; }
  std::int64_t step_ms() const { return step_ms_; }

  // Errc::limit when there are more than kSeriesMax series; Errc::invalid for text.
  Result<Tick> tick(const query::Value& value, UnixMillis t_ms);
  Result<HistoryText> history(const query::Value& value, UnixMillis start_ms, UnixMillis end_ms);
  // [[5,{labels}],…] of what a client does not know that has the first `known` labels: series
  // numbered since, and those that return after more than `range_ms`, which it may have forgotten.
  // "": none.
  std::string new_labels(const Tick& tick, std::uint32_t known, std::int64_t range_ms) const;

 private:
  std::uint32_t number_of(const Labels& labels);

  const std::string expr_;
  const std::int64_t step_ms_;
  mutable std::mutex mutex_;
  std::vector<Labels> series_;                         // by number; guarded by mutex_, as
  std::vector<UnixMillis> seen_;                       // when each had a sample last; 0: not yet
  std::unordered_map<Labels, std::uint32_t> numbers_;  // the way back
};

// A number, or the strings "NaN", "+Inf", "-Inf".
void put_live_value(std::string& out, double value);

}  // namespace pharos::api::live
