#include "rules/evaluation/condition.hpp"

#include <gtest/gtest.h>

#include "base/manual_clock.hpp"
#include "query/engine.hpp"
#include "query/memory_store.hpp"
#include "rules/evaluation/rule_access.hpp"

namespace pharos::rules {
namespace {

std::string known(std::string_view expr) {
  return make_condition(expr).value().known;
}

TEST(Condition, ComparisonsAreKnownWhereTheirOperandsAre) {
  EXPECT_EQ(known("t > 1"), "t > bool 1");
  EXPECT_EQ(known("sum by (job) (rate(e[5m])) / sum by (job) (rate(r[5m])) > 0.05"),
            "sum by (job) (rate(e[5m])) / sum by (job) (rate(r[5m])) > bool 0.05");
  EXPECT_EQ(known("a > on (x) group_left () b"), "a > bool on (x) group_left () b");
  EXPECT_EQ(known("count(up == 0) > 2"), "count(up == bool 0) > bool 2");
  EXPECT_EQ(known("a > bool 1"), "a > bool 1");
  EXPECT_EQ(known("vector(1)"), "vector(1)");
}

TEST(Condition, UnlessIsKnownWhereItsLeftSideIs) {
  EXPECT_EQ(known("a > 1 unless b > 2"), "a > bool 1");
}

TEST(Condition, AbsentIsAlwaysKnown) {
  EXPECT_EQ(known(R"(absent(up{job="a$b", x=~"y"}))"),
            R"(label_replace(vector(1), "job", "a$$b", "", ""))");
  EXPECT_EQ(known("absent(up)"), "vector(1)");
  EXPECT_EQ(known(R"(absent_over_time(up{job="a"}[5m]) or up == 0)"),
            R"(label_replace(vector(1), "job", "a", "", "") or up == bool 0)");
}

// Judged by the engine: which hosts are known when `a` and `b` have these.
std::vector<std::string> hosts_known(std::string_view expr,
                                     const std::vector<std::pair<std::string, double>>& a,
                                     const std::vector<std::pair<std::string, double>>& b) {
  query::MemoryStore store;
  for (const auto& [host, value] : a)
    store.put(Labels{{"__name__", "a"}, {"host", host}}, 0, value);
  for (const auto& [host, value] : b)
    store.put(Labels{{"__name__", "b"}, {"host", host}}, 0, value);
  ManualClock clock;
  query::Engine engine({}, std::make_shared<ThreadPool>("t", 1), clock);
  auto world = rule_environment(engine, store, store);
  std::vector<std::string> out;
  const auto samples = world.query(known(expr), from_unix_millis(1'000)).value();
  for (const auto& sample : samples) out.emplace_back(sample.labels.get("host"));
  std::ranges::sort(out);
  return out;
}

TEST(Condition, OfAConjunctionItIsEnoughToKnowThatTheLeftSideDoesNotHold) {
  using Hosts = std::vector<std::string>;
  const auto expr = "a > 1 and b > 1";
  EXPECT_EQ(hosts_known(expr, {{"x", 5}}, {{"x", 5}}), Hosts{"x"});
  EXPECT_EQ(hosts_known(expr, {{"x", 5}}, {{"x", 0}}), Hosts{"x"});
  EXPECT_EQ(hosts_known(expr, {{"x", 0}}, {}), Hosts{"x"}) << "it does not hold, whatever b is";
  EXPECT_EQ(hosts_known(expr, {{"x", 5}}, {}), Hosts{}) << "it depends on b";
  EXPECT_EQ(hosts_known(expr, {}, {{"x", 5}}), Hosts{});
}

TEST(Condition, DeepConjunctionsStaySmall) {
  std::string expr = "a > 0";
  for (int i = 0; i < 60; ++i) expr = "(" + expr + " and b > " + std::to_string(i) + ")";
  EXPECT_LT(known(expr).size(), 100'000U);
}

}  // namespace
}  // namespace pharos::rules
