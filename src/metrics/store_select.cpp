#include "metrics/store_select.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <set>

#include "metrics/downsample.hpp"
#include "metrics/sample_fold.hpp"

namespace pharos::metrics {
namespace {

constexpr std::size_t kLabelsAtOnce = 4'096;  // half a millisecond
constexpr int kLooks = 8;  // at series that leave memory meanwhile: a release takes milliseconds, once in ten minutes

// A read in flight: the columns that did not simply follow one another.
struct Scratch {
  SampleColumn open, late;
  std::vector<SampleColumn> columns;
};

bool overlaps(const Part& part, UnixMillis from_ms, UnixMillis to_ms) {
  return part.min_ms() <= to_ms && part.max_ms() >= from_ms;
}

// Samples of roll-ups for the part of [from, to] that raw data does not reach; finest first.
Status read_rollups(const PartList& list, SeriesId id, const SelectHints& hints, UnixMillis from_ms, UnixMillis to_ms, SampleColumn& out) {
  SampleColumn fine, coarse;
  for (const auto resolution : {Resolution::five_minutes, Resolution::one_hour}) {
    auto& column = resolution == Resolution::five_minutes ? fine : coarse;
    const auto until = resolution == Resolution::five_minutes || fine.empty() ? to_ms : fine.t_ms.front() - 1;
    for (const auto& [part, tombstoned] : list.parts) {
      if (part->resolution() != resolution || !overlaps(*part, from_ms, until) || !part->contains(id)) continue;
      SampleColumn one;
      TRY(read_for_function(*part, id, hints.function, from_ms, until, one));
      if (tombstoned) list.tombstones->apply(id, one);
      SampleColumn merged;
      const SampleSpan both[] = {SampleSpan(column), SampleSpan(one)};
      merge(both, merged);
      column = std::move(merged);
    }
  }
  append(out, SampleSpan(coarse));
  append(out, SampleSpan(fine));
  return {};
}

}  // namespace

StoreSelection::StoreSelection(const StoreCore& store, std::uint64_t releases, SlotList slots, std::vector<DepartedMatch> departed,
                               SelectHints hints)
    : store_(store), releases_(releases), slots_(std::move(slots)), hints_(std::move(hints)),
      parts_([&] {
        const std::shared_lock lock(store.mutex_);
        return store.parts_;
      }()) {
  const auto n = slots_->size();
  ids_.reserve(n);
  newest_.reserve(n);
  in_parts_.resize(n);
  const std::shared_lock lock(store_.mutex_);
  const bool parts_only = store_.parts_ == parts_ && store_.head_.late_samples() == 0;
  for (std::size_t i = 0; i < n; ++i) {
    const auto slot = (*slots_)[i];
    ids_.push_back(store_.table_.id(slot));
    const auto last = store_.head_.last_ms(slot);
    newest_.push_back(last == Head::kNever ? std::numeric_limits<UnixMillis>::max() : last);
    in_parts_[i] = parts_only && !store_.head_.has_open(slot);
  }
  for (auto& match : departed) {
    const auto slot = store_.table_.slot_of(match.labels);
    const auto at = std::ranges::lower_bound(*slots_, slot);
    if (at == slots_->end() || *at != slot) departed_.push_back(std::move(match));
    else other_ids_.emplace(static_cast<std::size_t>(at - slots_->begin()), std::move(match.ids));
  }
}

std::span<const SeriesId> StoreSelection::other_ids(std::size_t series) const {
  if (series >= slots_->size()) return std::span(departed_[series - slots_->size()].ids).subspan(1);
  if (other_ids_.empty()) return {};
  const auto found = other_ids_.find(series);
  return found == other_ids_.end() ? std::span<const SeriesId>() : found->second;
}

bool StoreSelection::in_memory(std::size_t series) const {
  const auto slot = (*slots_)[series];
  return store_.releases_.load() == releases_ || (store_.table_.alive(slot) && store_.table_.id(slot) == ids_[series]);
}

const Labels& StoreSelection::labels(std::size_t series) const {
  if (series >= slots_->size()) return departed_[series - slots_->size()].labels;
  if (labelled_ && labelled_[series].load(std::memory_order_acquire)) return labels_[series];
  const std::lock_guard lock(labels_mutex_);
  if (labels_.empty()) {
    labels_.resize(slots_->size());
    labelled_ = std::make_unique<std::atomic<bool>[]>(slots_->size());
  }
  if (!labelled_[series].load(std::memory_order_relaxed)) {
    auto labels = store_.table_.labels((*slots_)[series]);
    if (!in_memory(series)) labels = store_.labels_of(ids_[series]).value_or(Labels());  // it has left since the select
    labels_[series] = std::move(labels);
    labelled_[series].store(true, std::memory_order_release);
  }
  return labels_[series];
}

Status StoreSelection::read(std::size_t series, UnixMillis from_ms, UnixMillis to_ms, SampleColumn& out) const {
  thread_local Scratch scratch;
  out.clear();
  scratch.open.clear();
  scratch.late.clear();
  const bool resident = series < slots_->size();
  const auto id = resident ? ids_[series] : departed_[series - slots_->size()].ids.front();
  const auto others = other_ids(series);
  if (resident) to_ms = std::min(to_ms, newest_[series]);
  const PartList* list = parts_.get();
  std::shared_ptr<const PartList> newer;
  if (resident && !in_parts_[series]) {
    const auto slot = (*slots_)[series];
    // Open samples and parts are looked at in one moment: a seal moves samples from one to the other.
    const std::shared_lock lock(store_.mutex_);
    if (store_.parts_.get() != list) {
      newer = store_.parts_;
      list = newer.get();
    }
    if (store_.table_.id(slot) == id) store_.head_.read(slot, from_ms, to_ms, scratch.open, scratch.late);
  }

  if (list->has_rollups && from_ms < list->raw_from_ms && others.empty()) {
    TRY(read_rollups(*list, id, hints_, from_ms, std::min(to_ms, list->raw_from_ms - 1), out));
  }
  // As a rule every part holds later samples than the one before, and each is decoded straight into the answer.
  bool in_order = others.empty();
  for (const auto& [part, tombstoned] : list->parts) {
    if (!in_order) break;
    if (part->resolution() != Resolution::raw || !overlaps(*part, from_ms, to_ms)) continue;
    const auto before = out.size();
    if (tombstoned && list->tombstones->touches(id, from_ms, to_ms)) {
      in_order = false;
      break;
    }
    TRY(part->read(id, from_ms, to_ms, out));
    if (before > 0 && out.size() > before && out.t_ms[before] <= out.t_ms[before - 1]) {
      in_order = false;
      break;
    }
  }
  if (in_order && scratch.late.empty()) {
    if (scratch.open.empty()) return {};
    if (out.empty() && out.histograms.empty()) return std::swap(out, scratch.open), Status{};
    if (out.t_ms.back() < scratch.open.t_ms.front()) return append(out, SampleSpan(scratch.open)), Status{};
  }

  // Late samples and merges in progress overlap: of equal times the first stored wins.
  scratch.columns.clear();
  std::vector<SampleColumn> rolled;
  const auto collect = [&](SeriesId one) -> Status {
    for (const auto& [part, tombstoned] : list->parts) {
      if (part->resolution() != Resolution::raw || !overlaps(*part, from_ms, to_ms) || !part->contains(one)) continue;
      scratch.columns.emplace_back();
      TRY(part->read(one, from_ms, to_ms, scratch.columns.back()));
      if (tombstoned) list->tombstones->apply(one, scratch.columns.back());
    }
    if (!list->has_rollups || from_ms >= list->raw_from_ms) return {};
    rolled.emplace_back();
    return read_rollups(*list, one, hints_, from_ms, std::min(to_ms, list->raw_from_ms - 1), rolled.back());
  };
  if (resident) {  // the others are older
    for (const auto other : others) TRY(collect(other));
    TRY(collect(id));
  } else {
    TRY(collect(id));
    for (const auto other : others) TRY(collect(other));
  }
  std::vector<SampleSpan> spans;
  for (const auto& column : scratch.columns) spans.emplace_back(column);
  for (const auto& column : rolled) spans.emplace_back(column);
  spans.emplace_back(scratch.open);
  spans.emplace_back(scratch.late);
  out.clear();
  merge(spans, out);
  return {};
}

Status StoreSelection::facts(std::size_t series, UnixMillis from_ms, UnixMillis to_ms, WindowFacts& out) const {
  thread_local Scratch scratch;
  scratch.open.clear();
  scratch.late.clear();
  out = {};
  if (!other_ids(series).empty()) return {};
  const bool resident = series < slots_->size();
  const auto id = resident ? ids_[series] : departed_[series - slots_->size()].ids.front();
  if (resident) to_ms = std::min(to_ms, newest_[series]);
  const PartList* list = parts_.get();
  std::shared_ptr<const PartList> newer;
  if (resident && !in_parts_[series]) {
    const auto slot = (*slots_)[series];
    const std::shared_lock lock(store_.mutex_);
    if (store_.parts_.get() != list) {
      newer = store_.parts_;
      list = newer.get();
    }
    if (store_.table_.id(slot) == id) store_.head_.read(slot, from_ms, to_ms, scratch.open, scratch.late);
  }
  out.exact = true;
  // Facts of sources that overlap in time would count equal times twice: then the samples must be read.
  const auto take = [&](const WindowFacts& facts) {
    if (!facts.exact || (facts.count > 0 && out.count > 0 && facts.first_ms <= out.last_ms)) return out = {}, false;
    if (facts.count > 0) fold(out, facts);
    return true;
  };
  if (!scratch.late.empty() || (list->has_rollups && from_ms < list->raw_from_ms)) return out = {}, Status{};
  for (const auto& [part, tombstoned] : list->parts) {
    if (part->resolution() != Resolution::raw || !overlaps(*part, from_ms, to_ms)) continue;
    if (tombstoned && list->tombstones->touches(id, from_ms, to_ms)) return out = {}, Status{};
    WindowFacts own;
    own.exact = true;
    TRY(part->fold_facts(id, from_ms, to_ms, own));
    if (!take(own)) return {};
  }
  WindowFacts open;
  open.exact = true;
  fold(open, SampleSpan(scratch.open));
  take(open);
  return {};
}

Selection::Grouping StoreSelection::group(std::span<const std::string> names, bool without) const {
  if (!departed_.empty()) return Selection::group(names, without);
  auto out = store_.table_.group(*slots_, names, without);
  // A slot that was given up since has no labels, or another series'.
  if (store_.releases_.load() == releases_) return out;
  for (std::size_t i = 0; i < slots_->size(); ++i) {
    if (!in_memory(i)) return Selection::group(names, without);
  }
  return out;
}

Result<SlotList> StoreQuerier::slots(std::span<const Matcher> matchers, UnixMillis from_ms, UnixMillis to_ms,
                                     Untimed untimed) const {
  auto matched = matchers.empty() ? store_.table_.all() : TRY(store_.table_.match(matchers));
  const std::shared_lock lock(store_.mutex_);
  const auto parts = parts_in(from_ms, to_ms);
  std::shared_ptr<std::vector<Slot>> kept;  // from the first one that is left out on
  for (std::size_t i = 0; i < matched->size(); ++i) {
    const auto slot = (*matched)[i];
    const bool in = may_have(slot, from_ms, to_ms, parts, untimed);
    if (in && kept) kept->push_back(slot);
    if (in || kept) continue;
    kept = std::make_shared<std::vector<Slot>>();
    kept->reserve(matched->size() - 1);
    kept->assign(matched->begin(), matched->begin() + static_cast<std::ptrdiff_t>(i));
  }
  return kept ? SlotList(std::move(kept)) : matched;
}

std::vector<const Part*> StoreQuerier::parts_in(UnixMillis from_ms, UnixMillis to_ms) const {
  std::vector<const Part*> out;
  for (const auto& [part, tombstoned] : store_.parts_->parts) {
    if (part->samples() > 0 && overlaps(*part, from_ms, to_ms)) out.push_back(part.get());
  }
  return out;
}

bool StoreQuerier::may_have(Slot slot, UnixMillis from_ms, UnixMillis to_ms, std::span<const Part* const> parts,
                            Untimed untimed) const {
  const auto first = store_.head_.first_ms(slot), last = store_.head_.last_ms(slot);
  if (last != Head::kNever) return last >= from_ms && first <= to_ms;
  if (first != Head::kNever) return true;  // late samples of before a kill are in memory, the newest one is in a part
  // All it has lies in parts; one that was made just now has nothing yet.
  if (untimed == Untimed::in_any_part) return !parts.empty();
  const auto id = store_.table_.id(slot);
  return std::ranges::any_of(parts, [&](const Part* part) { return part->contains(id); });
}

// Names (`label` "") or values of the matching series that may have samples in the range, which is looked at for as few
// of them as will do.
Result<std::vector<std::string>> StoreQuerier::of_resident(std::string_view label, std::span<const Matcher> matchers,
                                                           UnixMillis from_ms, UnixMillis to_ms, std::size_t limit) const {
  const auto& table = store_.table_;
  SlotList matched;
  if (!matchers.empty()) matched = TRY(table.match(matchers));
  else if (!label.empty()) (void)table.label_values(label, nullptr, 1);  // sorts new values, while appends go on
  const std::shared_lock lock(store_.mutex_);
  const bool keeps = matchers.empty() && limit == 0;
  LabelList list{.version = table.version(),
                 .from_max_ms = std::numeric_limits<UnixMillis>::max(),
                 .to_min_ms = std::numeric_limits<UnixMillis>::min(),
                 .texts = nullptr};
  if (keeps) {
    if (const auto known = store_.label_lists_.find(label, list.version, from_ms, to_ms)) return *known;
  }
  bool unsure = false;  // whether other ranges have the same list
  const auto parts = parts_in(from_ms, to_ms);
  const auto counts = [&](Slot slot) {
    if (!may_have(slot, from_ms, to_ms, parts, Untimed::in_own_parts)) return false;
    const auto first = store_.head_.first_ms(slot), last = store_.head_.last_ms(slot);
    unsure |= last == Head::kNever;
    list.from_max_ms = std::min(list.from_max_ms, last);
    list.to_min_ms = std::max(list.to_min_ms, first);
    return true;
  };
  auto texts = label.empty() ? table.label_names(matched.get(), limit, counts, &unsure)
                             : table.label_values(label, matched.get(), limit, counts, &unsure);
  if (keeps && !unsure) {
    list.texts = std::make_shared<const std::vector<std::string>>(texts);
    store_.label_lists_.put(label, std::move(list));
  }
  return texts;
}

Result<StoreQuerier::Found> StoreQuerier::find(std::span<const Matcher> matchers, UnixMillis from_ms, UnixMillis to_ms,
                                               Untimed untimed) const {
  for (int attempt = 0;; ++attempt) {
    Found found{.releases = store_.releases()};
    found.slots = TRY(slots(matchers, from_ms, to_ms, untimed));
    const auto parts = store_.current_parts();
    found.departed = TRY(store_.departed(*parts, matchers, from_ms, to_ms));
    // A series that left memory between the two looks would be there twice, or not at all.
    if (store_.releases_.load() == found.releases || attempt == kLooks) return found;
  }
}

Result<std::shared_ptr<const Selection>> StoreQuerier::select(std::span<const Matcher> matchers, UnixMillis from_ms,
                                                              UnixMillis to_ms, const SelectHints& hints) {
  for (int attempt = 0;; ++attempt) {
    auto found = TRY(find(matchers, from_ms, to_ms, Untimed::in_any_part));
    const auto count = found.slots->size() + found.departed.size();
    if (hints.series_max != 0 && count > hints.series_max) {
      return fail(Errc::limit, "the selector matches " + std::to_string(count) + " series, more than the limit of " +
                                   std::to_string(hints.series_max));
    }
    auto selection = std::make_shared<StoreSelection>(store_, found.releases, std::move(found.slots), std::move(found.departed), hints);
    // A slot that was given up before the selection had noted its id may be another series' by now.
    if (store_.releases_.load() == found.releases || attempt == kLooks) return std::shared_ptr<const Selection>(std::move(selection));
  }
}

// Looks again when series left memory meanwhile: they would be in neither place, or their slots be others'.
template <class Look>
auto StoreQuerier::undisturbed(Look&& look) const -> decltype(look()) {
  for (int attempt = 0;; ++attempt) {
    const auto releases = store_.releases();
    auto out = look();
    if (store_.releases_.load() == releases || attempt == kLooks) return out;
  }
}

Result<std::vector<std::string>> StoreQuerier::label_names(std::span<const Matcher> matchers, UnixMillis from_ms,
                                                           UnixMillis to_ms, std::size_t limit) {
  return undisturbed([&]() -> Result<std::vector<std::string>> {
    const bool departed = store_.has_departed_;
    auto names = TRY(of_resident({}, matchers, from_ms, to_ms, departed ? 0 : limit));
    if (!departed) return names;
    return with_departed(
        std::move(names), matchers, from_ms, to_ms, limit,
        [](const Part& part) { return part.label_names(); },
        [](const Labels& labels, std::set<std::string>& out) {
          for (const auto& label : labels) out.emplace(label.name);
        });
  });
}

Result<std::vector<std::string>> StoreQuerier::label_values(std::string_view name, std::span<const Matcher> matchers,
                                                            UnixMillis from_ms, UnixMillis to_ms, std::size_t limit) {
  if (name.empty()) return std::vector<std::string>();
  return undisturbed([&]() -> Result<std::vector<std::string>> {
    const bool departed = store_.has_departed_;
    auto values = TRY(of_resident(name, matchers, from_ms, to_ms, departed ? 0 : limit));
    if (!departed) return values;
    return with_departed(
        std::move(values), matchers, from_ms, to_ms, limit,
        [&](const Part& part) { return part.label_values(name); },
        [&](const Labels& labels, std::set<std::string>& out) {
          if (const auto value = labels.get(name); !value.empty()) out.emplace(value);
        });
  });
}

// Without matchers a block's index answers for all its series at once: those in memory have samples in its range too.
template <class All, class Take>
Result<std::vector<std::string>> StoreQuerier::with_departed(std::vector<std::string> resident, std::span<const Matcher> matchers,
                                                             UnixMillis from_ms, UnixMillis to_ms, std::size_t limit, All&& all,
                                                             Take&& take) const {
  std::set<std::string> others;
  const auto parts = store_.current_parts();
  if (matchers.empty()) {
    for (std::size_t i = 0; i < parts->parts.size(); ++i) {
      const auto& part = *parts->parts[i].part;
      if (!parts->departed[i] || !overlaps(part, from_ms, to_ms) || parts->departed[i]->ids(part, store_.table_)->empty()) continue;
      const auto texts = TRY(all(part));
      others.insert(texts.begin(), texts.end());
    }
  } else {
    TRY(store_.each_departed(*parts, matchers, from_ms, to_ms, [&](const Part& part, SeriesId id) -> Status {
      const auto labels = TRY(part.labels(id));
      take(labels, others);
      return {};
    }));
  }
  std::vector<std::string> merged;
  if (!others.empty()) std::ranges::set_union(resident, others, std::back_inserter(merged));  // both sorted
  auto& out = others.empty() ? resident : merged;
  if (limit != 0 && out.size() > limit) out.resize(limit);
  return std::move(out);
}

Result<std::vector<Labels>> StoreQuerier::series(std::span<const Matcher> matchers, UnixMillis from_ms, UnixMillis to_ms,
                                                 std::size_t limit) {
  return undisturbed([&]() -> Result<std::vector<Labels>> {
    auto found = TRY(find(matchers, from_ms, to_ms, Untimed::in_own_parts));
    const auto& among = found.slots;
    std::vector<Labels> out;
    out.reserve(limit == 0 ? among->size() : std::min(limit, among->size()));
    for (auto& match : found.departed) {
      if (limit != 0 && out.size() == limit) return out;
      const auto slot = store_.table_.slot_of(match.labels);
      if (!std::ranges::binary_search(*among, slot)) out.push_back(std::move(match.labels));
    }
    // In pieces: whoever makes a series waits for one of them at most.
    for (std::span<const Slot> left(*among); !left.empty() && (limit == 0 || out.size() < limit);) {
      const auto room = limit == 0 ? kLabelsAtOnce : std::min(kLabelsAtOnce, limit - out.size());
      const auto piece = left.first(std::min(room, left.size()));
      store_.table_.labels(piece, out);
      left = left.subspan(piece.size());
    }
    return out;
  });
}

Result<std::vector<Querier::ExemplarSeries>> StoreQuerier::exemplars(std::span<const Matcher> matchers, UnixMillis from_ms,
                                                                     UnixMillis to_ms) {
  const auto among = matchers.empty() ? store_.table_.all() : TRY(store_.table_.match(matchers));
  const auto wanted = [&](SeriesId id) {
    const auto slot = store_.table_.slot_of(id);
    return slot != SeriesTable::kNoSlot && std::binary_search(among->begin(), among->end(), slot);
  };
  std::vector<ExemplarSeries> out;
  for (auto& [id, exemplars] : store_.exemplars_.find(wanted, from_ms, to_ms)) {
    out.push_back({store_.table_.labels(store_.table_.slot_of(id)), std::move(exemplars)});
  }
  return out;
}

std::vector<Metadata> StoreQuerier::metadata(std::string_view family, std::size_t limit) const {
  return store_.metadata_.get(family, limit);
}

std::shared_ptr<Querier> StoreCore::querier() { return std::make_shared<StoreQuerier>(*this); }

}  // namespace pharos::metrics
