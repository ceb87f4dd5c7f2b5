// The name of a series: a sorted set of labels, shared and immutable.
#pragma once
#include <compare>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace pharos {

inline constexpr std::string_view kMetricName = "__name__";

struct LabelView {
  std::string_view name, value;
  auto operator<=>(const LabelView&) const = default;
};

// Sorted by name, names unique, no empty values. Copying bumps a reference count; thread-safe to
// share. Layout: [hash u64][per label: u32 name length, u32 value length, name, value]… in one block.
class Labels {
 public:
  Labels() = default;
  Labels(std::initializer_list<LabelView> labels);  // any order; the last of equal names wins
  // From labels already sorted by name, unique, without empty values.
  static Labels from_sorted(std::span<const LabelView> labels);
  static Labels from_unsorted(std::vector<LabelView> labels);

  class iterator;
  iterator begin() const;
  iterator end() const;
  std::size_t size() const;
  bool empty() const { return block_ == nullptr; }
  std::string_view get(std::string_view name) const;  // "" when absent
  bool contains(std::string_view name) const { return !get(name).empty(); }
  std::string_view metric_name() const { return get(kMetricName); }
  std::uint64_t hash() const;  // XXH3 of the content; 0 for the empty set

  Labels with(std::string_view name, std::string_view value) const;  // an empty value removes
  Labels without(std::string_view name) const;
  Labels without_metric_name() const { return without(kMetricName); }
  Labels keep(std::span<const std::string> names) const;    // names in any order
  Labels remove(std::span<const std::string> names) const;

  // `{__name__="up", job="a"}`; with `metric` form: `up{job="a"}`, names that need it quoted.
  std::string to_string() const;
  std::string to_metric_string() const;

  bool operator==(const Labels& other) const;
  // Prometheus' order: label by label, name then value; a prefix sorts first.
  std::strong_ordering operator<=>(const Labels& other) const;

 private:
  friend class LabelsBuilder;
  struct Block;
  std::shared_ptr<const Block> block_;
};

// Edits a label set; build() sorts once. Reusable; not thread-safe.
class LabelsBuilder {
 public:
  LabelsBuilder() = default;
  explicit LabelsBuilder(const Labels& base) { reset(base); }
  void reset(const Labels& base);
  void clear() { labels_.clear(); }
  void set(std::string_view name, std::string_view value);  // replaces; an empty value removes
  void remove(std::string_view name) { set(name, {}); }
  std::string_view get(std::string_view name) const;
  Labels build() const;
  const std::vector<std::pair<std::string, std::string>>& pairs() const { return labels_; }  // unsorted

 private:
  std::vector<std::pair<std::string, std::string>> labels_;
};

bool is_legacy_metric_name(std::string_view name);  // [a-zA-Z_:][a-zA-Z0-9_:]*
bool is_legacy_label_name(std::string_view name);   // [a-zA-Z_][a-zA-Z0-9_]*
bool is_utf8(std::string_view text);
std::string go_quote(std::string_view text);        // Go's strconv.Quote: the quoting clients compare

// Forward iteration over LabelView in name order.
class Labels::iterator {
 public:
  using value_type = LabelView;
  using difference_type = std::ptrdiff_t;
  using iterator_category = std::input_iterator_tag;
  iterator() = default;
  explicit iterator(const char* at) : at_(at) {}
  LabelView operator*() const;
  iterator& operator++();
  iterator operator++(int) {
    auto old = *this;
    ++*this;
    return old;
  }
  bool operator==(const iterator&) const = default;

 private:
  const char* at_ = nullptr;
};

}  // namespace pharos

template <>
struct std::hash<pharos::Labels> {
  std::size_t operator()(const pharos::Labels& labels) const noexcept { return labels.hash(); }
};
