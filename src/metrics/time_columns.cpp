#include "metrics/time_columns.hpp"

namespace pharos::metrics {

TimeColumns::Column TimeColumns::create(std::span<const UnixMillis> times) {
  Column column;
  if (free_.empty()) {
    column = static_cast<Column>(entries_.size());
    entries_.emplace_back();
  } else {
    column = free_.back();
    free_.pop_back();
  }
  auto& entry = entries_[column];
  entry.times.assign(times.begin(), times.end());
  entry.references = 1;
  return column;
}

void TimeColumns::drop(Column column) {
  auto& entry = entries_[column];
  if (--entry.references == 0) {
    std::vector<UnixMillis>().swap(entry.times);
    free_.push_back(column);
  }
}

std::uint64_t TimeColumns::bytes() const {
  std::uint64_t total = entries_.capacity() * sizeof(Entry) + free_.capacity() * sizeof(Column);
  for (const auto& entry : entries_) total += entry.times.capacity() * sizeof(UnixMillis);
  return total;
}

}  // namespace pharos::metrics
