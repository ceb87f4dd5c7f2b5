#include "query/eval/notes.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace pharos::query {
namespace {

TEST(Notes, TextsCarryThePositionAndAreUnique) {
  Notes notes;
  notes.add(note::invalid_ratio(1.1, 100, {3, 8}));
  notes.add(note::invalid_ratio(1.1, 100, {3, 8}));
  notes.add(note::histogram_ignored_in_aggregation("sum", {3, 8}));
  const auto out = notes.to_annotations("lorem ipsum dolor sit amet");
  EXPECT_EQ(
      out.warnings,
      std::vector<std::string>{
          "PromQL warning: ratio value should be between -1 and 1, got 1.1, capping to 100 (1:4)"});
  EXPECT_EQ(out.infos,
            std::vector<std::string>{"PromQL info: ignored histogram in sum aggregation (1:4)"});
}

TEST(Notes, ForcedMonotonicityStatesItsExtentOnce) {
  Notes notes;
  notes.add(note::forced_monotonicity("series_1", {3, 8}, 1735084800000, 5, 50, 5.5));
  notes.add(note::forced_monotonicity("series_1", {3, 8}, 1703462400000, 10, 100, 10));
  notes.add(note::forced_monotonicity("series_1", {3, 8}, 1733011200000, 2.5, 75, 7.5));
  const auto out = notes.to_annotations("lorem ipsum dolor sit amet");
  ASSERT_EQ(out.infos.size(), 1u);
  EXPECT_EQ(out.infos[0],
            "PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see "
            "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile) "
            "for metric name "
            "\"series_1\", from buckets 2.5 to 100, with a max diff of 10, over 3 samples from "
            "2023-12-25T00:00:00Z to "
            "2024-12-25T00:00:00Z (1:4)");
}

TEST(Notes, MergingMovesPositions) {
  Notes inner, outer;
  inner.add(note::not_counter("x", {2, 5}));
  outer.merge(inner, 4);
  EXPECT_EQ(outer.to_annotations("a + rate(x)").warnings[0],
            "PromQL warning: this native histogram metric is not a counter: \"x\" (1:7)");
}

TEST(GoFloat, PrintsAsGoDoes) {
  EXPECT_EQ(go_float(0.1), "0.1");
  EXPECT_EQ(go_float(1e21), "1e+21");
  EXPECT_EQ(go_float(123456789), "1.23456789e+08");
  EXPECT_EQ(go_float(1e-5), "1e-05");
  EXPECT_EQ(go_float(-0.0), "-0");
  EXPECT_EQ(go_float(std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(go_float_plain(1e23), "100000000000000000000000");
  EXPECT_EQ(go_float_plain(0.00025), "0.00025");
  EXPECT_EQ(go_float_plain(-12.5), "-12.5");
  EXPECT_EQ(go_float_plain(0), "0");
}

}  // namespace
}  // namespace pharos::query
