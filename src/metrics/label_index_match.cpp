// Matchers to slots. Every matcher becomes a set of label pairs and whether a series must have one of
// them (`keep`) or none; absence of the label is thereby covered, as an empty value is in Prometheus.
#include <algorithm>
#include <bit>
#include <optional>

#include <boost/unordered/unordered_flat_map.hpp>

#include "metrics/label_index.hpp"

namespace pharos::metrics {
namespace {

constexpr std::size_t kSortedFrom = 4096;  // values of a name from which sorting them pays for a prefix
constexpr std::size_t kGallopFrom = 16;    // ratio of lengths from which galloping beats merging

struct Condition {
  const Matcher* matcher;
  NameNumber name;
  bool keep;               // the series must have one of the pairs, else none of them
  bool complement;         // the pairs whose value the pattern does not accept
  bool listed = false;     // `pairs` is known
  std::vector<Pair> pairs;
  std::size_t postings = 0;
};

class Bits {
 public:
  explicit Bits(Slot slots) : words_(slots / 64 + 1) {}
  void set(Slot slot) { words_[slot / 64] |= std::uint64_t{1} << (slot % 64); }
  bool test(Slot slot) const { return (words_[slot / 64] >> (slot % 64) & 1) != 0; }
  void collect(std::vector<Slot>& out) const {
    for (std::size_t i = 0; i < words_.size(); ++i)
      for (auto word = words_[i]; word != 0; word &= word - 1)
        out.push_back(static_cast<Slot>(i * 64) + static_cast<Slot>(std::countr_zero(word)));
  }

 private:
  std::vector<std::uint64_t> words_;
};

// First element of [from, end) that is not below `slot`, found by doubling steps.
const Slot* gallop(const Slot* from, const Slot* end, Slot slot) {
  std::size_t step = 1;
  auto at = from;
  while (static_cast<std::size_t>(end - at) > step && at[step] < slot) {
    at += step;
    step *= 2;
  }
  return std::lower_bound(at, at + std::min<std::size_t>(step + 1, static_cast<std::size_t>(end - at)), slot);
}

// Leaves the candidates that are (keep) or are not in the list. Both rising.
void filter_by_list(std::vector<Slot>& candidates, std::span<const Slot> list, bool keep) {
  std::size_t kept = 0;
  const Slot *at = list.data(), *const end = at + list.size();
  if (keep && candidates.size() > list.size() * kGallopFrom) {
    auto into = candidates.data();
    const Slot *from = candidates.data(), *const last = from + candidates.size();
    for (; at != end && from != last; ++at) {
      from = gallop(from, last, *at);
      if (from != last && *from == *at) *into++ = *from++;
    }
    candidates.resize(static_cast<std::size_t>(into - candidates.data()));
    return;
  }
  const bool galloping = list.size() > candidates.size() * kGallopFrom;
  for (const auto slot : candidates) {
    if (galloping) at = gallop(at, end, slot);
    else
      while (at != end && *at < slot) ++at;
    if ((at != end && *at == slot) == keep) candidates[kept++] = slot;
  }
  candidates.resize(kept);
}

class Match {
 public:
  Match(const LabelIndex& index, const SeriesRows& rows) : index_(index), rows_(rows) {}

  std::vector<Slot> run(std::span<const Matcher> matchers) {
    for (const auto& matcher : matchers)
      if (!add(matcher)) return {};
    std::vector<Slot> candidates;
    if (auto driver = take_driver()) {
      if (!driver->listed) list_by_value(*driver);
      candidates = slots_of(*driver);
    } else {
      candidates = live();
    }
    std::ranges::stable_sort(conditions_, {}, rank);
    for (auto& condition : conditions_) {
      if (candidates.empty()) break;
      filter(candidates, condition);
    }
    return candidates;
  }

 private:
  // False when no series can match.
  bool add(const Matcher& matcher) {
    const bool negative = matcher.is_negative(), accepts_empty = matcher.matches_empty();
    const auto name = index_.find_name(matcher.name());
    if (name == LabelIndex::kNone) return accepts_empty;
    const bool pattern_accepts_empty = accepts_empty != negative;
    Condition condition{&matcher, name, !accepts_empty, pattern_accepts_empty};
    const bool text = matcher.op() == MatchOp::equal || matcher.op() == MatchOp::not_equal;
    if (matcher.matches_everything()) return !negative;  // .* : nothing to do, or nothing left
    if (!pattern_accepts_empty && text) {
      list(condition, std::span(&matcher.value(), 1));
    } else if (const auto* texts = matcher.alternatives(); !pattern_accepts_empty && texts != nullptr) {
      list(condition, *texts);
    }
    if (condition.listed && condition.pairs.empty()) return !condition.keep;
    conditions_.push_back(std::move(condition));
    return true;
  }

  void list(Condition& condition, std::span<const std::string> values) {
    for (const auto& value : values) {
      const auto pair = index_.find_pair(condition.name, value);
      if (pair != LabelIndex::kNone) condition.pairs.push_back(pair);
    }
    std::ranges::sort(condition.pairs);
    const auto repeated = std::ranges::unique(condition.pairs);
    condition.pairs.erase(repeated.begin(), repeated.end());
    finish_list(condition);
  }

  void finish_list(Condition& condition) {
    std::erase_if(condition.pairs, [&](Pair pair) { return index_.slots_of(pair).empty(); });
    condition.postings = 0;
    for (const auto pair : condition.pairs) condition.postings += index_.slots_of(pair).size();
    condition.listed = true;
  }

  bool wanted(const Condition& condition, std::string_view value) const {
    // `keep`: the pairs are those that the matcher accepts, else those that it refuses.
    return condition.matcher->matches(value) == condition.keep;
  }

  // The pattern on every value of the name, or on those with its prefix.
  void list_by_value(Condition& condition) {
    const auto all = index_.pairs_of(condition.name);
    const auto visit = [&](Pair pair) {
      if (!index_.slots_of(pair).empty() && wanted(condition, index_.value_of(pair))) condition.pairs.push_back(pair);
    };
    const auto prefix = condition.complement ? std::string_view{} : condition.matcher->prefix();
    if (!prefix.empty() && all.size() >= kSortedFrom) {
      const auto sorted = index_.sorted_pairs(condition.name);
      const auto begin = std::ranges::lower_bound(*sorted, prefix, {}, [&](Pair p) { return index_.value_of(p); });
      for (auto at = begin; at != sorted->end() && index_.value_of(*at).starts_with(prefix); ++at) visit(*at);
    } else {
      std::ranges::for_each(all, visit);
    }
    finish_list(condition);
  }

  // Shortest list; else a pattern over the fewest values; else none: start from every live series.
  std::optional<Condition> take_driver() {
    auto best = conditions_.end();
    for (auto at = conditions_.begin(); at != conditions_.end(); ++at)
      if (at->keep && (best == conditions_.end() || driver_rank(*at) < driver_rank(*best))) best = at;
    if (best == conditions_.end()) return std::nullopt;
    auto out = std::move(*best);
    conditions_.erase(best);
    return out;
  }
  std::pair<bool, std::size_t> driver_rank(const Condition& condition) const {
    return {!condition.listed, condition.listed ? condition.postings : index_.pairs_of(condition.name).size()};
  }
  // Short lists to keep first: they shrink the candidates most; patterns last.
  static std::pair<int, std::size_t> rank(const Condition& condition) {
    return {condition.listed ? !condition.keep : 2, condition.postings};
  }

  std::vector<Slot> live() const {
    std::vector<Slot> out;
    const auto end = rows_.size();
    out.reserve(end);
    for (Slot slot = 0; slot < end; ++slot)
      if (rows_.alive(slot)) out.push_back(slot);
    return out;
  }

  std::vector<Slot> slots_of(const Condition& condition) const {
    std::vector<Slot> out;
    if (condition.pairs.empty()) return out;
    if (condition.pairs.size() > 1 && condition.postings > rows_.size() / 32) {
      const auto bits = bits_of(condition);
      out.reserve(condition.postings);
      bits.collect(out);
      return out;
    }
    out.reserve(condition.postings);
    for (const auto pair : condition.pairs) {
      const auto slots = index_.slots_of(pair);
      out.insert(out.end(), slots.begin(), slots.end());
    }
    // A series has one value of a name: nothing is there twice.
    if (condition.pairs.size() > 1) std::ranges::sort(out);
    return out;
  }

  Bits bits_of(const Condition& condition) const {
    Bits bits(rows_.size());
    for (const auto pair : condition.pairs)
      for (const auto slot : index_.slots_of(pair)) bits.set(slot);
    return bits;
  }

  void filter(std::vector<Slot>& candidates, Condition& condition) {
    // Looking at a candidate's own labels costs about as much as four values or 16 postings.
    if (!condition.listed) {
      const bool by_prefix = !condition.complement && !condition.matcher->prefix().empty();
      const auto values = index_.pairs_of(condition.name).size();
      if (by_prefix ? values > candidates.size() * 64 : values > candidates.size() * 4)
        return filter_by_labels(candidates, condition);
      list_by_value(condition);
    }
    if (condition.pairs.empty()) {
      if (condition.keep) candidates.clear();
    } else if (condition.pairs.size() == 1) {
      filter_by_list(candidates, index_.slots_of(condition.pairs.front()), condition.keep);
    } else if (condition.postings + rows_.size() / 64 > candidates.size() * 16) {
      filter_by_labels(candidates, condition);
    } else {
      const auto bits = bits_of(condition);
      std::erase_if(candidates, [&](Slot slot) { return bits.test(slot) != condition.keep; });
    }
  }

  void filter_by_labels(std::vector<Slot>& candidates, const Condition& condition) {
    boost::unordered_flat_map<Pair, bool> known;
    const bool accepts_absent = condition.matcher->matches_empty();
    std::erase_if(candidates, [&](Slot slot) {
      for (const auto pair : rows_.pairs(slot)) {
        if (index_.name_of(pair) != condition.name) continue;
        const auto [at, fresh] = known.try_emplace(pair, false);
        if (fresh) at->second = condition.matcher->matches(index_.value_of(pair));
        return !at->second;
      }
      return !accepts_absent;
    });
  }

  const LabelIndex& index_;
  const SeriesRows& rows_;
  std::vector<Condition> conditions_;
};

}  // namespace

std::vector<Slot> match_series(const LabelIndex& index, const SeriesRows& rows, std::span<const Matcher> matchers) {
  return Match(index, rows).run(matchers);
}

}  // namespace pharos::metrics
