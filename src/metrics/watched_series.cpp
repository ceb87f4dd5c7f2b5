#include "metrics/watched_series.hpp"

#include <algorithm>

namespace pharos::metrics {
namespace {

std::string key_of(std::string_view metric, std::string_view name, std::string_view value) {
  std::string key(metric);
  key += '\xff';
  key += name;
  key += '\xff';
  key += value;
  return key;
}

}  // namespace

SelectorIndex::SelectorIndex(std::vector<std::vector<Matcher>> selectors)
    : selectors_(std::move(selectors)) {
  for (std::uint32_t i = 0; i < selectors_.size(); ++i) {
    std::string_view metric, name, value;
    for (const auto& matcher : selectors_[i]) {
      if (matcher.op() != MatchOp::equal || matcher.value().empty()) continue;
      if (matcher.name() == kMetricName) metric = matcher.value();
      else name = matcher.name(), value = matcher.value();
    }
    if (!name.empty() && std::ranges::find(key_labels_, name) == key_labels_.end()) key_labels_.emplace_back(name);
    by_key_[key_of(metric, name, value)].push_back(i);
  }
}

void SelectorIndex::try_key(const std::string& key, const Labels& labels, std::vector<std::uint32_t>& out) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return;
  for (const auto i : found->second) {
    if (matches_all(selectors_[i], labels)) out.push_back(i);
  }
}

void SelectorIndex::match(const Labels& labels, std::vector<std::uint32_t>& out) const {
  out.clear();
  const auto metric = labels.metric_name();
  for (const auto with_metric : {metric, std::string_view()}) {
    try_key(key_of(with_metric, {}, {}), labels, out);
    for (const auto& name : key_labels_) {
      if (const auto value = labels.get(name); !value.empty()) try_key(key_of(with_metric, name, value), labels, out);
    }
    if (metric.empty()) break;
  }
  std::ranges::sort(out);
}

void WatchedSeries::clear() {
  *this = {};
}

std::uint32_t WatchedSeries::list(const std::vector<std::uint32_t>& selectors) {
  if (selectors.empty()) return 0;
  const auto [at, fresh] = numbers_.emplace(selectors, static_cast<std::uint32_t>(lists_.size()));
  if (fresh) lists_.push_back(selectors), flags_.push_back(0);
  return at->second;
}

void WatchedSeries::set(std::vector<std::pair<Slot, std::uint32_t>> pairs, std::size_t selectors) {
  clear();
  selectors_ = selectors;
  lists_.emplace_back();
  flags_.push_back(0);
  std::ranges::sort(pairs);
  list_of_.assign(pairs.empty() ? 1 : pairs.back().first + 1, 0);
  std::vector<std::uint32_t> wanted;
  for (std::size_t i = 0; i < pairs.size();) {
    const auto slot = pairs[i].first;
    wanted.clear();
    for (; i < pairs.size() && pairs[i].first == slot; ++i) wanted.push_back(pairs[i].second);
    list_of_[slot] = list(wanted);
  }
}

void WatchedSeries::set(Slot slot, const std::vector<std::uint32_t>& selectors) {
  if (selectors.empty() && slot >= list_of_.size()) return;
  if (slot >= list_of_.size()) list_of_.resize(std::max<std::size_t>(slot + 1, list_of_.size() * 3 / 2), 0);
  list_of_[slot] = list(selectors);
}

std::vector<std::uint32_t> WatchedSeries::take() {
  std::vector<std::uint32_t> out;
  if (!touched_) return out;
  touched_ = false;
  std::vector<std::uint8_t> seen(selectors_, 0);
  for (std::size_t i = 1; i < flags_.size(); ++i) {
    if (flags_[i] == 0) continue;
    flags_[i] = 0;
    for (const auto selector : lists_[i]) seen[selector] = 1;
  }
  for (std::uint32_t i = 0; i < seen.size(); ++i) {
    if (seen[i] != 0) out.push_back(i);
  }
  return out;
}

}  // namespace pharos::metrics
