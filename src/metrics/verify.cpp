#include "metrics/verify.hpp"

#include <algorithm>

#include "metrics/cold_block_part.hpp"
#include "metrics/hot_format.hpp"
#include "metrics/tombstones.hpp"

namespace pharos::metrics {
namespace {

void verify_hot(Disk& disk, const std::string& path, bool may_be_open,
                std::vector<Damage>& damage) {
  const auto mapping = disk.map(path);
  if (!mapping) return damage.push_back({path, 0, mapping.error().message});
  const auto file = as_text((*mapping)->bytes());
  HotGranule granule;
  const auto scan = scan_hot(
      file, [&](std::uint64_t record, std::span<const HotIndexEntry> entries, bool intact) {
        if (!intact) return;  // scan_hot names it
        for (const auto& entry : entries)
          if (!decode_hot_granule(file, record + entry.offset, granule) ||
              granule.t_ms.size() != entry.samples)
            damage.push_back({path, record + entry.offset,
                              "granule of series " +
                                  std::to_string(static_cast<std::uint64_t>(entry.id)) +
                                  " cannot be decoded"});
      });
  if (!scan) return damage.push_back({path, 0, scan.error().message});
  for (const auto& [offset, what] : scan->damage) damage.push_back({path, offset, what});
  if (scan->finished) return;
  if (scan->valid_bytes != file.size())
    damage.push_back(
        {path, scan->valid_bytes,
         "torn tail of " + std::to_string(file.size() - scan->valid_bytes) + " bytes"});
  else if (!may_be_open)
    damage.push_back(
        {path, scan->valid_bytes, "the end record is missing, and perhaps records before it"});
}

std::vector<FileCheck>& file_checks() {
  static std::vector<FileCheck> checks;
  return checks;
}

// The name of the newest hot segment of a folder, which may still be open.
std::string newest_hot(const std::vector<DirEntry>& entries) {
  std::string newest;
  for (const auto& entry : entries)
    if (entry.name.ends_with(".hot")) newest = std::max(newest, entry.name);
  return newest;
}

constexpr std::string_view kSnapshots = "snapshots";  // each is a store of its own

Status verify_folder(Disk& disk, const std::string& folder, std::vector<Damage>& damage) {
  const auto entries = TRY(disk.list(folder));
  const auto newest = newest_hot(entries);
  for (const auto& entry : entries) {
    const auto path = folder.empty() ? entry.name : folder + "/" + entry.name;
    if (entry.directory) {
      if (entry.name != kSnapshots) TRY(verify_folder(disk, path, damage));
    } else if (entry.name.ends_with(".hot") || entry.name.ends_with(".cold")) {
      verify_part(disk, path, entry.name == newest, damage);
    } else if (entry.name == "tombstones") {
      verify_tombstones(disk, path, damage);
    } else {
      for (const auto& check : file_checks())
        if (check(disk, path, damage)) break;
    }
  }
  return {};
}

}  // namespace

void add_file_check(FileCheck check) {
  file_checks().push_back(std::move(check));
}

Result<std::vector<Damage>> verify(Disk& disk, const std::string& folder) {
  std::vector<Damage> damage;
  TRY(verify_folder(disk, folder, damage));
  return damage;
}

void verify_part(Disk& disk, const std::string& path, bool may_be_open,
                 std::vector<Damage>& damage) {
  if (path.ends_with(".hot")) return verify_hot(disk, path, may_be_open, damage);
  std::vector<std::pair<std::uint64_t, std::string>> found;
  if (const auto status = verify_cold(disk, path, found); !status)
    damage.push_back({path, 0, status.error().message});
  for (auto& [offset, what] : found) damage.push_back({path, offset, std::move(what)});
}

void verify_tombstones(Disk& disk, const std::string& path, std::vector<Damage>& damage) {
  const auto loaded = Tombstones::load(disk, path);
  if (!loaded) damage.push_back({path, 0, loaded.error().message});
}

}  // namespace pharos::metrics
