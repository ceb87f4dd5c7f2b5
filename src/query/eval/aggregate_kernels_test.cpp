#include "query/eval/aggregate_kernels.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "query/eval/column_scans.hpp"
#include "query/eval/window.hpp"

namespace pharos::query {
namespace {

struct Input {
  std::vector<double> values;
  std::vector<Cell> cells;
};
Input input(unsigned seed, std::size_t n) {
  std::mt19937 random(seed);
  Input out;
  for (std::size_t i = 0; i < n; ++i) {
    const double v =
        std::ldexp(static_cast<double>(random()), static_cast<int>(random() % 80) - 40);
    out.values.push_back(random() % 13 == 0 ? std::nan("") : random() % 17 == 0 ? -v : v);
    out.cells.push_back(random() % 5 == 0   ? Cell::absent
                        : random() % 9 == 0 ? Cell::histogram
                                            : Cell::number);
  }
  return out;
}

bool same(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

TEST(AggregateKernels, SumsEqualTheKahanSumOfEachStep) {
  constexpr std::size_t n = 67;
  std::vector<double> sum(n, -0.0), c(n), want(n, -0.0), want_c(n);
  std::vector<std::uint32_t> count(n), want_count(n);
  for (unsigned seed = 0; seed < 50; ++seed) {
    const auto in = input(seed, n);
    accumulate_sum(in.values, in.cells, sum, c, count);
    for (std::size_t i = 0; i < n; ++i) {
      if (in.cells[i] != Cell::number) continue;
      kahan_add(in.values[i], want[i], want_c[i]);
      ++want_count[i];
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    EXPECT_TRUE(same(sum[i] + c[i], want[i] + want_c[i])) << i;
    EXPECT_EQ(count[i], want_count[i]);
  }
}

TEST(AggregateKernels, ExtremesSkipNaNAndAbsentCells) {
  constexpr std::size_t n = 67;
  std::vector<double> low(n, std::nan("")), high(n, std::nan("")), want_low(n, std::nan("")),
      want_high(n, std::nan(""));
  std::vector<std::uint32_t> count(n), other(n);
  for (unsigned seed = 0; seed < 20; ++seed) {
    const auto in = input(seed, n);
    accumulate_min(in.values, in.cells, low, count);
    accumulate_max(in.values, in.cells, high, other);
    for (std::size_t i = 0; i < n; ++i) {
      if (in.cells[i] != Cell::number) continue;
      if (in.values[i] < want_low[i] || std::isnan(want_low[i])) want_low[i] = in.values[i];
      if (in.values[i] > want_high[i] || std::isnan(want_high[i])) want_high[i] = in.values[i];
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    EXPECT_TRUE(same(low[i], want_low[i]));
    EXPECT_TRUE(same(high[i], want_high[i]));
  }
}

TEST(ColumnScans, FallsAndStaleMarkersAreFoundAnywhere) {
  std::vector<double> v(33, 1);
  EXPECT_EQ(count_falls(v), 0u);
  EXPECT_FALSE(any_stale(v));
  v[32] = 0.5, v[10] = 0;
  EXPECT_EQ(count_falls(v), 2u);
  v[20] = std::nan("");
  EXPECT_FALSE(any_stale(v));
  v[31] = stale_nan();
  EXPECT_TRUE(any_stale(v));
  const std::vector<std::uint32_t> pairs{0, 3, 3, 3, 5, 12};
  EXPECT_EQ(total_sizes(pairs).sum, 10u);
  EXPECT_EQ(total_sizes(pairs).largest, 7u);
}

}  // namespace
}  // namespace pharos::query
