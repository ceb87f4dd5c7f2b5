#include "metrics/series_table.hpp"

#include <algorithm>

#include <boost/unordered/unordered_flat_map.hpp>

#include "metrics/series_table_state.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace pharos::metrics {
namespace {

constexpr std::size_t kMadeAtOnce = 1024;  // series made before readers get a turn

std::string_view metric_of(std::span<const LabelView> labels) {
  for (const auto& label : labels)
    if (label.name == kMetricName) return label.value;
  return {};
}

std::string quoted_metric(std::string_view metric) { return metric.empty() ? "a series without a metric name" : "metric '" + std::string(metric) + "'"; }

Status check(std::span<const LabelView> labels, const SeriesLimits& limits) {
  const auto refuse = [&](Errc code, const std::string& why) { return fail(code, quoted_metric(metric_of(labels)) + ": " + why); };
  if (labels.empty()) return fail(Errc::invalid, "a series needs at least one label");
  if (labels.size() > limits.labels_max)
    return refuse(Errc::limit, std::to_string(labels.size()) + " labels, the limit labels_max is " + std::to_string(limits.labels_max));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto& [name, value] = labels[i];
    if (name.empty()) return refuse(Errc::invalid, "a label without a name");
    if (value.empty()) return refuse(Errc::invalid, "label '" + std::string(name) + "' has no value");
    if (i > 0 && labels[i - 1].name == name) return refuse(Errc::invalid, "label '" + std::string(name) + "' is there twice");
    if (i > 0 && labels[i - 1].name > name) return refuse(Errc::invalid, "label '" + std::string(name) + "' is out of order");
    if (name.size() > limits.label_name_bytes_max)
      return refuse(Errc::limit, "a label name of " + std::to_string(name.size()) + " bytes ('" + std::string(name.substr(0, 40)) +
                                     "…'), the limit label_name_bytes_max is " + std::to_string(limits.label_name_bytes_max));
    if (value.size() > limits.label_value_bytes_max)
      return refuse(Errc::limit, "the value of label '" + std::string(name) + "' has " + std::to_string(value.size()) +
                                     " bytes, the limit label_value_bytes_max is " + std::to_string(limits.label_value_bytes_max));
  }
  return {};
}

// Label sets as pairs, remembering the one before: the series of one sender share most labels with
// their neighbour, at the same place.
class PairReader {
 public:
  explicit PairReader(LabelIndex& index) : index_(index) {}

  // False when a pair is not known yet.
  bool find(std::span<const LabelView> labels) {
    return read(labels, [&](NameNumber n, std::string_view v) { return index_.find_pair(n, v); },
                [&](std::string_view n) { return index_.find_name(n); });
  }
  void intern(std::span<const LabelView> labels) {
    read(labels, [&](NameNumber n, std::string_view v) { return index_.intern_pair(n, v); },
         [&](std::string_view n) { return index_.intern_name(n); });
  }
  std::span<const Pair> pairs() const { return pairs_; }

 private:
  template <class FindPair, class FindName>
  bool read(std::span<const LabelView> labels, FindPair&& find_pair, FindName&& find_name) {
    pairs_.resize(labels.size());
    if (last_.size() < labels.size()) last_.resize(labels.size());
    for (std::size_t i = 0; i < labels.size(); ++i) {
      auto& last = last_[i];
      if (last.name == LabelIndex::kNone || last.label.name != labels[i].name) {
        last.name = find_name(labels[i].name);
        last.pair = LabelIndex::kNone;
        if (last.name == LabelIndex::kNone) return false;
      }
      if (last.pair == LabelIndex::kNone || last.label.value != labels[i].value) {
        last.pair = find_pair(last.name, labels[i].value);
      }
      last.label = labels[i];
      if (last.pair == LabelIndex::kNone) return false;
      pairs_[i] = last.pair;
    }
    return true;
  }

  struct Last {
    LabelView label;
    NameNumber name = LabelIndex::kNone;
    Pair pair = LabelIndex::kNone;
  };
  LabelIndex& index_;
  std::vector<Last> last_;
  std::vector<Pair> pairs_;
};

}  // namespace

std::uint32_t SeriesTable::State::labels_hash(std::span<const Pair> pairs) {
  return static_cast<std::uint32_t>(XXH3_64bits(pairs.data(), pairs.size_bytes()) >> 32);
}

Slot SeriesTable::State::find(std::span<const Pair> pairs, std::uint32_t hash) const {
  return by_labels.find(hash, [&](Slot slot) { return std::ranges::equal(rows.pairs(slot), pairs); });
}

Slot SeriesTable::State::add(SeriesId id, std::span<const Pair> pairs, std::uint32_t hash) {
  const auto slot = rows.add(id, pairs);
  if (slot == kNoSlot) return slot;
  by_labels.insert(hash, slot);
  by_id.insert(id, slot);
  next_id = std::max(next_id, static_cast<std::uint64_t>(id) + 1);
  live.fetch_add(1, std::memory_order_relaxed);
  return slot;
}

SeriesTable::SeriesTable(SeriesLimits limits) : state_(std::make_unique<State>()) {
  state_->limits = limits;
  state_->metric_name = state_->index.intern_name(kMetricName);
}
SeriesTable::~SeriesTable() = default;

void SeriesTable::set_limits(SeriesLimits limits) {
  std::unique_lock lock(state_->mutex);
  state_->limits = limits;
}

void SeriesTable::resolve(std::span<const LabelView> labels, std::span<const std::uint32_t> offsets, std::span<Slot> slots,
                          std::vector<Slot>& created, std::vector<Appender::ResolveError>& errors) {
  auto& s = *state_;
  const auto set_of = [&](std::size_t i) { return labels.subspan(offsets[i], offsets[i + 1] - offsets[i]); };
  std::vector<std::uint32_t> missing;
  {
    std::shared_lock lock(s.mutex);
    PairReader reader(s.index);
    for (std::uint32_t i = 0; i < slots.size(); ++i) {
      slots[i] = reader.find(set_of(i)) ? s.find(reader.pairs(), State::labels_hash(reader.pairs())) : kNoSlot;
      if (slots[i] == kNoSlot) missing.push_back(i);
    }
  }

  std::vector<std::pair<Pair, Slot>> behind;  // postings of slots that served before: merged in at the end of a turn
  boost::unordered_flat_map<Pair, std::uint64_t> behind_of_metric;
  for (std::size_t turn = 0; turn < missing.size(); turn += kMadeAtOnce) {
    std::unique_lock lock(s.mutex);
    PairReader reader(s.index);
    behind.clear();
    behind_of_metric.clear();
    const auto before = created.size();
    for (const auto i : std::span(missing).subspan(turn, std::min(kMadeAtOnce, missing.size() - turn))) {
      const auto set = set_of(i);
      if (auto good = check(set, s.limits); !good) {
        errors.push_back({i, std::move(good).error()});
        continue;
      }
      if (reader.find(set)) {
        slots[i] = s.find(reader.pairs(), State::labels_hash(reader.pairs()));
        if (slots[i] != kNoSlot) continue;  // made meanwhile, or earlier in this call
      }
      const auto refuse = [&](const std::string& why) {
        errors.push_back({i, Error{Errc::limit, quoted_metric(metric_of(set)) + ": " + why}});
      };
      if (s.live.load(std::memory_order_relaxed) >= s.limits.series_max) {
        refuse("no new series, " + std::to_string(s.limits.series_max) + " are in memory, the limit series_max");
        continue;
      }
      auto metric = LabelIndex::kNone;
      if (s.limits.series_per_metric_max > 0) {
        metric = s.index.find_pair(s.metric_name, metric_of(set));
        auto count = metric == LabelIndex::kNone ? 0 : s.index.slots_of(metric).size();
        if (const auto at = behind_of_metric.find(metric); metric != LabelIndex::kNone && at != behind_of_metric.end()) count += at->second;
        if (count >= s.limits.series_per_metric_max) {
          refuse("no new series, it has " + std::to_string(count) + ", the limit series_per_metric_max");
          continue;
        }
      }
      reader.intern(set);
      const auto pairs = reader.pairs();
      const auto fresh = s.rows.size();
      const auto slot = s.add(static_cast<SeriesId>(s.next_id), pairs, State::labels_hash(pairs));
      if (slot == kNoSlot) {
        refuse("no new series, every slot is in use");
        continue;
      }
      if (slot >= fresh) {
        for (const auto pair : pairs) s.index.append(pair, slot);
      } else {
        for (const auto pair : pairs) {
          behind.emplace_back(pair, slot);
          if (s.limits.series_per_metric_max > 0 && s.index.name_of(pair) == s.metric_name) ++behind_of_metric[pair];
        }
      }
      slots[i] = slot;
      created.push_back(slot);
    }
    s.index.merge(behind);
    if (created.size() > before) s.version.fetch_add(1, std::memory_order_release);
  }
}

Result<Slot> SeriesTable::insert(SeriesId id, std::span<const LabelView> labels) {
  TRY(check(labels, SeriesLimits{.series_max = ~0ull, .labels_max = ~0u, .label_name_bytes_max = ~0u, .label_value_bytes_max = ~0u}));
  Loader loader(*this, nullptr);
  std::vector<Pair> pairs;
  pairs.reserve(labels.size());
  for (const auto& label : labels) pairs.push_back(loader.pair(label.name, label.value));
  if (const auto slot = state_->find(pairs, State::labels_hash(pairs)); slot != kNoSlot && state_->rows.id(slot) != id)
    return fail(Errc::conflict, quoted_metric(metric_of(labels)) + ": its labels are those of series " +
                                    std::to_string(static_cast<std::uint64_t>(state_->rows.id(slot))) + ", not " +
                                    std::to_string(static_cast<std::uint64_t>(id)));
  return loader.insert(id, pairs);
}

SeriesId SeriesTable::next_id() const {
  std::shared_lock lock(state_->mutex);
  return static_cast<SeriesId>(state_->next_id);
}

void SeriesTable::reserve_ids(SeriesId at_least) {
  std::unique_lock lock(state_->mutex);
  state_->next_id = std::max(state_->next_id, static_cast<std::uint64_t>(at_least));
}

Slot SeriesTable::slots() const { return state_->rows.size(); }
std::uint64_t SeriesTable::live() const { return state_->live.load(std::memory_order_relaxed); }
std::uint64_t SeriesTable::version() const { return state_->version.load(std::memory_order_acquire); }
bool SeriesTable::alive(Slot slot) const { return state_->rows.alive(slot); }
SeriesRef SeriesTable::ref(Slot slot) const { return state_->rows.ref(slot); }
Slot SeriesTable::slot_of(SeriesRef ref) const { return state_->rows.slot_of(ref); }
SeriesId SeriesTable::id(Slot slot) const { return state_->rows.id(slot); }

Slot SeriesTable::slot_of(SeriesId id) const {
  std::shared_lock lock(state_->mutex);
  return state_->by_id.find(id);
}

Slot SeriesTable::slot_of(const Labels& labels) const {
  const std::vector<LabelView> views(labels.begin(), labels.end());
  std::shared_lock lock(state_->mutex);
  PairReader reader(state_->index);
  return reader.find(views) ? state_->find(reader.pairs(), State::labels_hash(reader.pairs())) : kNoSlot;
}

void SeriesTable::release(std::span<const Slot> slots) {
  auto& s = *state_;
  std::unique_lock lock(s.mutex);
  std::vector<std::pair<Pair, Slot>> entries;
  for (const auto slot : slots) {
    if (!s.rows.alive(slot)) continue;
    const auto pairs = s.rows.pairs(slot);
    for (const auto pair : pairs) entries.emplace_back(pair, slot);
    s.by_labels.erase(State::labels_hash(pairs), slot);
    s.by_id.erase(s.rows.id(slot));
    s.rows.remove(slot);
    s.live.fetch_sub(1, std::memory_order_relaxed);
  }
  s.index.remove(entries);
  if (!entries.empty()) s.version.fetch_add(1, std::memory_order_release);
}

std::vector<std::uint32_t> SeriesTable::collect_pairs() {
  std::unique_lock lock(state_->mutex);
  return state_->index.collect();
}

std::size_t SeriesTable::memory_bytes() const {
  std::shared_lock lock(state_->mutex);
  return state_->index.bytes() + state_->rows.bytes() + state_->by_labels.bytes() + state_->by_id.bytes();
}

SeriesTable::Loader::Loader(SeriesTable& table, ThreadPool* pool)
    : state_(*table.state_), pool_(pool), indexed_((state_.mutex.lock(), state_.rows.size())) {}

SeriesTable::Loader::~Loader() {
  const auto end = state_.rows.size();
  if (pool_ != nullptr && end - indexed_ > kMadeAtOnce) {
    const auto parts = pool_->threads() + 1;
    pool_->parallel_for(parts, [&](std::size_t part) { state_.index.append_rows(state_.rows, indexed_, end, part, parts); });
  } else {
    state_.index.append_rows(state_.rows, indexed_, end, 0, 1);
  }
  state_.version.fetch_add(1, std::memory_order_release);
  state_.mutex.unlock();
}

void SeriesTable::Loader::expect(std::size_t series) { state_.by_labels.reserve(state_.by_labels.size() + series); }

void SeriesTable::Loader::prefetch(std::string_view name, std::string_view value) const {
  if (const auto number = state_.index.find_name(name); number != LabelIndex::kNone) state_.index.prefetch(number, value);
}

void SeriesTable::Loader::prefetch(std::span<const std::uint32_t> pairs) const { state_.by_labels.prefetch(State::labels_hash(pairs)); }

std::uint32_t SeriesTable::Loader::pair(std::string_view name, std::string_view value) {
  return state_.index.intern_pair(state_.index.intern_name(name), value);
}

// Series that follow each other have the same names as a rule: the texts need not be compared again.
bool SeriesTable::Loader::ordered(std::span<const std::uint32_t> pairs) {
  bool same = names_.size() >= pairs.size();
  for (std::size_t i = 0; same && i < pairs.size(); ++i) same = names_[i] == state_.index.name_of(pairs[i]);
  if (same) return true;
  names_.clear();
  for (const auto pair : pairs) {
    const auto name = state_.index.name_of(pair);
    if (!names_.empty() && state_.index.name_text(names_.back()) >= state_.index.name_text(name)) {
      names_.clear();
      return false;
    }
    names_.push_back(name);
  }
  return true;
}

Result<Slot> SeriesTable::Loader::insert(SeriesId id, std::span<const std::uint32_t> pairs) {
  auto& s = state_;
  const auto text = [](SeriesId n) { return "series " + std::to_string(static_cast<std::uint64_t>(n)); };
  if (id == SeriesId{}) return fail(Errc::invalid, "a series without an id");
  if (pairs.empty()) return fail(Errc::invalid, text(id) + ": no labels");
  const auto hash = State::labels_hash(pairs);
  const auto same = s.find(pairs, hash);
  // Ids rise as a rule, and one above all that were given out is nobody's.
  const auto holder = static_cast<std::uint64_t>(id) >= s.next_id ? kNoSlot : s.by_id.find(id);
  if (same != kNoSlot && same == holder) return same;
  if (holder != kNoSlot) return fail(Errc::conflict, text(id) + ": the id has other labels: " + s.labels_of(s.rows.pairs(holder)).to_metric_string());
  if (same != kNoSlot) {
    if (s.rows.id(same) > id) return same;
    s.by_id.erase(s.rows.id(same));
    s.rows.set_id(same, id);
    s.by_id.insert(id, same);
    s.next_id = std::max(s.next_id, static_cast<std::uint64_t>(id) + 1);
    return same;
  }
  if (!ordered(pairs)) return fail(Errc::invalid, text(id) + ": its labels are out of order");
  const auto slot = s.add(id, pairs, hash);
  if (slot == kNoSlot) return fail(Errc::limit, text(id) + ": every slot is in use");
  if (slot < indexed_) {  // one that served before; those above are put into the index at the end
    std::vector<std::pair<Pair, Slot>> entries;
    for (const auto pair : pairs) entries.emplace_back(pair, slot);
    s.index.merge(entries);
  }
  return slot;
}

SeriesTable::Reader::Reader(const SeriesTable& table) : state_(*table.state_) { state_.mutex.lock_shared(); }
SeriesTable::Reader::~Reader() { state_.mutex.unlock_shared(); }
SeriesId SeriesTable::Reader::id(Slot slot) const { return state_.rows.id(slot); }
std::span<const std::uint32_t> SeriesTable::Reader::pairs(Slot slot) const { return state_.rows.pairs(slot); }
LabelView SeriesTable::Reader::label(std::uint32_t pair) const { return state_.index.label(pair); }
std::size_t SeriesTable::Reader::pairs_end() const { return state_.index.pairs_end(); }

}  // namespace pharos::metrics
