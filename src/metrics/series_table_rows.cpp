#include "metrics/series_table_rows.hpp"

#include <algorithm>
#include <new>

namespace pharos::metrics {

SeriesRows::SeriesRows() : chunks_(new std::atomic<Chunk*>[kSlotsMax / kChunk]()) {}

SeriesRows::~SeriesRows() = default;

// Where the pairs lie: a place another series has left, or the end. A set never crosses a chunk.
std::uint32_t SeriesRows::place(std::span<const Pair> pairs) {
  constexpr std::uint32_t kSize = 1u << kPairBits;
  std::uint32_t at;
  if (pairs.size() < free_places_.size() && !free_places_[pairs.size()].empty()) {
    at = free_places_[pairs.size()].back();
    free_places_[pairs.size()].pop_back();
  } else {
    const auto used = pair_end_ & (kSize - 1);
    if (pair_chunks_.empty() || pair_end_ == pair_chunks_.size() * kSize || used + pairs.size() > kSize) {
      pair_end_ = static_cast<std::uint32_t>(pair_chunks_.size() * kSize);
      pair_chunks_.push_back(static_cast<Pair*>(slabs_.allocate(kSize * sizeof(Pair))));
    }
    at = pair_end_;
    pair_end_ += static_cast<std::uint32_t>(pairs.size());
  }
  std::ranges::copy(pairs, pair_chunks_[at >> kPairBits] + (at & (kSize - 1)));
  return at;
}

Slot SeriesRows::add(SeriesId id, std::span<const Pair> pairs) {
  Slot slot;
  if (!free_.empty()) {
    std::ranges::pop_heap(free_, std::greater<>{});
    slot = free_.back();
    free_.pop_back();
  } else {
    slot = size_.load(std::memory_order_relaxed);
    // Places are 32-bit numbers: with very long label sets they end before the slots do.
    if (slot >= kSlotsMax || pair_chunks_.size() >= (std::size_t{1} << (32 - kPairBits)) - 1) return SeriesTable::kNoSlot;
    auto& owner = chunks_[slot >> kChunkBits];
    if (owner.load(std::memory_order_relaxed) == nullptr) owner.store(new (slabs_.allocate(sizeof(Chunk))) Chunk(), std::memory_order_release);
  }
  auto& row = *this->row(slot);
  row.id.store(static_cast<std::uint64_t>(id), std::memory_order_relaxed);
  row.first = place(pairs);
  row.count = static_cast<std::uint32_t>(pairs.size());
  auto& word = chunk(slot)->word[slot & (kChunk - 1)];
  word.store(word.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  if (slot >= size_.load(std::memory_order_relaxed)) size_.store(slot + 1, std::memory_order_release);
  return slot;
}

void SeriesRows::remove(Slot slot) {
  auto& row = *this->row(slot);
  auto& word = chunk(slot)->word[slot & (kChunk - 1)];
  word.store(word.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  if (free_places_.size() <= row.count) free_places_.resize(row.count + 1);
  free_places_[row.count].push_back(row.first);
  row.count = 0;
  free_.push_back(slot);
  std::ranges::push_heap(free_, std::greater<>{});
}

std::span<const Pair> SeriesRows::pairs(Slot slot) const {
  const auto* found = row(slot);
  if (found == nullptr || found->count == 0) return {};
  return {pair_chunks_[found->first >> kPairBits] + (found->first & ((1u << kPairBits) - 1)), found->count};
}

std::size_t SeriesRows::bytes() const {
  std::size_t total = kSlotsMax / kChunk * sizeof(void*) + free_.capacity() * sizeof(Slot);
  total += slabs_.bytes();
  for (const auto& places : free_places_) total += places.capacity() * sizeof(std::uint32_t);
  return total;
}

}  // namespace pharos::metrics
