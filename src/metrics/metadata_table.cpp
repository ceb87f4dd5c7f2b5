#include "metrics/metadata_table.hpp"

#include <algorithm>

#include "base/metric.hpp"

namespace pharos::metrics {
namespace {
struct Stats {
  Counter dropped{"pharos_metadata_dropped_total", "Metadata entries refused because the table of families is full."};
};
Stats& stats() {
  static Stats instance;
  return instance;
}
}  // namespace

bool MetadataTable::set(const Metadata& metadata) {
  const std::lock_guard lock(mutex_);
  auto found = families_.find(metadata.family);
  if (found == families_.end()) {
    if (families_.size() >= kFamiliesMax) return stats().dropped.add(), false;
    found = families_.emplace(metadata.family, std::vector<Metadata>{}).first;
  }
  auto& variants = found->second;
  if (std::find(variants.begin(), variants.end(), metadata) != variants.end()) return false;
  if (variants.size() >= kVariantsMax) variants.erase(variants.begin());
  variants.push_back(metadata);
  return true;
}

std::vector<Metadata> MetadataTable::get(std::string_view family, std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  std::vector<Metadata> out;
  if (!family.empty()) {
    if (const auto found = families_.find(family); found != families_.end()) out = found->second;
    return out;
  }
  std::size_t families = 0;
  for (const auto& [name, variants] : families_) {
    if (limit != 0 && families++ == limit) break;
    out.insert(out.end(), variants.begin(), variants.end());
  }
  return out;
}

}  // namespace pharos::metrics
