// What an operator asks for: deletion, cleaning, compaction, snapshots.
#include <algorithm>

#include "base/log.hpp"
#include "metrics/store_core.hpp"

namespace pharos::metrics {
namespace {

SampleColumn without_range(const SampleColumn& samples, UnixMillis from_ms, UnixMillis to_ms) {
  Tombstones one;
  one.add(SeriesId{1}, from_ms, to_ms);
  auto out = samples;
  one.apply(SeriesId{1}, out);
  return out;
}

}  // namespace

Status StoreCore::remove(std::span<const Matcher> matchers, UnixMillis from_ms, UnixMillis to_ms) {
  const auto slots = TRY(table_.match(matchers));
  const std::lock_guard maintenance(maintenance_mutex_);
  bool clean_first = false;
  {
    // Earlier deletions do not touch what was stored after them.
    const std::shared_lock lock(mutex_);
    clean_first = !parts_->tombstones->empty() &&
                  std::any_of(parts_->parts.begin(), parts_->parts.end(), [](const auto& e) { return !e.tombstoned; });
  }
  if (clean_first) TRY(apply_deletions());
  const std::unique_lock lock(mutex_);
  TRY(usable());
  head_.grow(table_.slots());
  TRY(finish_hot());
  auto list = std::make_shared<PartList>(*parts_);
  auto tombstones = std::make_shared<Tombstones>(*list->tombstones);
  for (const auto slot : *slots) {
    tombstones->add(table_.id(slot), from_ms, to_ms);
  }
  TRY(each_departed(*list, matchers, from_ms, to_ms, [&](const Part&, SeriesId id) -> Status {
    tombstones->add(id, from_ms, to_ms);
    return {};
  }));
  for (auto& entry : list->parts) entry.tombstoned = true;
  list->tombstones = tombstones;
  TRY(tombstones->save(*disk_, path("tombstones")));
  TRY(save_manifest(*list));
  publish(list);
  for (const auto slot : *slots) {
    SampleColumn open, late;
    head_.read(slot, std::numeric_limits<UnixMillis>::min(), std::numeric_limits<UnixMillis>::max(), open, late);
    auto open_left = without_range(open, from_ms, to_ms), late_left = without_range(late, from_ms, to_ms);
    if (open_left.size() != open.size()) head_.replace_open(slot, open_left);
    if (late_left.size() != late.size()) head_.replace_late(slot, late_left);
  }
  // The journal still tells of what was deleted from memory: a new one begins.
  if (auto status = checkpoint(); !status) {
    unclean_ = true;
    refuse(status.error());
    return status;
  }
  return {};
}

Status StoreCore::clean() {
  const std::lock_guard maintenance(maintenance_mutex_);
  return apply_deletions();
}

Status StoreCore::apply_deletions() {
  std::shared_ptr<const PartList> list;
  {
    const std::unique_lock lock(mutex_);
    TRY(usable());
    TRY(finish_hot());
    list = parts_;
  }
  if (list->tombstones->empty()) return {};
  for (const auto resolution : {Resolution::raw, Resolution::five_minutes, Resolution::one_hour}) {
    std::vector<std::shared_ptr<const Part>> inputs;
    for (const auto& [part, tombstoned] : list->parts) {
      if (!tombstoned || part->resolution() != resolution) continue;
      const bool touched = std::any_of(list->tombstones->all().begin(), list->tombstones->all().end(), [&](const auto& entry) {
        return part->contains(entry.first) && list->tombstones->touches(entry.first, part->min_ms(), part->max_ms());
      });
      if (touched) inputs.push_back(part);
    }
    TRY(rewrite(inputs, list->tombstones.get()));
  }
  const std::unique_lock lock(mutex_);
  auto cleaned = std::make_shared<PartList>(*parts_);
  for (auto& entry : cleaned->parts) entry.tombstoned = false;
  cleaned->tombstones = std::make_shared<Tombstones>();
  TRY(save_manifest(*cleaned));
  TRY(cleaned->tombstones->save(*disk_, path("tombstones")));
  publish(cleaned);
  return {};
}

Status StoreCore::compact() {
  const std::lock_guard maintenance(maintenance_mutex_);
  {
    const std::unique_lock lock(mutex_);
    TRY(usable());
    TRY(write_series());
    head_.grow(table_.slots());
    auto sealed = checkpoint();
    if (sealed) sealed = finish_hot();
    if (!sealed) {
      unclean_ = true;
      refuse(sealed.error());
      return sealed;
    }
  }
  TRY(merge(false));
  const std::unique_lock lock(mutex_);
  return series_log_->rewrite();
}

Result<std::string> StoreCore::snapshot(bool skip_head) {
  const std::lock_guard maintenance(maintenance_mutex_);
  const std::unique_lock lock(mutex_);
  TRY(usable());
  TRY(write_series());
  if (!skip_head) {
    TRY(seal(open_slots(0, head_.slots())));
    TRY(seal_late());
  }
  TRY(finish_hot());
  TRY(series_log_->rewrite());

  const auto stamp = format_time(clock_.now());  // 2026-11-21T03:30:00.123Z → 20261121T033000Z-…
  std::string name;
  for (const char c : stamp) {
    if (c != '-' && c != ':' && c != '.') name += c;
  }
  Random random(Random::system_seed());
  static constexpr char kHex[] = "0123456789abcdef";
  name += '-';
  for (int i = 0; i < 16; ++i) name += kHex[random.below(16)];
  const auto target = path("snapshots/" + name);
  TRY(disk_->make_dirs(target + "/parts"));
  for (const auto& [part, tombstoned] : parts_->parts) {
    const auto file = part->path().substr(part->path().rfind('/'));
    TRY(disk_->link(part->path(), target + "/parts" + file));
  }
  const auto log_path = series_log_->path();
  TRY(disk_->link(log_path, target + log_path.substr(log_path.rfind('/'))));
  Manifest manifest;
  manifest.next_number = next_part_;
  manifest.departed = has_departed_;
  for (const auto& [part, tombstoned] : parts_->parts) {
    manifest.parts.push_back({part->path().substr(part->path().rfind('/') + 1), tombstoned});
  }
  TRY(manifest.save(*disk_, target + "/manifest"));
  TRY(parts_->tombstones->save(*disk_, target + "/tombstones"));
  TRY(disk_->sync_dir(target + "/parts"));
  TRY(disk_->sync_dir(target));
  // The log goes on in a file of its own: the linked one must not grow under the snapshot.
  TRY(series_log_->rewrite());
  return name;
}

}  // namespace pharos::metrics
