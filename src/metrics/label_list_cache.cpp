#include "metrics/label_list_cache.hpp"

#include <algorithm>

#include "base/metric.hpp"

namespace pharos::metrics {
namespace {

struct Stats {
  Counter hits{"pharos_label_list_cache_hits_total", "Lists of label names and values answered from remembered ones."};
  Counter misses{"pharos_label_list_cache_misses_total", "Lists of label names and values that had to be made."};
};
Stats& stats() {
  static Stats stats;
  return stats;
}

}  // namespace

std::shared_ptr<const std::vector<std::string>> LabelListCache::find(std::string_view label, std::uint64_t version,
                                                                     UnixMillis from_ms, UnixMillis to_ms) {
  const std::lock_guard lock(mutex_);
  for (auto& entry : entries_) {
    if (entry.label != label) continue;
    const auto& list = entry.list;
    if (list.version != version || from_ms > list.from_max_ms || to_ms < list.to_min_ms) break;
    entry.used = ++uses_;
    stats().hits.add();
    return list.texts;
  }
  stats().misses.add();
  return nullptr;
}

void LabelListCache::put(std::string_view label, LabelList list) {
  std::size_t bytes = 0;
  for (const auto& text : *list.texts) bytes += text.size();
  if (list.texts->size() > kTextsMax || bytes > kBytesMax) return;
  Entry made{std::string(label), std::move(list), 0};  // what it replaces is freed after the lock
  const std::lock_guard lock(mutex_);
  made.used = ++uses_;
  auto place = std::ranges::find(entries_, label, &Entry::label);
  if (place == entries_.end() && entries_.size() < kLists) return entries_.push_back(std::move(made));
  if (place == entries_.end()) place = std::ranges::min_element(entries_, {}, &Entry::used);
  std::swap(*place, made);
}

}  // namespace pharos::metrics
