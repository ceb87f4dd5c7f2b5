#include "query/eval/shared_results.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "query/engine.hpp"
#include "query/synthetic_querier.hpp"

namespace pharos::query {
namespace {

using testing::ElementsAreArray;
using testing::HasSubstr;

class SharedResultsTest : public testing::Test {
 protected:
  SharedResultsTest() {
    for (int host = 0; host < 5; ++host)
      for (const auto* job : {"api", "db"})
        store_.add(
            Labels{{"__name__", "requests_total"}, {"host", std::to_string(host)}, {"job", job}}, 0,
            15'000, 400, [=](std::size_t i) { return static_cast<double>(i) * (host + 1); });
    store_.add(Labels{{"__name__", "requests"}, {"host", "0"}}, 0, 15'000, 400,
               [](std::size_t i) { return static_cast<double>(i); });
  }
  // Values and notes of one query, as text.
  std::vector<std::string> ask(const std::string& expr, SharedResults* shared) {
    QueryRequest request;
    request.expr = expr;
    request.start_ms = 1'800'000;
    request.shared = shared;
    auto output = engine_.run(store_, request);
    if (!output) return {"error: " + output.error().message};
    std::vector<std::string> out;
    if (const auto* vector = std::get_if<Vector>(&output->value))
      for (const auto& series : vector->series)
        out.push_back(series.labels.to_string() + " " + std::to_string(series.points[0].value));
    if (const auto* scalar = std::get_if<Scalar>(&output->value))
      out.push_back(std::to_string(scalar->value));
    for (const auto& note : output->annotations.infos) out.push_back("info: " + note);
    for (const auto& note : output->annotations.warnings) out.push_back("warning: " + note);
    return out;
  }

  SyntheticQuerier store_;
  std::shared_ptr<ThreadPool> pool_ = std::make_shared<ThreadPool>("shared-test", 2);
  Engine engine_{EngineOptions{}, pool_, system_clock()};
};

TEST_F(SharedResultsTest, EveryQueryAnswersAsIfItWereAlone) {
  const std::vector<std::string> exprs = {
      "sum by (job) (rate(requests_total[5m])) > 0.1",
      "sum by (job) (rate(requests_total[5m])) > 100",
      "sum by (host) (rate(requests_total[5m])) / ignoring (job) group_left sum by (host) "
      "(rate(requests_total[5m]))",
      "topk(2, rate(requests_total[5m]))",
      "   topk(2, rate(requests_total[5m]))",
      "label_replace(rate(requests_total[5m]), \"h\", \"$1\", \"host\", \"(.*)\")",
      "requests_total",
      "-requests_total",
      "requests_total * 2 and on (host) rate(requests_total[5m]) > 0.1",
      "rate(requests[5m])",  // an info: the name does not end in _total
      "1 + rate(requests[5m])",
      "histogram_quantile(0.9, requests_total)",
      "count(histogram_quantile(0.9, requests_total))",
      "max_over_time(sum(requests_total)[10m:1m])",
      "min_over_time(sum(requests_total)[10m:1m])",
      "vector(1) + sum(requests_total) @ 600",
      "vector(2) + sum(requests_total) @ 600",
  };
  const SharedPlan plan(exprs, {});
  ASSERT_FALSE(plan.empty());
  SharedResults shared(plan);
  for (int round = 0; round < 2; ++round)
    for (const auto& expr : exprs)
      EXPECT_THAT(ask(expr, &shared), ElementsAreArray(ask(expr, nullptr))) << expr;
  EXPECT_GT(shared.hits(), exprs.size());
}

TEST_F(SharedResultsTest, WhatIsInOneExpressionOnlyIsNotKept) {
  const std::vector<std::string> exprs = {"sum(requests_total) + sum(requests_total)",
                                          "sum(requests)"};
  EXPECT_TRUE(SharedPlan(exprs, {}).empty());
}

TEST_F(SharedResultsTest, MetricsThatARuleWritesAreReadAnew) {
  const std::vector<std::string> exprs = {"sum(job:requests) > 1", "sum(job:requests) > 2",
                                          "sum(load)", "avg(load) + sum(load)"};
  const std::vector<std::string> written = {"job:requests"};
  const SharedPlan plan(exprs, written);
  EXPECT_FALSE(plan.wants("sum(job:requests)"));
  EXPECT_TRUE(plan.wants("sum(load)"));
  const std::vector<std::string> any = {"count({job=\"a\"})", "1 + count({job=\"a\"})"};
  EXPECT_TRUE(SharedPlan(any, {}).empty());  // may be anything that is written
}

}  // namespace
}  // namespace pharos::query
