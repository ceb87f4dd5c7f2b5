#include "api/query_cost.hpp"

#include <gtest/gtest.h>

#include "api/fake_services_test.hpp"

namespace pharos::api {
namespace {

struct Cost : testing::Test {
  FakeQuerier data;
  Cost() {
    std::vector<std::pair<UnixMillis, double>> seconds;
    for (UnixMillis t = 0; t <= 1'000'000; t += 1'000) seconds.emplace_back(t, 1);
    data.add(Labels{{"__name__", "x"}, {"i", "1"}}, seconds);
    data.add(Labels{{"__name__", "x"}, {"i", "2"}}, seconds);
  }
  QueryCost of(std::string_view text, UnixMillis start, UnixMillis end, std::int64_t step) {
    const auto root = query::promql::parse(text, {});
    return *query_cost(data, **root, start, end, step, 300'000, 60'000);
  }
};

TEST_F(Cost, CountsSamplesAsTheQuerysOwnStatistics) {
  EXPECT_EQ(of("x", 500'000, 500'000, 0).samples, 2u);
  const auto range = of("sum(x)", 400'000, 500'000, 10'000);
  EXPECT_EQ(range.steps, 11u);
  EXPECT_EQ(range.series, 2u);
  EXPECT_EQ(range.samples, 22u);
  EXPECT_EQ(of("rate(x[10s])", 400'000, 500'000, 10'000).samples, 220u);
  EXPECT_EQ(of("x + x", 400'000, 500'000, 10'000).selectors, 2u);
}

TEST_F(Cost, WhatDoesNotDependOnTheStepIsCountedOnce) {
  EXPECT_EQ(of("x @ 450", 400'000, 500'000, 10'000).samples, 2u);
}

TEST_F(Cost, SubqueriesAreEvaluatedAtTheirOwnSteps) {
  EXPECT_EQ(of("max_over_time(x[100s:10s])", 500'000, 500'000, 0).samples, 22u);
}

TEST_F(Cost, NothingCostsLittleAndMuchCostsMore) {
  const auto nothing = of("gone", 0, 1'000'000, 1'000),
             much = of("rate(x[5m])", 0, 1'000'000, 1'000);
  EXPECT_EQ(nothing.series, 0u);
  EXPECT_EQ(nothing.samples, 0u);
  EXPECT_GT(nothing.milliseconds, 0);
  EXPECT_GT(much.milliseconds, nothing.milliseconds);
  EXPECT_EQ(of("1 + 2", 0, 0, 0).selectors, 0u);
}

}  // namespace
}  // namespace pharos::api
