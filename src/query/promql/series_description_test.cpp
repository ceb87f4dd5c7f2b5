#include "query/promql/series_description.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace pharos::query::promql {
namespace {

std::vector<double> values(std::string_view text) {
  std::vector<double> out;
  const auto parsed = parse_series_values(text);
  if (!parsed) return {-12345};
  for (const auto& v : *parsed) out.push_back(v.omitted ? -1e300 : v.value);
  return out;
}
constexpr double kNone = -1e300;

TEST(SeriesDescription, ExpandsRepetitionsAndSteps) {
  EXPECT_EQ(values("1 2 3-10x4"), (std::vector<double>{1, 2, 3, -7, -17, -27, -37}));
  EXPECT_EQ(values("1x0 1+1x0"), (std::vector<double>{1, 1}));
  EXPECT_EQ(values("1 _ 5 _x3"), (std::vector<double>{1, kNone, 5, kNone, kNone, kNone}));
  EXPECT_EQ(values("1 -1 -3-10x2 +5"), (std::vector<double>{1, -1, -3, -13, -23, 5}));
  EXPECT_EQ(values("1e3 .5"), (std::vector<double>{1000, 0.5}));
  EXPECT_TRUE(values("").empty());
  EXPECT_TRUE(is_stale(values("stale")[0]));
  EXPECT_TRUE(std::isnan(values("NaN")[0]));
  EXPECT_EQ(values("-Inf")[0], -HUGE_VAL);
}

TEST(SeriesDescription, RefusesHalfItems) {
  for (const auto* text :
       {"1+1", "_a4", "-3-3 -3", "_-2", "3+3x4-4", "1x", "1xx2", "1x99999999999", "{{",
        "{{schema:9}}", "{{foo:1}}", "{{sum:1 sum:2}}", "{{buckets:[1}}", "{{}}x", "abc"}) {
    EXPECT_FALSE(parse_series_values(text)) << text;
  }
}

TEST(SeriesDescription, ReadsHistograms) {
  const auto parsed = parse_series_description(
      "h{a=\"}\"} {{schema:1 sum:-0.3 count:3.1 z_bucket:7 z_bucket_w:0.05 buckets:[5 10 7 ] "
      "offset:-3 n_buckets:[4 5] n_offset:5 "
      "counter_reset_hint:gauge}}");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->labels, (Labels{{"__name__", "h"}, {"a", "}"}}));
  const auto& h = *parsed->values[0].histogram;
  EXPECT_EQ(h.schema, 1);
  EXPECT_EQ(h.positive, (std::vector<double>{5, 10, 7}));
  EXPECT_EQ(h.positive_spans, (std::vector<Span>{{-3, 3}}));
  EXPECT_EQ(h.negative_spans, (std::vector<Span>{{5, 2}}));
  EXPECT_EQ(h.reset_hint, ResetHint::gauge);
  EXPECT_TRUE(parsed->values[0].reset_hint_given);
}

TEST(SeriesDescription, StepsHistogramsByAddition) {
  const auto parsed = parse_series_values(
      "{{sum:1 buckets:[5]}}+{{sum:2 buckets:[1 2] schema:1}}x2 {{sum:5}}-{{sum:1}}x1");
  ASSERT_TRUE(parsed) << parsed.error().message;
  ASSERT_EQ(parsed->size(), 5u);
  EXPECT_EQ((*parsed)[2].histogram->positive, (std::vector<double>{7, 4}));
  EXPECT_EQ((*parsed)[2].histogram->sum, 5);
  EXPECT_EQ((*parsed)[4].histogram->sum, 4);
}

TEST(StartOffsets, AreRelativeToTheSample) {
  const auto parsed = parse_start_offsets("up{a=\"b\"}@st _ -1m _x2 -30s-1mx2 0 5msx1");
  ASSERT_TRUE(parsed) << parsed.error().message;
  using Offset = std::optional<std::int64_t>;
  EXPECT_EQ(parsed->offsets_ms,
            (std::vector<Offset>{{}, -60'000, {}, {}, -30'000, -90'000, -150'000, 0, 5, 5}));
  EXPECT_FALSE(parse_start_offsets("up 1 2"));
  EXPECT_FALSE(parse_start_offsets("up@st 5q"));
}

}  // namespace
}  // namespace pharos::query::promql
