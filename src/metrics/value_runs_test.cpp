#include "metrics/value_runs.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "base/clock.hpp"

namespace pharos::metrics {
namespace {

TEST(ValueRuns, GiveBackEveryBitOfManySeriesGrownSideBySide) {
  ValueRuns runs;
  Random random(7);
  std::vector<ValueRuns::Run> series(200);
  std::vector<std::vector<double>> model(series.size());
  for (int step = 0; step < 40'000; ++step) {
    const auto i = random.below(series.size());
    if (model[i].size() == 128 || random.below(400) == 0) {
      runs.clear(series[i]);
      model[i].clear();
      continue;
    }
    double value = 0;
    switch (i % 5) {
      case 0: value = static_cast<double>(random.below(1000)) / 100; break;
      case 1: value = std::bit_cast<double>(random.next()); break;
      case 2: value = static_cast<double>(step) * 512; break;
      case 3: value = random.below(2) ? -0.0 : std::bit_cast<double>(std::uint64_t{0x7ff0000000000002}); break;
      default: value = random.uniform();
    }
    runs.push(series[i], model[i].size(), value);
    model[i].push_back(value);
  }
  for (std::size_t i = 0; i < series.size(); ++i) {
    std::vector<double> out(model[i].size());
    runs.read(series[i], out.size(), out.data());
    for (std::size_t k = 0; k < out.size(); ++k) {
      ASSERT_EQ(std::bit_cast<std::uint64_t>(out[k]), std::bit_cast<std::uint64_t>(model[i][k])) << i << " " << k;
    }
  }
}

TEST(ValueRuns, FreedPiecesServeAgain) {
  ValueRuns runs;
  std::uint64_t after_first = 0;
  for (int round = 0; round < 20; ++round) {
    std::vector<ValueRuns::Run> series(500);
    for (std::size_t n = 0; n < 128; ++n)
      for (auto& run : series) runs.push(run, n, static_cast<double>(n * n) / 8);
    for (auto& run : series) runs.clear(run);
    if (round == 0) after_first = runs.bytes();
  }
  EXPECT_LE(runs.bytes(), after_first + 64 * 1024);
}

}  // namespace
}  // namespace pharos::metrics
