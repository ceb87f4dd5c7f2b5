// The label index inside a cold block: symbols, label sets, posting lists. Series are numbered by
// the rank of their id ("ordinals"). Bytes are drawn in docs/formats/cold-block.md.
#pragma once
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "model/labels.hpp"
#include "model/matcher.hpp"

namespace pharos::metrics {

struct BlockIndexSections {
  std::string symbols, label_sets,
      postings;  // the first two are compressed, the third is used where it lies
};

class BlockIndexBuilder {
 public:
  void add(const Labels& labels);  // series in any order, numbered from 0
  std::size_t size() const { return first_label_.size(); }
  // order[ordinal] = the number of add() of the series with that rank.
  BlockIndexSections finish(std::span<const std::uint32_t> order) const;

 private:
  std::uint32_t symbol(std::string_view text);
  std::unordered_map<std::string, std::uint32_t> symbols_;  // numbered as they came
  std::vector<std::uint32_t> labels_;                       // name, value, name, value …
  std::vector<std::size_t> first_label_;
};

// Reads the sections; each is unpacked when it is first needed, into memory that stays.
// Thread-safe. The views must outlive it. Errors are Errc::corrupt.
class BlockIndex {
 public:
  BlockIndex(std::string_view symbols, std::string_view label_sets, std::string_view postings,
             std::uint32_t series);

  Result<Labels> labels(std::uint32_t ordinal) const;
  // Ordinals, rising. `postings_intact` tells whether the caller has checked that section.
  Result<std::vector<std::uint32_t>> match(std::span<const Matcher> matchers) const;
  Result<std::vector<std::string>> names() const;
  Result<std::vector<std::string>> values(std::string_view name) const;
  // Everything is read and cross-checked.
  Status verify() const;

 private:
  struct Symbols {
    std::string text;
    std::vector<std::uint32_t> ends;
    std::string_view at(std::uint32_t symbol) const;
    std::optional<std::uint32_t> find(std::string_view text) const;
    std::size_t size() const { return ends.size(); }
  };
  struct LabelSets {
    std::vector<std::vector<std::uint32_t>> shapes;  // names
    std::vector<std::uint32_t> shape_of, first_value;
    std::vector<std::uint32_t> values;
  };
  class Bitmap;
  struct Values {
    std::uint32_t begin, end;
  };  // pairs of one label name

  Status load_symbols() const;
  Status load_label_sets() const;
  std::uint32_t word(std::size_t at) const;
  Result<Values> values_of(std::string_view name) const;
  std::uint32_t value_symbol(std::uint32_t pair) const;
  Status add_list(std::uint32_t pair, Bitmap& out) const;
  Status add_matching(const Matcher& matcher, bool wanted, Values values, Bitmap& out) const;

  std::string_view packed_symbols_, packed_label_sets_, postings_;
  std::uint32_t series_;
  std::uint32_t names_ = 0, pairs_ = 0;
  bool postings_good_ = false;
  mutable std::once_flag symbols_once_, label_sets_once_;
  mutable Status symbols_status_, label_sets_status_;
  mutable Symbols symbols_;
  mutable LabelSets label_sets_;
};

}  // namespace pharos::metrics
