// Sealing, merging, roll-ups, retention: what moves samples towards the disk and out of it.
#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "metrics/compaction.hpp"
#include "metrics/downsample.hpp"
#include "metrics/store_core.hpp"

namespace pharos::metrics {
namespace {

constexpr std::int64_t kDay = 86'400'000;
constexpr std::size_t kSealBatch = 4096;
constexpr Slot kLookedAtOnce = 4096;  // half a millisecond at most, between which appends get a turn
constexpr std::uint64_t kJournalBytes = 16u << 20;

std::string numbered(std::uint64_t number, std::string_view ending) {
  auto digits = std::to_string(number);
  if (digits.size() < 8) digits.insert(0, 8 - digits.size(), '0');
  return digits.append(ending);
}

UnixMillis day_of(UnixMillis t) { return t - ((t % kDay) + kDay) % kDay; }

// Up to 128 samples from `at` on.
Granule granule_of(SeriesId id, const SampleColumn& column, std::size_t at) {
  const auto n = std::min(TimeColumns::kLengthMax, column.size() - at);
  Granule granule;
  granule.id = id;
  granule.t_ms = std::span(column.t_ms).subspan(at, n);
  granule.value = std::span(column.value).subspan(at, n);
  if (!column.histograms.empty()) granule.histograms = std::span(column.histograms).subspan(at, n);
  if (!column.start_ms.empty()) granule.start_ms = std::span(column.start_ms).subspan(at, n);
  return granule;
}

std::string_view file_name(const Part& part) {
  const std::string_view path = part.path();
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

std::string StoreCore::next_part_name(std::string_view ending) { return numbered(next_part_++, ending); }

std::string StoreCore::reserve_part_name(std::string_view ending) {
  const std::unique_lock lock(mutex_);
  return next_part_name(ending);
}

void StoreCore::publish(std::shared_ptr<const PartList> parts) {
  auto list = std::make_shared<PartList>(*parts);
  list->raw_from_ms = std::numeric_limits<UnixMillis>::max();
  list->has_rollups = false;
  for (const auto& [part, tombstoned] : list->parts) {
    if (part->resolution() == Resolution::raw) list->raw_from_ms = std::min(list->raw_from_ms, part->min_ms());
    else list->has_rollups = true;
  }
  // What is known of the departed goes on with its part.
  list->departed.assign(list->parts.size(), nullptr);
  for (std::size_t i = 0; i < list->parts.size(); ++i) {
    if (!list->parts[i].part->has_index()) continue;
    for (std::size_t k = 0; k < parts_->parts.size(); ++k) {
      if (parts_->parts[k].part == list->parts[i].part) list->departed[i] = parts_->departed[k];
    }
    if (!list->departed[i]) list->departed[i] = std::make_shared<DepartedSeries>();
  }
  parts_ = std::move(list);
}

Manifest StoreCore::manifest_of(const PartList& parts) const {
  Manifest manifest{.parts = absent_, .next_number = next_part_, .journal_from = journal_from_, .departed = has_departed_};
  for (const auto& [part, tombstoned] : parts.parts) manifest.parts.push_back({std::string(file_name(*part)), tombstoned});
  return manifest;
}

Status StoreCore::save_manifest(const PartList& parts) { return write_manifest(manifest_of(parts), ++manifests_); }

Status StoreCore::write_manifest(const Manifest& manifest, std::uint64_t number) {
  const std::lock_guard lock(manifest_mutex_);
  if (number < manifest_written_) return {};
  TRY(manifest.save(*disk_, path("manifest")));
  manifest_written_ = number;
  return {};
}

Status StoreCore::ensure_hot() {
  if (hot_ && hot_->bytes() < (1u << 30)) return {};
  if (hot_) TRY(finish_hot());
  const auto name = next_part_name(".hot");
  auto segment = HotSegment::create(*disk_, part_path(name));
  auto list = std::make_shared<PartList>(*parts_);
  const auto named = [&]() -> Status {
    if (!segment) return fail(segment.error());
    TRY(disk_->sync_dir(path("parts")));  // its name must outlive a power loss as long as what it holds
    // Named in the manifest before it holds anything: a file the manifest does not name is removed at start.
    list->parts.push_back({(*segment)->part(), false});
    return save_manifest(*list);
  }();
  if (!named) {  // a full disk is tried again and again: leave nothing behind
    if (disk_->exists(part_path(name))) (void)disk_->remove(part_path(name));
    return named;
  }
  publish(list);
  hot_ = std::move(*segment);
  hot_name_ = name;
  hot_since_ = clock_.monotonic();
  return {};
}

// What the segment holds is in the page cache at least, and readable: it is written once more and
// synced before the journal that still has it may go.
Status StoreCore::renew_hot() {
  if (!hot_) return {};
  const auto old = hot_->part();
  if (hot_->sync()) return {};
  const auto name = next_part_name(".hot");
  auto segment = TRY(HotSegment::create(*disk_, part_path(name)));
  Status status;
  SampleColumn column;
  old->each_series([&](SeriesId id) {
    column.clear();
    if (status) status = old->read(id, std::numeric_limits<UnixMillis>::min() / 2, std::numeric_limits<UnixMillis>::max() / 2, column);
    for (std::size_t at = 0; status && at < column.size(); at += TimeColumns::kLengthMax) {
      const auto granule = granule_of(id, column, at);
      status = segment->append({&granule, 1});
    }
  });
  TRY(std::move(status));
  TRY(segment->sync());
  TRY(disk_->sync_dir(path("parts")));
  auto list = std::make_shared<PartList>(*parts_);
  for (auto& entry : list->parts) {
    if (entry.part == old) entry.part = segment->part();
  }
  TRY(save_manifest(*list));
  publish(list);
  hot_ = std::move(segment);
  hot_name_ = name;
  return disk_->remove(old->path());
}

Status StoreCore::finish_hot() {
  if (!hot_) return {};
  if (auto status = hot_->finish(); !status) {
    unclean_ = true;  // it is not durable, and a second finish() would not say so
    refuse(status.error());
    return status;
  }
  hot_.reset();
  hot_name_.clear();
  // The list must forget what it derived from a segment that was still growing.
  publish(parts_);
  return {};
}

Status StoreCore::seal(std::span<const Slot> slots) {
  std::vector<Head::Open> scratch(std::min(slots.size(), kSealBatch));
  std::vector<Granule> granules;
  JournalEntry sealed;
  for (std::size_t from = 0; from < slots.size(); from += kSealBatch) {
    const auto batch = slots.subspan(from, std::min(kSealBatch, slots.size() - from));
    granules.clear();
    sealed.clear();
    sealed.kind = JournalEntry::Kind::sealed;
    std::vector<Slot> taken;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      Granule granule;
      if (!head_.open_granule(batch[i], scratch[i], granule)) continue;
      granule.id = table_.id(batch[i]);
      granules.push_back(granule);
      taken.push_back(batch[i]);
      sealed.sealed.push_back({granule.id, granule.t_ms.back()});
    }
    if (granules.empty()) continue;
    TRY(ensure_hot());
    TRY(hot_->append(granules));
    for (const auto slot : taken) head_.clear_open(slot);
    if (journal_) {
      sealed.part_path = part_path(hot_name_);
      sealed.part_bytes = hot_->bytes();
      TRY(journal_->append(sealed));
    }
  }
  return {};
}

Status StoreCore::seal_late() {
  if (head_.late_samples() == 0) return {};
  std::vector<std::pair<Slot, SampleColumn>> columns;
  head_.each_late([&](Slot slot, const SampleColumn& column) { columns.emplace_back(slot, column); });
  std::sort(columns.begin(), columns.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  TRY(ensure_hot());
  std::vector<Granule> granules;
  for (const auto& [slot, column] : columns) {
    for (std::size_t at = 0; at < column.size(); at += TimeColumns::kLengthMax) {
      granules.push_back(granule_of(table_.id(slot), column, at));
    }
  }
  for (std::size_t from = 0; from < granules.size(); from += kSealBatch) {
    TRY(hot_->append(std::span(granules).subspan(from, std::min(kSealBatch, granules.size() - from))));
  }
  head_.clear_late();
  return {};
}

std::vector<Slot> StoreCore::open_slots(Slot from, Slot to) const {
  std::vector<Slot> open;
  for (Slot slot = from; slot < std::min(to, head_.slots()); ++slot) {
    if (head_.open_count(slot) > 0) open.push_back(slot);
  }
  return open;
}

// What lies in no part and would go with older journal segments.
Status StoreCore::journal_rest() {
  JournalEntry entry;
  entry.kind = JournalEntry::Kind::checkpoint;
  entry.metadata = metadata_.all();
  for (auto& [id, exemplars] : exemplars_.find([](SeriesId) { return true; }, std::numeric_limits<UnixMillis>::min(),
                                               std::numeric_limits<UnixMillis>::max())) {
    for (auto& exemplar : exemplars) entry.exemplars.push_back({id, std::move(exemplar)});
  }
  // While mending even an empty one: as long as the last record is one that was lost, sync() says so.
  if (unclean_ || !entry.metadata.empty() || !entry.exemplars.empty()) TRY(journal_->append(entry));
  TRY(seal_late());
  if (hot_) TRY(hot_->sync());
  TRY(series_log_->sync());
  series_dirty_ = false;
  return journal_->sync();
}

// Everything that memory holds goes into parts, and the journal begins anew.
Status StoreCore::checkpoint() {
  TRY(write_series());
  TRY(journal_->rotate());
  const auto segment = journal_->current_segment();
  TRY(seal(open_slots(0, head_.slots())));
  TRY(journal_rest());
  return drop_journal(segment);
}

// Of what segments below `segment` tell nothing is only there any more. Those that the feed still needs
// stay, and must not be replayed: deletions since would be undone.
Status StoreCore::drop_journal(std::uint64_t segment) {
  std::erase_if(absent_, [&](const Manifest::Entry& entry) { return !disk_->exists(part_path(entry.name)); });
  journal_from_ = segment;
  TRY(save_manifest(*parts_));
  return journal_->remove_below(segment);
}

// Keeps the journal, and with it the time to start, small. The same as checkpoint(), in slices between which
// appends go on: what they add is in the new segment.
void StoreCore::cut_journal() {
  const auto failed = [this](const Error& error) {
    unclean_ = true;
    refuse(error);
  };
  std::uint64_t segment = 0;
  Slot slots = 0;
  {
    const std::unique_lock lock(mutex_);
    if (refusal_ || journal_->bytes() <= std::max(kJournalBytes, 64 * table_.live())) return;
    if (auto status = write_series(); !status) return failed(status.error());
    if (auto status = journal_->rotate(); !status) return failed(status.error());
    segment = journal_->current_segment();
    slots = head_.slots();
  }
  for (Slot from = 0; from < slots; from += kSealBatch) {
    const std::unique_lock lock(mutex_);
    if (refusal_) return;
    const auto open = open_slots(from, from + static_cast<Slot>(kSealBatch));
    if (auto status = seal(open); !status) return failed(status.error());
  }
  const std::unique_lock lock(mutex_);
  if (refusal_) return;
  auto status = journal_rest();
  if (status) status = drop_journal(segment);
  if (!status) failed(status.error());
}

// A merge must not end because a damaged series log lost a name: such samples stay reachable by number.
Result<Labels> StoreCore::labels_of(SeriesId id, std::span<const std::shared_ptr<const Part>> first) const {
  const auto slot = table_.slot_of(id);
  if (slot != SeriesTable::kNoSlot) {
    auto labels = table_.labels(slot);
    if (table_.alive(slot) && table_.id(slot) == id) return labels;
  }
  const auto number = std::to_string(static_cast<std::uint64_t>(id));
  for (const auto& part : first) {
    if (!part->has_index() || !part->contains(id)) continue;
    if (auto labels = part->labels(id)) return labels;
  }
  const auto list = current_parts();
  for (const auto& [part, tombstoned] : list->parts) {
    if (!part->has_index() || !part->contains(id)) continue;
    if (auto labels = part->labels(id)) return labels;
  }
  return Labels{{kMetricName, "pharos_lost_series"}, {"series_id", number}};
}

std::shared_ptr<const PartList> StoreCore::current_parts() const {
  const std::shared_lock lock(mutex_);
  return parts_;
}

Status StoreCore::swap_parts(const std::vector<std::shared_ptr<const Part>>& inputs, const std::vector<std::string>& outputs) {
  std::vector<std::shared_ptr<const Part>> made;
  for (const auto& output : outputs) {
    std::vector<std::string> damage;
    made.push_back(TRY(open_part(*disk_, output, damage, granules_)));
  }
  {
    const std::unique_lock lock(mutex_);
    auto list = std::make_shared<PartList>();
    list->tombstones = parts_->tombstones;
    bool placed = false;
    const auto place = [&] {
      if (placed) return;
      for (const auto& part : made) list->parts.push_back({part, false});
      placed = true;
    };
    for (const auto& entry : parts_->parts) {
      if (std::find(inputs.begin(), inputs.end(), entry.part) != inputs.end()) place();
      else list->parts.push_back(entry);
    }
    place();
    publish(list);
  }
  unsettled_ = true;
  for (const auto& input : inputs) left_.push_back({.path = input->path()});
  return settle_parts();
}

// Written without the lock: nobody waits for the disk. Until then a start finds the files as they were, which say the same.
// What fails, on a full disk say, is tried again by the next maintenance.
Status StoreCore::settle_parts() {
  if (unsettled_) {
    Manifest manifest;
    std::uint64_t number = 0;
    {
      const std::unique_lock lock(mutex_);
      manifest = manifest_of(*parts_);
      number = ++manifests_;
    }
    TRY(write_manifest(manifest, number));
    unsettled_ = false;
  }
  remove_left();
  return {};
}

// A file that cannot be removed costs its space and nothing else: it must not stop what comes after. Each round tries again.
void StoreCore::remove_left() {
  std::erase_if(left_, [&](LeftFile& file) {
    if (!disk_->exists(file.path)) return true;
    const auto removed = disk_->remove(file.path);
    if (!removed && !std::exchange(file.stuck, true)) {
      log::warn("the file of a part that is over cannot be removed", {{"file", file.path}, {"error", removed.error().message}});
    }
    return removed.has_value();
  });
}

Status StoreCore::rewrite(const std::vector<std::shared_ptr<const Part>>& inputs, const Tombstones* tombstones) {
  if (inputs.empty()) return {};
  Compaction work;
  work.parts = inputs;
  work.labels = [this, &inputs](SeriesId id) { return labels_of(id, inputs); };
  work.tombstones = tombstones;
  const auto settings = config();
  const auto now = to_unix_millis(clock_.now());
  if (inputs.front()->resolution() == Resolution::raw && !settings.policies.empty()) {
    work.keep_from = [&settings, now](SeriesId, const Labels& labels) -> std::optional<UnixMillis> {
      for (const auto& policy : settings.policies) {
        if (!matches_all(policy.matchers, labels)) continue;
        return policy.keep_raw.count() == 0 ? std::numeric_limits<UnixMillis>::min() : now - policy.keep_raw.count();
      }
      return std::numeric_limits<UnixMillis>::min();
    };
  }
  work.next_path = [this] { return part_path(reserve_part_name(".cold")); };
  work.stop = background_.get_stop_token();
  const auto result = TRY(metrics::compact(*disk_, *pool_, work));
  for (const auto& what : result.damage) log::warn("damage met while merging", {{"what", what}});
  return swap_parts(inputs, result.paths);
}

// Hot segments of days that are over (or all of them) go into cold blocks, together with the blocks
// of those days.
Status StoreCore::merge(bool closed_only) {
  const auto closed = day_of(to_unix_millis(clock_.now()) - 3'600'000);
  std::vector<std::shared_ptr<const Part>> hot, inputs;
  std::shared_ptr<const PartList> list;
  {
    const std::shared_lock lock(mutex_);
    list = parts_;
    for (const auto& [part, tombstoned] : list->parts) {
      if (!part->path().ends_with(".hot") || (hot_ && file_name(*part) == hot_name_)) continue;
      if (part->samples() > 0 && closed_only && part->max_ms() >= closed) continue;
      hot.push_back(part);
    }
  }
  if (hot.empty()) return {};
  if (!list->tombstones->empty()) {  // a block that is merged must not carry deletions of its inputs
    TRY(apply_deletions());
    return closed_only ? Status{} : merge(false);
  }
  UnixMillis from = std::numeric_limits<UnixMillis>::max(), to = std::numeric_limits<UnixMillis>::min();
  for (const auto& part : hot) {
    if (part->samples() == 0) continue;
    from = std::min(from, day_of(part->min_ms()));
    to = std::max(to, day_of(part->max_ms()) + kDay - 1);
  }
  for (const auto& [part, tombstoned] : list->parts) {
    const bool cold = part->path().ends_with(".cold") && part->resolution() == Resolution::raw;
    if (std::find(hot.begin(), hot.end(), part) != hot.end() || (cold && part->max_ms() >= from && part->min_ms() <= to)) {
      inputs.push_back(part);
    }
  }
  return rewrite(inputs, nullptr);
}

// Whether the next coarser resolution has what the part holds, or wants none of it.
bool StoreCore::rolled_up(const PartList& list, const Part& part) const {
  const auto target = part.resolution() == Resolution::raw ? Resolution::five_minutes : Resolution::one_hour;
  return no_rollup_.contains(part.path()) || std::any_of(list.parts.begin(), list.parts.end(), [&](const auto& entry) {
           return entry.part->resolution() == target && entry.part->min_ms() <= part.max_ms() && entry.part->max_ms() >= part.min_ms();
         });
}

Status StoreCore::roll_up() {
  std::shared_ptr<const PartList> list;
  {
    const std::shared_lock lock(mutex_);
    list = parts_;
    if (!list->tombstones->empty()) return {};
  }
  const auto now = to_unix_millis(clock_.now());
  for (const auto& [part, tombstoned] : list->parts) {
    const auto resolution = part->resolution();
    if (!part->path().ends_with(".cold") || resolution == Resolution::one_hour) continue;
    const auto target = resolution == Resolution::raw ? Resolution::five_minutes : Resolution::one_hour;
    if (part->max_ms() > now - 40 * 3'600'000 || rolled_up(*list, *part)) continue;
    Compaction work;
    work.parts = {part};
    work.labels = [this, &work](SeriesId id) { return labels_of(id, work.parts); };
    const auto settings = config();
    work.keep_from = [&settings](SeriesId, const Labels& labels) -> std::optional<UnixMillis> {
      for (const auto& policy : settings.policies) {
        if (matches_all(policy.matchers, labels)) {
          return policy.roll_up ? std::optional(std::numeric_limits<UnixMillis>::min()) : std::nullopt;
        }
      }
      return std::numeric_limits<UnixMillis>::min();
    };
    work.next_path = [this] { return part_path(reserve_part_name(".cold")); };
    work.stop = background_.get_stop_token();
    const auto result = TRY(downsample(*disk_, *pool_, work, target));
    if (result.paths.empty()) no_rollup_.insert(part->path());  // the policies want none of it
    TRY(swap_parts({}, result.paths));
    break;  // one a round
  }
  return {};
}

// A merge applies the policies as of its day; a block whose days have passed a policy's limit since is merged
// once more, alone. It has none of the policy's series then, so nothing needs to be remembered.
Status StoreCore::apply_policies() {
  const auto settings = config();
  if (settings.policies.empty()) return {};
  const auto list = current_parts();
  if (!list->tombstones->empty()) return {};
  const auto now = to_unix_millis(clock_.now());
  const auto due = [&](const Part& part, const RetentionPolicy& policy) {
    if (policy.keep_raw.count() == 0 || part.max_ms() >= now - policy.keep_raw.count()) return false;
    const auto ids = part.match(policy.matchers);
    return ids && std::any_of(ids->begin(), ids->end(), [&](SeriesId id) {
      const auto labels = part.labels(id);
      if (!labels) return false;
      const auto first = std::find_if(settings.policies.begin(), settings.policies.end(),
                                      [&](const RetentionPolicy& p) { return matches_all(p.matchers, *labels); });
      return first != settings.policies.end() && &*first == &policy;
    });
  };
  for (const auto& [part, tombstoned] : list->parts) {
    if (part->resolution() != Resolution::raw || !part->has_index()) continue;
    if (settings.downsample && !rolled_up(*list, *part)) continue;
    if (std::any_of(settings.policies.begin(), settings.policies.end(), [&](const auto& policy) { return due(*part, policy); })) {
      return rewrite({part}, nullptr);  // one a round
    }
  }
  return {};
}

UnixMillis StoreCore::oldest_open() {
  auto oldest = std::numeric_limits<UnixMillis>::max();
  for (Slot from = 0, end = 1; from < end; from += kLookedAtOnce) {
    const std::shared_lock lock(mutex_);
    end = head_.slots();
    for (auto slot = from; slot < std::min(end, from + kLookedAtOnce); ++slot) {
      if (const auto open = head_.open_from(slot); open != Head::kNever) oldest = std::min(oldest, open);
    }
  }
  return oldest;
}

Status StoreCore::drop_expired() {
  std::shared_ptr<const PartList> list;
  {
    const std::shared_lock lock(mutex_);
    list = parts_;
  }
  const auto settings = config();
  const auto now = to_unix_millis(clock_.now());
  std::vector<std::shared_ptr<const Part>> gone;
  std::string growing;
  {
    const std::shared_lock lock(mutex_);
    growing = hot_name_;
  }
  std::uint64_t bytes = 0;
  std::vector<std::shared_ptr<const Part>> kept;
  for (const auto& [part, tombstoned] : list->parts) {
    if (growing == file_name(*part)) continue;
    const auto keep = part->resolution() == Resolution::raw           ? settings.retention_time
                      : part->resolution() == Resolution::five_minutes ? settings.retention_5m
                                                                       : settings.retention_1h;
    // After a long stop many days wait for their roll-up: they go when they have it.
    const bool awaits = settings.downsample && part->resolution() != Resolution::one_hour && part->path().ends_with(".cold") &&
                        part->max_ms() >= now - settings.retention_1h.count() && !rolled_up(*list, *part);
    if (part->samples() > 0 && part->max_ms() < now - keep.count() && !awaits) gone.push_back(part);
    else kept.push_back(part), bytes += part->bytes();
  }
  if (settings.retention_bytes != 0) {
    std::sort(kept.begin(), kept.end(), [](const auto& a, const auto& b) { return a->max_ms() < b->max_ms(); });
    for (const auto& part : kept) {
      if (bytes <= settings.retention_bytes) break;
      bytes -= part->bytes();
      gone.push_back(part);
    }
  }
  if (gone.empty()) return {};
  log::info("parts dropped by retention", {{"parts", gone.size()}});
  // What is the oldest from now on: of a million open series that takes long, and appends go on meanwhile. What they
  // bring is in taken_from_ms_, and what is sealed lies in the parts at the end.
  {
    const std::unique_lock lock(mutex_);
    taken_from_ms_ = std::numeric_limits<UnixMillis>::max();
  }
  auto oldest = oldest_open();
  auto swapped = swap_parts(gone, {});  // the list is in force even where it could not be written
  const std::unique_lock lock(mutex_);
  if (head_.late_samples() > 0) return swapped;  // their times are not looked at: once they are sealed
  oldest = std::min({oldest, taken_from_ms_, max_ms_});
  for (const auto& [part, tombstoned] : parts_->parts) {
    if (part->samples() > 0) oldest = std::min(oldest, part->min_ms());
  }
  min_ms_ = oldest;
  return swapped;
}

}  // namespace pharos::metrics
