#include "metrics/verify.hpp"

#include "metrics/cold_block_part.hpp"
#include "metrics/hot_format.hpp"
#include "metrics/tombstones.hpp"

namespace pharos::metrics {
namespace {

void verify_hot(Disk& disk, const std::string& path, bool may_be_open, std::vector<Damage>& damage) {
  const auto mapping = disk.map(path);
  if (!mapping) return damage.push_back({path, 0, mapping.error().message});
  const auto file = as_text((*mapping)->bytes());
  HotGranule granule;
  const auto scan = scan_hot(file, [&](std::uint64_t record, std::span<const HotIndexEntry> entries, bool intact) {
    if (!intact) return;  // scan_hot names it
    for (const auto& entry : entries)
      if (!decode_hot_granule(file, record + entry.offset, granule) || granule.t_ms.size() != entry.samples)
        damage.push_back({path, record + entry.offset, "granule of series " + std::to_string(static_cast<std::uint64_t>(entry.id)) + " cannot be decoded"});
  });
  if (!scan) return damage.push_back({path, 0, scan.error().message});
  for (const auto& [offset, what] : scan->damage) damage.push_back({path, offset, what});
  if (scan->finished) return;
  if (scan->valid_bytes != file.size())
    damage.push_back({path, scan->valid_bytes, "torn tail of " + std::to_string(file.size() - scan->valid_bytes) + " bytes"});
  else if (!may_be_open)
    damage.push_back({path, scan->valid_bytes, "the end record is missing, and perhaps records before it"});
}

}  // namespace

void verify_part(Disk& disk, const std::string& path, bool may_be_open, std::vector<Damage>& damage) {
  if (path.ends_with(".hot")) return verify_hot(disk, path, may_be_open, damage);
  std::vector<std::pair<std::uint64_t, std::string>> found;
  if (const auto status = verify_cold(disk, path, found); !status) damage.push_back({path, 0, status.error().message});
  for (auto& [offset, what] : found) damage.push_back({path, offset, std::move(what)});
}

void verify_tombstones(Disk& disk, const std::string& path, std::vector<Damage>& damage) {
  const auto loaded = Tombstones::load(disk, path);
  if (!loaded) damage.push_back({path, 0, loaded.error().message});
}

}  // namespace pharos::metrics
