// Replaying the journal at start: decoded ahead on another thread, put into the head block by block
// of series, the lanes of the head side by side.
#include <malloc.h>

#include <algorithm>

#include "metrics/journal_format.hpp"
#include "metrics/store_core.hpp"

namespace pharos::metrics {
namespace {

constexpr std::size_t kBatchesAtOnce = JournalAhead::kBatches / 2;
constexpr std::uint64_t kTrimSamples = 1'000'000;
constexpr std::size_t kUnknownMax = 10'000, kFewSamples = 50'000;

}  // namespace

// Takes batches apart into what each block of series has to do, then does it. All that a block does
// runs in the order of the journal, while its series are in the cache; blocks of different lanes
// share nothing.
class JournalReplay {
 public:
  explicit JournalReplay(StoreCore& store) : store_(store) {
    const auto slots = store_.table_.slots();
    blocks_.resize((slots + Head::kBlockSlots - 1) / Head::kBlockSlots);
    // The table's own look-up takes a lock and a hash: too much for every sample of a replay.
    const auto dense = 4 * std::uint64_t{slots} + 1024;
    for (Slot slot = 0; slot < slots; ++slot) {
      const auto number = static_cast<std::uint64_t>(store_.table_.id(slot));
      if (!store_.table_.alive(slot) || number >= dense) continue;
      if (number >= slots_.size()) slots_.resize(number + number / 4 + 1024, SeriesTable::kNoSlot);
      slots_[number] = slot;
    }
  }

  void run(const std::vector<std::unique_ptr<JournalBatch>>& batches) {
    for (const auto& batch : batches) {
      for (const auto& entry : std::span(batch->entries).first(batch->used)) take(entry);
    }
    const auto perform_lane = [this](std::size_t lane) {
      for (auto block = lane; block < blocks_.size(); block += Head::kLanes) {
        for (const auto& step : blocks_[block]) perform(lane, step);
        blocks_[block].clear();
      }
    };
    std::size_t samples = 0;
    for (const auto& batch : batches) samples += batch->samples;
    if (samples > kFewSamples) return store_.pool_->parallel_for(Head::kLanes, perform_lane);
    for (std::size_t lane = 0; lane < Head::kLanes; ++lane) perform_lane(lane);
  }

  // A series may have left memory, and the series log, before the journal was cut: then parts have
  // its samples, or had them until retention took them. Any other has lost its name.
  void finish() {
    if (highest_ != 0) store_.table_.reserve_ids(SeriesId{highest_ + 1});
    const auto oldest = to_unix_millis(store_.clock_.now()) - store_.config_.retention_time.count();
    std::erase_if(unknown_, [&](const auto& entry) {
      return entry.second < oldest ||
             std::ranges::any_of(store_.parts_->parts, [&](const PartList::Entry& part) {
               return part.part->contains(SeriesId{entry.first});
             });
    });
    if (unknown_.empty()) return;
    store_.recovery_.damage.push_back({store_.path("journal"), 0,
                                       "samples of " + std::to_string(unknown_.size()) +
                                           " series whose names the series log does not have"});
  }

 private:
  enum class What : std::uint8_t {
    floats,
    sealed,
    float_row,
    histogram_row,
    late_float_row,
    late_histogram_row
  };
  // `floats` and `sealed`: `count` slots from `slot` on; else one sample, at `at` in `entry`.
  struct Step {
    union {
      const double* values;
      const JournalEntry* entry;
    };
    UnixMillis t_ms;
    Slot slot;
    union {
      std::uint32_t count, at;
    };
    What what;
  };

  // Samples of a series that nothing names any more. Its id must not be given to another.
  void unknown(std::uint64_t number, std::uint64_t count, UnixMillis t_ms) {
    highest_ = std::max(highest_, number + count - 1);
    for (; count > 0 && unknown_.size() < kUnknownMax; --count, ++number) {
      auto& newest = unknown_.try_emplace(number, t_ms).first->second;
      newest = std::max(newest, t_ms);
    }
  }

  Slot slot_of(std::uint64_t number) const {
    if (number < slots_.size() && slots_[number] != SeriesTable::kNoSlot) return slots_[number];
    return store_.table_.slot_of(SeriesId{number});
  }

  // Calls use(slot, from, count) for neighbouring slots of one block.
  template <class Use>
  void each_stretch(std::uint64_t first_id, std::uint64_t count, UnixMillis t_ms, Use&& use) {
    for (std::uint64_t i = 0; i < count;) {
      const auto slot = slot_of(first_id + i);
      std::uint64_t n = 1;
      if (slot != SeriesTable::kNoSlot) {
        const auto most =
            std::min<std::uint64_t>(count - i, Head::kBlockSlots - slot % Head::kBlockSlots);
        while (n < most && first_id + i + n < slots_.size() && slots_[first_id + i + n] == slot + n)
          ++n;
        use(slot, i, n);
      } else {
        unknown(first_id + i, 1, t_ms);
      }
      i += n;
    }
  }

  void add(const Step& step) { blocks_[step.slot / Head::kBlockSlots].push_back(step); }

  void see(UnixMillis t_ms) {
    store_.min_ms_ = std::min(store_.min_ms_, t_ms);
    store_.max_ms_ = std::max(store_.max_ms_, t_ms);
  }

  void take(const JournalEntry& entry) {
    if (entry.kind == JournalEntry::Kind::sealed) return take_sealed(entry);
    take_runs(entry.runs);
    const bool late = entry.kind == JournalEntry::Kind::late_samples;
    take_rows(entry, std::span(entry.floats), late ? What::late_float_row : What::float_row);
    take_rows(entry, std::span(entry.histograms),
              late ? What::late_histogram_row : What::histogram_row);
    for (const auto& e : entry.exemplars) store_.exemplars_.add(e.id, e.exemplar);
    for (const auto& m : entry.metadata) store_.metadata_.set(m);
  }

  void take_sealed(const JournalEntry& entry) {
    if (!store_.seal_holds(entry)) {
      store_.seal_lost_ = true;
      return;
    }
    for (std::size_t i = 0; i < entry.sealed.size();) {
      const auto [id, to_ms] = entry.sealed[i];
      const auto slot = slot_of(static_cast<std::uint64_t>(id));
      std::uint32_t n = 1;
      if (slot != SeriesTable::kNoSlot) {
        while (i + n < entry.sealed.size() && entry.sealed[i + n].to_ms == to_ms &&
               (slot + n) % Head::kBlockSlots != 0 &&
               slot_of(static_cast<std::uint64_t>(entry.sealed[i + n].id)) == slot + n)
          ++n;
        add({.entry = &entry, .t_ms = to_ms, .slot = slot, .count = n, .what = What::sealed});
      }
      i += n;
    }
  }

  void take_runs(const JournalFloatRuns& runs) {
    const double* values = runs.values.data();
    auto time = runs.times.begin();
    std::uint64_t time_left = time == runs.times.end() ? 0 : time->count;
    for (auto [id, count] : runs.ids) {
      while (count > 0) {
        if (time_left == 0) time_left = (++time)->count;
        const auto n = std::min(count, time_left);
        each_stretch(id, n, time->t_ms, [&](Slot slot, std::uint64_t from, std::uint64_t stretch) {
          add({.values = values + from,
               .t_ms = time->t_ms,
               .slot = slot,
               .count = static_cast<std::uint32_t>(stretch),
               .what = What::floats});
          store_.recovery_.samples_replayed += stretch;
          see(time->t_ms);
        });
        values += n;
        id += n;
        count -= n;
        time_left -= n;
      }
    }
  }

  template <class Sample>
  void take_rows(const JournalEntry& entry, std::span<const Sample> samples, What what) {
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const auto slot = slot_of(static_cast<std::uint64_t>(samples[i].id));
      if (slot == SeriesTable::kNoSlot) {
        unknown(static_cast<std::uint64_t>(samples[i].id), 1, samples[i].t_ms);
        continue;
      }
      ++store_.recovery_.samples_replayed;
      see(samples[i].t_ms);
      add({.entry = &entry,
           .t_ms = samples[i].t_ms,
           .slot = slot,
           .at = static_cast<std::uint32_t>(i),
           .what = what});
    }
  }

  void perform(std::size_t lane, const Step& step) {
    auto& head = store_.head_;
    const auto start_of = [&](const std::vector<UnixMillis>& starts) {
      return starts.empty() ? 0 : starts[step.at];
    };
    const auto started = [&](Head::Stored stored, UnixMillis start_ms) {
      if (stored.verdict == Head::Verdict::stored && start_ms != 0)
        head.set_start(step.slot, start_ms);
    };
    switch (step.what) {
      case What::floats:
        head.begin_batch(lane);
        for (std::size_t i = 0; i < step.count;) {
          i += head.append(step.slot + static_cast<Slot>(i), step.t_ms,
                           {step.values + i, step.count - i});
          if (i < step.count && !seal(step.slot + static_cast<Slot>(i))) ++i;
        }
        break;
      case What::sealed:
        for (Slot slot = step.slot; slot < step.slot + step.count; ++slot)
          head.drop_open_until(slot, step.t_ms);
        break;
      case What::float_row:
        if (head.full(step.slot)) seal(step.slot);
        started(head.append(step.slot, step.t_ms, step.entry->floats[step.at].value),
                start_of(step.entry->float_start_ms));
        break;
      case What::histogram_row:
        if (head.full(step.slot)) seal(step.slot);
        started(head.append(step.slot, step.t_ms, step.entry->histograms[step.at].histogram),
                start_of(step.entry->histogram_start_ms));
        break;
      case What::late_float_row:
        head.append_late(step.slot, step.t_ms, step.entry->floats[step.at].value, nullptr,
                         start_of(step.entry->float_start_ms));
        break;
      case What::late_histogram_row:
        head.append_late(step.slot, step.t_ms, 0, step.entry->histograms[step.at].histogram,
                         start_of(step.entry->histogram_start_ms));
        break;
    }
  }

  // Its seal was lost with the hot segment: seal again.
  bool seal(Slot slot) {
    const std::lock_guard lock(seal_mutex_);
    const auto status = store_.seal({&slot, 1});
    if (!status)
      store_.recovery_.damage.push_back(
          {store_.path("journal"), 0, "cannot seal while replaying: " + status.error().message});
    return status.has_value();
  }

  StoreCore& store_;
  std::unordered_map<std::uint64_t, UnixMillis>
      unknown_;                // ids without a name: time of the newest sample
  std::uint64_t highest_ = 0;  // of them
  std::vector<Slot> slots_;    // by series id
  std::vector<std::vector<Step>> blocks_;
  std::mutex seal_mutex_;  // hot segment, journal, damage
};

bool StoreCore::seal_holds(const JournalEntry& entry) const {
  const auto path = part_path(
      entry.part_path.substr(entry.part_path.rfind('/') + 1));  // the store may have moved
  if (suspect_.contains(path)) return false;
  // A segment that was merged away is in a cold block by now, which was synced before the merge
  // ended.
  if (!disk_->exists(path)) return true;
  const auto file = disk_->open(path);
  return file && (*file)->size() >= entry.part_bytes;
}

Result<std::unique_ptr<JournalAhead>> StoreCore::open_journal() {
  auto segments = TRY(journal_segments(*disk_, path("journal")));
  journal_ = TRY(Journal::open(*disk_, path("journal"),
                               {.first_segment_min = std::max<std::uint64_t>(journal_from_, 1)}));
  std::erase_if(segments, [&](std::uint64_t number) { return number < journal_from_; });
  if (segments.empty()) return nullptr;
  if (config_.sync == SyncMode::always) {
    if (auto synced = sync_journal_files(); !synced) {
      unclean_ = true;
      refuse(synced.error());
    }
  }
  return std::make_unique<JournalAhead>(*disk_, path("journal"), segments.front(), segments.back(),
                                        journal_->bytes());
}

// A killed process may have left bytes unsynced. What they tell is in memory from the start on, where a repeated sample is
// acknowledged without being written again.
Status StoreCore::sync_journal_files() {
  for (const auto number : TRY(journal_segments(*disk_, path("journal")))) {
    if (number < journal_from_) continue;
    const auto file = TRY(disk_->open(journal_path(path("journal"), number)));
    TRY(file->sync());
  }
  return disk_->sync_dir(path("journal"));
}

Status StoreCore::recover_journal(std::unique_ptr<JournalAhead> ahead) {
  if (!ahead) return {};
  {
    JournalReplay replay(*this);
    for (;;) {
      auto batches = TRY(ahead->take(kBatchesAtOnce));
      if (batches.empty()) break;
      replay.run(batches);
      ahead->give_back(std::move(batches));
    }
    replay.finish();
  }
  for (auto& damage : ahead->damage()) recovery_.damage.push_back(std::move(damage));
  ahead.reset();
  if (recovery_.samples_replayed > kTrimSamples)
    ::malloc_trim(0);  // the batches lie between what stays
  // Older samples of what was replayed may lie in parts: no time range may leave them out.
  UnixMillis oldest = std::numeric_limits<UnixMillis>::max();
  for (const auto& [part, tombstoned] : parts_->parts) oldest = std::min(oldest, part->min_ms());
  for (Slot slot = 0; slot < head_.slots(); ++slot) {
    if (head_.last_ms(slot) != Head::kNever)
      head_.remember(slot, std::min(oldest, head_.first_ms(slot)), head_.last_ms(slot));
  }
  recovery_.journal_bytes = journal_->bytes();
  if (seal_lost_ && !refusal_) {
    // What was sealed into a file that is gone or torn is only in the journal: into a sound file
    // with it.
    if (auto status = checkpoint(); !status) {
      unclean_ = true;
      refuse(status.error());
    }
  }
  return {};
}

}  // namespace pharos::metrics
