#include "query/promql/reach.hpp"

#include <gtest/gtest.h>

namespace pharos::query::promql {
namespace {

using namespace std::chrono_literals;

std::optional<Millis> reach_of(std::string_view text) {
  const auto node = parse(text);
  EXPECT_TRUE(node) << text;
  return reach(**node, [](const Node& selector) { return selector.text != "other"; });
}

TEST(Reach, AddsUpOffsetsRangesAndSubqueries) {
  EXPECT_EQ(reach_of("1 + 2"), 0ms);
  EXPECT_EQ(reach_of("a"), 0ms);
  EXPECT_EQ(reach_of("a offset 5m"), 5min);
  EXPECT_EQ(reach_of("a offset -5m"), 0ms);
  EXPECT_EQ(reach_of("rate(a[5m])"), 5min);
  EXPECT_EQ(reach_of("rate(a[5m] offset 1h)"), 65min);
  EXPECT_EQ(reach_of("max_over_time(rate(a[5m])[1h:1m] offset 10m)"), 75min);
}

TEST(Reach, TakesTheLongestOfWhatCounts) {
  EXPECT_EQ(reach_of("sum(rate(a[5m])) / avg_over_time(b[1h])"), 1h);
  EXPECT_EQ(reach_of("sum(rate(a[5m])) / avg_over_time(other[1d])"), 5min);
  EXPECT_EQ(reach_of("max_over_time(other[1d:]) + vector(1)"), 0ms);
}

TEST(Reach, IsUnknownWhereTheTextDoesNotSay) {
  EXPECT_EQ(reach_of("a @ 100"), std::nullopt);
  EXPECT_EQ(reach_of("rate(a[5m] @ end())"), std::nullopt);
  EXPECT_EQ(reach_of("a[1h:1m] @ start()"), std::nullopt);
  EXPECT_EQ(reach_of("rate(a[5m * 2])"), std::nullopt);
  EXPECT_EQ(reach_of("other @ 100"), 0ms);
}

}  // namespace
}  // namespace pharos::query::promql
