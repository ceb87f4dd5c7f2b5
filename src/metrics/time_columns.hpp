// The times of open blocks. Series of one target get their samples at the same instants, so they share
// a column: a series only knows which column, from where, and how many of its entries are its own.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "base/time.hpp"

namespace pharos::metrics {

// Not thread-safe.
class TimeColumns {
 public:
  using Column = std::uint32_t;
  static constexpr Column kNone = ~Column{0};
  static constexpr std::size_t kLengthMax = 128;

  Column create(std::span<const UnixMillis> times);  // with one reference
  void share(Column column) { ++entries_[column].references; }
  void drop(Column column);
  std::size_t size(Column column) const { return entries_[column].times.size(); }
  UnixMillis time(Column column, std::size_t index) const { return entries_[column].times[index]; }
  std::span<const UnixMillis> times(Column column) const { return entries_[column].times; }
  void push(Column column, UnixMillis t) { entries_[column].times.push_back(t); }
  std::uint64_t bytes() const;

 private:
  struct Entry {
    std::vector<UnixMillis> times;
    std::uint32_t references = 0;
  };
  std::vector<Entry> entries_;
  std::vector<Column> free_;
};

}  // namespace pharos::metrics
