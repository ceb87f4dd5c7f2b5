// What the parts of the series table share. Included by series_table*.cpp only.
#pragma once
#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "metrics/label_index.hpp"
#include "metrics/series_id_table.hpp"
#include "metrics/series_table.hpp"
#include "metrics/series_table_lock.hpp"
#include "metrics/series_table_rows.hpp"

namespace pharos::metrics {

struct SeriesTable::State {
  // Results of match(), good while `version` is the table's.
  struct Remembered {
    std::string key;
    std::uint64_t version = 0, used = 0;
    SlotList slots;
  };
  static constexpr std::size_t kRememberedMax = 64, kRememberedSlotsMax = 16 << 20;

  mutable FairSharedMutex mutex;
  SeriesLimits limits;
  LabelIndex index;
  SeriesRows rows;
  NumberTable by_labels;
  SeriesIdTable by_id;
  NameNumber metric_name = LabelIndex::kNone;
  std::uint64_t next_id = 1;
  std::atomic<std::uint64_t> live{0}, version{1};

  mutable std::mutex remembered_mutex;
  mutable std::vector<Remembered> remembered;
  mutable std::uint64_t uses = 0;

  static std::uint32_t labels_hash(std::span<const Pair> pairs);
  Slot find(std::span<const Pair> pairs, std::uint32_t hash) const;
  // Takes a new series in but for its postings. kNoSlot when slots have run out.
  Slot add(SeriesId id, std::span<const Pair> pairs, std::uint32_t hash);
  Pair pair_of(Slot slot, NameNumber name) const;  // LabelIndex::kNone when it has none
  Labels labels_of(std::span<const Pair> pairs) const;
};

}  // namespace pharos::metrics
