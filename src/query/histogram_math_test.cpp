#include "query/histogram_math.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "query/histogram_buckets.hpp"
#include "query/histogram_quantile.hpp"
#include "query/promql/series_description.hpp"

namespace pharos::query {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Histogram make(std::string_view body) {
  const auto parsed = promql::parse_series_values("{{" + std::string(body) + "}}");
  EXPECT_TRUE(parsed) << body << ": " << (parsed ? "" : parsed.error().message);
  return parsed ? *(*parsed)[0].histogram : Histogram{};
}

::testing::AssertionResult same(const Histogram& got, std::string_view expected) {
  const auto want = make(expected);
  if (nearly_equal(got, want)) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << got.to_string() << " instead of " << want.to_string();
}

TEST(HistogramBuckets, ComeFromTheLowestToTheHighest) {
  const auto buckets =
      all_buckets(make("schema:0 z_bucket:3 z_bucket_w:0.6 buckets:[4 5] n_buckets:[1 2]"));
  ASSERT_EQ(buckets.size(), 5u);
  EXPECT_EQ(buckets[0].lower, -2);
  EXPECT_EQ(buckets[0].count, 2);
  EXPECT_EQ(buckets[1].upper, -0.6) << "cut at the zero bucket";
  EXPECT_EQ(buckets[2].count, 3);
  EXPECT_EQ(buckets[3].lower, 0.6);
  EXPECT_EQ(buckets[4].upper, 2);
  const auto custom = positive_buckets(make("schema:-53 custom_values:[1 5] buckets:[1 2 3]"));
  EXPECT_EQ(custom[0].lower, -kInfinity);
  EXPECT_EQ(custom[2].upper, kInfinity);
}

TEST(HistogramAddition, MergesSpansAndKeepsTheCoarserSchema) {
  auto h = make("schema:1 count:6 sum:10 buckets:[1 2 3] offset:1");
  const auto notes = add(h, make("schema:0 count:4 sum:5 buckets:[1 0 0 3] offset:1"));
  EXPECT_FALSE(notes.incompatible || notes.reset_collision || notes.bounds_reconciled);
  EXPECT_TRUE(same(h, "schema:0 count:10 sum:15 buckets:[4 3 0 3] offset:1"));
}

TEST(HistogramAddition, WidensTheZeroBucketToWholeBuckets) {
  auto h = make("schema:0 count:6 z_bucket:1 z_bucket_w:0.001 buckets:[2 3]");
  add(h, make("schema:0 count:5 z_bucket:5 z_bucket_w:0.6"));
  EXPECT_TRUE(same(h, "schema:0 count:11 z_bucket:8 z_bucket_w:1 buckets:[3] offset:1"));
}

TEST(HistogramAddition, MeetsCustomBoundsAtTheCommonOnes) {
  auto h = make("schema:-53 count:10 custom_values:[1 2 3 6] buckets:[1 2 3 2 2]");
  const auto notes = add(h, make("schema:-53 count:6 custom_values:[2 4 6] buckets:[1 2 2 1]"));
  EXPECT_TRUE(notes.bounds_reconciled);
  EXPECT_TRUE(same(h, "schema:-53 count:16 custom_values:[2 6] buckets:[4 9 3]"));
  auto apart = make("schema:-53 count:2 custom_values:[1] buckets:[1 1]");
  add(apart, make("schema:-53 count:3 custom_values:[2] buckets:[1 2]"));
  EXPECT_TRUE(same(apart, "schema:-53 count:5 buckets:[5]"));
}

TEST(HistogramAddition, RefusesToMixExponentialAndCustom) {
  auto h = make("schema:0 count:1 buckets:[1]");
  EXPECT_TRUE(add(h, make("schema:-53 count:1 custom_values:[1] buckets:[1]")).incompatible);
  EXPECT_TRUE(same(h, "schema:0 count:1 buckets:[1]"));
}

TEST(HistogramAddition, MergesResetHints) {
  const auto merged = [](std::string_view a, std::string_view b) {
    auto h = make("counter_reset_hint:" + std::string(a));
    const bool collision = add(h, make("counter_reset_hint:" + std::string(b))).reset_collision;
    return std::pair(h.reset_hint, collision);
  };
  EXPECT_EQ(merged("reset", "reset"), std::pair(ResetHint::reset, false));
  EXPECT_EQ(merged("reset", "gauge"), std::pair(ResetHint::gauge, false));
  EXPECT_EQ(merged("reset", "unknown"), std::pair(ResetHint::unknown, false));
  EXPECT_EQ(merged("not_reset", "reset"), std::pair(ResetHint::unknown, true));
}

TEST(HistogramSubtraction, LeavesEmptyBucketsForCompactToDrop) {
  auto h = make("schema:0 count:6 sum:10 buckets:[1 2 3]");
  subtract(h, make("schema:0 count:3 sum:4 buckets:[0 2 1]"));
  EXPECT_EQ(h.positive, (std::vector<double>{1, 0, 2}));
  compact(h);
  EXPECT_EQ(h.positive, (std::vector<double>{1, 2}));
  EXPECT_EQ(h.positive_spans, (std::vector<Span>{{0, 1}, {1, 1}}));
}

TEST(HistogramCompact, KeepsSmallGapsWhenAsked) {
  auto h = make("buckets:[0 1 0 2 0 0 0 3 0]");
  compact(h, 1);
  EXPECT_EQ(h.positive, (std::vector<double>{1, 0, 2, 3}));
  EXPECT_EQ(h.positive_spans, (std::vector<Span>{{1, 3}, {3, 1}}));
}

TEST(HistogramKahan, DoesNotLoseSmallPartsBesideBigOnes) {
  auto sum = make("schema:0 count:1e16 sum:1e16 z_bucket:1e16 buckets:[1e16]");
  auto rest = zero_compensation(sum);
  const auto one = make("schema:0 count:1 sum:1 z_bucket:1 buckets:[1 1]");
  for (int i = 0; i < 10; ++i) kahan_add(sum, rest, one);
  auto minus = make("schema:0 count:-1e16 sum:-1e16 z_bucket:-1e16 buckets:[-1e16]");
  kahan_add(sum, rest, minus);
  add(sum, rest);
  EXPECT_TRUE(same(sum, "schema:0 count:10 sum:10 z_bucket:10 buckets:[10 10]"));
}

TEST(HistogramKahan, FollowsSchemaChanges) {
  auto sum = make("schema:2 count:4 buckets:[1 1 1 1] offset:1");
  auto rest = zero_compensation(sum);
  kahan_add(sum, rest, make("schema:0 count:2 buckets:[2] offset:1"));
  add(sum, rest);
  EXPECT_TRUE(same(sum, "schema:0 count:6 buckets:[6] offset:1"));
}

TEST(HistogramScale, DivisionByZeroDropsTheBuckets) {
  auto h = make("schema:0 count:6 sum:-10 buckets:[1 2 3]");
  divide(h, 0);
  EXPECT_EQ(h.count, kInfinity);
  EXPECT_EQ(h.sum, -kInfinity);
  EXPECT_TRUE(h.positive.empty());
  auto negative = make("count:2 buckets:[2]");
  multiply(negative, -2);
  EXPECT_EQ(negative.reset_hint, ResetHint::gauge);
  EXPECT_EQ(negative.positive[0], -4);
}

TEST(HistogramSchema, ReductionKeepsTheCounts) {
  const auto h = to_schema(
      make("schema:2 count:10 buckets:[1 2 3 4] offset:0 n_buckets:[5 6] n_offset:-4"), 0);
  EXPECT_TRUE(same(h, "schema:0 count:10 buckets:[1 9] n_buckets:[5 6] n_offset:-1"));
}

TEST(HistogramReset, IsAnyShrinkingPart) {
  const auto before =
      make("schema:1 count:10 z_bucket:1 z_bucket_w:0.01 buckets:[2 3] n_buckets:[4]");
  const auto resets = [&](std::string_view now) { return detect_reset(make(now), before); };
  EXPECT_FALSE(
      resets("schema:1 count:12 z_bucket:1 z_bucket_w:0.01 buckets:[2 4 1] n_buckets:[4]"));
  EXPECT_TRUE(resets("schema:1 count:9 z_bucket:1 z_bucket_w:0.01 buckets:[2 3] n_buckets:[4]"))
      << "count";
  EXPECT_TRUE(resets("schema:1 count:12 z_bucket:1 z_bucket_w:0.01 buckets:[9] n_buckets:[4]"))
      << "missing bucket";
  EXPECT_TRUE(resets("schema:1 count:12 z_bucket:0 z_bucket_w:0.01 buckets:[2 3] n_buckets:[4]"))
      << "zero bucket";
  EXPECT_TRUE(resets("schema:2 count:12 z_bucket:1 z_bucket_w:0.01 buckets:[2 3] n_buckets:[4]"))
      << "finer schema";
  EXPECT_FALSE(resets("schema:0 count:12 z_bucket:1 z_bucket_w:0.01 buckets:[2 3] n_buckets:[4]"))
      << "coarser schema";
  EXPECT_TRUE(resets("schema:1 count:12 z_bucket:1 z_bucket_w:0.001 buckets:[2 3] n_buckets:[4]"))
      << "narrower zero bucket";
  EXPECT_TRUE(resets("schema:-53 count:12 custom_values:[1] buckets:[12]")) << "another kind";
  EXPECT_TRUE(resets("schema:1 count:99 counter_reset_hint:reset"));
  EXPECT_FALSE(resets("schema:1 count:0 counter_reset_hint:not_reset"));
}

TEST(HistogramEquality, ExactOneSeesLayoutAndBitsTheOtherNeither) {
  const auto a = make("schema:0 count:3 sum:0.3 buckets:[1 0 2]");
  auto b = a;
  b.positive = {1, 2};
  b.positive_spans = {{0, 1}, {1, 1}};
  EXPECT_FALSE(equals(a, b));
  EXPECT_TRUE(nearly_equal(a, b));
  b = a;
  b.positive_spans = {{0, 2}, {0, 1}};
  EXPECT_TRUE(equals(a, b));
  b.sum = 0.1 + 0.2;
  EXPECT_FALSE(equals(a, b));
  EXPECT_TRUE(nearly_equal(a, b));
}

TEST(HistogramTrim, InterpolatesInTheBucketItCuts) {
  auto h = make("schema:-53 sum:172.5 count:15 custom_values:[5 10 15 20] buckets:[1 6 4 3 1]");
  trim(h, 13, true);
  EXPECT_TRUE(
      same(h, "schema:-53 count:9.4 sum:75.1 custom_values:[5 10 15 20] buckets:[1 6 2.4]"));
  auto exponential = make("schema:0 count:4 buckets:[0 4]");
  trim(exponential, std::sqrt(2.0), false);
  EXPECT_DOUBLE_EQ(exponential.count, 2);
}

TEST(HistogramTrim, ChangesNothingWhenNothingIsCut) {
  auto h = make("schema:0 sum:100 count:4 buckets:[1 3]");
  trim(h, kInfinity, true);
  EXPECT_EQ(h.sum, 100);
  trim(h, -5, false);
  EXPECT_EQ(h.sum, 100);
}

TEST(HistogramQuantile, InterpolatesOnALogarithmicScale) {
  const auto h = make("schema:0 count:4 sum:6 buckets:[0 4]");
  EXPECT_DOUBLE_EQ(histogram_quantile(0.5, h).value, std::sqrt(2.0));
  EXPECT_DOUBLE_EQ(histogram_quantile(1, h).value, 2);
  EXPECT_DOUBLE_EQ(histogram_quantile(0, h).value, 1);
  EXPECT_EQ(histogram_quantile(-1, h).value, -kInfinity);
  EXPECT_EQ(histogram_quantile(2, h).value, kInfinity);
  EXPECT_TRUE(std::isnan(histogram_quantile(std::nan(""), h).value));
  EXPECT_TRUE(std::isnan(histogram_quantile(0.5, Histogram{}).value));
}

TEST(HistogramQuantile, SaysWhenObservationsAreNaN) {
  const auto h = make("schema:0 count:5 sum:NaN buckets:[0 4]");
  EXPECT_EQ(histogram_quantile(0.5, h).note, NanNote::skewed_higher);
  EXPECT_EQ(histogram_quantile(0.9, h).note, NanNote::result_nan);
  EXPECT_EQ(histogram_fraction(0, 10, h).note, NanNote::excluded);
  EXPECT_DOUBLE_EQ(histogram_fraction(0, 10, h).value, 0.8);
}

TEST(HistogramFraction, IsTheInverseOfTheQuantile) {
  const auto h = make("schema:0 count:12 sum:20 z_bucket:2 z_bucket_w:0.1 buckets:[2 3 5]");
  for (const double q : {0.05, 0.3, 0.5, 0.77, 0.95}) {
    EXPECT_NEAR(histogram_fraction(-kInfinity, histogram_quantile(q, h).value, h).value, q, 1e-12)
        << q;
  }
  EXPECT_EQ(histogram_fraction(3, 3, h).value, 0);
}

TEST(HistogramVariance, TakesMidpointsOfBuckets) {
  const auto h = make("schema:-53 count:2 sum:4 custom_values:[0 2 4] buckets:[0 1 1]");
  EXPECT_DOUBLE_EQ(histogram_variance(h), 1);
}

TEST(ClassicQuantile, MakesCountsMonotonicAndSaysSo) {
  std::vector<ClassicBucket> buckets{{10, 5}, {1, 1}, {0.1, 2}, {kInfinity, 8}, {100, 4}};
  const auto estimate = classic_quantile(0.5, buckets);
  EXPECT_TRUE(estimate.forced_monotonic);
  EXPECT_EQ(estimate.min_bucket, 1);
  EXPECT_EQ(estimate.max_bucket, 100);
  EXPECT_EQ(estimate.max_difference, 1);
  EXPECT_DOUBLE_EQ(estimate.value, 1 + 9 * (2.0 / 3));
  std::vector<ClassicBucket> open{{1, 1}, {2, 5}};
  EXPECT_TRUE(std::isnan(classic_quantile(0.5, open).value)) << "no +Inf bucket";
}

TEST(ClassicFraction, CountsBetweenBounds) {
  std::vector<ClassicBucket> buckets{{1, 2}, {2, 6}, {kInfinity, 8}};
  EXPECT_DOUBLE_EQ(classic_fraction(0, 1.5, buckets), 0.5);
  EXPECT_DOUBLE_EQ(classic_fraction(-kInfinity, kInfinity, buckets), 1);
}

TEST(FromClassic, MakesCustomBuckets) {
  const auto h = from_classic({1, 2}, {3, 5}, 9, 12);
  ASSERT_TRUE(h);
  EXPECT_TRUE(same(*h, "schema:-53 count:9 sum:12 custom_values:[1 2] buckets:[3 2 4]"));
  EXPECT_FALSE(from_classic({1, 2}, {5, 3}, 9, 12));
}

TEST(NearlyEqual, KnowsStaleMarkersFromNaN) {
  EXPECT_TRUE(nearly_equal(stale_nan(), stale_nan()));
  EXPECT_FALSE(nearly_equal(stale_nan(), std::nan("")));
  EXPECT_TRUE(nearly_equal(std::nan(""), std::nan("")));
  EXPECT_TRUE(nearly_equal(1, 1 + 1e-7));
  EXPECT_FALSE(nearly_equal(1, 1 + 1e-5));
  EXPECT_TRUE(nearly_equal(kInfinity, kInfinity));
  EXPECT_FALSE(nearly_equal(kInfinity, 1));
}

}  // namespace
}  // namespace pharos::query
