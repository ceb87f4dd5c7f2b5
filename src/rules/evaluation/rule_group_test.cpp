#include "rules/evaluation/rule_group.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/manual_clock.hpp"
#include "query/engine.hpp"
#include "query/memory_store.hpp"
#include "query/promql/ast.hpp"
#include "rules/evaluation/rule_access.hpp"

namespace pharos::rules {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Time kStart = from_unix_millis(1'700'000'000'000);

// Groups over the real engine and a store in memory.
class RuleGroupTest : public testing::Test {
 protected:
  query::MemoryStore store;
  ManualClock clock{kStart};
  query::Engine engine{{}, std::make_shared<ThreadPool>("t", 1), clock};
  RuleEnvironment world = rule_environment(engine, store, store);
  std::vector<Alert> delivered;

  RuleGroupTest() {
    world.deliver = [this](std::span<const Alert> alerts) -> Status {
      delivered.insert(delivered.end(), alerts.begin(), alerts.end());
      return {};
    };
  }
  static RuleGroupSpec spec(std::string_view rules) {
    const auto file =
        parse_rule_file("groups:\n- name: g\n  interval: 1m\n" + std::string(rules), "r.yml");
    EXPECT_THAT(file.errors, IsEmpty());
    return file.groups.at(0);
  }
  static RuleGroup group(std::string_view rules) {
    return RuleGroup::make(spec(rules), 1min).value();
  }
  void put(std::string_view metric, Time at, double value) {
    store.put(query::promql::parse_metric(metric).value(), to_unix_millis(at), value);
  }
  // What an instant query shows, as "labels value".
  std::vector<std::string> show(const std::string& expr, Time at) {
    std::vector<std::string> out;
    const auto samples = world.query(expr, at).value();
    for (const auto& s : samples)
      out.push_back(s.labels.to_metric_string() + " " + std::to_string(static_cast<long>(s.value)));
    std::ranges::sort(out);
    return out;
  }
};

TEST_F(RuleGroupTest, RulesSeeWhatEarlierRulesOfTheGroupRecorded) {
  put("t{host=\"a\"}", kStart, 3);
  put("t{host=\"b\"}", kStart, 4);
  auto g = group(R"(
  labels: {team: x, tier: group}
  rules:
  - record: t:sum
    expr: sum(t)
    labels: {tier: rule}
  - alert: Big
    expr: t:sum > 5
)");
  g.evaluate(kStart, world);
  EXPECT_THAT(show("t:sum", kStart), ElementsAre(R"(t:sum{team="x", tier="rule"} 7)"));
  EXPECT_THAT(
      show("ALERTS", kStart),
      ElementsAre(R"(ALERTS{alertname="Big", alertstate="firing", team="x", tier="group"} 1)"));
  ASSERT_THAT(delivered, SizeIs(1));
  EXPECT_EQ(g.counts().evaluations, 2U);
  EXPECT_EQ(g.counts().samples_last, 3U);
}

TEST_F(RuleGroupTest, ASeriesThatEndsGetsAStaleMarker) {
  put("t{host=\"a\"}", kStart, 3);
  auto g = group(
      "  rules:\n  - record: r\n    expr: t > 2\n  - alert: Big\n    expr: t > 2\n    for: 1m\n");
  g.evaluate(kStart, world);
  EXPECT_THAT(show("r", kStart), SizeIs(1));
  EXPECT_THAT(show("ALERTS{alertstate=\"pending\"}", kStart), SizeIs(1));
  put("t{host=\"a\"}", kStart + 1min, 3);
  g.evaluate(kStart + 1min, world);
  EXPECT_THAT(show("ALERTS", kStart + 1min),
              ElementsAre(R"(ALERTS{alertname="Big", alertstate="firing", host="a"} 1)"));
  put("t{host=\"a\"}", kStart + 2min, 1);
  g.evaluate(kStart + 2min, world);
  EXPECT_THAT(show("{__name__=~\"r|ALERTS.*\"}", kStart + 2min), IsEmpty());
}

TEST_F(RuleGroupTest, AReloadKeepsStateAndEndsTheSeriesOfRulesThatWent) {
  put("t{host=\"a\"}", kStart, 3);
  auto before = group(
      "  rules:\n  - record: gone\n    expr: t\n  - alert: Big\n    expr: t > 2\n    for: 5m\n");
  before.evaluate(kStart, world);
  auto after = group("  rules:\n  - alert: Big\n    expr: t > 1\n    for: 1m\n");
  after.adopt(before);
  after.evaluate(kStart + 1min, world);
  EXPECT_THAT(show("gone", kStart + 1min), IsEmpty());
  EXPECT_THAT(show("ALERTS", kStart + 1min), SizeIs(1)) << "the series of the pending alert ended";
  EXPECT_THAT(delivered, SizeIs(1)) << "it was pending for a minute before the reload";
  after.end(kStart + 2min, world);
  EXPECT_THAT(show("ALERTS", kStart + 2min), IsEmpty());
}

TEST_F(RuleGroupTest, AnErrorIsShownAndTheOtherRulesGoOn) {
  put("t{host=\"a\"}", kStart, 3);
  put("t{host=\"b\"}", kStart, 3);
  auto g = group(
      "  limit: 1\n  rules:\n  - record: many\n    expr: t\n  - record: same\n    expr: t\n    "
      "labels: {host: x}\n"
      "  - record: one\n    expr: sum(t)\n");
  g.evaluate(kStart, world);
  EXPECT_EQ(g.rules()[0].health, "err");
  EXPECT_EQ(g.rules()[0].last_error, "exceeded limit of 1 with 2 series");
  EXPECT_EQ(g.rules()[1].last_error,
            "vector contains metrics with the same labelset after applying rule labels");
  EXPECT_EQ(g.rules()[2].health, "ok");
  EXPECT_EQ(g.counts().failures, 2U);
  EXPECT_THAT(show("one", kStart), SizeIs(1));
}

TEST_F(RuleGroupTest, QueryOffsetShiftsQueryAndSamples) {
  put("t", kStart - 1min, 1);
  put("t", kStart, 2);
  auto g = group("  query_offset: 1m\n  rules:\n  - record: r\n    expr: t\n");
  g.evaluate(kStart, world);
  EXPECT_THAT(show("r", kStart - 1min), ElementsAre("r 1"));
}

TEST_F(RuleGroupTest, ForStateIsReadBackFromTheStore) {
  put("t{host=\"a\"}", kStart, 3);
  auto g = group("  rules:\n  - alert: Big\n    expr: t > 2\n    for: 30m\n    labels: {s: p}\n");
  g.evaluate(kStart, world);
  g.evaluate(kStart + 1min, world);
  const auto& rule = *g.rules()[0].alerting();
  const auto found = read_for_state(store, rule, kStart - 1h, kStart + 5min).value();
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].labels, (Labels{{"alertname", "Big"}, {"host", "a"}, {"s", "p"}}));
  EXPECT_EQ(found[0].seen_at, kStart + 1min);
  EXPECT_EQ(found[0].active_at, kStart);
}

// Two ways to hash, as different releases of Prometheus do; the numbers are XXH64 of the bytes
// spelled out here.
TEST(GridOffset, HashesFileAndName) {
  const auto a = grid_offset("/etc/r.yml", "g", 1min, GridHash::separated);
  const auto b = grid_offset("/etc/r.yml", "g", 1min, GridHash::length_prefixed);
  EXPECT_NE(a, b);
  EXPECT_LT(a, Nanos(1min));
  EXPECT_GE(b, Nanos(0));
}

TEST(GridTime, IsTheLastOneAtOrBeforeNow) {
  const Nanos offset = 7s;
  EXPECT_EQ(grid_time(Nanos(100s), offset, 10s), Time(97s));
  EXPECT_EQ(grid_time(Nanos(97s), offset, 10s), Time(97s));
  EXPECT_EQ(grid_time(Nanos(97s) - Nanos(1), offset, 10s), Time(87s));
}

}  // namespace
}  // namespace pharos::rules
