// Opening: parts, series, journal; and the background thread.
#include "metrics/store.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "metrics/store_core.hpp"
#include "metrics/verify.hpp"

namespace pharos::metrics {
namespace {

constexpr Nanos kSyncInterval = std::chrono::milliseconds(100);
constexpr Nanos kMaintainInterval = std::chrono::seconds(2);

struct Stats {
  Gauge series{"pharos_head_series", "Series in memory."};
  Gauge open_bytes{"pharos_head_bytes", "Memory of the open block."};
  Gauge late{"pharos_head_late_samples", "Late samples kept apart until they are sealed."};
  Gauge journal{"pharos_journal_bytes", "Journal segments on disk."};
  Gauge parts{"pharos_store_parts", "Part files."};
  Gauge part_bytes{"pharos_store_part_bytes", "Bytes of the part files."};
  Gauge refusing{"pharos_store_refusing", "1 while the disk fails and samples are refused."};
  Counter maintain_failures{"pharos_store_maintenance_failures_total", "Rounds of sealing, merging or retention that failed."};
};
Stats& stats() {
  static Stats instance;
  return instance;
}

const bool kChecksRegistered = [] {
  add_file_check([](Disk& disk, const std::string& path, std::vector<Damage>& damage) {
    if (!path.ends_with(".log")) return false;
    verify_series_log(disk, path, damage);
    return true;
  });
  add_file_check([](Disk& disk, const std::string& path, std::vector<Damage>& damage) {
    if (!path.ends_with(".journal")) return false;
    const auto folder = path.substr(0, path.rfind('/'));
    const auto segments = journal_segments(disk, folder);
    const auto number = std::strtoull(path.c_str() + path.rfind('/') + 1, nullptr, 10);
    verify_journal(disk, path, segments && !segments->empty() && segments->back() == number, damage);
    return true;
  });
  add_file_check([](Disk& disk, const std::string& path, std::vector<Damage>& damage) {
    if (!path.ends_with("manifest")) return false;
    if (const auto manifest = Manifest::load(disk, path); !manifest) damage.push_back({path, 0, manifest.error().message});
    return true;
  });
  return true;
}();

}  // namespace

StoreCore::StoreCore(std::shared_ptr<Disk> disk, std::string folder, const Clock& clock, std::shared_ptr<ThreadPool> pool,
                     StoreConfig config)
    : disk_(std::move(disk)), folder_(std::move(folder)), clock_(clock), pool_(std::move(pool)),
      granules_(std::make_shared<GranuleCache>(config.granule_cache_bytes_max)),
      table_(SeriesLimits{config.series_max, config.series_per_metric_max, config.labels_max, config.label_name_bytes_max,
                          config.label_value_bytes_max}),
      config_(std::move(config)) {
  exemplars_.set_capacity(config_.exemplars_max);
}

StoreCore::~StoreCore() {
  if (background_.joinable()) {
    background_.request_stop();
    wake_.notify_all();
    background_.join();
  }
  // A clean stop leaves little to replay: what is open stays in the journal, which is synced.
  if (journal_) {
    if (auto status = journal_->sync(); !status) log::error("journal not synced at the end", {{"error", status.error().message}});
  }
  if (series_log_) {
    if (auto status = series_log_->sync(); !status) log::error("series log not synced at the end", {{"error", status.error().message}});
  }
  if (hot_) {
    if (auto status = hot_->finish(); !status) log::error("hot segment not finished", {{"error", status.error().message}});
  }
}

StoreConfig StoreCore::config() const {
  const std::shared_lock lock(mutex_);
  return config_;
}

Status StoreCore::recover_parts(Manifest& manifest) {
  auto loaded = Manifest::load(*disk_, path("manifest"));
  const auto files = TRY(disk_->list(path("parts")));
  if (loaded) {
    manifest = std::move(*loaded);
  } else {
    if (loaded.error().code != Errc::not_found) recovery_.damage.push_back({path("manifest"), 0, loaded.error().message});
    for (const auto& file : files) {  // every part there is, in the order of their numbers
      if (file.name.ends_with(".hot") || file.name.ends_with(".cold")) manifest.parts.push_back({file.name, false});
    }
  }
  const auto stored = loaded ? manifest : Manifest{.next_number = 0};
  auto list = std::make_shared<PartList>();
  for (const auto& entry : manifest.parts) {
    const auto file = part_path(entry.name);
    const bool hot = entry.name.ends_with(".hot");
    manifest.next_number = std::max<std::uint64_t>(manifest.next_number, std::strtoull(entry.name.c_str(), nullptr, 10) + 1);
    if (!disk_->exists(file)) {
      // A hot segment may have been lost with the power: the journal still has what it held. The manifest
      // names it until that is in another part, or the next start would take it for one that was merged.
      if (hot) absent_.push_back(entry), suspect_.insert(file);
      else recovery_.damage.push_back({file, 0, "the part is missing"});
      continue;
    }
    if (hot) {
      // A process that was killed may have left it unsynced, and journal segments go because it is durable.
      auto opened = disk_->open(file);
      if (const auto synced = opened ? (*opened)->sync() : fail(opened.error()); !synced) {
        recovery_.damage.push_back({file, 0, synced.error().message});
        suspect_.insert(file);
      }
    }
    std::vector<std::string> damage;
    auto part = open_part(*disk_, file, damage, granules_);
    if (!damage.empty() || !part) suspect_.insert(file);
    for (auto& what : damage) recovery_.damage.push_back({file, 0, std::move(what)});
    if (!part) {
      recovery_.damage.push_back({file, 0, part.error().message});
      absent_.push_back(entry);  // stays named, or the next start would remove it
      continue;
    }
    list->parts.push_back({std::move(*part), entry.tombstoned});
  }
  for (const auto& file : files) {
    const auto known = std::any_of(manifest.parts.begin(), manifest.parts.end(), [&](const auto& e) { return e.name == file.name; });
    const auto number = std::strtoull(file.name.c_str(), nullptr, 10);
    manifest.next_number = std::max<std::uint64_t>(manifest.next_number, number + 1);
    if (!known) {
      log::info("a part that the manifest does not name is removed", {{"file", file.name}});
      left_.push_back({.path = part_path(file.name)});
    }
  }
  remove_left();
  auto tombstones = Tombstones::load(*disk_, path("tombstones"));
  if (tombstones) list->tombstones = std::make_shared<Tombstones>(std::move(*tombstones));
  else recovery_.damage.push_back({path("tombstones"), 0, tombstones.error().message});
  next_part_ = manifest.next_number;
  journal_from_ = manifest.journal_from;
  // Without a manifest nobody knows.
  has_departed_ = manifest.departed || !loaded;
  publish(list);
  if (loaded && manifest_of(*list) == stored) return {};
  if (auto saved = save_manifest(*list); !saved) refuse(saved.error());  // a full disk: what is there is served
  return {};
}

Status StoreCore::recover() {
  const auto began = clock_.monotonic();
  for (const char* folder : {"", "parts", "journal"}) TRY(disk_->make_dirs(path(folder)));
  const std::unique_lock lock(mutex_);
  Manifest manifest;
  TRY(recover_parts(manifest));
  auto journal = TRY(open_journal());  // decoded beside all that follows
  series_log_ = TRY(SeriesLog::open(*disk_, folder_, table_, recovery_.damage, pool_.get()));
  if (table_.live() == 0 && recovery_.damage.empty() &&
      std::any_of(parts_->parts.begin(), parts_->parts.end(), [](const auto& entry) { return entry.part->samples() > 0; })) {
    recovery_.damage.push_back({series_log_->path(), 0, "the series log is missing, or has lost every series"});
  }
  head_.grow(table_.slots());
  recovery_.series = table_.live();
  // Ids of a damaged series log must not be given out again: parts may hold samples under them.
  SeriesId highest{};
  for (const auto& [part, tombstoned] : parts_->parts) {
    if (!recovery_.damage.empty()) part->each_series([&](SeriesId id) { highest = std::max(highest, id); });
    min_ms_ = std::min(min_ms_, part->min_ms());
    max_ms_ = std::max(max_ms_, part->max_ms());
  }
  if (highest != SeriesId{}) table_.reserve_ids(SeriesId{static_cast<std::uint64_t>(highest) + 1});
  // Cold blocks know the labels of what the series log lost. Those that do not come back into memory are found there.
  if (!recovery_.damage.empty()) {
    has_departed_ = true;
    std::vector<Slot> restored;
    for (const auto& [part, tombstoned] : parts_->parts) {
      if (!part->has_index()) continue;
      part->each_series([&](SeriesId id) {
        if (table_.slot_of(id) != SeriesTable::kNoSlot) return;
        const auto labels = part->labels(id);
        if (!labels) return;
        const std::vector<LabelView> views(labels->begin(), labels->end());
        if (const auto slot = table_.insert(id, views)) restored.push_back(*slot);
      });
    }
    if (!restored.empty()) TRY(series_log_->append(restored));
    head_.grow(table_.slots());
  }
  series_dirty_ = table_.live() > 0;  // a killed process may have left the log unsynced
  TRY(recover_journal(std::move(journal)));
  first_new_ = table_.next_id();
  opened_ms_ = to_unix_millis(clock_.now());
  recovery_.took = clock_.monotonic() - began;
  return {};
}

void StoreCore::start_background() {
  background_ = start_thread("store", [this](std::stop_token stop) { background(stop); });
}

void StoreCore::background(std::stop_token stop) {
  auto maintained = clock_.monotonic();
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(wake_mutex_);
      wake_.wait_for(lock, stop, kSyncInterval, [] { return false; });
    }
    if (stop.stop_requested()) break;
    if (journal_->unsynced_bytes() > 0) {
      // Series before samples: a sample whose series was lost with the power could not be named.
      {
        const std::unique_lock lock(mutex_);
        if (series_dirty_ && !refusal_) {
          if (auto synced = series_log_->sync(); synced) series_dirty_ = false;
          else unclean_ = true, refuse(synced.error());
        }
      }
      if (auto status = journal_->sync(); !status) {
        const std::unique_lock lock(mutex_);
        note_losses();
      }
    }
    cut_journal();
    if (clock_.monotonic() - maintained < kMaintainInterval) continue;
    maintained = clock_.monotonic();
    if (auto status = maintain(); !status) {
      stats().maintain_failures.add();
      log::warn("store maintenance failed", {{"error", status.error().message}});
    }
  }
}

StoreStatistics StoreCore::statistics(std::size_t top) const {
  StoreStatistics out;
  table_.statistics(top, out);
  const std::shared_lock lock(mutex_);
  out.min_ms = min_ms_;
  out.max_ms = max_ms_;
  for (const auto& [part, tombstoned] : parts_->parts) out.chunks += part->series_count();
  stats().series.set(static_cast<double>(table_.live()));
  stats().open_bytes.set(static_cast<double>(head_.bytes()));
  stats().late.set(static_cast<double>(head_.late_samples()));
  return out;
}

std::optional<UnixMillis> StoreCore::oldest_ms() const {
  const std::shared_lock lock(mutex_);
  if (max_ms_ < min_ms_) return {};
  return min_ms_;
}

void StoreCore::set_config(const StoreConfig& config) {
  table_.set_limits({config.series_max, config.series_per_metric_max, config.labels_max, config.label_name_bytes_max,
                     config.label_value_bytes_max});
  exemplars_.set_capacity(config.exemplars_max);
  const std::unique_lock lock(mutex_);
  const auto background = config_.background;
  const auto before = config_.sync;
  config_ = config;
  config_.background = background;
  if (config_.sync != SyncMode::always || before == SyncMode::always) return;
  if (auto synced = sync_journal_files(); !synced) unclean_ = true, refuse(synced.error());
}

Status StoreCore::maintain() {
  cut_journal();
  granules_->report();
  const auto settings = config();
  if (const auto free = disk_->free_bytes()) low_space_ = *free < settings.free_bytes_min;
  bool refuses = false;
  {
    const std::unique_lock lock(mutex_);
    if (!refusal_ || usable()) {
      if (series_dirty_) {
        if (auto status = series_log_->sync(); !status) unclean_ = true, refuse(status.error());
        else series_dirty_ = false;
      }
      // A hot segment is closed when it is large or old, so that it can be merged.
      if (hot_ && (hot_->bytes() > (128u << 20) || clock_.monotonic() - hot_since_ > std::chrono::hours(2))) {
        if (auto status = finish_hot(); !status) unclean_ = true, refuse(status.error());
      }
      if (head_.late_samples() > 500'000) {
        if (auto status = seal_late(); !status) unclean_ = true, refuse(status.error());
      }
    }
    stats().series.set(static_cast<double>(table_.live()));
    stats().open_bytes.set(static_cast<double>(head_.bytes()));
    stats().late.set(static_cast<double>(head_.late_samples()));
    stats().journal.set(static_cast<double>(journal_->bytes()));
    stats().parts.set(static_cast<double>(parts_->parts.size()));
    std::uint64_t part_bytes = 0;
    for (const auto& [part, tombstoned] : parts_->parts) part_bytes += part->bytes();
    stats().part_bytes.set(static_cast<double>(part_bytes));
    refuses = refusal_.has_value();
    stats().refusing.set(refuses ? 1 : 0);
    if (refuses && !low_space_) return {};
  }
  const std::lock_guard maintenance(maintenance_mutex_);
  TRY(settle_parts());
  if (refuses) return drop_expired();  // which makes room; all else needs some
  TRY(merge(true));
  if (settings.downsample) TRY(roll_up());
  TRY(apply_policies());
  TRY(drop_expired());
  if (clock_.monotonic() - released_ < std::chrono::minutes(10)) return {};
  released_ = clock_.monotonic();
  granules_->sweep();
  TRY(release_idle());
  return rest_parts();
}

Result<std::unique_ptr<Store>> Store::open(std::shared_ptr<Disk> disk, std::string folder, const Clock& clock,
                                           std::shared_ptr<ThreadPool> pool, StoreConfig config) {
  const bool background = config.background;
  auto core = std::make_unique<StoreCore>(std::move(disk), std::move(folder), clock, std::move(pool), std::move(config));
  TRY(core->recover());
  if (background) core->start_background();
  return std::unique_ptr<Store>(std::move(core));
}

}  // namespace pharos::metrics
