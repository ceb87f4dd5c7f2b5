#include "ingest/series_cache.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "base/metric.hpp"

namespace pharos::ingest {
namespace {

constexpr std::size_t kMetadataSeenMax = 100'000;

struct Stats {
  Counter lookups{"pharos_ingest_series_cache_lookups_total", "Encoded label sets looked up, by outcome.", {"outcome"}};
  Counter predicted = lookups.with({"predicted"});
  Counter found = lookups.with({"found"});
  Counter missed = lookups.with({"missed"});
  Counter drops{"pharos_ingest_series_cache_drops_total", "Times the series cache was full and dropped everything."};
};
Stats& stats() {
  static Stats s;
  return s;
}

}  // namespace

SeriesCache::SeriesCache(std::size_t series_max)
    : seed_(Random::system_seed()), series_max_(std::clamp<std::size_t>(series_max, 1, kNone - 1)) {}

SeriesCache::Walk::Walk(SeriesCache& cache) : cache_(cache), previous_(kNone) {
  std::lock_guard turn(cache.turnstile_);
  lock_ = std::shared_lock(cache.mutex_);
}

SeriesCache::Walk::~Walk() {
  auto& s = stats();
  if (predicted_) s.predicted.add(static_cast<double>(predicted_));
  if (hits_) s.found.add(static_cast<double>(hits_));
  if (misses_) s.missed.add(static_cast<double>(misses_));
}

SeriesRef SeriesCache::Walk::find(const SeriesKey& key) {
  auto& entries = cache_.entries_;
  if (previous_ != kNone) {
    const auto guess = std::atomic_ref(entries[previous_].next).load(std::memory_order_relaxed);
    if (guess != kNone && entries[guess].key == key) {
      ++predicted_;
      previous_ = guess;
      return entries[guess].ref;
    }
  }
  const auto found = cache_.probe(key);
  if (found == kNone) {
    ++misses_;
    previous_ = kNone;
    return SeriesRef::none;
  }
  ++hits_;
  if (previous_ != kNone) std::atomic_ref(entries[previous_].next).store(found, std::memory_order_relaxed);
  previous_ = found;
  return entries[found].ref;
}

std::uint32_t SeriesCache::probe(const SeriesKey& key) const {
  if (table_.empty()) return kNone;
  const auto mask = table_.size() - 1;
  for (auto slot = key.low & mask;; slot = (slot + 1) & mask) {
    const auto index = table_[slot];
    if (index == kNone || entries_[index].key == key) return index;
  }
}

void SeriesCache::put(const SeriesKey& key, std::uint32_t index) {
  const auto mask = table_.size() - 1;
  auto slot = key.low & mask;
  while (table_[slot] != kNone) slot = (slot + 1) & mask;
  table_[slot] = index;
}

void SeriesCache::grow() {
  table_.assign(std::max<std::size_t>(1024, table_.size() * 2), kNone);
  for (std::uint32_t i = 0; i < entries_.size(); ++i) put(entries_[i].key, i);
}

void SeriesCache::insert(std::span<const Known> series) {
  std::lock_guard turn(turnstile_);
  std::unique_lock lock(mutex_);
  auto previous = kNone;
  for (const auto& [key, ref] : series) {
    auto index = probe(key);
    if (index == kNone) {
      if (entries_.size() >= series_max_) {
        stats().drops.add();
        entries_.clear();
        std::fill(table_.begin(), table_.end(), kNone);
        previous = kNone;
      }
      if ((entries_.size() + 1) * 4 > table_.size() * 3) grow();
      index = static_cast<std::uint32_t>(entries_.size());
      entries_.push_back({key, ref, kNone});
      put(key, index);
    } else {
      entries_[index].ref = ref;
    }
    if (previous != kNone) entries_[previous].next = index;
    previous = index;
  }
}

bool SeriesCache::metadata_is_new(std::uint64_t digest) {
  std::lock_guard lock(metadata_mutex_);
  if (metadata_seen_.size() >= kMetadataSeenMax) metadata_seen_.clear();
  return metadata_seen_.insert(digest).second;
}

void SeriesCache::forget_metadata() {
  std::lock_guard lock(metadata_mutex_);
  metadata_seen_.clear();
}

void SeriesCache::clear() {
  forget_metadata();
  std::lock_guard turn(turnstile_);
  std::unique_lock lock(mutex_);
  std::vector<Entry>().swap(entries_);
  std::vector<std::uint32_t>().swap(table_);
}

std::size_t SeriesCache::size() const {
  std::shared_lock lock(mutex_);
  return entries_.size();
}

std::size_t SeriesCache::memory_bytes() const {
  std::shared_lock lock(mutex_);
  return entries_.capacity() * sizeof(Entry) + table_.capacity() * sizeof(std::uint32_t);
}

}  // namespace pharos::ingest
