#include "query/histogram_cells.hpp"

#include <algorithm>

#include <cmath>

namespace pharos::query {

Cells cells_of(std::span<const Span> spans, std::span<const double> counts,
               std::span<const double> rests) {
  Cells cells;
  cells.reserve(counts.size());
  std::int64_t index = 0;
  std::size_t at = 0;
  for (const auto& span : spans) {
    index += span.offset;
    for (std::uint32_t i = 0; i < span.length && at < counts.size(); ++i, ++index, ++at) {
      cells.push_back(
          {static_cast<std::int32_t>(index), counts[at], at < rests.size() ? rests[at] : 0.0});
    }
  }
  return cells;
}

void put_cells(const Cells& cells, std::vector<Span>& spans, std::vector<double>& counts) {
  spans.clear();
  counts.clear();
  counts.reserve(cells.size());
  std::int64_t following = 0;  // the index right behind the last span
  for (const auto& cell : cells) {
    if (spans.empty() || cell.index != following) {
      spans.push_back({static_cast<std::int32_t>(cell.index - following), 0});
    }
    ++spans.back().length;
    following = std::int64_t{cell.index} + 1;
    counts.push_back(cell.count);
  }
}

std::vector<double> rests_of(const Cells& cells) {
  std::vector<double> out;
  out.reserve(cells.size());
  for (const auto& cell : cells) out.push_back(cell.rest);
  return out;
}

void kahan_increment(double value, double& sum, double& rest) {
  const double total = sum + value;
  if (std::isinf(total)) {
    rest = 0;
  } else if (std::abs(sum) >= std::abs(value)) {
    rest += (sum - total) + value;
  } else {
    rest += (value - total) + sum;
  }
  sum = total;
}

Cells reduce_cells(const Cells& cells, std::int32_t from, std::int32_t to, bool kahan) {
  if (from <= to) return cells;
  Cells out;
  const int shift = std::min(from - to, 31);
  for (const auto& cell : cells) {
    const auto index = ((cell.index - 1) >> shift) + 1;
    if (out.empty() || out.back().index != index) {
      out.push_back({index, cell.count, cell.rest});
    } else if (kahan) {
      kahan_increment(cell.count, out.back().count, out.back().rest);
      kahan_increment(cell.rest, out.back().count, out.back().rest);
    } else {
      out.back().count += cell.count;
    }
  }
  return out;
}

Cells add_cells(const Cells& a, const Cells& b, double sign, bool kahan) {
  Cells out;
  out.reserve(a.size() + b.size());
  std::size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (j == b.size() || (i < a.size() && a[i].index < b[j].index)) {
      out.push_back(a[i++]);
    } else if (i == a.size() || b[j].index < a[i].index) {
      out.push_back({b[j].index, sign * b[j].count, sign * b[j].rest});
      ++j;
    } else {
      Cell cell = a[i++];
      if (kahan) {
        kahan_increment(sign * b[j].count, cell.count, cell.rest);
        kahan_increment(sign * b[j].rest, cell.count, cell.rest);
      } else {
        cell.count += sign * b[j].count;
      }
      out.push_back(cell);
      ++j;
    }
  }
  return out;
}

}  // namespace pharos::query
