// Roll-ups: raw → 5 minutes → 1 hour, and reading them for a PromQL function.
#pragma once
#include <string_view>

#include "metrics/compaction.hpp"

namespace pharos::metrics {

constexpr UnixMillis window_ms(Resolution resolution) {
  return resolution == Resolution::raw            ? 0
         : resolution == Resolution::five_minutes ? 300'000
                                                  : 3'600'000;
}

// As compact(), with outputs of `resolution`; parts are raw for five_minutes, five_minutes for
// one_hour. Histograms keep the last one of each window.
Result<CompactionResult> downsample(Disk& disk, ThreadPool& pool, const Compaction& work,
                                    Resolution resolution);

// The samples of a roll-up that stand for the raw ones under `function` ("" = a plain selector):
// rate, increase, irate, resets…: a cumulative counter that only grows; min_, max_, sum_,
// count_over_time: that aggregate; last_over_time, changes…: last; everything else: average.
// A count_over_time over roll-ups is the sum of the column. Raw parts are read as they are.
Status read_for_function(const Part& part, SeriesId id, std::string_view function,
                         UnixMillis from_ms, UnixMillis to_ms, SampleColumn& out);

}  // namespace pharos::metrics
