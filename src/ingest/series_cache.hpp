// From the bytes with which a sender writes a label set to the series they mean, without decoding
// them: senders repeat the same series in the same order, so the next series is predicted from the
// previous one and checked with one comparison of hashes.
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "codec/checksum.hpp"
#include "model/sample.hpp"

namespace pharos::ingest {

// Identity of an encoded label set: a 128-bit XXH3 under a random seed, so that a sender cannot make
// two of them meet (2^-90 for a million series by chance).
using SeriesKey = codec::Hash128;

// Thread-safe. Holds 32 bytes per series and 6 to 12 of table; never the label bytes. A request walks it under a
// shared lock that it takes once; new series are added under the exclusive one, afterwards.
class SeriesCache {
 public:
  // At `series_max` everything is dropped and learnt again: pharos_ingest_series_cache_drops_total.
  explicit SeriesCache(std::size_t series_max = 10'000'000);

  SeriesKey key(std::string_view encoded_labels) const { return codec::hash128(encoded_labels, seed_); }
  std::uint64_t seed() const { return seed_; }

  // The order of one request's series. Not thread-safe itself; keep it no longer than the decoding.
  class Walk {
   public:
    explicit Walk(SeriesCache& cache);
    ~Walk();
    Walk(const Walk&) = delete;
    SeriesRef find(const SeriesKey& key);  // none: not known

   private:
    SeriesCache& cache_;
    std::shared_lock<std::shared_mutex> lock_;
    std::uint32_t previous_;
    std::uint64_t hits_ = 0, predicted_ = 0, misses_ = 0;
  };

  struct Known {
    SeriesKey key;
    SeriesRef ref;
  };
  // In the order of the request; replaces the refs of keys already there.
  void insert(std::span<const Known> series);
  // True the first time for each digest of a family's metadata: senders repeat them with every request. Bounded; forgotten with clear()
  // and when an append failed (forget_metadata).
  bool metadata_is_new(std::uint64_t digest);
  void forget_metadata();
  void clear();
  std::size_t size() const;
  std::size_t memory_bytes() const;

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;
  struct Entry {
    SeriesKey key;
    SeriesRef ref;
    std::uint32_t next;    // guess; written under the shared lock, hence through atomic_ref
  };
  std::uint32_t probe(const SeriesKey& key) const;
  void grow();
  void put(const SeriesKey& key, std::uint32_t index);

  const std::uint64_t seed_;
  const std::size_t series_max_;
  mutable std::mutex turnstile_;             // a waiting writer keeps new readers out
  mutable std::shared_mutex mutex_;
  std::vector<Entry> entries_;               // guarded by mutex_
  std::vector<std::uint32_t> table_;         // guarded by mutex_; power of two, at most 3/4 full
  std::mutex metadata_mutex_;
  std::unordered_set<std::uint64_t> metadata_seen_;  // guarded by metadata_mutex_
};

}  // namespace pharos::ingest
