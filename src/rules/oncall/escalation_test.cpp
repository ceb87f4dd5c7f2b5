#include "rules/oncall/escalation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pharos::rules::oncall {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = EscalationStep::Kind;
using State = Escalation::State;

struct Bench {
  EscalationPolicy policy{.name = "p"};
  Escalation escalation{.firing = 1};
  Time now = from_unix_millis(0);
  std::vector<std::string> on_call{"ada"};
  std::uint64_t turns = 0;
  EscalationWorld world{[this](const std::string&, Time) { return on_call; },
                        [this](const std::string&) { return turns++; }};

  Bench& wait(int minutes) {
    policy.steps.push_back({.kind = Kind::wait, .delay = std::chrono::minutes(minutes)});
    return *this;
  }
  Bench& users(std::vector<std::string> names) {
    policy.steps.push_back({.kind = Kind::users, .names = std::move(names)});
    return *this;
  }
  Bench& step(EscalationStep step) {
    policy.steps.push_back(std::move(step));
    return *this;
  }
  // Who is told when the clock has moved on.
  std::vector<std::string> after(int minutes) {
    now += std::chrono::minutes(minutes);
    std::vector<std::string> out;
    for (const auto& action : advance(escalation, policy, now, world)) {
      out.insert(out.end(), action.users.begin(), action.users.end());
      if (!action.receiver.empty()) out.push_back("@" + action.receiver);
    }
    return out;
  }
};

// immediate: page at once; high: page after ten minutes; low: chat only.
TEST(Escalation, TheThreeChainsOfTheSeeds) {
  Bench immediate;
  immediate.step({.kind = Kind::schedule, .names = {"primary"}}).wait(5).users({"secondary"});
  EXPECT_THAT(immediate.after(0), ElementsAre("ada"));
  EXPECT_THAT(immediate.after(4), IsEmpty());
  EXPECT_THAT(immediate.after(1), ElementsAre("secondary"));
  Bench high;
  high.wait(10).step({.kind = Kind::schedule, .names = {"primary"}});
  EXPECT_THAT(high.after(0), IsEmpty());
  EXPECT_THAT(high.after(10), ElementsAre("ada"));
  Bench low;
  low.step({.kind = Kind::receiver, .names = {"chat"}});
  EXPECT_THAT(low.after(0), ElementsAre("@chat"));
  EXPECT_THAT(low.after(60), IsEmpty());
  EXPECT_EQ(low.escalation.state, State::exhausted);
}

TEST(Escalation, ALateTimerFiresOnceAndTheNextWaitIsGivenInFull) {
  Bench bench;
  bench.users({"a"}).wait(5).users({"b"}).wait(5).users({"c"});
  EXPECT_THAT(bench.after(0), ElementsAre("a"));
  EXPECT_THAT(bench.after(600), ElementsAre("b"));  // the process was down for ten hours
  EXPECT_THAT(bench.after(4), IsEmpty());
  EXPECT_THAT(bench.after(1), ElementsAre("c"));
}

TEST(Escalation, AcknowledgingStopsItAndTakingThatBackGoesOn) {
  Bench bench;
  bench.users({"a"}).wait(5).users({"b"});
  EXPECT_THAT(bench.after(0), ElementsAre("a"));
  acknowledge(bench.escalation, "ada", "looking", std::nullopt);
  EXPECT_THAT(bench.after(60), IsEmpty());
  unacknowledge(bench.escalation, bench.now);
  EXPECT_THAT(bench.after(0), ElementsAre("b"));
}

TEST(Escalation, ASteppedConditionIsLeftOut) {
  Bench bench;
  bench.escalation.common_labels = Labels{{"severity", "warning"}};
  bench
      .step({.kind = Kind::users,
             .names = {"manager"},
             .matchers = {Matcher::equal("severity", "critical")}})
      .step({.kind = Kind::users, .names = {"crowd"}, .alerts_min = 3})
      .users({"a"});
  EXPECT_THAT(bench.after(0), ElementsAre("a"));
}

TEST(Escalation, RepeatsAsOftenAsItSaysAndNeverWithoutAWait) {
  Bench bench;
  bench.users({"a"}).wait(5).step({.kind = Kind::repeat, .times = 2});
  std::vector<std::string> told;
  for (int minute = 0; minute < 60; ++minute) {
    const auto now = bench.after(minute ? 1 : 0);
    told.insert(told.end(), now.begin(), now.end());
  }
  EXPECT_EQ(told.size(), 3u);
  EXPECT_EQ(bench.escalation.state, State::exhausted);
  Bench hasty;
  hasty.users({"a"}).step({.kind = Kind::repeat, .times = 5});
  EXPECT_THAT(hasty.after(0), ElementsAre("a"));
  EXPECT_THAT(hasty.after(1), ElementsAre("a"));
}

TEST(Escalation, RoundRobinTakesTurns) {
  Bench bench;
  bench.step({.kind = Kind::round_robin, .names = {"a", "b"}});
  EXPECT_THAT(bench.after(0), ElementsAre("a"));
  restart(bench.escalation, bench.now);
  EXPECT_THAT(bench.after(0), ElementsAre("b"));
  restart(bench.escalation, bench.now);
  EXPECT_THAT(bench.after(0), ElementsAre("a"));
}

TEST(Escalation, AWaitBehindAScheduleWithNobodyOnCallIsSkipped) {
  Bench bench;
  bench.on_call.clear();
  bench.step({.kind = Kind::schedule, .names = {"primary"}}).wait(5).users({"b"});
  EXPECT_THAT(bench.after(0), ElementsAre("b"));
}

}  // namespace
}  // namespace pharos::rules::oncall
