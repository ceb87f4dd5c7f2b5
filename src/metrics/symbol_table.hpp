// Hash table from 32-bit hashes to numbers whose content lives elsewhere: symbols, pairs, series.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/huge_pages.hpp"

namespace pharos::metrics {

// Linear probing over {hash, number} cells; the home of a hash is its share of the capacity, so that
// growing walks memory in order and the capacity need not be a power of two. Not thread-safe.
class NumberTable {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  // The number with this hash for which `same` is true.
  template <class Same>
  std::uint32_t find(std::uint32_t hash, Same&& same) const {
    if (cells_.empty()) return kNone;
    for (auto at = home(hash);; at = next(at)) {
      const auto& cell = cells_[at];
      if (cell.number == kNone) return kNone;
      if (cell.hash == hash && same(cell.number)) return cell.number;
    }
  }

  void insert(std::uint32_t hash, std::uint32_t number) {
    if ((size_ + 1) * 5 > cells_.size() * 4) resize(cells_.size() + cells_.size() / 2 + 16);
    place({hash, number});
    ++size_;
  }

  void erase(std::uint32_t hash, std::uint32_t number) {
    if (cells_.empty()) return;
    auto hole = home(hash);
    while (cells_[hole].number != number) {
      if (cells_[hole].number == kNone) return;
      hole = next(hole);
    }
    // Close the gap: move back every later cell of the run whose home is not behind the hole.
    for (auto at = next(hole); cells_[at].number != kNone; at = next(at)) {
      const auto from = home(cells_[at].hash);
      const bool reachable = hole <= at ? (hole < from && from <= at) : (hole < from || from <= at);
      if (reachable) continue;
      cells_[hole] = cells_[at];
      hole = at;
    }
    cells_[hole].number = kNone;
    --size_;
  }

  void reserve(std::size_t numbers) {
    if (const auto wanted = numbers * 5 / 4 + 16; wanted > cells_.size()) resize(wanted);
  }
  void prefetch(std::uint32_t hash) const {
    if (!cells_.empty()) __builtin_prefetch(&cells_[home(hash)]);
  }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return cells_.capacity() * sizeof(Cell); }

 private:
  struct Cell {
    std::uint32_t hash, number;
  };
  using Cells = std::vector<Cell, HugeAllocator<Cell>>;

  std::size_t home(std::uint32_t hash) const {
    return static_cast<std::size_t>((std::uint64_t{hash} * cells_.size()) >> 32);
  }
  std::size_t next(std::size_t at) const { return at + 1 == cells_.size() ? 0 : at + 1; }
  void place(Cell cell) {
    auto at = home(cell.hash);
    while (cells_[at].number != kNone) at = next(at);
    cells_[at] = cell;
  }
  void resize(std::size_t capacity) {
    Cells old(capacity, Cell{0, kNone});
    old.swap(cells_);
    for (const auto& cell : old)
      if (cell.number != kNone) place(cell);
  }

  Cells cells_;
  std::size_t size_ = 0;
};

}  // namespace pharos::metrics
