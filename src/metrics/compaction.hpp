// Merges parts into cold blocks. Never touches its inputs: the caller swaps.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/threads.hpp"
#include "metrics/part.hpp"
#include "metrics/tombstones.hpp"

namespace pharos::metrics {

struct Compaction {
  // In the order in which they were stored: of two samples at one time the earlier stored wins. All
  // of one resolution, which the outputs have too.
  std::vector<std::shared_ptr<const Part>> parts;
  // Labels of a series no part knows (hot segments have none). Errors end the compaction.
  std::function<Result<Labels>(SeriesId)> labels;
  const Tombstones* tombstones = nullptr;
  // Samples before the returned time are dropped; nullopt drops the whole series. Unset: keep all.
  // Called on pool threads.
  std::function<std::optional<UnixMillis>(SeriesId, const Labels&)> keep_from;
  Millis span = std::chrono::hours(24);  // outputs are cut at its UTC multiples
  UnixMillis from_ms = std::numeric_limits<UnixMillis>::min(),
             to_ms = std::numeric_limits<UnixMillis>::max();  // closed
  // Names the next output, "…/NNNNNNNN.cold".
  std::function<std::string()> next_path;
  std::stop_token stop;
};

struct CompactionResult {
  std::vector<std::string> paths;  // outputs, rising in time; durable
  std::uint64_t samples = 0, bytes = 0;
  std::vector<std::string> damage;  // what could not be read, the first 100; the rest goes on
};
// Errc::cancelled when `stop` was requested. On any error no output remains. Damaged granules are
// reported and left out; what can be read of their series is kept. Memory: one batch of 512 series.
Result<CompactionResult> compact(Disk& disk, ThreadPool& pool, const Compaction& work);

}  // namespace pharos::metrics
