// The window kernels against plain twins that look at each window by itself.
#include "query/eval/window.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <random>

namespace pharos::query {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A series with what real ones have: jitter, gaps, resets, and some values that are not numbers.
struct Sampled {
  std::vector<UnixMillis> t;
  std::vector<double> v;
};
enum class Shape { counter, gauge, odd };
Sampled sample(Shape shape, unsigned seed) {
  std::mt19937 random(seed);
  Sampled out;
  UnixMillis t = 1'000'000;
  double v = 5;
  for (int i = 0; i < 400; ++i) {
    t += random() % 11 == 0 ? 95'000 : 14'990 + static_cast<UnixMillis>(random() % 20);
    if (shape == Shape::counter) v = random() % 37 == 0 ? random() % 5 : v + random() % 100;
    if (shape != Shape::counter) v = static_cast<double>(random() % 1000) - 500;
    out.t.push_back(t);
    out.v.push_back(shape == Shape::odd && random() % 7 == 0    ? kNaN
                    : shape == Shape::odd && random() % 50 == 0 ? kInfinity
                                                                : v);
  }
  return out;
}

// Runs a kernel over windows of `range` at `step`.
struct Ran {
  std::vector<Window> windows;
  std::vector<UnixMillis> lefts, rights;
  Row row;
  Notes notes;
};
Ran run(WindowKernel kernel, const Sampled& s, std::int64_t range, std::int64_t step,
        double argument = 0) {
  Ran out;
  for (UnixMillis at = s.t.front() - 20'000; at < s.t.back() + 400'000; at += step) {
    out.rights.push_back(at);
    out.lefts.push_back(at - range);
  }
  find_windows(s.t, out.lefts, out.rights, out.windows);
  const std::vector<Window> none(out.rights.size());
  const std::vector<double> arguments(out.rights.size(), argument);
  WindowCall call;
  call.floats = {s.t, s.v, {}};
  call.float_windows = out.windows;
  call.histogram_windows = none;
  call.lefts = out.lefts;
  call.rights = out.rights;
  call.grid = {out.rights[0], step, out.rights.size()};
  call.range_ms = range;
  call.argument[0] = call.argument[1] = arguments;
  call.notes = &out.notes;
  out.row.reset(out.rights.size());
  EXPECT_TRUE(kernel(call, out.row));
  return out;
}

using Twin = std::optional<double> (*)(std::span<const UnixMillis>, std::span<const double>,
                                       UnixMillis left, UnixMillis right);

void expect_equal(WindowKernel kernel, Twin twin, Shape shape, double tolerance,
                  double argument = 0) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    const auto s = sample(shape, seed);
    for (const std::int64_t range : {1'000, 30'000, 300'000, 3'600'000}) {
      for (const std::int64_t step : {7'000, 60'000, 600'000}) {
        const auto got = run(kernel, s, range, step, argument);
        for (std::size_t i = 0; i < got.rights.size(); ++i) {
          std::vector<UnixMillis> t;
          std::vector<double> v;
          for (std::size_t k = 0; k < s.t.size(); ++k)
            if (s.t[k] > got.lefts[i] && s.t[k] <= got.rights[i])
              t.push_back(s.t[k]), v.push_back(s.v[k]);
          const auto want = t.empty() ? std::nullopt : twin(t, v, got.lefts[i], got.rights[i]);
          ASSERT_EQ(want.has_value(), got.row.cells[i] == Cell::number)
              << range << " " << step << " " << i;
          if (!want) continue;
          if (std::isnan(*want)) {
            ASSERT_TRUE(std::isnan(got.row.values[i]));
          } else if (std::isinf(*want) || tolerance == 0) {
            ASSERT_EQ(*want, got.row.values[i]) << range << " " << step << " " << i;
          } else {
            ASSERT_NEAR(*want, got.row.values[i], tolerance * std::max(1.0, std::fabs(*want)));
          }
        }
      }
    }
  }
}

std::optional<double> plain_rate(std::span<const UnixMillis> t, std::span<const double> v,
                                 UnixMillis left, UnixMillis right, bool counter, bool per_second) {
  if (t.size() < 2) return std::nullopt;
  double increase = v.back() - v.front();
  if (counter)
    for (std::size_t i = 1; i < v.size(); ++i)
      if (v[i] < v[i - 1]) increase += v[i - 1];
  double to_start = static_cast<double>(t.front() - left) / 1000,
         to_end = static_cast<double>(right - t.back()) / 1000;
  const double sampled = static_cast<double>(t.back() - t.front()) / 1000;
  const double average = sampled / static_cast<double>(t.size() - 1);
  if (to_start >= average * 1.1) to_start = average / 2;
  if (counter && increase > 0 && v.front() >= 0)
    to_start = std::min(to_start, sampled * (v.front() / increase));
  if (to_end >= average * 1.1) to_end = average / 2;
  double factor = (sampled + to_start + to_end) / sampled;
  if (per_second) factor /= static_cast<double>(right - left) / 1000;
  return increase * factor;
}

TEST(WindowRate, RateOfACounterWithResetsEqualsThePlainFormulaBitForBit) {
  expect_equal(
      window_rate,
      [](auto t, auto v, auto l, auto r) { return plain_rate(t, v, l, r, true, true); },
      Shape::counter, 0);
}
TEST(WindowRate, IncreaseEqualsThePlainFormulaBitForBit) {
  expect_equal(
      window_increase,
      [](auto t, auto v, auto l, auto r) { return plain_rate(t, v, l, r, true, false); },
      Shape::counter, 0);
}
TEST(WindowRate, DeltaOfAGaugeEqualsThePlainFormulaBitForBit) {
  expect_equal(
      window_delta,
      [](auto t, auto v, auto l, auto r) { return plain_rate(t, v, l, r, false, false); },
      Shape::gauge, 0);
}
TEST(WindowRate, RateOfOddValuesEqualsThePlainFormula) {
  expect_equal(
      window_rate,
      [](auto t, auto v, auto l, auto r) { return plain_rate(t, v, l, r, true, true); }, Shape::odd,
      1e-12);
}

std::optional<double> plain_sum(std::span<const UnixMillis>, std::span<const double> v, UnixMillis,
                                UnixMillis) {
  double sum = 0, c = 0;
  for (const double x : v) kahan_add(x, sum, c);
  return std::isinf(sum) ? sum : sum + c;
}
std::optional<double> plain_max(std::span<const UnixMillis>, std::span<const double> v, UnixMillis,
                                UnixMillis) {
  double best = v[0];
  for (const double x : v)
    if (x > best || std::isnan(best)) best = x;
  return best;
}
std::optional<double> plain_min(std::span<const UnixMillis>, std::span<const double> v, UnixMillis,
                                UnixMillis) {
  double best = v[0];
  for (const double x : v)
    if (x < best || std::isnan(best)) best = x;
  return best;
}

TEST(WindowOverTime, SumsOfWindowsThatShareSamplesEqualKahanSums) {
  expect_equal(window_sum, plain_sum, Shape::gauge, 1e-13);
  expect_equal(window_sum, plain_sum, Shape::odd, 1e-13);
}
TEST(WindowOverTime, MeansEqualTheSumOverTheCount) {
  expect_equal(
      window_avg,
      [](auto t, auto v, auto l, auto r) {
        return std::optional<double>(*plain_sum(t, v, l, r) / static_cast<double>(v.size()));
      },
      Shape::gauge, 1e-13);
}
TEST(WindowOverTime, ExtremesSkipNaNUnlessThereIsNothingElse) {
  expect_equal(window_max, plain_max, Shape::gauge, 0);
  expect_equal(window_max, plain_max, Shape::odd, 0);
  expect_equal(window_min, plain_min, Shape::gauge, 0);
  expect_equal(window_min, plain_min, Shape::odd, 0);
}
TEST(WindowOverTime, CountAndEndsAreThoseOfTheWindow) {
  expect_equal(
      window_count,
      [](auto, auto v, auto, auto) { return std::optional<double>(static_cast<double>(v.size())); },
      Shape::odd, 0);
  expect_equal(
      window_first, [](auto, auto v, auto, auto) { return std::optional<double>(v.front()); },
      Shape::gauge, 0);
  expect_equal(
      window_last, [](auto, auto v, auto, auto) { return std::optional<double>(v.back()); },
      Shape::gauge, 0);
  expect_equal(
      window_ts_of_last,
      [](auto t, auto, auto, auto) {
        return std::optional<double>(static_cast<double>(t.back()) / 1000);
      },
      Shape::gauge, 0);
}
TEST(WindowOverTime, AMeanWhoseSumOverflowsIsStillFinite) {
  Sampled s{{1000, 2000, 3000}, {1.7e308, 1.7e308, 1.7e308}};
  const auto got = run(window_avg, s, 10'000, 10'000);
  EXPECT_NEAR(got.row.values[3], 1.7e308, 1e295);
}

TEST(WindowChanges, TransitionsBelongToWindowsThatHoldBothSamples) {
  expect_equal(
      window_changes,
      [](auto, auto v, auto, auto) {
        double n = 0;
        for (std::size_t i = 1; i < v.size(); ++i)
          n += v[i] != v[i - 1] && !(std::isnan(v[i]) && std::isnan(v[i - 1]));
        return std::optional<double>(n);
      },
      Shape::odd, 0);
  expect_equal(
      window_resets,
      [](auto, auto v, auto, auto) {
        double n = 0;
        for (std::size_t i = 1; i < v.size(); ++i) n += v[i] < v[i - 1];
        return std::optional<double>(n);
      },
      Shape::counter, 0);
}

TEST(WindowStatistics, QuantilesOfASlidingWindowEqualThoseOfASortedCopy) {
  static double q;
  for (const double wanted : {0.0, 0.5, 0.95, 1.0}) {
    q = wanted;
    expect_equal(
        window_quantile,
        [](auto, auto v, auto, auto) {
          std::vector<double> copy(v.begin(), v.end());
          return std::optional<double>(quantile_of(q, copy));
        },
        Shape::odd, 0, wanted);
  }
}
TEST(WindowStatistics, AStraightLineIsPredictedExactly) {
  Sampled s;
  for (int i = 0; i < 100; ++i) s.t.push_back(i * 10'000), s.v.push_back(3.0 * i);
  const auto got = run(window_predict_linear, s, 300'000, 60'000, 100);
  for (std::size_t i = 0; i < got.rights.size(); ++i)
    if (got.windows[i].size() >= 2) {
      EXPECT_NEAR(got.row.values[i], 0.3 * (static_cast<double>(got.rights[i]) / 1000 + 100), 1e-8);
    }
}
TEST(WindowStatistics, ASmoothingFactorOutsideItsRangeIsAnError) {
  Sampled s{{1000, 2000}, {1, 2}};
  const std::vector<UnixMillis> lefts{0}, rights{3000};
  const std::vector<double> one{1.0}, half{0.5};
  std::vector<Window> windows;
  find_windows(s.t, lefts, rights, windows);
  const std::vector<Window> none(1);
  Notes notes;
  WindowCall call;
  call.floats = {s.t, s.v, {}};
  call.float_windows = windows;
  call.histogram_windows = none;
  call.argument[0] = one;
  call.argument[1] = half;
  call.notes = &notes;
  Row row;
  row.reset(1);
  const auto status = window_double_exponential_smoothing(call, row);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message,
            "invalid smoothing factor. Expected: 0 < sf < 1, got: 1.000000");
}

TEST(FindWindows, StepsFarBeforeAndAfterTheSamplesAreEmpty) {
  const std::vector<UnixMillis> t{5'000'000, 5'010'000, 5'020'000, 5'030'000};
  for (const std::int64_t range : {0, 1, 10'000, 25'000, 600'000}) {
    std::vector<UnixMillis> lefts, rights;
    for (UnixMillis at = 4'000'000; at < 7'000'000; at += 5'000) {
      lefts.push_back(at - range);
      rights.push_back(at);
    }
    std::vector<Window> windows{{7, 9}};  // of another series
    find_windows(t, lefts, rights, windows);
    ASSERT_EQ(windows.size(), rights.size());
    const auto steps = steps_with_samples(windows, t.size());
    std::size_t held = 0;
    for (std::size_t i = 0; i < windows.size(); ++i) {
      const auto above = [&](UnixMillis edge) { return std::ranges::upper_bound(t, edge) - t.begin(); };
      EXPECT_EQ(windows[i].begin, above(lefts[i])) << range << " at step " << i;
      EXPECT_EQ(windows[i].end, above(rights[i])) << range << " at step " << i;
      held += windows[i].size();
      EXPECT_TRUE(windows[i].size() == 0 || (i >= steps.begin && i < steps.end));
    }
    EXPECT_EQ(held > 0, range > 0);
    EXPECT_LT(steps.end - steps.begin, windows.size() / 2);
    find_windows({}, lefts, rights, windows);
    for (const auto w : windows) EXPECT_EQ(w.size(), 0u);
  }
}

TEST(Runs, StaleMarkersAreTakenOutAndHistogramsApart) {
  SampleColumn column;
  column.t_ms = {1, 2, 3};
  column.value = {1.5, stale_nan(), 0};
  column.histograms = {nullptr, nullptr, std::make_shared<const Histogram>()};
  Runs runs;
  runs.assign(column, true);
  ASSERT_EQ(runs.floats().t_ms.size(), 1u);
  EXPECT_EQ(runs.floats().value[0], 1.5);
  ASSERT_EQ(runs.histograms().t_ms.size(), 1u);
  EXPECT_EQ(runs.histograms().t_ms[0], 3);
}

TEST(StartReset, AStartAfterThePreviousSampleIsAResetAndAnUnknownOneIsNot) {
  EXPECT_TRUE(is_start_reset(100, 200, 250, 300));
  EXPECT_FALSE(is_start_reset(100, 200, 0, 300));
  EXPECT_FALSE(is_start_reset(100, 200, 300, 300));
  EXPECT_FALSE(is_start_reset(100, 200, 100, 300));
  EXPECT_TRUE(is_start_reset(100, 200, 200, 300));  // a delta series
  EXPECT_FALSE(is_start_reset(0, 200, 200, 300));   // a cumulative one that knows no start
}

}  // namespace
}  // namespace pharos::query
