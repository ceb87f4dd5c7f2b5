#include "metrics/block_index.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <numeric>

#include "codec/compress.hpp"
#include "codec/varint.hpp"

namespace pharos::metrics {
namespace {

using codec::Cursor;

constexpr std::size_t kUnpackedMax = std::size_t{4} << 30;
constexpr int kLevel = 6;

std::unexpected<Error> damaged(std::string_view what) {
  return fail(Errc::corrupt, "label index: " + std::string(what) + " is damaged");
}

}  // namespace

std::uint32_t BlockIndexBuilder::symbol(std::string_view text) {
  return symbols_.try_emplace(std::string(text), static_cast<std::uint32_t>(symbols_.size()))
      .first->second;
}

void BlockIndexBuilder::add(const Labels& labels) {
  first_label_.push_back(labels_.size());
  for (const auto label : labels) {
    labels_.push_back(symbol(label.name));
    labels_.push_back(symbol(label.value));
  }
}

BlockIndexSections BlockIndexBuilder::finish(std::span<const std::uint32_t> order) const {
  BlockIndexSections out;
  // Symbols, sorted and front-coded: length shared with the one before, length of the rest, the
  // rest.
  std::vector<const std::pair<const std::string, std::uint32_t>*> sorted;
  for (const auto& entry : symbols_) sorted.push_back(&entry);
  std::ranges::sort(sorted, {},
                    [](const auto* entry) -> const std::string& { return entry->first; });
  std::vector<std::uint32_t> rank(sorted.size());
  std::string raw;
  codec::put_varint(raw, sorted.size());
  std::string_view previous;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const std::string_view text = sorted[i]->first;
    rank[sorted[i]->second] = static_cast<std::uint32_t>(i);
    const auto shared =
        static_cast<std::size_t>(std::ranges::mismatch(previous, text).in2 - text.begin());
    codec::put_varint(raw, shared);
    codec::put_string(raw, text.substr(shared));
    previous = text;
  }
  out.symbols = codec::compress(codec::Compression::zstd, raw, kLevel);

  // Label sets: the shapes (lists of names), then per series its shape and its values as steps from
  // the value that the name had last.
  std::map<std::vector<std::uint32_t>, std::uint32_t> shapes;
  std::vector<std::uint32_t> last(sorted.size(), 0), names;
  std::string rows, shape_bytes;
  std::vector<std::vector<std::uint32_t>> lists;  // by pair
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> pairs;
  for (std::uint32_t ordinal = 0; ordinal < order.size(); ++ordinal) {
    const auto series = order[ordinal];
    const auto begin = first_label_[series],
               end = series + 1 < first_label_.size() ? first_label_[series + 1] : labels_.size();
    names.clear();
    for (auto at = begin; at < end; at += 2) names.push_back(rank[labels_[at]]);
    const auto [shape, fresh] =
        shapes.try_emplace(names, static_cast<std::uint32_t>(shapes.size()));
    if (fresh) {
      codec::put_varint(shape_bytes, names.size());
      for (const auto name : names) codec::put_varint(shape_bytes, name);
    }
    codec::put_varint(rows, shape->second);
    for (auto at = begin; at < end; at += 2) {
      const auto name = rank[labels_[at]], value = rank[labels_[at + 1]];
      codec::put_signed(rows,
                        static_cast<std::int64_t>(value) - static_cast<std::int64_t>(last[name]));
      last[name] = value;
      const auto [pair, is_new] =
          pairs.try_emplace({name, value}, static_cast<std::uint32_t>(lists.size()));
      if (is_new) lists.emplace_back();
      lists[pair->second].push_back(ordinal);
    }
  }
  raw.clear();
  codec::put_varint(raw, shapes.size());
  raw += shape_bytes;
  raw += rows;
  out.label_sets = codec::compress(codec::Compression::zstd, raw, kLevel);

  // Postings: names, pairs (sorted by name and value), lists.
  std::string name_table, pair_table, list_bytes;
  std::uint32_t name_count = 0, pair_count = 0, last_name = 0xffffffff;
  for (const auto& [pair, list] : pairs) {
    if (pair.first != last_name) {
      codec::put_fixed(name_table, pair.first);
      codec::put_fixed(name_table, pair_count);
      last_name = pair.first;
      ++name_count;
    }
    codec::put_fixed(pair_table, pair.second);
    codec::put_fixed(pair_table, static_cast<std::uint32_t>(list_bytes.size()));
    ++pair_count;
    const auto& ordinals = lists[list];
    std::uint32_t next = 0;
    for (std::size_t i = 0;
         i < ordinals.size();) {  // gap * 2, or gap * 2 + 1 and the length of a run, less two
      std::size_t run = 1;
      while (i + run < ordinals.size() && ordinals[i + run] == ordinals[i] + run) ++run;
      const auto gap = std::uint64_t{ordinals[i] - next} * 2;
      if (run == 1) {
        codec::put_varint(list_bytes, gap);
      } else {
        codec::put_varint(list_bytes, gap + 1);
        codec::put_varint(list_bytes, run - 2);
      }
      next = ordinals[i] + static_cast<std::uint32_t>(run);
      i += run;
    }
  }
  codec::put_fixed(out.postings, name_count);
  codec::put_fixed(out.postings, pair_count);
  out.postings += name_table + pair_table + list_bytes;
  return out;
}

// ---- reading ----------------------------------------------------------------------------------

class BlockIndex::Bitmap {
 public:
  explicit Bitmap(std::uint32_t size, bool full = false)
      : size_(size), words_((size + 63) / 64, full ? ~std::uint64_t{0} : 0) {
    if (full && size % 64 != 0) words_.back() = (std::uint64_t{1} << (size % 64)) - 1;
  }
  std::uint32_t size() const { return size_; }
  void add(std::uint32_t from, std::uint32_t count) {
    for (; count != 0; --count, ++from) {
      if (from % 64 == 0 && count >= 64) {
        words_[from / 64] = ~std::uint64_t{0};
        from += 63, count -= 63;
      } else {
        words_[from / 64] |= std::uint64_t{1} << (from % 64);
      }
    }
  }
  void keep(const Bitmap& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
  }
  void remove(const Bitmap& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
  }
  std::vector<std::uint32_t> list() const {
    std::vector<std::uint32_t> out;
    for (std::size_t i = 0; i < words_.size(); ++i)
      for (auto w = words_[i]; w != 0; w &= w - 1)
        out.push_back(
            static_cast<std::uint32_t>(i * 64 + static_cast<std::size_t>(std::countr_zero(w))));
    return out;
  }

 private:
  std::uint32_t size_;
  std::vector<std::uint64_t> words_;
};

std::string_view BlockIndex::Symbols::at(std::uint32_t symbol) const {
  const auto begin = symbol == 0 ? 0 : ends[symbol - 1];
  return std::string_view(text).substr(begin, ends[symbol] - begin);
}

std::optional<std::uint32_t> BlockIndex::Symbols::find(std::string_view wanted) const {
  std::uint32_t low = 0, high = static_cast<std::uint32_t>(ends.size());
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    if (at(middle) < wanted)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == ends.size() || at(low) != wanted) return std::nullopt;
  return low;
}

BlockIndex::BlockIndex(std::string_view symbols, std::string_view label_sets,
                       std::string_view postings, std::uint32_t series)
    : packed_symbols_(symbols),
      packed_label_sets_(label_sets),
      postings_(postings),
      series_(series) {
  if (postings.size() < 8) return;
  names_ = word(0);
  pairs_ = word(1);
  postings_good_ = 8 + (std::uint64_t{names_} + pairs_) * 8 <= postings.size();
}

std::uint32_t BlockIndex::word(std::size_t at) const {
  std::uint32_t v;
  std::memcpy(&v, postings_.data() + at * 4, 4);
  return v;
}

Status BlockIndex::load_symbols() const {
  std::call_once(symbols_once_, [this] {
    symbols_status_ = [this]() -> Status {
      const auto raw =
          TRY(codec::decompress(codec::Compression::zstd, packed_symbols_, kUnpackedMax));
      Cursor in(raw);
      const auto n = in.varint();
      if (n > in.left()) return damaged("symbol table");
      symbols_.ends.reserve(n);
      std::size_t previous = 0;
      for (std::uint64_t i = 0; i < n; ++i) {
        const auto shared = in.varint();
        const auto rest = in.string();
        if (!in.ok() || shared > symbols_.text.size() - previous) return damaged("symbol table");
        const auto begin = symbols_.text.size();
        if (begin + shared + rest.size() > 0xffffffffu) return damaged("symbol table");
        symbols_.text.append(symbols_.text, previous, shared);
        symbols_.text.append(rest);
        symbols_.ends.push_back(static_cast<std::uint32_t>(symbols_.text.size()));
        previous = begin;
      }
      if (!in.at_end()) return damaged("symbol table");
      symbols_.text.shrink_to_fit();
      return {};
    }();
  });
  return symbols_status_;
}

Status BlockIndex::load_label_sets() const {
  TRY(load_symbols());
  std::call_once(label_sets_once_, [this] {
    label_sets_status_ = [this]() -> Status {
      const auto raw =
          TRY(codec::decompress(codec::Compression::zstd, packed_label_sets_, kUnpackedMax));
      Cursor in(raw);
      const auto shape_count = in.varint();
      if (shape_count > in.left()) return damaged("label sets");
      for (std::uint64_t i = 0; i < shape_count; ++i) {
        const auto n = in.varint();
        if (n > in.left()) return damaged("label sets");
        auto& shape = label_sets_.shapes.emplace_back();
        for (std::uint64_t k = 0; k < n; ++k) {
          const auto name = in.varint();
          if (name >= symbols_.size()) return damaged("label sets");
          shape.push_back(static_cast<std::uint32_t>(name));
        }
      }
      std::vector<std::int64_t> last(symbols_.size(), 0);
      label_sets_.shape_of.reserve(series_);
      label_sets_.first_value.reserve(series_);
      for (std::uint32_t i = 0; i < series_; ++i) {
        const auto shape = in.varint();
        if (!in.ok() || shape >= label_sets_.shapes.size()) return damaged("label sets");
        label_sets_.shape_of.push_back(static_cast<std::uint32_t>(shape));
        label_sets_.first_value.push_back(static_cast<std::uint32_t>(label_sets_.values.size()));
        for (const auto name : label_sets_.shapes[shape]) {
          const auto step = in.signed_varint();
          const auto value = static_cast<std::int64_t>(static_cast<std::uint64_t>(last[name]) +
                                                       static_cast<std::uint64_t>(step));
          if (!in.ok() || value < 0 || value >= static_cast<std::int64_t>(symbols_.size()))
            return damaged("label sets");
          last[name] = value;
          label_sets_.values.push_back(static_cast<std::uint32_t>(value));
        }
      }
      if (!in.at_end()) return damaged("label sets");
      label_sets_.values.shrink_to_fit();
      return {};
    }();
  });
  return label_sets_status_;
}

Result<Labels> BlockIndex::labels(std::uint32_t ordinal) const {
  TRY(load_label_sets());
  if (ordinal >= label_sets_.shape_of.size())
    return fail(Errc::not_found, "label index: no such series");
  const auto& shape = label_sets_.shapes[label_sets_.shape_of[ordinal]];
  const auto* values = label_sets_.values.data() + label_sets_.first_value[ordinal];
  std::vector<LabelView> views;
  views.reserve(shape.size());
  for (std::size_t i = 0; i < shape.size(); ++i)
    views.push_back({symbols_.at(shape[i]), symbols_.at(values[i])});
  return Labels::from_sorted(views);
}

Result<BlockIndex::Values> BlockIndex::values_of(std::string_view name) const {
  const auto symbol = symbols_.find(name);
  if (!symbol) return Values{0, 0};
  std::uint32_t low = 0, high = names_;
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    if (word(2 + std::size_t{middle} * 2) < *symbol)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == names_ || word(2 + std::size_t{low} * 2) != *symbol) return Values{0, 0};
  const auto begin = word(3 + std::size_t{low} * 2),
             end = low + 1 < names_ ? word(5 + std::size_t{low} * 2) : pairs_;
  if (begin > end || end > pairs_) return damaged("posting table");
  return Values{begin, end};
}

std::uint32_t BlockIndex::value_symbol(std::uint32_t pair) const {
  return word(2 + std::size_t{names_} * 2 + std::size_t{pair} * 2);
}

Status BlockIndex::add_list(std::uint32_t pair, Bitmap& out) const {
  const std::size_t lists = 8 + (std::size_t{names_} + pairs_) * 8,
                    at = 3 + std::size_t{names_} * 2 + std::size_t{pair} * 2;
  const std::size_t begin = word(at),
                    end = pair + 1 < pairs_ ? word(at + 2) : postings_.size() - lists;
  if (begin > end || end > postings_.size() - lists) return damaged("posting list");
  Cursor in(postings_.substr(lists + begin, end - begin));
  std::uint64_t next = 0;
  while (!in.at_end()) {
    const auto head = in.varint();
    const auto run = head & 1 ? in.varint() + 2 : 1;
    next += head >> 1;
    if (!in.ok() || next >= series_ || run > series_ - next) return damaged("posting list");
    out.add(static_cast<std::uint32_t>(next), static_cast<std::uint32_t>(run));
    next += run;
  }
  return {};
}

// Adds the lists of the values for which matcher.matches() == wanted.
Status BlockIndex::add_matching(const Matcher& matcher, bool wanted, Values values,
                                Bitmap& out) const {
  const auto find = [&](std::string_view text) -> std::uint32_t {  // pairs_ when absent
    const auto symbol = symbols_.find(text);
    if (!symbol) return pairs_;
    std::uint32_t low = values.begin, high = values.end;
    while (low < high) {
      const auto middle = low + (high - low) / 2;
      if (value_symbol(middle) < *symbol)
        low = middle + 1;
      else
        high = middle;
    }
    return low < values.end && value_symbol(low) == *symbol ? low : pairs_;
  };
  const bool listed =
      wanted != matcher.is_negative();  // the values to add are those the pattern names
  if (listed && (matcher.op() == MatchOp::equal || matcher.op() == MatchOp::not_equal)) {
    if (const auto pair = find(matcher.value()); pair != pairs_) return add_list(pair, out);
    return {};
  }
  if (const auto* alternatives = matcher.alternatives(); listed && alternatives != nullptr) {
    for (const auto& text : *alternatives)
      if (const auto pair = find(text); pair != pairs_) TRY(add_list(pair, out));
    return {};
  }
  for (auto pair = values.begin; pair < values.end; ++pair) {
    const auto symbol = value_symbol(pair);
    if (symbol >= symbols_.size()) return damaged("posting table");
    if (matcher.matches(symbols_.at(symbol)) == wanted) TRY(add_list(pair, out));
  }
  return {};
}

Result<std::vector<std::uint32_t>> BlockIndex::match(std::span<const Matcher> matchers) const {
  if (!postings_good_) return damaged("posting table");
  TRY(load_symbols());
  Bitmap found(series_, true);
  for (const auto& matcher : matchers) {
    const auto values = TRY(values_of(matcher.name()));
    Bitmap set(series_);
    if (matcher
            .matches_empty()) {  // series without the label match too: take away those that do not
      TRY(add_matching(matcher, false, values, set));
      found.remove(set);
    } else {
      TRY(add_matching(matcher, true, values, set));
      found.keep(set);
    }
  }
  return found.list();
}

Result<std::vector<std::string>> BlockIndex::names() const {
  if (!postings_good_) return damaged("posting table");
  TRY(load_symbols());
  std::vector<std::string> out;
  for (std::uint32_t name = 0; name < names_; ++name) {
    const auto symbol = word(2 + std::size_t{name} * 2);
    if (symbol >= symbols_.size()) return damaged("posting table");
    out.emplace_back(symbols_.at(symbol));
  }
  return out;
}

Result<std::vector<std::string>> BlockIndex::values(std::string_view name) const {
  if (!postings_good_) return damaged("posting table");
  TRY(load_symbols());
  const auto range = TRY(values_of(name));
  std::vector<std::string> out;
  for (auto pair = range.begin; pair < range.end; ++pair) {
    const auto symbol = value_symbol(pair);
    if (symbol >= symbols_.size()) return damaged("posting table");
    out.emplace_back(symbols_.at(symbol));
  }
  return out;
}

Status BlockIndex::verify() const {
  if (!postings_good_) return damaged("posting table");
  TRY(load_label_sets());
  for (std::uint32_t name = 0; name < names_; ++name)
    if (word(2 + std::size_t{name} * 2) >= symbols_.size()) return damaged("posting table");
  for (std::uint32_t pair = 0; pair < pairs_; ++pair) {
    if (value_symbol(pair) >= symbols_.size()) return damaged("posting table");
    Bitmap set(series_);
    if (series_ < 1u << 16 || pair % 64 == 0) TRY(add_list(pair, set));
  }
  return {};
}

}  // namespace pharos::metrics
