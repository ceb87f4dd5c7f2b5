// Delta streams added up to cumulative ones, as OpenTelemetry's deltatocumulative processor does:
// a point adds to what came before; a gap in time starts nothing anew, an overlap is refused.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "ingest/series_cache.hpp"
#include "model/histogram.hpp"

namespace pharos::ingest {

// What a point of a delta stream becomes.
struct DeltaStart {
  UnixMillis start_ms = 0;             // of the cumulative series
  bool accepted = false;
};

// Explicit buckets as OTLP has them: counts[i] for (bounds[i-1], bounds[i]].
struct ExplicitHistogram {
  std::vector<double> bounds;
  std::vector<std::uint64_t> counts;
  std::uint64_t count = 0;
  double sum = 0;
};

// Dense exponential buckets: counts[i] of index offset + i at `scale`.
struct ExponentialSide {
  std::int32_t offset = 0;
  std::vector<std::uint64_t> counts;
};
struct ExponentialHistogram {
  std::int32_t scale = 0;
  std::uint64_t count = 0, zero_count = 0;
  double sum = 0, zero_threshold = 0;
  ExponentialSide positive, negative;
  void downscale(std::int32_t to);     // merges 2^(scale-to) neighbours into one bucket
};

// What a stream has added up to: one of the three.
struct DeltaState {
  UnixMillis start_ms = 0, t_ms = 0;
  std::uint64_t newest = 0;            // digest of the newest point; 0: not known, as after a restart
  double value = 0;
  std::unique_ptr<ExplicitHistogram> explicit_histogram;
  std::unique_ptr<ExponentialHistogram> exponential;
};

// Thread-safe, in shards. Bounded: at `streams_max` the stream idle for longest of its shard leaves memory
// (pharos_ingest_otlp_delta_evicted_total), as do those idle for `idle_max`. When they come back, the caller seeds them with what the
// store holds; without that they begin at zero, which queries see as a reset.
class DeltaAccumulator {
 public:
  DeltaAccumulator(std::uint32_t streams_max, Millis idle_max);

  bool contains(const SeriesKey& key) const;
  void seed(const SeriesKey& key, DeltaState state);  // unless it is there by now
  // Streams whose points were not stored after all: what the store holds counts.
  void forget(std::span<const SeriesKey> keys);

  // The newest point once more (its sender did not hear our answer) gives the total again, uncounted; others that are not
  // newer are refused.
  DeltaStart add(const SeriesKey& key, UnixMillis start_ms, UnixMillis t_ms, double& value);
  DeltaStart add(const SeriesKey& key, UnixMillis start_ms, UnixMillis t_ms, ExplicitHistogram& histogram);
  DeltaStart add(const SeriesKey& key, UnixMillis start_ms, UnixMillis t_ms, ExponentialHistogram& histogram);
  std::size_t streams() const;

 private:
  struct Stream : DeltaState {
    std::uint64_t used = 0;            // turn of the shard's clock
  };
  struct KeyHash {
    std::size_t operator()(const SeriesKey& key) const { return key.low; }
  };
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<SeriesKey, Stream, KeyHash> streams;  // guarded by mutex
    std::uint64_t turn = 0;
    UnixMillis swept_ms = 0;
  };
  Stream& insert(Shard& shard, const SeriesKey& key);
  template <class Merge, class Repeat>
  DeltaStart update(const SeriesKey& key, UnixMillis start_ms, UnixMillis t_ms, std::uint64_t digest, Merge&& merge, Repeat&& repeat);

  std::array<Shard, 16> shards_;
  std::size_t per_shard_;
  Millis idle_max_;
};

}  // namespace pharos::ingest
