#include "metrics/departed_series.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "metrics/store_core.hpp"

namespace pharos::metrics {

DepartedSeries::Ids DepartedSeries::ids(const Part& part, const SeriesTable& table) {
  const std::lock_guard lock(mutex_);
  if (ids_) return ids_;
  auto found = std::make_shared<std::vector<SeriesId>>();
  part.each_series([&](SeriesId id) {
    if (table.slot_of(id) == SeriesTable::kNoSlot) found->push_back(id);
  });
  found->shrink_to_fit();
  return ids_ = std::move(found);
}

void DepartedSeries::add(const Part& part, std::span<const SeriesId> left) {
  const std::lock_guard lock(mutex_);
  if (!ids_) return;  // whoever asks first finds them
  std::vector<SeriesId> held;
  std::ranges::copy_if(left, std::back_inserter(held),
                       [&](SeriesId id) { return part.contains(id); });
  if (held.empty()) return;
  auto all = std::make_shared<std::vector<SeriesId>>();
  all->reserve(ids_->size() + held.size());
  std::ranges::set_union(*ids_, held, std::back_inserter(*all));
  ids_ = std::move(all);
}

Status StoreCore::each_departed(const PartList& list, std::span<const Matcher> matchers,
                                UnixMillis from_ms, UnixMillis to_ms,
                                const std::function<Status(const Part&, SeriesId)>& visit) const {
  if (!has_departed_.load(std::memory_order_acquire)) return {};
  std::unordered_set<std::uint64_t> seen;
  for (std::size_t i = 0; i < list.parts.size(); ++i) {
    const auto& part = *list.parts[i].part;
    if (!list.departed[i] || part.min_ms() > to_ms || part.max_ms() < from_ms) continue;
    const auto gone = list.departed[i]->ids(part, table_);
    if (gone->empty()) continue;
    std::vector<SeriesId> matched;
    if (matchers.empty()) {
      matched = *gone;
    } else {
      const auto all = TRY(part.match(matchers));
      std::ranges::set_intersection(all, *gone, std::back_inserter(matched));
    }
    for (const auto id : matched) {
      if (seen.insert(static_cast<std::uint64_t>(id)).second) TRY(visit(part, id));
    }
  }
  return {};
}

Result<std::vector<DepartedMatch>> StoreCore::departed(const PartList& list,
                                                       std::span<const Matcher> matchers,
                                                       UnixMillis from_ms, UnixMillis to_ms) const {
  std::vector<DepartedMatch> out;
  std::unordered_map<Labels, std::size_t> places;
  TRY(each_departed(list, matchers, from_ms, to_ms, [&](const Part& part, SeriesId id) -> Status {
    auto labels = TRY(part.labels(id));
    const auto [at, fresh] = places.try_emplace(labels, out.size());
    if (fresh) out.push_back({std::move(labels), {}});
    out[at->second].ids.push_back(id);
    return {};
  }));
  for (auto& match : out) std::ranges::sort(match.ids);
  return out;
}

}  // namespace pharos::metrics
