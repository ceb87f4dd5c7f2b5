#include "metrics/label_index.hpp"

#include <algorithm>

namespace pharos::metrics {
namespace {

std::uint32_t name_hash(std::string_view name) { return static_cast<std::uint32_t>(hash_text(name) >> 32); }

// Calls `visit(pair, slots)` for every run of equal pairs of sorted entries.
template <class Visit>
void each_run(std::vector<std::pair<Pair, Slot>>& entries, Visit&& visit) {
  std::ranges::sort(entries);
  std::vector<Slot> slots;
  for (std::size_t i = 0; i < entries.size();) {
    const auto pair = entries[i].first;
    slots.clear();
    for (; i < entries.size() && entries[i].first == pair; ++i) slots.push_back(entries[i].second);
    visit(pair, slots);
  }
}

}  // namespace

NameNumber LabelIndex::find_name(std::string_view name) const {
  return name_table_.find(name_hash(name), [&](NameNumber n) { return names_[n].text == name; });
}

NameNumber LabelIndex::intern_name(std::string_view name) {
  const auto found = find_name(name);
  if (found != kNone) return found;
  names_.push_back({texts_.store(name), {}});
  const auto number = static_cast<NameNumber>(names_.size() - 1);
  name_table_.insert(name_hash(name), number);
  return number;
}

Pair LabelIndex::find_hashed(NameNumber name, std::string_view value, std::uint64_t value_hash) const {
  return pair_table_.find(pair_hash(name, value_hash), [&](Pair p) {
    const auto& entry = pairs_[p];
    return entry.name == name && entry.value() == value;
  });
}

Pair LabelIndex::find_pair(NameNumber name, std::string_view value) const {
  return find_hashed(name, value, hash_text(value));
}

Pair LabelIndex::intern_pair(NameNumber name, std::string_view value) {
  const auto hash = hash_text(value);
  const auto found = find_hashed(name, value, hash);
  if (found != kNone) return found;
  PairEntry entry;
  entry.text = texts_.store(value).data();
  entry.length = static_cast<std::uint32_t>(value.size());
  entry.name = name;
  Pair pair;
  if (free_pairs_.empty()) {
    pair = static_cast<Pair>(pairs_.size());
    pairs_.push_back(std::move(entry));
  } else {
    pair = free_pairs_.back();
    free_pairs_.pop_back();
    pairs_[pair] = std::move(entry);
  }
  pair_table_.insert(pair_hash(name, hash), pair);
  names_[name].pairs.push_back(pair);
  return pair;
}

void LabelIndex::append_rows(const SeriesRows& rows, Slot from, Slot to, std::size_t part, std::size_t parts) {
  const auto first = static_cast<Pair>(pairs_.size() * part / parts), end = static_cast<Pair>(pairs_.size() * (part + 1) / parts);
  // Counted first, so that every list gets the memory it needs and no more.
  const bool many = to - from > 64;
  std::vector<std::uint32_t> counts(many ? end - first : 0);
  for (int round = many ? 0 : 1; round < 2; ++round) {
    for (Slot slot = from; slot < to; ++slot) {
      for (const auto pair : rows.pairs(slot)) {
        if (pair - first >= end - first) continue;
        if (round == 0) ++counts[pair - first];
        else pairs_[pair].postings.append(slot);
      }
    }
    for (Pair pair = first; round == 0 && pair < end; ++pair) {
      if (counts[pair - first] > 0) pairs_[pair].postings.reserve(counts[pair - first]);
    }
  }
}

void LabelIndex::merge(std::vector<std::pair<Pair, Slot>>& entries) {
  each_run(entries, [&](Pair pair, std::span<const Slot> slots) { pairs_[pair].postings.merge(slots); });
}

void LabelIndex::remove(std::vector<std::pair<Pair, Slot>>& entries) {
  each_run(entries, [&](Pair pair, std::span<const Slot> slots) { pairs_[pair].postings.remove(slots); });
}

// By a key of eight bytes behind what all values begin with: most comparisons touch no text.
std::vector<Pair> LabelIndex::sort_by_value(std::span<const Pair> pairs) const {
  if (pairs.empty()) return {};
  auto shared = value_of(pairs.front());
  for (const auto pair : pairs) {
    const auto value = value_of(pair);
    const auto end = std::ranges::mismatch(shared, value).in1;
    shared = shared.substr(0, static_cast<std::size_t>(end - shared.begin()));
  }
  std::vector<std::pair<std::uint64_t, Pair>> keyed;
  keyed.reserve(pairs.size());
  for (const auto pair : pairs) {
    const auto rest = value_of(pair).substr(shared.size());
    std::uint64_t key = 0;
    for (std::size_t i = 0; i < 8; ++i) key = key << 8 | (i < rest.size() ? static_cast<unsigned char>(rest[i]) : 0u);
    keyed.emplace_back(key, pair);
  }
  std::ranges::sort(keyed, [&](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : value_of(a.second) < value_of(b.second);
  });
  std::vector<Pair> out;
  out.reserve(keyed.size());
  for (const auto& [key, pair] : keyed) out.push_back(pair);
  return out;
}

std::shared_ptr<const std::vector<Pair>> LabelIndex::sorted_pairs(NameNumber name) const {
  std::lock_guard lock(sorted_mutex_);
  if (sorted_.size() < names_.size()) sorted_.resize(names_.size());
  auto& sorted = sorted_[name];
  const auto& pairs = names_[name].pairs;
  if (!sorted.pairs) sorted = {std::make_shared<const std::vector<Pair>>(), 0};
  if (sorted.covered == pairs.size()) return sorted.pairs;

  const auto& old = *sorted.pairs;
  const auto fresh = sort_by_value(std::span(pairs).subspan(sorted.covered));
  std::vector<Pair> merged;
  if (old.empty()) {
    merged = fresh;
  } else {
    // Few new values among many: find each one's place and copy what lies between.
    merged.reserve(pairs.size());
    auto from = old.begin();
    for (const auto pair : fresh) {
      const auto to = std::lower_bound(from, old.end(), value_of(pair), [&](Pair p, std::string_view v) { return value_of(p) < v; });
      merged.insert(merged.end(), from, to);
      merged.push_back(pair);
      from = to;
    }
    merged.insert(merged.end(), from, old.end());
  }
  sorted = {std::make_shared<const std::vector<Pair>>(std::move(merged)), pairs.size()};
  return sorted.pairs;
}

std::vector<Pair> LabelIndex::collect() {
  std::vector<Pair> gone;
  for (NameNumber name = 0; name < names_.size(); ++name) {
    const auto before = gone.size();
    std::erase_if(names_[name].pairs, [&](Pair pair) {
      auto& entry = pairs_[pair];
      if (entry.postings.size() > 0) return false;
      pair_table_.erase(pair_hash(name, hash_text(value_of(pair))), pair);
      entry = PairEntry{};
      gone.push_back(pair);
      return true;
    });
    if (gone.size() == before) continue;
    names_[name].pairs.shrink_to_fit();
    std::lock_guard lock(sorted_mutex_);
    if (name < sorted_.size()) sorted_[name] = {};
  }
  if (gone.empty()) return gone;
  // The texts that are left move together.
  TextArena texts;
  for (auto& name : names_) {
    name.text = texts.store(name.text);
    for (const auto pair : name.pairs) pairs_[pair].text = texts.store(pairs_[pair].value()).data();
  }
  texts_ = std::move(texts);
  free_pairs_.insert(free_pairs_.end(), gone.begin(), gone.end());
  return gone;
}

std::size_t LabelIndex::bytes() const {
  std::size_t total = texts_.bytes() + name_table_.bytes() + pair_table_.bytes() + pairs_.bytes();
  for (std::size_t pair = 0; pair < pairs_.size(); ++pair) total += pairs_[pair].postings.heap_bytes();
  for (const auto& name : names_) total += sizeof name + name.pairs.capacity() * sizeof(Pair);
  return total;
}

}  // namespace pharos::metrics
