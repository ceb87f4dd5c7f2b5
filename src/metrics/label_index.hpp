// The label index: names, interned pairs and the series that have them.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "metrics/label_index_postings.hpp"
#include "metrics/series_table_rows.hpp"
#include "metrics/symbol_chunks.hpp"
#include "metrics/symbol_table.hpp"
#include "metrics/symbol_text.hpp"
#include "model/matcher.hpp"

namespace pharos::metrics {

using NameNumber = std::uint32_t;

// Guarded by the table's lock; const functions may run side by side. Pairs live until collect(),
// also when no series has them any more.
class LabelIndex {
 public:
  static constexpr std::uint32_t kNone = NumberTable::kNone;

  NameNumber find_name(std::string_view name) const;
  NameNumber intern_name(std::string_view name);
  Pair find_pair(NameNumber name, std::string_view value) const;
  Pair intern_pair(NameNumber name, std::string_view value);
  void prefetch(NameNumber name, std::string_view value) const { pair_table_.prefetch(pair_hash(name, hash_text(value))); }

  NameNumber names() const { return static_cast<NameNumber>(names_.size()); }
  std::string_view name_text(NameNumber name) const { return names_[name].text; }
  std::span<const Pair> pairs_of(NameNumber name) const { return names_[name].pairs; }
  // The same, sorted by value. Remembered; new values are merged in when asked again.
  std::shared_ptr<const std::vector<Pair>> sorted_pairs(NameNumber name) const;

  std::size_t pairs_end() const { return pairs_.size(); }  // every pair is below
  NameNumber name_of(Pair pair) const { return pairs_[pair].name; }
  std::string_view value_of(Pair pair) const { return pairs_[pair].value(); }
  LabelView label(Pair pair) const { return {name_text(name_of(pair)), value_of(pair)}; }
  std::span<const Slot> slots_of(Pair pair) const { return pairs_[pair].postings.slots(); }

  void append(Pair pair, Slot slot) { pairs_[pair].postings.append(slot); }
  // The slots from..to, above every other, for one of `parts` shares of the pairs; shares run side by side.
  void append_rows(const SeriesRows& rows, Slot from, Slot to, std::size_t part, std::size_t parts);
  void merge(std::vector<std::pair<Pair, Slot>>& entries);   // any order; sorts them
  void remove(std::vector<std::pair<Pair, Slot>>& entries);  // the same

  // Forgets pairs without series; their numbers are given out again.
  std::vector<Pair> collect();
  std::size_t bytes() const;

 private:
  struct PairEntry {
    const char* text = nullptr;  // of the value
    std::uint32_t length = 0;
    NameNumber name = kNone;
    Postings postings;
    std::string_view value() const { return {text, length}; }
  };
  struct Name {
    std::string_view text;
    std::vector<Pair> pairs;  // in order of their making
  };
  struct Sorted {
    std::shared_ptr<const std::vector<Pair>> pairs;
    std::size_t covered = 0;  // of Name::pairs
  };

  static std::uint32_t pair_hash(NameNumber name, std::uint64_t value_hash) {
    const auto mixed = (value_hash ^ (std::uint64_t{name} + 1) * 0x9e3779b97f4a7c15ull) * 0xff51afd7ed558ccdull;
    return static_cast<std::uint32_t>(mixed >> 32);
  }
  Pair find_hashed(NameNumber name, std::string_view value, std::uint64_t value_hash) const;
  std::vector<Pair> sort_by_value(std::span<const Pair> pairs) const;

  TextArena texts_;
  std::vector<Name> names_;  // never given back: there are few
  NumberTable name_table_, pair_table_;
  Chunks<PairEntry> pairs_;
  std::vector<Pair> free_pairs_;
  mutable std::mutex sorted_mutex_;
  mutable std::vector<Sorted> sorted_;  // by name; guarded by sorted_mutex_
};

// The slots that all matchers accept, rising (label_index_match.cpp).
std::vector<Slot> match_series(const LabelIndex& index, const SeriesRows& rows, std::span<const Matcher> matchers);

}  // namespace pharos::metrics
