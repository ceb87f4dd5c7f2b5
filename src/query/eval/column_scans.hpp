// Looks over whole columns; free functions over spans that vectorise.
#pragma once
#include <cstdint>
#include <span>

namespace pharos::query {

bool any_stale(std::span<const double> values);
// How often a value is below the one before it.
std::size_t count_falls(std::span<const double> values);
// Sum and largest of sizes[i] = end - begin of pairs (begin, end).
struct SizeTotals {
  std::uint64_t sum = 0, largest = 0;
};
SizeTotals total_sizes(std::span<const std::uint32_t> begin_end);

}  // namespace pharos::query
