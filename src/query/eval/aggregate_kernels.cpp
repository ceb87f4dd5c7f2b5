#include "query/eval/aggregate_kernels.hpp"

#include <cmath>

#include "base/clones.hpp"

PHAROS_LOOPS_ONLY

namespace pharos::query {

PHAROS_CLONES
void accumulate_sum(std::span<const double> values, std::span<const Cell> cells,
                    std::span<double> sum, std::span<double> compensation,
                    std::span<std::uint32_t> count) {
  const double* __restrict v = values.data();
  const Cell* __restrict kind = cells.data();
  double* __restrict s = sum.data();
  double* __restrict c = compensation.data();
  std::uint32_t* __restrict n = count.data();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool is = kind[i] == Cell::number;
    const double x = is ? v[i] : -0.0;
    const double t = s[i] + x;
    const bool larger = std::fabs(s[i]) >= std::fabs(x);
    const double high = larger ? s[i] : x, low = larger ? x : s[i];
    const double error = (high - t) + low;
    c[i] = std::fabs(t) > 1.7976931348623157e308 ? 0 : c[i] + error;
    s[i] = t;
    n[i] += is;
  }
}

PHAROS_CLONES
void accumulate_min(std::span<const double> values, std::span<const Cell> cells,
                    std::span<double> best, std::span<std::uint32_t> count) {
  const double* __restrict v = values.data();
  const Cell* __restrict kind = cells.data();
  double* __restrict b = best.data();
  std::uint32_t* __restrict n = count.data();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool is = kind[i] == Cell::number;
    const bool take = is & ((v[i] < b[i]) | (b[i] != b[i]));
    b[i] = take ? v[i] : b[i];
    n[i] += is;
  }
}

PHAROS_CLONES
void accumulate_max(std::span<const double> values, std::span<const Cell> cells,
                    std::span<double> best, std::span<std::uint32_t> count) {
  const double* __restrict v = values.data();
  const Cell* __restrict kind = cells.data();
  double* __restrict b = best.data();
  std::uint32_t* __restrict n = count.data();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool is = kind[i] == Cell::number;
    const bool take = is & ((v[i] > b[i]) | (b[i] != b[i]));
    b[i] = take ? v[i] : b[i];
    n[i] += is;
  }
}

PHAROS_CLONES
void accumulate_count(std::span<const Cell> cells, std::span<std::uint32_t> count) {
  const Cell* __restrict kind = cells.data();
  std::uint32_t* __restrict n = count.data();
  for (std::size_t i = 0; i < cells.size(); ++i) n[i] += kind[i] != Cell::absent;
}

void accumulate_variance(std::span<const double> values, std::span<const Cell> cells,
                         std::span<double> mean, std::span<double> squares,
                         std::span<std::uint32_t> count) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (cells[i] != Cell::number) continue;
    const double v = values[i];
    if (++count[i] == 1) {  // the first one sets the mean; not finite: the spread is NaN for good
      mean[i] = v;
      squares[i] = std::isfinite(v) ? 0 : std::nan("");
      continue;
    }
    const double delta = v - mean[i];
    mean[i] += delta / count[i];
    squares[i] += delta * (v - mean[i]);
  }
}

}  // namespace pharos::query
