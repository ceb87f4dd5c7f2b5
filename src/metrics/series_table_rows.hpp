// The series by slot: id, generation and the numbers of their label pairs.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/huge_pages.hpp"
#include "metrics/series_table.hpp"
#include "metrics/symbol_chunks.hpp"

namespace pharos::metrics {

using Pair = std::uint32_t;

// Changed and read under the table's lock, but for the functions marked lock-free: a chunk of rows
// is published before any reference into it is given out.
class SeriesRows {
 public:
  static constexpr std::uint32_t kChunkBits = 13, kChunk = 1u << kChunkBits;
  static constexpr Slot kSlotsMax = 1u << 28;

  SeriesRows();
  ~SeriesRows();
  SeriesRows(const SeriesRows&) = delete;
  SeriesRows& operator=(const SeriesRows&) = delete;

  // The lowest free slot when one was removed before, else the next. SeriesTable::kNoSlot when full.
  Slot add(SeriesId id, std::span<const Pair> pairs);
  void remove(Slot slot);  // live
  void set_id(Slot slot, SeriesId id) { row(slot)->id.store(static_cast<std::uint64_t>(id), std::memory_order_relaxed); }
  std::span<const Pair> pairs(Slot slot) const;  // empty when not live

  Slot size() const { return size_.load(std::memory_order_acquire); }  // lock-free, as all below
  bool alive(Slot slot) const { return (word(slot) & 1) != 0; }
  SeriesRef ref(Slot slot) const { return static_cast<SeriesRef>((std::uint64_t{word(slot)} << 32) | slot); }
  Slot slot_of(SeriesRef ref) const {
    const auto bits = static_cast<std::uint64_t>(ref);
    const auto slot = static_cast<Slot>(bits);
    const auto wanted = static_cast<std::uint32_t>(bits >> 32);
    return (wanted & 1) != 0 && word(slot) == wanted ? slot : SeriesTable::kNoSlot;
  }
  SeriesId id(Slot slot) const {  // of the last series in the slot
    const auto* found = row(slot);
    return found ? static_cast<SeriesId>(found->id.load(std::memory_order_relaxed)) : SeriesId{};
  }
  std::size_t bytes() const;

 private:
  struct Row {
    std::atomic<std::uint64_t> id{0};
    std::uint32_t first = 0, count = 0;  // in pairs_
  };
  struct Chunk {
    std::atomic<std::uint32_t> word[kChunk];  // generation; odd while the slot is in use
    Row rows[kChunk];
  };
  static constexpr std::size_t kPairBits = 14;

  const Chunk* chunk(Slot slot) const {
    const auto at = slot >> kChunkBits;
    return at < kSlotsMax / kChunk ? chunks_[at].load(std::memory_order_acquire) : nullptr;
  }
  Chunk* chunk(Slot slot) { return const_cast<Chunk*>(std::as_const(*this).chunk(slot)); }
  Row* row(Slot slot) { return &chunk(slot)->rows[slot & (kChunk - 1)]; }
  const Row* row(Slot slot) const {
    const auto* found = chunk(slot);
    return found ? &found->rows[slot & (kChunk - 1)] : nullptr;
  }
  std::uint32_t word(Slot slot) const {
    const auto* found = chunk(slot);
    return found ? found->word[slot & (kChunk - 1)].load(std::memory_order_acquire) : 0;
  }
  std::uint32_t place(std::span<const Pair> pairs);

  std::unique_ptr<std::atomic<Chunk*>[]> chunks_;
  std::atomic<Slot> size_{0};
  std::vector<Slot> free_;  // a heap, lowest first
  Slabs slabs_;                                         // of chunks and pair chunks
  std::vector<Pair*> pair_chunks_;
  std::uint32_t pair_end_ = 0;                          // next unused place in the last chunk, in all chunks counted
  std::vector<std::vector<std::uint32_t>> free_places_;  // by number of pairs
};

}  // namespace pharos::metrics
