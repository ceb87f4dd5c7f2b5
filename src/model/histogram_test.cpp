#include "model/histogram.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace pharos {
namespace {

Histogram sample() {
  Histogram h;
  h.integer = true;
  h.count = 10;
  h.sum = 2.7;
  h.zero_threshold = 0.001;
  h.zero_count = 2;
  h.positive_spans = {{0, 2}, {1, 1}};
  h.positive = {3, 1, 2};
  h.negative_spans = {{0, 1}};
  h.negative = {2};
  return h;
}

TEST(Histogram, PrintsAsPrometheusDoes) {
  EXPECT_EQ(sample().to_string(), "{count:10, sum:2.7, [-1,-0.5):2, [-0.001,0.001]:2, (0.5,1]:3, (1,2]:1, (4,8]:2}");
  Histogram custom;
  custom.schema = kCustomBucketsSchema;
  custom.custom_values = {0.5, 1e6};
  custom.positive_spans = {{0, 3}};
  custom.positive = {1, 2, 3};
  custom.count = 6;
  EXPECT_EQ(custom.to_string(), "{count:6, sum:0, [-Inf,0.5]:1, (0.5,1e+06]:2, (1e+06,+Inf]:3}");
}

TEST(Histogram, ValidatesWithPrometheusWords) {
  EXPECT_TRUE(sample().validate());
  auto h = sample();
  h.count = 11;
  EXPECT_EQ(h.validate().error().message,
            "10 observations found in buckets, but the Count field is 11: histogram's observation count should equal the "
            "number of observations found in the buckets (in absence of NaN)");
  h.sum = std::nan("");
  EXPECT_TRUE(h.validate());
  h = sample();
  h.positive_spans[1].offset = -1;
  EXPECT_EQ(h.validate().error().message,
            "positive side: span number 2 with offset -1: histogram has a span whose offset is negative");
  h = sample();
  h.negative = {2, 3};
  EXPECT_EQ(h.validate().error().message,
            "negative side: spans need 1 buckets, have 2 buckets: histogram spans specify different number of buckets than provided");
  h = sample();
  h.positive[0] = -3;
  EXPECT_EQ(h.validate().error().message,
            "positive side: bucket number 1 has observation count of -3: histogram has a bucket whose observation count is negative");
  h = sample();
  h.schema = 9;
  EXPECT_FALSE(h.validate());
}

TEST(Histogram, CustomBoundsMustRiseAndBeFinite) {
  Histogram h;
  h.schema = kCustomBucketsSchema;
  h.custom_values = {1, 1};
  EXPECT_FALSE(h.validate());
  h.custom_values = {1, std::numeric_limits<double>::infinity()};
  EXPECT_FALSE(h.validate());
  h.custom_values = {1, 2};
  h.positive_spans = {{0, 4}};
  h.positive = {0, 0, 0, 0};
  EXPECT_FALSE(h.validate());
  h.positive_spans = {{0, 3}};
  h.positive = {0, 0, 0};
  EXPECT_TRUE(h.validate());
}

TEST(Histogram, IdenticalLooksAtBits) {
  EXPECT_TRUE(sample().identical(sample()));
  auto zero = sample(), minus_zero = sample();
  zero.sum = 0.0, minus_zero.sum = -0.0;
  EXPECT_FALSE(zero.identical(minus_zero));
  zero.sum = minus_zero.sum = stale_nan();
  EXPECT_TRUE(zero.identical(minus_zero));
  EXPECT_TRUE(is_stale(zero));
  EXPECT_FALSE(is_stale(std::nan("")));
}

TEST(Histogram, BoundsHaveThePrintedDigitsOfPrometheus) {
  EXPECT_EQ(go_float(bucket_bound(1, 1)), "1.414213562373095");
  EXPECT_EQ(go_float(bucket_bound(2, -1)), "0.8408964152537144");
  EXPECT_EQ(go_float(bucket_bound(2, -3)), "0.5946035575013605");
  EXPECT_EQ(bucket_bound(-4, 64), std::numeric_limits<double>::max());
  EXPECT_EQ(bucket_bound(0, -1), 0.5);
}

TEST(GoFloat, FollowsPercentG) {
  EXPECT_EQ(go_float(1e6), "1e+06");
  EXPECT_EQ(go_float(123456), "123456");
  EXPECT_EQ(go_float(0.0001), "0.0001");
  EXPECT_EQ(go_float(0.00001), "1e-05");
  EXPECT_EQ(go_float(-0.0), "-0");
}

}  // namespace
}  // namespace pharos
