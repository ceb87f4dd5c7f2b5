// Decoded samples of cold blocks that short reads asked for lately: the alert rule, the panel or
// the instant query that comes next looks at the same newest granules. Opening a coded column costs
// more than copying twenty samples out of it.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <random>
#include <span>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "metrics/part.hpp"

namespace pharos::metrics {

// A run of plain floats of one series in one part. Complete: the part has no other samples of the
// series in the closed range.
struct CachedRun {
  UnixMillis from_ms = 0, to_ms = 0;
  std::span<const UnixMillis> t_ms;
  std::span<const double> value;
};

// Thread-safe. Holds one run per series and part, at most `bytes_max` in all; when full, runs that
// nobody asked for twice go first.
class GranuleCache {
 public:
  explicit GranuleCache(std::size_t bytes_max);
  ~GranuleCache();
  GranuleCache(const GranuleCache&) = delete;
  GranuleCache& operator=(const GranuleCache&) = delete;

  struct Key {
    std::uint64_t part;  // from new_part()
    SeriesId id;
    bool operator==(const Key&) const = default;
  };
  std::uint64_t new_part() { return parts_.fetch_add(1, std::memory_order_relaxed); }

  // Appends the samples with from <= t <= to. False when no run covers the range; `out` is
  // untouched.
  bool read(Key key, UnixMillis from_ms, UnixMillis to_ms, SampleColumn& out);
  // Replaces the series' run. One that is too large for its share of the cache is not kept.
  void put(Key key, const CachedRun& run);
  // Brings the counters up to date; they are kept by shard, so that a hit bumps nothing shared.
  void report();
  // Lets go what was not read since the last call.
  void sweep();
  std::size_t bytes() const;

 private:
  struct Run {
    Key key{};
    bool used = false;
    std::uint32_t count = 0;
    UnixMillis from_ms = 0, to_ms = 0, first_ms = 0;
    std::uint32_t step_ms = 0;         // of a regular run
    std::vector<std::uint32_t> times;  // else: behind the first
    std::vector<double> values;        // one when they are all the same
    std::size_t bytes() const;
    UnixMillis time(std::size_t i) const;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const {
      // Fibonacci hashing: series ids are dense.
      return (static_cast<std::uint64_t>(key.id) + (key.part << 40)) * 0x9e3779b97f4a7c15u;
    }
  };
  // Aligned, so that threads at different shards share no line.
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::vector<Run> runs;                                      // all below guarded by mutex
    boost::unordered_flat_map<Key, std::uint32_t, Hash> place;  // in `runs`
    std::size_t bytes = 0;
    std::uint64_t hits = 0, misses = 0, evicted = 0;  // since the last report
    std::minstd_rand random;
  };
  static constexpr std::size_t kShards = 64;
  Shard& shard(const Key& key) { return shards_[Hash{}(key) >> 58]; }
  static void remove(Shard& shard, std::uint32_t at);
  static std::uint32_t victim(Shard& shard);

  const std::size_t shard_bytes_max_;
  std::mutex report_mutex_;
  std::size_t reported_bytes_ = 0;  // guarded by report_mutex_
  std::atomic<std::uint64_t> parts_{0};
  std::array<Shard, kShards> shards_;
};

}  // namespace pharos::metrics
