// Appending: judge each sample, journal the accepted ones, seal what is full.
#include <algorithm>

#include "base/log.hpp"
#include "metrics/store_core.hpp"

namespace pharos::metrics {
namespace {

struct Stats {
  Counter appended{"pharos_head_samples_appended_total", "Samples accepted."};
  Counter rejected{"pharos_head_samples_rejected_total", "Samples refused, by reason.", {"reason"}};
  Counter late{"pharos_head_late_samples_total", "Samples accepted that were older than the newest of their series."};
  Counter refusals{"pharos_store_refusals_total", "Times the store stopped acknowledging because the disk failed."};
  Counter by_reason[7] = {rejected.with({"unknown_ref"}), rejected.with({"out_of_order"}), rejected.with({"too_old"}),
                          rejected.with({"out_of_bounds"}), rejected.with({"duplicate"}), rejected.with({"series_limit"}),
                          rejected.with({"invalid"})};
};
Stats& stats() {
  static Stats instance;
  return instance;
}

constexpr std::size_t kRejectionsListed = 1000;
constexpr Nanos kProbeInterval = std::chrono::seconds(1);

Error refusal_of(const Error& error) { return {Errc::unavailable, "the store cannot write: " + error.message}; }

void reject(AppendOutcome& outcome, Rejection::Kind kind, RejectReason reason, std::size_t index) {
  ++outcome.rejected;
  stats().by_reason[static_cast<std::size_t>(reason)].add();
  if (outcome.rejections.size() < kRejectionsListed) {
    outcome.rejections.push_back({kind, reason, static_cast<std::uint32_t>(index)});
  }
}

}  // namespace

Result<SeriesRef> StoreCore::resolve(const Labels& labels) {
  const std::vector<LabelView> views(labels.begin(), labels.end());
  const std::uint32_t offsets[] = {0, static_cast<std::uint32_t>(views.size())};
  SeriesRef ref{};
  std::vector<ResolveError> errors;
  resolve(views, offsets, {&ref, 1}, errors);
  if (!errors.empty()) return fail(std::move(errors.front().error));
  return ref;
}

void StoreCore::resolve(std::span<const LabelView> labels, std::span<const std::uint32_t> offsets,
                        std::span<SeriesRef> refs, std::vector<ResolveError>& errors) {
  std::vector<Slot> slots(refs.size(), SeriesTable::kNoSlot), created;
  {
    // Held over the table's call, so that definitions reach the log in the order of their ids.
    const std::lock_guard lock(created_mutex_);
    table_.resolve(labels, offsets, slots, created, errors);
    created_.insert(created_.end(), created.begin(), created.end());
  }
  for (std::size_t i = 0; i < refs.size(); ++i) {
    refs[i] = slots[i] == SeriesTable::kNoSlot ? SeriesRef::none : table_.ref(slots[i]);
  }
}

Status StoreCore::write_series() {
  std::vector<Slot> created;
  {
    const std::lock_guard lock(created_mutex_);
    created.swap(created_);
  }
  if (created.empty()) return {};
  head_.grow(table_.slots());
  if (auto status = series_log_->append(created); !status) {
    const std::lock_guard lock(created_mutex_);
    created_.insert(created_.begin(), created.begin(), created.end());
    return status;
  }
  series_dirty_ = true;
  watch_new_series(created);
  return {};
}

// A series may have been read from disk and have no sample in memory: its newest one is in the parts,
// as a rule in the newest of them.
void StoreCore::learn_last(Slot slot) {
  constexpr auto kBegin = std::numeric_limits<UnixMillis>::min() / 2, kEnd = std::numeric_limits<UnixMillis>::max() / 2;
  const auto id = table_.id(slot);
  UnixMillis oldest = std::numeric_limits<UnixMillis>::max(), last = Head::kNever;
  SampleColumn newest;
  for (auto entry = parts_->parts.rbegin(); entry != parts_->parts.rend(); ++entry) {
    const auto& part = *entry->part;
    if (part.samples() == 0) continue;
    oldest = std::min(oldest, part.min_ms());
    if (part.max_ms() <= last || part.resolution() != Resolution::raw || !part.contains(id)) continue;
    WindowFacts facts;
    facts.exact = true;
    UnixMillis until = part.max_ms();
    if (part.fold_facts(id, kBegin, kEnd, facts) && facts.exact && facts.count > 0) until = facts.last_ms;
    else facts.exact = false;
    if (until <= last) continue;
    SampleColumn column;
    if (!part.read(id, facts.exact ? until : kBegin, kEnd, column) || column.empty()) continue;
    if (column.t_ms.back() > last) {
      last = column.t_ms.back();
      newest = std::move(column);
    }
  }
  if (last == Head::kNever) return;
  head_.remember(slot, std::min(oldest, last), last);
  head_.remember_value(slot, newest.value.back(), newest.histograms.empty() ? nullptr : newest.histograms.back());
}

std::optional<RejectReason> StoreCore::judge(Slot slot, UnixMillis t_ms, double value, const HistogramPtr& histogram,
                                             UnixMillis start_ms, const AppendOptions& options) {
  // What was made since the start is in no part.
  if (head_.last_ms(slot) == Head::kNever && !parts_->parts.empty() && table_.id(slot) < first_new_) learn_last(slot);
  auto stored = histogram ? head_.append(slot, t_ms, histogram) : head_.append(slot, t_ms, value);
  if (stored.verdict == Head::Verdict::full) {
    full_.push_back(slot);  // full since a restart, or sealing failed before
    if (!flush(false)) return RejectReason::out_of_bounds;  // refusal_ is set: the batch fails as a whole
    stored = histogram ? head_.append(slot, t_ms, histogram) : head_.append(slot, t_ms, value);
  }
  switch (stored.verdict) {
    case Head::Verdict::same: return std::nullopt;
    case Head::Verdict::duplicate: return RejectReason::duplicate;
    case Head::Verdict::full: return RejectReason::out_of_bounds;
    case Head::Verdict::stored: {
      if (start_ms != 0) head_.set_start(slot, start_ms);
      const auto id = table_.id(slot);
      if (histogram) {
        if (start_ms != 0 || !entry_.histogram_start_ms.empty()) {
          entry_.histogram_start_ms.resize(entry_.histograms.size());
          entry_.histogram_start_ms.push_back(start_ms);
        }
        entry_.histograms.push_back({id, t_ms, histogram});
      } else {
        if (start_ms != 0 || !entry_.float_start_ms.empty()) {
          entry_.float_start_ms.resize(entry_.floats.size());
          entry_.float_start_ms.push_back(start_ms);
        }
        entry_.floats.push_back({id, t_ms, value});
      }
      if (stored.full) full_.push_back(slot);
      return std::nullopt;
    }
    case Head::Verdict::late: break;
  }
  const auto window = config_.out_of_order_window.count();
  if (options.in_order_only || window == 0) return RejectReason::out_of_order;
  if (head_.last_ms(slot) - t_ms > window) return RejectReason::too_old;
  switch (head_.append_late(slot, t_ms, value, histogram, start_ms)) {
    case Head::Late::same: return std::nullopt;
    case Head::Late::duplicate: return RejectReason::duplicate;
    case Head::Late::stored: break;
  }
  stats().late.add();
  const auto id = table_.id(slot);
  if (histogram) {
    late_entry_.histogram_start_ms.resize(late_entry_.histograms.size());
    late_entry_.histogram_start_ms.push_back(start_ms);
    late_entry_.histograms.push_back({id, t_ms, histogram});
  } else {
    late_entry_.float_start_ms.resize(late_entry_.floats.size());
    late_entry_.float_start_ms.push_back(start_ms);
    late_entry_.floats.push_back({id, t_ms, value});
  }
  return std::nullopt;
}

Result<AppendOutcome> StoreCore::append(const AppendBatch& batch, const AppendOptions& options) {
  AppendOutcome outcome;
  SyncMode sync;
  std::uint64_t losses = 0;
  {
    const std::unique_lock lock(mutex_);
    TRY(usable());
    losses = losses_;
    if (auto status = write_series(); !status) return refuse(status.error()), fail(*refusal_);
    head_.grow(table_.slots());
    sync = config_.sync;
    const auto now = to_unix_millis(clock_.now());
    const auto newest = now + config_.future_max.count();
    const auto keep = config_.downsample ? std::max(config_.retention_time, config_.retention_1h) : config_.retention_time;
    const auto oldest = now - keep.count();
    head_.begin_batch();
    entry_.clear();
    late_entry_.clear();
    full_.clear();

    const auto take = [&](Rejection::Kind kind, std::size_t index, SeriesRef ref, UnixMillis t_ms, double value,
                          const HistogramPtr& histogram, UnixMillis start_ms) {
      const auto slot = table_.slot_of(ref);
      std::optional<RejectReason> reason;
      if (slot == SeriesTable::kNoSlot) reason = RejectReason::unknown_ref;
      else if (t_ms > newest || t_ms < oldest) reason = RejectReason::out_of_bounds;
      else reason = judge(slot, t_ms, value, histogram, start_ms, options);
      if (reason) return reject(outcome, kind, *reason, index);
      ++outcome.accepted;
      watched_.touch(slot);
      if (t_ms < taken_from_ms_) taken_from_ms_ = t_ms, min_ms_ = std::min(min_ms_, t_ms);
      if (t_ms > max_ms_) max_ms_ = t_ms;
    };
    const HistogramPtr none;
    for (std::size_t i = 0; i < batch.floats.size(); ++i) {
      const auto& s = batch.floats[i];
      take(Rejection::Kind::floating, i, s.ref, s.t_ms, s.value, none, batch.float_start_ms.empty() ? 0 : batch.float_start_ms[i]);
    }
    for (std::size_t i = 0; i < batch.histograms.size(); ++i) {
      const auto& s = batch.histograms[i];
      if (!s.histogram || (!is_stale(*s.histogram) && !s.histogram->validate())) {
        reject(outcome, Rejection::Kind::histogram, RejectReason::invalid, i);
        continue;
      }
      take(Rejection::Kind::histogram, i, s.ref, s.t_ms, 0, s.histogram, batch.histogram_start_ms.empty() ? 0 : batch.histogram_start_ms[i]);
    }
    if (refusal_) return fail(*refusal_);
    for (std::size_t i = 0; i < batch.exemplars.size(); ++i) {
      const auto& e = batch.exemplars[i];
      const auto slot = table_.slot_of(e.ref);
      if (slot == SeriesTable::kNoSlot) {
        reject(outcome, Rejection::Kind::exemplar, RejectReason::unknown_ref, i);
        continue;
      }
      const auto id = table_.id(slot);
      switch (exemplars_.add(id, e.exemplar)) {
        case ExemplarRing::Added::stored: entry_.exemplars.push_back({id, e.exemplar}); [[fallthrough]];
        case ExemplarRing::Added::same: ++outcome.exemplars; break;
        case ExemplarRing::Added::out_of_order: reject(outcome, Rejection::Kind::exemplar, RejectReason::out_of_order, i); break;
      }
    }
    for (const auto& m : batch.metadata) {
      if (metadata_.set(m)) entry_.metadata.push_back(m);
    }
    TRY(flush(true));
    if (sync == SyncMode::always && series_dirty_) {
      if (auto status = series_log_->sync(); !status) {
        unclean_ = true;
        refuse(status.error());
        return fail(*refusal_);
      }
      series_dirty_ = false;
    }
    if (watched_.touched() && watch_call_) watch_call_();
  }
  if (sync == SyncMode::always) {
    if (auto status = journal_->sync(losses); !status) {
      const std::unique_lock lock(mutex_);
      note_losses();
      return fail(refusal_of(status.error()));
    }
  }
  stats().appended.add(static_cast<double>(outcome.accepted));
  return outcome;
}

// Journal first, then seal: a seal that fails takes nothing from what was acknowledged. With `final` only the
// journal must succeed.
Status StoreCore::flush(bool final) {
  for (auto* entry : {&entry_, &late_entry_}) {
    if (entry->floats.empty() && entry->histograms.empty() && entry->exemplars.empty() && entry->metadata.empty()) continue;
    entry->kind = entry == &entry_ ? JournalEntry::Kind::samples : JournalEntry::Kind::late_samples;
    if (auto status = journal_->append(*entry); !status) {
      unclean_ = true;
      refuse(status.error());
      return fail(*refusal_);
    }
    entry->clear();
  }
  if (!full_.empty()) {
    std::sort(full_.begin(), full_.end());
    full_.erase(std::unique(full_.begin(), full_.end()), full_.end());
    auto status = seal(full_);
    full_.clear();
    if (!status) {
      refuse(status.error());  // the batch itself is safe in the journal; mend() seals before more is taken
      unclean_ = true;
      if (!final) return fail(*refusal_);
    }
  }
  return {};
}

Status StoreCore::usable() {
  note_losses();  // who waited for a sync that failed may not have had the lock yet
  if (low_space_.load(std::memory_order_relaxed) && !refusal_) {
    refuse(Error{Errc::unavailable, "less than " + std::to_string(config_.free_bytes_min >> 20) +
                                        " MiB free on the disk of the store: no space for samples"});
  }
  if (!refusal_) return {};
  const auto now = clock_.monotonic();
  if (now - probed_ < kProbeInterval) return fail(*refusal_);
  probed_ = now;
  if (low_space_.load(std::memory_order_relaxed)) {
    const auto free = disk_->free_bytes();
    if (free && *free < config_.free_bytes_min) return fail(*refusal_);
    low_space_ = false;
  }
  if (auto status = mend(); !status) return fail(*refusal_);
  log::info("the store accepts samples again", {{"after", refusal_->message}});
  refusal_.reset();
  return {};
}

// A repeated sample is equal to what memory has, and acknowledged for that: what was lost must become durable first.
void StoreCore::note_losses() {
  const auto whole = journal_->whole(losses_);
  if (whole) return;
  unclean_ = true;
  if (!refusal_) refuse(whole.error());
}

void StoreCore::refuse(const Error& error) {
  probed_ = clock_.monotonic();
  if (refusal_) return;
  stats().refusals.add();
  refusal_ = refusal_of(error);
  log::error("the store refuses samples", {{"error", error.message}});
}

// After a failed write or fsync: everything that memory holds goes into a new journal segment and onto
// the disk before anything is acknowledged again.
Status StoreCore::mend() {
  const auto losses = journal_->losses();
  TRY(write_series());
  if (unclean_) {
    TRY(series_log_->rewrite());  // after a failed fsync its file never syncs again
    std::vector<Slot> full;
    for (Slot slot = 0; slot < table_.slots(); ++slot) {
      if (table_.alive(slot) && head_.full(slot)) full.push_back(slot);
    }
    TRY(renew_hot());
    if (!full.empty()) TRY(seal(full));
    TRY(checkpoint());
    unclean_ = false;
    losses_ = losses;
  } else {
    // Nothing is owed; does the disk take bytes at all?
    const std::string bytes(64 * 1024, '.');
    TRY(disk_->replace(path("probe"), as_bytes(bytes)));
    TRY(disk_->remove(path("probe")));
    TRY(journal_->rotate());
  }
  return {};
}

}  // namespace pharos::metrics
