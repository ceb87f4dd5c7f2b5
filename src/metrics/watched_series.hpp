// Which series somebody waits for, by slot, and which of them got samples: what evaluation on ingest
// stands on.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "metrics/series_table.hpp"
#include "model/matcher.hpp"

namespace pharos::metrics {

// Selectors by what finds the few that a new series can match: metric name and one more label of
// equality. Immutable.
class SelectorIndex {
 public:
  explicit SelectorIndex(std::vector<std::vector<Matcher>> selectors);
  std::size_t size() const { return selectors_.size(); }
  const std::vector<Matcher>& operator[](std::size_t i) const { return selectors_[i]; }
  // Numbers of the selectors that match, rising.
  void match(const Labels& labels, std::vector<std::uint32_t>& out) const;

 private:
  void try_key(const std::string& key, const Labels& labels, std::vector<std::uint32_t>& out) const;
  std::vector<std::vector<Matcher>> selectors_;
  std::unordered_map<std::string, std::vector<std::uint32_t>> by_key_;
  std::vector<std::string> key_labels_;  // names that keys are made of, but for the metric name
};

// Not thread-safe: the store's lock guards it.
class WatchedSeries {
 public:
  void clear();
  // `pairs`: (slot, selector), any order.
  void set(std::vector<std::pair<Slot, std::uint32_t>> pairs, std::size_t selectors);
  void set(Slot slot, const std::vector<std::uint32_t>& selectors);  // a new series, or none in its place
  bool empty() const { return list_of_.empty(); }

  // Budget: 1 ns a sample.
  void touch(Slot slot) {
    if (slot >= list_of_.size() || list_of_[slot] == 0) return;
    flags_[list_of_[slot]] = 1;
    touched_ = true;
  }
  bool touched() const { return touched_; }
  std::vector<std::uint32_t> take();  // selectors touched since the last call, rising

 private:
  std::uint32_t list(const std::vector<std::uint32_t>& selectors);
  std::vector<std::uint32_t> list_of_;              // by slot; 0: nobody waits for it
  std::vector<std::vector<std::uint32_t>> lists_;   // different sets of selectors; the first is empty
  std::map<std::vector<std::uint32_t>, std::uint32_t> numbers_;
  std::vector<std::uint8_t> flags_;                 // by list
  std::size_t selectors_ = 0;
  bool touched_ = false;
};

}  // namespace pharos::metrics
