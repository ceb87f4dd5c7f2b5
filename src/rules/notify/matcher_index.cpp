#include "rules/notify/matcher_index.hpp"

#include <algorithm>

namespace pharos::rules::notify {

std::vector<MatcherIndex::Id>* MatcherIndex::place_of(Id id) {
  const auto* under = filed_under_[id];
  if (under == nullptr) return &unfiled_;
  for (auto& [name, values] : filed_) {
    if (name != under->name()) continue;
    const auto found = values.find(under->value());
    return found == values.end() ? nullptr : &found->second;
  }
  return nullptr;
}

void MatcherIndex::add(Id id, std::vector<Matcher> matchers) {
  if (id >= lists_.size()) {
    lists_.resize(id + 1);
    filed_under_.resize(id + 1);
  }
  lists_[id] = std::move(matchers);
  const Matcher* best = nullptr;
  std::size_t best_size = 0;
  for (const auto& matcher : lists_[id]) {
    if (matcher.op() != MatchOp::equal || matcher.value().empty()) continue;
    std::size_t size = 0;
    for (const auto& [name, values] : filed_) {
      if (name != matcher.name()) continue;
      const auto found = values.find(matcher.value());
      if (found != values.end()) size = found->second.size();
    }
    if (best == nullptr || size < best_size) {
      best = &matcher;
      best_size = size;
    }
  }
  filed_under_[id] = best;
  ++size_;
  if (best == nullptr) {
    unfiled_.push_back(id);
    return;
  }
  auto at = std::ranges::find(filed_, best->name(), [](const auto& entry) { return entry.first; });
  if (at == filed_.end()) at = filed_.insert(filed_.end(), {best->name(), Values{}});
  at->second[best->value()].push_back(id);
}

void MatcherIndex::remove(Id id) {
  if (auto* place = place_of(id)) {
    std::erase(*place, id);
    if (place->empty() && filed_under_[id] != nullptr) {
      for (auto& [name, values] : filed_)
        if (name == filed_under_[id]->name()) values.erase(filed_under_[id]->value());
    }
    --size_;
  }
  lists_[id].clear();
  filed_under_[id] = nullptr;
}

}  // namespace pharos::rules::notify
