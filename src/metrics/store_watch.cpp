// The store as a SeriesWatch.
#include "base/log.hpp"
#include "metrics/store_core.hpp"

namespace pharos::metrics {

void StoreCore::watch(std::vector<std::vector<Matcher>> selectors, std::function<void()> touched) {
  const std::lock_guard one_at_a_time(watch_mutex_);
  auto index = selectors.empty() ? nullptr : std::make_shared<const SelectorIndex>(std::move(selectors));
  {
    const std::unique_lock lock(mutex_);
    watched_.clear();
    watch_call_ = nullptr;
    watch_index_ = nullptr;
    watch_created_.clear();
    watch_collects_ = index != nullptr;
  }
  if (!index) return;
  // Without the store's lock: many selectors take their time. What is made meanwhile is looked at after.
  std::vector<std::pair<Slot, std::uint32_t>> pairs;
  for (std::uint32_t i = 0; i < index->size(); ++i) {
    const auto slots = table_.match((*index)[i]);
    if (!slots) {
      log::warn("a selector of a rule is not watched", {{"error", slots.error().message}});
      continue;
    }
    for (const auto slot : **slots) pairs.emplace_back(slot, i);
  }
  const std::unique_lock lock(mutex_);
  watched_.set(std::move(pairs), index->size());
  watch_index_ = std::move(index);
  watch_call_ = std::move(touched);
  watch_collects_ = false;
  watch_new_series(watch_created_);
  watch_created_.clear();
}

void StoreCore::watch_new_series(std::span<const Slot> created) {
  if (watch_collects_) watch_created_.insert(watch_created_.end(), created.begin(), created.end());
  if (!watch_index_) return;
  std::vector<std::uint32_t> selectors;
  for (const auto slot : created) {
    watch_index_->match(table_.labels(slot), selectors);
    watched_.set(slot, selectors);
  }
}

std::vector<std::uint32_t> StoreCore::take_touched() {
  const std::unique_lock lock(mutex_);
  return watched_.take();
}

}  // namespace pharos::metrics
