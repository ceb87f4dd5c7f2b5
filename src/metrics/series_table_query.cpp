// What queries ask of the series table: matches, labels, groups, statistics.
#include <algorithm>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/metric.hpp"
#include "metrics/series_table_state.hpp"

namespace pharos::metrics {
namespace {

struct Stats {
  Counter hits{"pharos_series_match_cache_hits_total", "Series look-ups answered from the remembered ones."};
  Counter misses{"pharos_series_match_cache_misses_total", "Series look-ups that went to the label index."};
};
Stats& stats() {
  static Stats stats;
  return stats;
}

constexpr auto kNoPair = LabelIndex::kNone;

void put_text(std::string& key, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  key.append(reinterpret_cast<const char*>(&size), sizeof size);
  key.append(text);
}

// Which series are asked for: of a list (rising) or all live ones, and of them those that count.
class Asked {
 public:
  Asked(const std::vector<Slot>* among, const SeriesTable::Counts& counts) : among_(among), counts_(counts) {}
  bool all() const { return among_ == nullptr; }
  const std::vector<Slot>& among() const { return *among_; }
  bool counts(Slot slot) const { return !counts_ || counts_(slot); }
  // Whether one of these slots, rising too, is asked for. Walks the shorter list, up to the first that is.
  bool any_of(std::span<const Slot> slots) const {
    if (all()) return std::ranges::any_of(slots, [&](Slot slot) { return counts(slot); });
    const std::span<const Slot> list(*among_);
    const bool walk_list = list.size() < slots.size();
    const auto walked = walk_list ? list : slots;
    auto searched = walk_list ? slots : list;
    for (const auto slot : walked) {
      const auto at = std::ranges::lower_bound(searched, slot);
      if (at == searched.end()) return false;
      searched = std::span(at, searched.end());
      if (*at == slot && counts(slot)) return true;
    }
    return false;
  }

 private:
  const std::vector<Slot>* among_;
  const SeriesTable::Counts& counts_;
};

// Looking at a value costs about as much as looking at this many series of a list.
constexpr std::size_t kSlotsPerPair = 4;

// The pair of one name in slot after slot, trying first the place where it was the last time.
class PairFinder {
 public:
  PairFinder(const LabelIndex& index, NameNumber name) : index_(index), name_(name) {}
  Pair operator()(std::span<const Pair> pairs) {
    if (place_ < pairs.size() && index_.name_of(pairs[place_]) == name_) return pairs[place_];
    for (std::size_t i = 0; i < pairs.size(); ++i)
      if (index_.name_of(pairs[i]) == name_) return place_ = i, pairs[i];
    return kNoPair;
  }

 private:
  const LabelIndex& index_;
  NameNumber name_;
  std::size_t place_ = 0;
};

// Groups by a key of pairs; made in order of first appearance.
class GroupKeys {
 public:
  std::uint32_t number(std::span<const Pair> key, std::uint32_t hash) {
    const auto found = table_.find(hash, [&](std::uint32_t group) { return std::ranges::equal(this->key(group), key); });
    if (found != NumberTable::kNone) return found;
    const auto group = static_cast<std::uint32_t>(size());
    keys_.insert(keys_.end(), key.begin(), key.end());
    ends_.push_back(keys_.size());
    table_.insert(hash, group);
    return group;
  }
  std::size_t size() const { return ends_.size(); }
  std::span<const Pair> key(std::uint32_t group) const {
    const auto begin = group == 0 ? 0 : ends_[group - 1];
    return std::span(keys_).subspan(begin, ends_[group] - begin);
  }

 private:
  NumberTable table_;
  std::vector<Pair> keys_;
  std::vector<std::size_t> ends_;
};

// The `top` largest of (value, number), ties by number.
template <class Text>
std::vector<CardinalityEntry> largest(std::vector<std::pair<std::uint64_t, std::uint32_t>> entries, std::size_t top, Text&& text) {
  const auto end = entries.begin() + static_cast<std::ptrdiff_t>(std::min(top, entries.size()));
  std::partial_sort(entries.begin(), end, entries.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  std::vector<CardinalityEntry> out;
  for (auto at = entries.begin(); at != end; ++at) out.push_back({text(at->second), at->first});
  return out;
}

}  // namespace

Pair SeriesTable::State::pair_of(Slot slot, NameNumber name) const { return PairFinder(index, name)(rows.pairs(slot)); }

Labels SeriesTable::State::labels_of(std::span<const Pair> pairs) const {
  std::vector<LabelView> views;
  views.reserve(pairs.size());
  for (const auto pair : pairs) views.push_back(index.label(pair));
  return Labels::from_sorted(views);
}

Labels SeriesTable::labels(Slot slot) const {
  std::shared_lock lock(state_->mutex);
  return state_->labels_of(state_->rows.pairs(slot));
}

void SeriesTable::labels(std::span<const Slot> slots, std::vector<Labels>& out) const {
  const auto& s = *state_;
  std::vector<LabelView> views;
  std::shared_lock lock(s.mutex);
  for (const auto slot : slots) {
    views.clear();
    for (const auto pair : s.rows.pairs(slot)) views.push_back(s.index.label(pair));
    if (!views.empty()) out.push_back(Labels::from_sorted(views));
  }
}

std::size_t SeriesTable::labels_bytes(Slot slot) const {
  std::shared_lock lock(state_->mutex);
  std::size_t bytes = 0;
  for (const auto pair : state_->rows.pairs(slot)) {
    const auto label = state_->index.label(pair);
    bytes += label.name.size() + label.value.size();
  }
  return bytes;
}

Result<SlotList> SeriesTable::match(std::span<const Matcher> matchers) const {
  const auto& s = *state_;
  std::string key;
  for (const auto& matcher : matchers) {
    key += static_cast<char>(matcher.op());
    put_text(key, matcher.name());
    put_text(key, matcher.value());
  }
  {
    std::lock_guard lock(s.remembered_mutex);
    const auto version = s.version.load(std::memory_order_acquire);
    for (auto& entry : s.remembered)
      if (entry.version == version && entry.key == key) {
        entry.used = ++s.uses;
        stats().hits.add();
        return entry.slots;
      }
  }
  stats().misses.add();
  SlotList slots;
  std::uint64_t version;
  {
    std::shared_lock lock(s.mutex);
    version = s.version.load(std::memory_order_relaxed);
    slots = std::make_shared<const std::vector<Slot>>(match_series(s.index, s.rows, matchers));
  }
  std::vector<State::Remembered> dropped;  // freed after the lock
  std::lock_guard lock(s.remembered_mutex);
  std::size_t kept = slots->size();
  std::ranges::sort(s.remembered, std::ranges::greater{}, &State::Remembered::used);
  const auto stays = [&](const State::Remembered& entry) {
    if (entry.version != version || entry.key == key) return false;
    kept += entry.slots->size();
    return kept <= State::kRememberedSlotsMax;
  };
  auto tail = std::stable_partition(s.remembered.begin(), s.remembered.end(), stays);
  if (s.remembered.size() - static_cast<std::size_t>(s.remembered.end() - tail) == State::kRememberedMax) --tail;
  dropped.assign(std::move_iterator(tail), std::move_iterator(s.remembered.end()));
  s.remembered.erase(tail, s.remembered.end());
  s.remembered.push_back({std::move(key), version, ++s.uses, slots});
  return slots;
}

SlotList SeriesTable::all() const { return *match({}); }

std::vector<std::string> SeriesTable::label_names(const std::vector<Slot>* among, std::size_t limit, const Counts& counts,
                                                  bool* left_out) const {
  const auto& s = *state_;
  const Asked asked(among, counts);
  std::shared_lock lock(s.mutex);
  std::vector<bool> has(s.index.names());
  if (asked.all() || among->size() > s.index.pairs_end() * kSlotsPerPair) {
    for (NameNumber name = 0; name < s.index.names(); ++name) {
      bool live = false;
      has[name] = std::ranges::any_of(s.index.pairs_of(name), [&](Pair pair) {
        const auto slots = s.index.slots_of(pair);
        live |= !slots.empty();
        return asked.any_of(slots);
      });
      if (live && !has[name] && left_out != nullptr) *left_out = true;
    }
  } else {
    for (const auto slot : *among) {
      if (!asked.counts(slot)) continue;
      for (const auto pair : s.rows.pairs(slot)) has[s.index.name_of(pair)] = true;
    }
  }
  std::vector<std::string> out;
  for (NameNumber name = 0; name < s.index.names(); ++name)
    if (has[name]) out.emplace_back(s.index.name_text(name));
  std::ranges::sort(out);
  if (limit > 0 && out.size() > limit) out.resize(limit);
  return out;
}

std::vector<std::string> SeriesTable::label_values(std::string_view name, const std::vector<Slot>* among, std::size_t limit,
                                                   const Counts& counts, bool* left_out) const {
  const auto& s = *state_;
  const Asked asked(among, counts);
  std::shared_lock lock(s.mutex);
  std::vector<std::string> out;
  const auto number = s.index.find_name(name);
  if (number == LabelIndex::kNone) return out;
  const auto values = s.index.pairs_of(number).size();
  if (asked.all() || among->size() > values * kSlotsPerPair) {
    const auto sorted = s.index.sorted_pairs(number);
    out.reserve(limit > 0 ? std::min(limit, sorted->size()) : sorted->size());
    for (const auto pair : *sorted) {
      const auto slots = s.index.slots_of(pair);
      if (!asked.any_of(slots)) {
        if (!slots.empty() && left_out != nullptr) *left_out = true;
        continue;
      }
      out.emplace_back(s.index.value_of(pair));
      if (out.size() == limit) break;
    }
    return out;
  }
  PairFinder find(s.index, number);
  std::vector<Pair> pairs;
  Pair last = kNoPair;
  for (const auto slot : *among) {
    const auto pair = find(s.rows.pairs(slot));
    if (pair != kNoPair && pair != last && asked.counts(slot)) pairs.push_back(last = pair);
  }
  std::ranges::sort(pairs);
  const auto repeated = std::ranges::unique(pairs);
  pairs.erase(repeated.begin(), repeated.end());
  out.reserve(pairs.size());
  for (const auto pair : pairs) out.emplace_back(s.index.value_of(pair));
  std::ranges::sort(out);
  if (limit > 0 && out.size() > limit) out.resize(limit);
  return out;
}

// Budget: 10 ns a series by one label.
Selection::Grouping SeriesTable::group(std::span<const Slot> among, std::span<const std::string> names, bool without) const {
  const auto& s = *state_;
  std::shared_lock lock(s.mutex);
  Selection::Grouping out;
  out.group_of.reserve(among.size());

  std::vector<std::string_view> sorted(names.begin(), names.end());
  std::ranges::sort(sorted);
  const auto repeated = std::ranges::unique(sorted);
  sorted.erase(repeated.begin(), repeated.end());
  std::vector<NameNumber> numbers;  // in the order of their texts; names that no series has are left out
  for (const auto name : sorted)
    if (const auto number = s.index.find_name(name); number != LabelIndex::kNone) numbers.push_back(number);

  if (!without && numbers.size() == 1) {
    boost::unordered_flat_map<Pair, std::uint32_t> group_of_pair;
    PairFinder find(s.index, numbers.front());
    Pair last = kNoPair;
    std::uint32_t last_group = 0;
    for (const auto slot : among) {
      const auto pair = find(s.rows.pairs(slot));
      if (pair != last || out.labels.empty()) {
        const auto [at, fresh] = group_of_pair.try_emplace(pair, static_cast<std::uint32_t>(out.labels.size()));
        if (fresh) out.labels.push_back(pair == kNoPair ? Labels{} : s.labels_of(std::span(&pair, 1)));
        last = pair;
        last_group = at->second;
      }
      out.group_of.push_back(last_group);
    }
    return out;
  }

  GroupKeys groups;
  std::vector<Pair> key;
  if (without) {
    std::vector<bool> dropped(s.index.names());
    for (const auto number : numbers) dropped[number] = true;
    dropped[s.metric_name] = true;
    for (const auto slot : among) {
      key.clear();
      for (const auto pair : s.rows.pairs(slot))
        if (!dropped[s.index.name_of(pair)]) key.push_back(pair);
      out.group_of.push_back(groups.number(key, State::labels_hash(key)));
    }
  } else {
    std::vector<PairFinder> finders;
    for (const auto number : numbers) finders.emplace_back(s.index, number);
    for (const auto slot : among) {
      key.clear();
      const auto pairs = s.rows.pairs(slot);
      for (auto& find : finders)
        if (const auto pair = find(pairs); pair != kNoPair) key.push_back(pair);
      out.group_of.push_back(groups.number(key, State::labels_hash(key)));
    }
  }
  out.labels.reserve(groups.size());
  for (std::uint32_t group = 0; group < groups.size(); ++group) out.labels.push_back(s.labels_of(groups.key(group)));
  return out;
}

void SeriesTable::statistics(std::size_t top, StoreStatistics& out) const {
  const auto& s = *state_;
  std::shared_lock lock(s.mutex);
  using Counts = std::vector<std::pair<std::uint64_t, std::uint32_t>>;
  Counts series_by_pair, series_by_metric, values_by_name, bytes_by_name;
  for (NameNumber name = 0; name < s.index.names(); ++name) {
    std::uint64_t values = 0, bytes = 0;
    for (const auto pair : s.index.pairs_of(name)) {
      const auto series = s.index.slots_of(pair).size();
      if (series == 0) continue;
      ++values;
      bytes += series * s.index.value_of(pair).size();
      series_by_pair.emplace_back(series, pair);
      if (name == s.metric_name) series_by_metric.emplace_back(series, pair);
    }
    if (values == 0) continue;
    values_by_name.emplace_back(values, name);
    bytes_by_name.emplace_back(bytes, name);
  }
  out.series = s.live.load(std::memory_order_relaxed);
  out.label_pairs = series_by_pair.size();
  const auto name_text = [&](std::uint32_t name) { return std::string(s.index.name_text(name)); };
  out.series_by_metric = largest(std::move(series_by_metric), top, [&](Pair pair) { return std::string(s.index.value_of(pair)); });
  out.values_by_label = largest(std::move(values_by_name), top, name_text);
  out.bytes_by_label = largest(std::move(bytes_by_name), top, name_text);
  out.series_by_pair = largest(std::move(series_by_pair), top, [&](Pair pair) {
    const auto label = s.index.label(pair);
    return std::string(label.name) + "=" + std::string(label.value);
  });
}

}  // namespace pharos::metrics
