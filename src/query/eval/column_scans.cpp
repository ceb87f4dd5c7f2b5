#include "query/eval/column_scans.hpp"

#include <algorithm>
#include <cstring>

#include "model/histogram.hpp"
#include "base/clones.hpp"

PHAROS_LOOPS_ONLY

namespace pharos::query {

PHAROS_CLONES
bool any_stale(std::span<const double> values) {
  const double* __restrict v = values.data();
  std::uint64_t found = 0;  // no early exit: the loop vectorises
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint64_t bits;
    std::memcpy(&bits, v + i, sizeof bits);
    found |= bits == kStaleNaNBits ? 1 : 0;
  }
  return found != 0;
}

PHAROS_CLONES
std::size_t count_falls(std::span<const double> values) {
  const double* __restrict v = values.data();
  std::uint64_t falls = 0;
  for (std::size_t i = 1; i < values.size(); ++i) falls += v[i] < v[i - 1] ? 1 : 0;
  return falls;
}

PHAROS_CLONES
SizeTotals total_sizes(std::span<const std::uint32_t> begin_end) {
  const std::uint32_t* __restrict p = begin_end.data();
  std::uint64_t sum = 0;
  std::uint32_t largest = 0;
  for (std::size_t i = 0; i + 1 < begin_end.size(); i += 2) {
    const std::uint32_t size = p[i + 1] - p[i];
    sum += size;
    largest = std::max(largest, size);
  }
  return {sum, largest};
}

}  // namespace pharos::query
