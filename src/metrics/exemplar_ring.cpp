#include "metrics/exemplar_ring.hpp"

#include <algorithm>
#include <map>

namespace pharos::metrics {

void ExemplarRing::set_capacity(std::size_t exemplars) {
  const std::lock_guard lock(mutex_);
  if (exemplars == capacity_) return;
  std::vector<Entry> kept;
  for (std::size_t i = 0; i < ring_.size(); ++i) {  // oldest first
    kept.push_back(std::move(ring_[ring_.size() == capacity_ ? (next_ + i) % ring_.size() : i]));
  }
  if (kept.size() > exemplars) kept.erase(kept.begin(), kept.end() - static_cast<std::ptrdiff_t>(exemplars));
  ring_ = std::move(kept);
  capacity_ = exemplars;
  next_ = capacity_ == 0 ? 0 : ring_.size() % capacity_;
}

ExemplarRing::Added ExemplarRing::add(SeriesId id, const Exemplar& exemplar) {
  const std::lock_guard lock(mutex_);
  if (capacity_ == 0) return Added::same;
  const auto [newest, fresh] = newest_.try_emplace(static_cast<std::uint64_t>(id), exemplar);
  if (!fresh) {
    if (newest->second == exemplar) return Added::same;
    if (exemplar.t_ms <= newest->second.t_ms) return Added::out_of_order;
    newest->second = exemplar;
  }
  if (ring_.size() < capacity_) {
    ring_.push_back({id, exemplar});
    next_ = ring_.size() % capacity_;
    return Added::stored;
  }
  auto& oldest = ring_[next_];
  if (const auto last = newest_.find(static_cast<std::uint64_t>(oldest.id)); last != newest_.end() && last->second == oldest.exemplar) {
    newest_.erase(last);  // the series has no exemplar left
  }
  oldest = {id, exemplar};
  next_ = (next_ + 1) % capacity_;
  return Added::stored;
}

std::vector<std::pair<SeriesId, std::vector<Exemplar>>> ExemplarRing::find(const std::function<bool(SeriesId)>& wanted,
                                                                           UnixMillis from_ms, UnixMillis to_ms) const {
  std::map<SeriesId, std::vector<Exemplar>> found;
  {
    const std::lock_guard lock(mutex_);
    const bool wrapped = ring_.size() == capacity_;
    for (std::size_t i = 0; i < ring_.size(); ++i) {
      const auto& entry = ring_[wrapped ? (next_ + i) % ring_.size() : i];
      if (entry.exemplar.t_ms < from_ms || entry.exemplar.t_ms > to_ms || !wanted(entry.id)) continue;
      found[entry.id].push_back(entry.exemplar);
    }
  }
  return {std::make_move_iterator(found.begin()), std::make_move_iterator(found.end())};
}

std::size_t ExemplarRing::size() const {
  const std::lock_guard lock(mutex_);
  return ring_.size();
}

}  // namespace pharos::metrics
