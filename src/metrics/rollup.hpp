// Roll-ups as values: the samples of one series, one per window, with the stored aggregates beside
// them. Pure functions.
#pragma once
#include <array>
#include <span>
#include <vector>

#include "metrics/cold_block_format.hpp"
#include "metrics/part.hpp"

namespace pharos::metrics {

struct Rollup {
  SampleColumn
      base;  // times of each window's last sample, histograms and start times; values unused
  std::array<std::vector<double>, kStoredAggregates> columns;

  std::size_t size() const { return base.size(); }
  std::vector<double>& of(Aggregate a) { return columns[static_cast<std::size_t>(a)]; }
  const std::vector<double>& of(Aggregate a) const { return columns[static_cast<std::size_t>(a)]; }
};

// Windows [k·window, (k+1)·window) of raw samples, and of finer windows. Stale markers are left
// out; a window of histograms alone has a count of 0 and keeps its last histogram.
Rollup roll_up(const SampleColumn& samples, UnixMillis window_ms);
Rollup roll_up(const Rollup& finer, UnixMillis window_ms);

// Appends the named rows.
void take_rows(Rollup& to, const Rollup& from, std::span<const std::uint32_t> rows);

// The samples of a series in several parts, merged: of equal times the part that stands first wins.
// Corrupt parts are named in `damage` and what can be read of them is kept; other errors end it.
Status read_merged(std::span<const std::shared_ptr<const Part>> parts, SeriesId id,
                   UnixMillis from_ms, UnixMillis to_ms, SampleColumn& out,
                   std::vector<std::string>& damage);
Status read_merged(std::span<const std::shared_ptr<const Part>> parts, SeriesId id,
                   UnixMillis from_ms, UnixMillis to_ms, Rollup& out,
                   std::vector<std::string>& damage);

// A counter that only grows, from `first`, `last` and `counter` of following windows; its
// differences are the true increases.
std::vector<double> cumulative(std::span<const double> first, std::span<const double> last,
                               std::span<const double> counter);

}  // namespace pharos::metrics
