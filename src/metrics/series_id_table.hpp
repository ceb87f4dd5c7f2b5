// From series ids to slots. Ids are given out one after another, so neighbours lie together.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "metrics/series_table_rows.hpp"
#include "metrics/symbol_chunks.hpp"
#include "metrics/symbol_table.hpp"

namespace pharos::metrics {

// Pages of 16 neighbouring ids, found by hash: one look at a small table for many ids in a row, 6
// bytes a series where ids are dense. Guarded by the table's lock; const functions may run side by
// side.
class SeriesIdTable {
 public:
  static constexpr Slot kNone = SeriesTable::kNoSlot;

  Slot find(SeriesId id) const {
    const auto page = page_of(id);
    return page == NumberTable::kNone ? kNone : pages_[page].slots[offset(id)];
  }
  void insert(SeriesId id, Slot slot) {  // the id is not there
    auto page =
        last_ < pages_.size() && pages_[last_].number == number(id) && pages_[last_].used > 0
            ? last_
            : page_of(id);
    if (page == NumberTable::kNone) {
      if (free_.empty()) {
        page = static_cast<std::uint32_t>(pages_.size());
        pages_.push_back({});
      } else {
        page = free_.back();
        free_.pop_back();
      }
      auto& fresh = pages_[page];
      fresh.number = number(id);
      fresh.used = 0;
      std::fill_n(fresh.slots, kIds, kNone);
      numbers_.insert(hash(fresh.number), page);
    }
    last_ = page;
    pages_[page].slots[offset(id)] = slot;
    ++pages_[page].used;
  }
  void erase(SeriesId id) {  // the id is there
    const auto page = page_of(id);
    pages_[page].slots[offset(id)] = kNone;
    if (--pages_[page].used > 0) return;
    numbers_.erase(hash(pages_[page].number), page);
    free_.push_back(page);
  }
  std::size_t bytes() const {
    return numbers_.bytes() + pages_.bytes() + free_.capacity() * sizeof(std::uint32_t);
  }

 private:
  static constexpr std::size_t kIds = 16;
  struct Page {
    std::uint64_t number = 0;
    std::uint32_t used = 0;
    Slot slots[kIds];
  };
  static std::uint64_t number(SeriesId id) { return static_cast<std::uint64_t>(id) / kIds; }
  static std::size_t offset(SeriesId id) { return static_cast<std::uint64_t>(id) % kIds; }
  // The golden ratio spreads numbers that follow each other evenly: hardly a collision.
  static std::uint32_t hash(std::uint64_t number) {
    return static_cast<std::uint32_t>(number * 0x9e3779b97f4a7c15ull >> 32);
  }
  std::uint32_t page_of(SeriesId id) const {
    const auto wanted = number(id);
    return numbers_.find(hash(wanted),
                         [&](std::uint32_t page) { return pages_[page].number == wanted; });
  }

  NumberTable numbers_;
  Chunks<Page, 6> pages_;
  std::vector<std::uint32_t> free_;
  std::uint32_t last_ = NumberTable::kNone;
};

}  // namespace pharos::metrics
