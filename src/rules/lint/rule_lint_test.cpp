#include "rules/lint/rule_lint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pharos::rules::lint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Names of the checks that speak, "!" behind those that say a rule cannot fire.
std::vector<std::string> found(RuleSpec rule) {
  std::vector<std::string> out;
  for (const auto& finding : look_at(RuleGroupSpec{}, rule))
    out.push_back(finding.check + (finding.cannot_fire ? "!" : ""));
  return out;
}
std::vector<std::string> found(std::string_view expr) {
  RuleSpec rule;
  rule.alerting = true;
  rule.name = "A";
  rule.expr = expr;
  return found(std::move(rule));
}

TEST(RuleLint, FindsExpressionsThatGiveNoSamples) {
  EXPECT_THAT(found(R"("s")"), ElementsAre("no-samples!"));
  EXPECT_THAT(found("up[5m]"), ElementsAre("no-samples!"));
  EXPECT_THAT(found("(up[5m:1m])"), ElementsAre("no-samples!"));
  EXPECT_THAT(found("vector(1)"), IsEmpty());
  EXPECT_THAT(found("time()"), IsEmpty());
}

TEST(RuleLint, FindsSidesThatCannotMatch) {
  EXPECT_THAT(
      found(R"(rate(errors_total{version="v3"}[5m]) > rate(errors_total{version="v1"}[5m]) * 1.5)"),
      ElementsAre("label-mismatch!"));
  EXPECT_THAT(
      found(
          R"(histogram_quantile(0.95, rate(x_bucket{on="true"}[5m])) > 2 * histogram_quantile(0.95, rate(x_bucket{on="false"}[5m])))"),
      ElementsAre("label-mismatch!"));
  EXPECT_THAT(found(R"(a{x="1"} and sum by (y) (b))"), ElementsAre("label-mismatch!"));
  EXPECT_THAT(found(R"(a{x="1"} unless on(x) b{x="2"})"), ElementsAre("label-mismatch"));
  EXPECT_THAT(found(R"(a{x="1"} > on(y) a{x="2"})"), IsEmpty());
  EXPECT_THAT(found(R"(a{x="1"} > ignoring(x) a{x="2"})"), IsEmpty());
  EXPECT_THAT(found(R"(sum(rate(a_total{x="1"}[5m])) > sum(rate(a_total{x="2"}[5m])))"), IsEmpty());
  EXPECT_THAT(found(R"(a{x="1"} or b{x="2"})"), IsEmpty());
  EXPECT_THAT(found(R"(a{x="1"} * on(z) group_left(x) b{x="2"} > a{x="2"})"), IsEmpty());
  EXPECT_THAT(found(R"(label_replace(a{x="1"}, "x", "2", "", "") > a{x="2"})"), IsEmpty());
}

TEST(RuleLint, FindsSelectorsThatContradictThemselves) {
  EXPECT_THAT(found(R"(up{job="a", job="b"} == 0)"), ElementsAre("contradiction!"));
  EXPECT_THAT(found(R"(up{job="a", job!~"a|b"} == 0)"), ElementsAre("contradiction!"));
  EXPECT_THAT(found(R"(up{job="a", job=~"a|b"} == 0)"), IsEmpty());
}

TEST(RuleLint, FindsQuantilesWithoutBuckets) {
  EXPECT_THAT(found("histogram_quantile(0.9, sum by (job) (rate(x_bucket[5m]))) > 1"),
              ElementsAre("missing-le!"));
  EXPECT_THAT(found("histogram_quantile(0.9, sum by (job, le) (rate(x_bucket[5m]))) > 1"),
              IsEmpty());
  EXPECT_THAT(found("histogram_quantile(0.9, sum by (job) (rate(x[5m]))) > 1"), IsEmpty())
      << "a native histogram";
}

TEST(RuleLint, FindsFunctionsOverTheWrongKind) {
  EXPECT_THAT(found("rate(memory_usage_bytes[1h]) > 0"), ElementsAre("rate-of-gauge"));
  EXPECT_THAT(found("rate(progress_percent[15m]) < 0.1"), ElementsAre("rate-of-gauge"));
  EXPECT_THAT(found("deriv(requests_total[5m]) > 1"), ElementsAre("delta-of-counter"));
  EXPECT_THAT(found("rate(requests_total[5m]) > 1"), IsEmpty());
}

TEST(RuleLint, FindsUnitsThatDoNotFit) {
  EXPECT_THAT(found("avg(overhead_percentage) > 0.05"), ElementsAre("unit-clash"));
  EXPECT_THAT(found("avg(overhead_percentage) / 100 > 0.05"), IsEmpty());
  EXPECT_THAT(found("hit_ratio < 80"), ElementsAre("unit-clash"));
  EXPECT_THAT(found("compression_ratio < 2"), IsEmpty());
  EXPECT_THAT(found("hit_ratio < 0.8"), IsEmpty());
}

TEST(RuleLint, FindsSumsThatWereMeantToCount) {
  EXPECT_THAT(found("sum(health == 2) / count(health) < 0.99"), ElementsAre("sum-of-filtered"));
  EXPECT_THAT(found("sum(health == bool 2) / count(health) < 0.99"), IsEmpty());
  EXPECT_THAT(found("count(health == 2) / count(health) < 0.99"), IsEmpty());
}

TEST(RuleLint, LooksAtTemplates) {
  RuleSpec rule;
  rule.alerting = true;
  rule.name = "A";
  rule.expr = "sum by (job) (x) > 1";
  rule.annotations = {{"summary", "{{ $labels.job }} {{ $labels.instance }} {{ .Labels.job }}"}};
  EXPECT_THAT(found(rule), ElementsAre("lost-label"));
  rule.annotations = {};
  rule.labels = {{"level", "{{ $value }}"}};
  EXPECT_THAT(found(rule), ElementsAre("unsteady-label"));
  rule.hold = std::chrono::minutes(5);
  EXPECT_THAT(found(rule), ElementsAre("unsteady-label!"));
}

TEST(RuleLint, SaysThatAFirstEventIsMissed) {
  EXPECT_THAT(found("increase(events_total[5m]) > 0"), ElementsAre("first-event"));
}

TEST(RuleLint, NamesWhatAServerIsToBeAsked) {
  const auto root = query::promql::parse(
      R"(rate(a_total{x="1"}[5m]) > b and on(y) absent(c{z="2"}) or deriv(d[1h]) > 1)");
  ASSERT_TRUE(root);
  const auto asked = questions(**root);
  EXPECT_THAT(asked.selectors, ElementsAre(R"({x="1",__name__="a_total"})", R"({__name__="b"})",
                                           R"({__name__="d"})"));
  EXPECT_EQ(asked.joins.size(), 2U);
  EXPECT_THAT(asked.joins[1].text, HasSubstr("> bool b"));
  EXPECT_THAT(asked.counters_wanted, ElementsAre("a_total"));
  EXPECT_THAT(asked.gauges_wanted, ElementsAre("d"));
}

}  // namespace
}  // namespace pharos::rules::lint
