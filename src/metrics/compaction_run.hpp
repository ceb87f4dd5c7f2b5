// What compaction and downsampling share: windows, batches of series on the pool, lazily made
// outputs.
#pragma once
#include <functional>

#include "metrics/cold_block.hpp"
#include "metrics/compaction.hpp"

namespace pharos::metrics {

// Makes the encoded samples of one series in [from_ms, to_ms]; nothing when none are left. On pool
// threads.
using MakeSeries =
    std::function<Result<ColdSeries>(SeriesId, const Labels&, UnixMillis from_ms, UnixMillis to_ms,
                                     std::vector<std::string>& damage)>;

Result<CompactionResult> run_compaction(Disk& disk, ThreadPool& pool, const Compaction& work,
                                        Resolution resolution, const MakeSeries& make);

}  // namespace pharos::metrics
