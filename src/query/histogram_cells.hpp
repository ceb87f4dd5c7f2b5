// One side of a native histogram as a plain list of (index, count): the form in which arithmetic is
// easy. Inside src/query only.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "model/histogram.hpp"

namespace pharos::query {

struct Cell {
  std::int32_t index = 0;
  double count = 0;
  double rest = 0;  // what Kahan summation still owes to `count`
};
using Cells = std::vector<Cell>;

// Rising indices. Spans that name more buckets than there are end early.
Cells cells_of(std::span<const Span> spans, std::span<const double> counts,
               std::span<const double> rests = {});
// The inverse: one span per run of neighbouring indices.
void put_cells(const Cells& cells, std::vector<Span>& spans, std::vector<double>& counts);
std::vector<double> rests_of(const Cells& cells);

// sum + rest += value, by Neumaier's variant of Kahan's summation.
void kahan_increment(double value, double& sum, double& rest);

// Merges neighbours until the schema is `to`. With `kahan` the rests carry the rounding errors.
Cells reduce_cells(const Cells& cells, std::int32_t from, std::int32_t to, bool kahan);
// a + sign·b, cell by cell.
Cells add_cells(const Cells& a, const Cells& b, double sign, bool kahan);

}  // namespace pharos::query
