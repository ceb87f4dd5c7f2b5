#include "rules/evaluation/alerting_rule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace pharos::rules {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr Time kStart = from_unix_millis(1'700'000'000'000);

// Answers each expression with what the test says it gives.
struct World : RuleEnvironment {
  std::map<std::string, std::vector<RuleSample>> answers;
  std::map<std::string, std::string> failures;
  std::vector<std::pair<std::string, Time>> asked;
  std::vector<Alert> delivered;
  bool receiver_down = false;

  World() {
    query = [this](const std::string& expr, Time at) -> Result<std::vector<RuleSample>> {
      asked.emplace_back(expr, at);
      if (failures.contains(expr)) return fail(Errc::timeout, failures[expr]);
      return answers[expr];
    };
    deliver = [this](std::span<const Alert> alerts) -> Status {
      if (receiver_down) return fail(Errc::unavailable, "down");
      delivered.insert(delivered.end(), alerts.begin(), alerts.end());
      return {};
    };
    external_url = "http://pharos:9090";
  }
  void gives(const std::string& expr, std::vector<RuleSample> samples) {
    answers[expr] = std::move(samples);
  }
};

RuleSpec spec(std::string expr, Millis hold = 0s, Millis keep_firing = 0s) {
  RuleSpec out;
  out.alerting = true;
  out.name = "Hot";
  out.expr = std::move(expr);
  out.hold = hold;
  out.keep_firing = keep_firing;
  return out;
}
AlertingRule rule(RuleSpec s, bool restored = true) {
  return AlertingRule::make(std::move(s), restored).value();
}
RuleSample at_host(std::string_view host, double value = 1) {
  return {Labels{{"__name__", "t"}, {"host", host}}, value, nullptr};
}
// "host=state" of every alert that a reader sees.
std::vector<std::string> states(const AlertingRule& r) {
  std::vector<std::string> out;
  for (const auto& alert : r.active())
    out.push_back(std::string(alert.labels.get("host")) + "=" + std::string(name(alert.state)));
  return out;
}
std::vector<std::string> texts(const Result<std::vector<RuleSample>>& samples) {
  std::vector<std::string> out;
  if (!samples) return {"error: " + samples.error().message};
  for (const auto& s : *samples)
    out.push_back(s.labels.to_metric_string() + " " + std::to_string(static_cast<long>(s.value)));
  return out;
}

TEST(AlertingRule, WithoutForItFiresInTheSameEvaluation) {
  World world;
  world.gives("t > 1", {at_host("a", 7)});
  auto r = rule(spec("t > 1"));
  EXPECT_THAT(texts(r.evaluate(kStart, 0ms, 0, world)),
              UnorderedElementsAre(R"(ALERTS{alertname="Hot", alertstate="firing", host="a"} 1)",
                                   R"(ALERTS_FOR_STATE{alertname="Hot", host="a"} 1700000000)"));
  EXPECT_THAT(states(r), ElementsAre("a=firing"));
}

TEST(AlertingRule, PendsForAsLongAsForSays) {
  World world;
  world.gives("t > 1", {at_host("a")});
  auto r = rule(spec("t > 1", 2min));
  for (const auto& [minute, state] :
       {std::pair{0, "a=pending"}, {1, "a=pending"}, {2, "a=firing"}}) {
    (void)r.evaluate(kStart + minute * 1min, 0ms, 0, world);
    EXPECT_THAT(states(r), ElementsAre(state)) << minute;
  }
}

TEST(AlertingRule, APendingAlertThatStopsIsForgotten) {
  World world;
  world.gives("t > 1", {at_host("a")});
  auto r = rule(spec("t > 1", 2min));
  (void)r.evaluate(kStart, 0ms, 0, world);
  world.gives("t > 1", {});
  EXPECT_THAT(texts(r.evaluate(kStart + 1min, 0ms, 0, world)), IsEmpty());
  EXPECT_THAT(r.alerts(), IsEmpty());
}

TEST(AlertingRule, KeepsAResolvedAlertForAQuarterOfAnHour) {
  World world;
  world.gives("t > 1", {at_host("a")});
  auto r = rule(spec("t > 1"));
  (void)r.evaluate(kStart, 0ms, 0, world);
  world.gives("t > 1", {});
  EXPECT_THAT(texts(r.evaluate(kStart + 1min, 0ms, 0, world)), IsEmpty());
  (void)r.evaluate(kStart + 16min, 0ms, 0, world);
  EXPECT_THAT(r.alerts(), SizeIs(1));
  (void)r.evaluate(kStart + 16min + 1ms, 0ms, 0, world);
  EXPECT_THAT(r.alerts(), IsEmpty());
}

TEST(AlertingRule, KeepFiringForCountsFromTheFirstMiss) {
  World world;
  world.gives("t > 1", {at_host("a")});
  auto r = rule(spec("t > 1", 0s, 2min));
  (void)r.evaluate(kStart, 0ms, 0, world);
  world.gives("t > 1", {});
  (void)r.evaluate(kStart + 1min, 0ms, 0, world);
  EXPECT_THAT(states(r), ElementsAre("a=firing"));
  (void)r.evaluate(kStart + 2min, 0ms, 0, world);
  EXPECT_THAT(states(r), ElementsAre("a=firing"));
  (void)r.evaluate(kStart + 3min, 0ms, 0, world);
  EXPECT_THAT(states(r), IsEmpty());
}

TEST(AlertingRule, KeepFiringForStartsAnewWhenTheConditionIsBack) {
  World world;
  auto r = rule(spec("t > 1", 0s, 2min));
  const std::vector<RuleSample> on{at_host("a")};
  int minute = 0;
  for (const auto& [holds, state] : {std::pair{true, "firing"},
                                     {false, "firing"},
                                     {true, "firing"},
                                     {false, "firing"},
                                     {false, "firing"}}) {
    world.gives("t > 1", holds ? on : std::vector<RuleSample>{});
    (void)r.evaluate(kStart + minute++ * 1min, 0ms, 0, world);
    EXPECT_THAT(states(r), ElementsAre("a=" + std::string(state))) << minute;
  }
}

TEST(AlertingRule, AResolvedAlertComesBackAsANewOne) {
  World world;
  auto r = rule(spec("t > 1", 1min));
  const auto run = [&](int minute, bool holds) {
    world.gives("t > 1", holds ? std::vector{at_host("a")} : std::vector<RuleSample>{});
    (void)r.evaluate(kStart + minute * 1min, 0ms, 0, world);
  };
  run(0, true), run(1, true), run(2, false), run(3, true);
  EXPECT_THAT(states(r), ElementsAre("a=pending"));
  EXPECT_EQ(r.active()[0].active_at, kStart + 3min);
}

TEST(AlertingRule, LabelsOverlayAndTemplatesSeeLabelsAndValue) {
  World world;
  world.gives("t > 1", {at_host("a", 7.5)});
  auto s = spec("t > 1");
  s.labels = {{"host", "h-{{ $labels.host }}"}, {"severity", "page"}};
  s.annotations = {{"summary", "{{ $labels.__name__ }} at {{ $value }}"}, {"bad", "{{ 1 | foo }}"}};
  EXPECT_FALSE(AlertingRule::make(s).has_value()) << "a template that does not parse";
  s.annotations[1].second = "{{ template \"x\" }}";
  auto r = rule(s);
  (void)r.evaluate(kStart, 0ms, 0, world);
  const auto alert = r.active().at(0);
  EXPECT_EQ(alert.labels, (Labels{{"alertname", "Hot"}, {"host", "h-a"}, {"severity", "page"}}));
  EXPECT_EQ(alert.annotations.get("summary"), "t at 7.5");
  EXPECT_THAT(alert.annotations.get("bad"),
              HasSubstr("<error expanding template: error executing template __alert_Hot: "));
}

TEST(AlertingRule, EqualLabelsAreAnErrorThatChangesNothing) {
  World world;
  world.gives("t > 1", {at_host("a")});
  auto s = spec("t > 1");
  s.labels = {{"host", "same"}};
  auto r = rule(s);
  (void)r.evaluate(kStart, 0ms, 0, world);
  world.gives("t > 1", {at_host("a"), at_host("b")});
  EXPECT_THAT(texts(r.evaluate(kStart + 1min, 0ms, 0, world)),
              ElementsAre("error: vector contains metrics with the same labelset after applying "
                          "alert labels"));
  EXPECT_THAT(states(r), ElementsAre("same=firing"));
}

TEST(AlertingRule, BeyondTheLimitAllStateIsCleared) {
  World world;
  world.gives("t > 1", {at_host("a"), at_host("b")});
  auto r = rule(spec("t > 1"));
  (void)r.evaluate(kStart, 0ms, 2, world);
  EXPECT_THAT(states(r), SizeIs(2));
  world.gives("t > 1", {at_host("a"), at_host("b"), at_host("c")});
  EXPECT_THAT(texts(r.evaluate(kStart + 1min, 0ms, 2, world)),
              ElementsAre("error: exceeded limit of 2 with 3 alerts"));
  EXPECT_THAT(r.alerts(), IsEmpty());
}

TEST(AlertingRule, AFailedQueryKeepsTheState) {
  World world;
  world.gives("t > 1", {at_host("a")});
  auto r = rule(spec("t > 1"));
  (void)r.evaluate(kStart, 0ms, 0, world);
  world.failures["t > 1"] = "too slow";
  EXPECT_THAT(texts(r.evaluate(kStart + 1min, 0ms, 0, world)), ElementsAre("error: too slow"));
  EXPECT_THAT(states(r), ElementsAre("a=firing"));
}

TEST(AlertingRule, QueriesAreShiftedByTheOffset) {
  World world;
  auto r = rule(spec("t > 1"));
  (void)r.evaluate(kStart, 30s, 0, world);
  EXPECT_THAT(world.asked, ElementsAre(Pair("t > 1", kStart - 30s)));
}

TEST(AlertingRule, ALongerForTakesAFiringAlertBackToPending) {
  World world;
  world.gives("t > 1", {at_host("a")});
  auto before = rule(spec("t > 1"));
  (void)before.evaluate(kStart, 0ms, 0, world);
  auto after = rule(spec("t > 1", 5min));
  after.adopt(before);
  (void)after.evaluate(kStart + 1min, 0ms, 0, world);
  EXPECT_THAT(states(after), ElementsAre("a=pending"));
  EXPECT_FALSE(after.active()[0].fired_at);
}

TEST(AlertingRule, WritesNoSeriesBeforeItIsRestored) {
  World world;
  world.gives("t > 1", {at_host("a")});
  auto r = rule(spec("t > 1"), false);
  EXPECT_THAT(texts(r.evaluate(kStart, 0ms, 0, world)), IsEmpty());
  r.restore({}, kStart, 10min);
  EXPECT_THAT(texts(r.evaluate(kStart + 1min, 0ms, 0, world)), SizeIs(2));
}

// ---- sending -----------------------------------------------------------------------------------

TEST(AlertingRule, TellsAtOnceAndAgainAfterTheResendDelay) {
  World world;
  world.gives("t > 1", {at_host("a")});
  auto r = rule(spec("t > 1"));
  const auto told = [&](Millis after) {
    (void)r.evaluate(kStart + after, 0ms, 0, world);
    world.delivered.clear();
    (void)r.send(kStart + after, 15s, world);
    return world.delivered.size();
  };
  EXPECT_EQ(told(0s), 1U);
  EXPECT_EQ(world.delivered[0].starts_at, kStart);
  EXPECT_EQ(world.delivered[0].ends_at, kStart + 4min);
  EXPECT_EQ(world.delivered[0].generator_url, "http://pharos:9090/graph?g0.expr=t+%3E+1&g0.tab=1");
  EXPECT_EQ(told(30s), 0U);
  EXPECT_EQ(told(60s), 0U) << "not yet later than the delay";
  EXPECT_EQ(told(75s), 1U);
  world.gives("t > 1", {});
  EXPECT_EQ(told(90s), 1U);
  EXPECT_EQ(world.delivered[0].ends_at, kStart + 90s);
  EXPECT_EQ(told(105s), 0U);
}

TEST(AlertingRule, WhatCouldNotBeDeliveredIsDueAtTheNextEvaluation) {
  World world;
  world.gives("t > 1", {at_host("a")});
  auto r = rule(spec("t > 1"));
  (void)r.evaluate(kStart, 0ms, 0, world);
  world.receiver_down = true;
  EXPECT_FALSE(r.send(kStart, 15s, world).has_value());
  world.receiver_down = false;
  (void)r.evaluate(kStart + 15s, 0ms, 0, world);
  EXPECT_TRUE(r.send(kStart + 15s, 15s, world).has_value());
  EXPECT_THAT(world.delivered, SizeIs(1));
}

TEST(AlertingRule, APendingAlertIsNotTold) {
  World world;
  world.gives("t > 1", {at_host("a")});
  auto r = rule(spec("t > 1", 1min));
  (void)r.evaluate(kStart, 0ms, 0, world);
  (void)r.send(kStart, 15s, world);
  EXPECT_THAT(world.delivered, IsEmpty());
}

// ---- restoring as Prometheus does --------------------------------------------------------------

struct RestoreCase {
  Millis hold, pended, down;
  Millis active_ago;  // afterwards
};

TEST(AlertingRule, RestoresForStateAsPrometheusDoes) {
  const RestoreCase cases[] = {
      {20min, 25min, 5min, 30min},  // it was firing: keeps its time
      {20min, 12min, 5min, 10min},  // 8 minutes left are less than the grace: fires after it
      {60min, 10min, 5min, 10min},  // the time down does not count
      {5min, 3min, 5min, 0min},     // a `for` below the grace is not restored
  };
  for (const auto& c : cases) {
    World world;
    world.gives("t > 1", {at_host("a")});
    auto r = rule(spec("t > 1", c.hold), false);
    (void)r.evaluate(kStart, 0ms, 0, world);
    const ForStateSample seen{Labels{{"alertname", "Hot"}, {"host", "a"}}, kStart - c.down,
                              kStart - c.down - c.pended};
    r.restore({&seen, 1}, kStart, 10min);
    EXPECT_EQ(kStart - r.active()[0].active_at, c.active_ago) << c.hold.count();
  }
}

// ---- durable state -----------------------------------------------------------------------------

TEST(AlertingRule, KnowsWhatTheDatabaseLacks) {
  World world;
  world.gives("t > 1", {at_host("a")});
  auto r = rule(spec("t > 1", 1min));
  (void)r.evaluate(kStart, 0ms, 0, world);
  EXPECT_THAT(r.unsaved(), SizeIs(1));
  r.set_saved();
  (void)r.evaluate(kStart + 30s, 0ms, 0, world);
  EXPECT_THAT(r.unsaved(), IsEmpty()) << "a pending alert that stays so";
  (void)r.evaluate(kStart + 1min, 0ms, 0, world);
  EXPECT_THAT(r.unsaved(), SizeIs(1));
  r.set_saved();
  world.gives("t > 1", {});
  (void)r.evaluate(kStart + 2min, 0ms, 0, world);
  EXPECT_THAT(r.unsaved(), SizeIs(1));
  r.set_saved();
  (void)r.evaluate(kStart + 30min, 0ms, 0, world);
  EXPECT_THAT(r.unsaved(), IsEmpty());
  EXPECT_THAT(r.removed(), SizeIs(1));
}

TEST(AlertingRule, DurablePendingTimeCountsOnlyWhileItWasObserved) {
  World world;
  world.gives("t > 1", {at_host("a")});
  auto before = rule(spec("t > 1", 10min));
  (void)before.evaluate(kStart, 0ms, 0, world);
  (void)before.evaluate(kStart + 4min, 0ms, 0, world);
  const ForStateSample seen{Labels{{"alertname", "Hot"}, {"host", "a"}}, kStart + 4min, kStart};
  auto after = rule(spec("t > 1", 10min));
  after.adopt(before.active(), {&seen, 1}, kStart + 20min, 1min);  // 15 minutes too late
  EXPECT_EQ(after.active()[0].active_at, kStart + 15min);
  auto at_once = rule(spec("t > 1", 10min));
  at_once.adopt(before.active(), {&seen, 1}, kStart + 5min, 1min);
  EXPECT_EQ(at_once.active()[0].active_at, kStart);
}

TEST(AlertingRule, AnAdoptedFiringAlertIsNotToldTwice) {
  World world;
  world.gives("t > 1", {at_host("a")});
  auto before = rule(spec("t > 1", 5min, 10min));
  (void)before.evaluate(kStart, 0ms, 0, world);
  (void)before.evaluate(kStart + 5min, 0ms, 0, world);
  (void)before.send(kStart + 5min, 15s, world);
  auto after = rule(spec("t > 1", 5min, 10min));
  after.adopt(before.active(), {}, kStart + 5min, 15s);
  world.gives("t > 1", {});  // and keep_firing_for lives on
  world.gives("t > bool 1", {{Labels{{"host", "a"}}, 0, nullptr}});
  (void)after.evaluate(kStart + 5min + 15s, 0ms, 0, world);
  (void)after.send(kStart + 5min + 15s, 15s, world);
  EXPECT_THAT(states(after), ElementsAre("a=firing"));
  EXPECT_THAT(world.delivered, SizeIs(1));
}

TEST(AlertingRule, AfterARestartDataMayTakeAMinuteToCome) {
  World world;
  world.gives("t > 1", {at_host("a"), at_host("b")});
  auto before = rule(spec("t > 1"));
  (void)before.evaluate(kStart, 0ms, 0, world);
  auto after = rule(spec("t > 1"));
  after.adopt(before.active(), {}, kStart + 1h, 15s);
  world.gives("t > 1", {});
  (void)after.evaluate(kStart + 1h + 15s, 0ms, 0, world);
  EXPECT_THAT(states(after), ElementsAre("a=firing", "b=firing"));
  world.gives("t > bool 1", {{Labels{{"host", "b"}}, 0, nullptr}});  // known to be well
  (void)after.evaluate(kStart + 1h + 30s, 0ms, 0, world);
  EXPECT_THAT(states(after), ElementsAre("a=firing"));
  (void)after.evaluate(kStart + 1h + 75s, 0ms, 0, world);
  EXPECT_THAT(states(after), IsEmpty());
}

// ---- missing data ------------------------------------------------------------------------------

TEST(AlertingRule, MissingDataResolvesAsInPrometheusUnlessTheFileSaysOtherwise) {
  World world;
  world.gives("t > 1", {at_host("a")});
  auto r = rule(spec("t > 1"));
  (void)r.evaluate(kStart, 0ms, 0, world);
  world.gives("t > 1", {});
  (void)r.evaluate(kStart + 1min, 0ms, 0, world);
  EXPECT_THAT(states(r), IsEmpty());
  EXPECT_THAT(world.asked, SizeIs(2)) << "nothing else was asked";
}

TEST(AlertingRule, HoldKeepsAnAlertWhileItsDataIsMissing) {
  World world;
  world.gives("t > 1", {at_host("a"), at_host("b")});
  auto s = spec("t > 1");
  s.no_data = NoData::hold;
  auto r = rule(s);
  (void)r.evaluate(kStart, 0ms, 0, world);
  world.gives("t > 1", {});
  world.gives("t > bool 1", {{Labels{{"host", "b"}}, 0, nullptr}});  // b is known to be well
  (void)r.evaluate(kStart + 1min, 0ms, 0, world);
  EXPECT_THAT(states(r), ElementsAre("a=firing"));
  EXPECT_TRUE(r.active()[0].unknown);
  world.failures["t > bool 1"] = "too slow";
  EXPECT_FALSE(r.evaluate(kStart + 2min, 0ms, 0, world).has_value());
  EXPECT_THAT(states(r), ElementsAre("a=firing"));
}

TEST(AlertingRule, HeldPendingTimeDoesNotCount) {
  World world;
  world.gives("t > 1", {at_host("a")});
  auto s = spec("t > 1", 2min);
  s.no_data = NoData::hold;
  auto r = rule(s);
  (void)r.evaluate(kStart, 0ms, 0, world);
  (void)r.evaluate(kStart + 1min, 0ms, 0, world);
  world.gives("t > 1", {});
  for (int minute = 2; minute < 5; ++minute)
    (void)r.evaluate(kStart + minute * 1min, 0ms, 0, world);
  EXPECT_THAT(states(r), ElementsAre("a=pending"));
  world.gives("t > 1", {at_host("a")});
  (void)r.evaluate(kStart + 5min, 0ms, 0, world);
  EXPECT_THAT(states(r), ElementsAre("a=firing"));
}

TEST(AlertingRule, NoDataMayBeAnAlert) {
  World world;
  auto s = spec("t > 1", 1min);
  s.no_data = NoData::alert;
  auto r = rule(s);
  world.gives("t > bool 1", {{Labels{{"host", "a"}}, 0, nullptr}});
  (void)r.evaluate(kStart, 0ms, 0, world);
  EXPECT_THAT(states(r), IsEmpty());
  world.gives("t > bool 1", {});
  (void)r.evaluate(kStart + 1min, 0ms, 0, world);
  EXPECT_THAT(states(r), ElementsAre("a=pending"));
  (void)r.evaluate(kStart + 2min, 0ms, 0, world);
  EXPECT_THAT(states(r), ElementsAre("a=firing"));
  world.gives("t > bool 1", {{Labels{{"host", "a"}}, 0, nullptr}});
  (void)r.evaluate(kStart + 3min, 0ms, 0, world);
  EXPECT_THAT(states(r), IsEmpty());
}

TEST(AlertingRule, ARuleWithoutAnyDataIsAnAlertToo) {
  World world;
  auto s = spec("t > 1");
  s.no_data = NoData::alert;
  auto r = rule(s);
  (void)r.evaluate(kStart, 0ms, 0, world);
  EXPECT_THAT(r.active(), IsEmpty()) << "it may be on its way";
  (void)r.evaluate(kStart + 1min, 0ms, 0, world);
  ASSERT_THAT(r.active(), SizeIs(1));
  EXPECT_EQ(r.active()[0].labels, (Labels{{"alertname", "Hot"}}));
}

// ---- clear and flapping ------------------------------------------------------------------------

TEST(AlertingRule, AClearExpressionDecidesWhatResolves) {
  World world;
  world.gives("t > 10", {at_host("a"), at_host("b")});
  auto s = spec("t > 10");
  s.clear = "t < 5";
  s.no_data = NoData::resolve;
  auto r = rule(s);
  (void)r.evaluate(kStart, 0ms, 0, world);
  world.gives("t > 10", {});
  (void)r.evaluate(kStart + 1min, 0ms, 0, world);
  EXPECT_THAT(states(r), ElementsAre("a=firing", "b=firing"));
  world.gives("t < 5", {at_host("a")});
  (void)r.evaluate(kStart + 2min, 0ms, 0, world);
  EXPECT_THAT(states(r), ElementsAre("b=firing"));
  world.gives("t < 5", {{Labels{}, 1, nullptr}});  // one for all
  (void)r.evaluate(kStart + 3min, 0ms, 0, world);
  EXPECT_THAT(states(r), IsEmpty());
}

TEST(AlertingRule, AFlappingAlertStaysFiringUntilItIsQuiet) {
  World world;
  auto s = spec("t > 1");
  s.flap_damping = true;
  s.no_data = NoData::resolve;
  auto r = rule(s);
  int minute = 0;
  const auto run = [&](bool holds) {
    world.gives("t > 1", holds ? std::vector{at_host("a")} : std::vector<RuleSample>{});
    (void)r.evaluate(kStart + minute * 1min, 0ms, 0, world);
    (void)r.send(kStart + minute * 1min, 1min, world);
    ++minute;
  };
  for (int i = 0; i < 10; ++i) run(i % 2 == 0);
  EXPECT_THAT(states(r), ElementsAre("a=firing"));
  EXPECT_TRUE(r.active()[0].flapping);
  const auto told = [&] {
    return std::ranges::count_if(world.delivered,
                                 [](const auto& a) { return a.ends_at < a.updated_at + 1min; });
  };
  const auto resolved = told();
  for (int i = 0; i < 6; ++i) run(i % 2 == 0);
  EXPECT_EQ(told(), resolved) << "nothing is resolved while it flaps";
  for (int i = 0; i < 20; ++i) run(false);
  EXPECT_THAT(states(r), IsEmpty());
}

// ---- between grid times ------------------------------------------------------------------------

TEST(AlertingRule, FiresAndResolvesBetweenGridTimes) {
  World world;
  auto r = rule(spec("t > 1"));
  (void)r.evaluate(kStart, 0ms, 0, world);
  const auto early = [&](Millis after, bool holds) {
    world.gives("t > 1", holds ? std::vector{at_host("a")} : std::vector<RuleSample>{});
    world.delivered.clear();
    (void)r.evaluate_early(kStart + after, 0, world);
    (void)r.send(kStart + after, 1min, world);
    return world.delivered.size();
  };
  EXPECT_EQ(early(3s, true), 1U);
  EXPECT_EQ(world.delivered[0].starts_at, kStart + 3s);
  EXPECT_THAT(states(r), ElementsAre("a=firing"));
  EXPECT_EQ(early(4s, true), 0U);
  EXPECT_EQ(early(5s, false), 1U);
  EXPECT_EQ(world.delivered[0].ends_at, kStart + 5s);
  EXPECT_THAT(states(r), IsEmpty());
  EXPECT_EQ(early(6s, true), 1U);
}

TEST(AlertingRule, GridTimesAreAsIfNothingHadBeenSeenBetweenThem) {
  World world;
  auto early = rule(spec("t > 1")), plain = rule(spec("t > 1"));
  const auto set = [&](bool holds) {
    world.gives("t > 1", holds ? std::vector{at_host("a")} : std::vector<RuleSample>{});
  };
  // At each minute what holds, and what was seen before it.
  const std::vector<std::pair<bool, std::vector<bool>>> minutes = {
      {false, {true, false}}, {true, {true}},        {true, {false}},        {false, {true}},
      {false, {true}},        {true, {false, true}}, {false, {false, true}}, {true, {}}};
  Time at = kStart;
  for (const auto& [holds, between] : minutes) {
    int second = 10;
    for (const bool seen : between) {
      set(seen);
      (void)early.evaluate_early(at + second * 1s, 0, world);
      (void)early.send(at + second * 1s, 1min, world);
      second += 10;
    }
    at += 1min;
    set(holds);
    EXPECT_EQ(texts(early.evaluate(at, 0ms, 0, world)), texts(plain.evaluate(at, 0ms, 0, world)));
    (void)early.send(at, 1min, world);
    EXPECT_EQ(states(early), states(plain));
  }
}

TEST(AlertingRule, AnAlertFiredEarlyIsNotToldAgainByTheGrid) {
  World world;
  world.gives("t > 1", {at_host("a")});
  auto r = rule(spec("t > 1"));
  (void)r.evaluate_early(kStart + 50s, 0, world);
  (void)r.send(kStart + 50s, 1min, world);
  (void)r.evaluate(kStart + 1min, 0ms, 0, world);
  (void)r.send(kStart + 1min, 1min, world);
  ASSERT_THAT(world.delivered, SizeIs(1));
  EXPECT_EQ(r.active()[0].active_at, kStart + 1min);
  EXPECT_EQ(r.active()[0].fired_at, kStart + 50s);
}

TEST(AlertingRule, AGridTimeThatRunsLateLeavesNewerFindingsAlone) {
  World world;
  world.gives("t > 1", {at_host("a")});
  auto r = rule(spec("t > 1"));
  (void)r.evaluate_early(kStart + 5ms, 0, world);
  (void)r.send(kStart + 5ms, 1min, world);
  world.gives("t > 1", {});  // as of kStart
  (void)r.evaluate(kStart, 0ms, 0, world);
  (void)r.send(kStart, 1min, world);
  EXPECT_THAT(states(r), ElementsAre("a=firing"));
  EXPECT_THAT(world.delivered, SizeIs(1));
}

TEST(AlertingRule, OnlyRulesThatFireAtOnceAreJudgedEarly) {
  EXPECT_TRUE(rule(spec("t > 1")).judges_early());
  EXPECT_FALSE(rule(spec("t > 1", 1s)).judges_early());
  EXPECT_FALSE(rule(spec("t > 1", 0s, 1s)).judges_early());
}

}  // namespace
}  // namespace pharos::rules
