// The rules of packs/dwcp against a fleet whose faults are known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <thread>

#include "trial.hpp"

namespace pharos::fleet {
namespace {

using ::testing::IsEmpty;

const std::string kPack = std::string(PHAROS_SOURCE_FOLDER) + "/packs/dwcp/";

std::shared_ptr<ThreadPool> pool() {
  static const auto shared = std::make_shared<ThreadPool>("fleet", 2);
  return shared;
}
std::vector<Expectation> expectations() {
  return *load_expectations(kPack + "faults.yml");
}
Groups rules_of_pack() {
  return *load_rules(kPack + "rules", std::chrono::seconds(15));
}

// All kinds in the deep form; else those that need no hours of samples, which are most.
bool deep() {
  const char* set = std::getenv("PHAROS_DEEP");
  return set != nullptr && *set != 0;
}

TEST(Faults, EachKindIsListedOnceWithWhatItFires) {
  std::multiset<std::string> listed;
  for (const auto& one : expectations()) listed.insert(one.kind);
  for (const auto& kind : sim::fault_kinds())
    EXPECT_EQ(listed.count(std::string(kind.name)), 1U) << kind.name;
  EXPECT_EQ(listed.size(), sim::fault_kinds().size());
}

TEST(Faults, EveryRuleOfThePackIsFiredByAKind) {
  std::set<std::string> fired;
  for (const auto& one : expectations()) fired.insert(one.alerts.begin(), one.alerts.end());
  std::size_t count = 0;
  for (const auto& group : rules_of_pack())
    for (const auto& rule : group.rules) {
      if (!rule.alerting) continue;
      ++count;
      EXPECT_EQ(fired.erase(full_name(group, rule.name)), 1U) << full_name(group, rule.name);
    }
  EXPECT_THAT(fired, IsEmpty()) << "names of no rule";
  EXPECT_GE(count, 105U);
}

// Within its longest window, its `for` and 30 s of the onset; not before it.
TEST(Faults, FireTheirRulesInTime) {
  const auto groups = rules_of_pack();
  const auto fleet = *sim::Fleet::make(Trial().fleet);
  for (const auto& one : expectations()) {
    if (one.alerts.empty() || (one.seconds > 1500 && !deep())) continue;
    Trial trial = trial_of(one);
    trial.faults = {one.fault(fleet)};
    auto run = TrialRun::run(trial, pool());
    ASSERT_TRUE(run) << one.kind << ": " << run.error().message;
    const auto some = only(groups, one.alerts);
    const auto reports = (*run)->judge(some, (*run)->onset_s() - 300);
    ASSERT_TRUE(reports) << reports.error().message;
    std::size_t at = 0;
    for (const auto& group : some)
      for (const auto& rule : group.rules) {
        if (!rule.alerting) continue;
        const auto& report = (*reports)[at++];
        const auto name = one.kind + ": " + full_name(group, rule.name);
        EXPECT_EQ(report.error, "") << name;
        if (report.fired == 0) {
          ADD_FAILURE() << name << " does not fire";
          continue;
        }
        const double after =
            (*run)->seconds_from_start(report.episodes[0].fired_at) - (*run)->onset_s();
        EXPECT_GE(after, 0) << name;
        EXPECT_LE(after, time_allowed_s(rule)) << name;
      }
    EXPECT_EQ(at, one.alerts.size()) << one.kind;
  }
}

TEST(Faults, AreSeenByFastRulesWithinSeconds) {
  const auto groups = *load_rules(kPack + "rules/fast", std::chrono::seconds(1));
  for (const auto& group : groups)
    for (const auto& rule : group.rules)
      EXPECT_LE(rule.hold, std::chrono::seconds(15)) << rule.name;
  const auto fleet = *sim::Fleet::make(Trial().fleet);
  std::vector<double> seconds;
  std::size_t turn = 0;
  for (const auto& one : expectations()) {
    // Every fifth, and all in the deep form: a minute of samples at 1 s each.
    if (turn++ % 5 != 0 && !deep()) continue;
    auto trial = fast_trial_of(one);
    trial.faults = {one.fault(fleet)};
    const double harm = sim::harm_seconds(trial.faults[0]);
    if (harm > 900 && !deep()) continue;
    trial.length_s = harm + 120;
    auto run = TrialRun::run(trial, pool());
    ASSERT_TRUE(run) << run.error().message;
    const auto reports = (*run)->judge(groups, (*run)->onset_s() - 60);
    ASSERT_TRUE(reports) << reports.error().message;
    double first = 1e9;
    for (const auto& report : *reports) {
      EXPECT_EQ(report.error, "") << report.name;
      if (report.fired == 0) continue;
      const double after =
          (*run)->seconds_from_start(report.episodes[0].fired_at) - (*run)->onset_s();
      EXPECT_GE(after, 0) << report.name << " fired before the onset of " << one.kind;
      first = std::min(first, std::max(0.0, after - harm));
    }
    EXPECT_LE(first, 120) << one.kind;
    seconds.push_back(first);
  }
  std::ranges::sort(seconds);
  ASSERT_FALSE(seconds.empty());
  EXPECT_LE(seconds[seconds.size() / 2], 30);
}

TEST(Healthy, ADayWithARolloutFiresNothing) {
  Trial trial;
  trial.fleet.nodes = 6;
  trial.warm_up_s = 0;
  trial.length_s = 86'400;
  trial.rollout_first_hours = 1.5;
  auto run = TrialRun::run(trial, pool());
  ASSERT_TRUE(run) << run.error().message;
  for (const bool fast : {false, true}) {
    // At these scrapes the windows of the fast rules are too short for rates; their gauges count.
    const auto groups =
        *load_rules(kPack + (fast ? "rules/fast" : "rules"), std::chrono::seconds(60));
    const auto reports = (*run)->judge(groups, 0);
    ASSERT_TRUE(reports) << reports.error().message;
    for (const auto& report : *reports) {
      EXPECT_EQ(report.error, "") << report.name;
      EXPECT_EQ(report.fired, 0U) << report.name << " "
                                  << (report.episodes.empty()
                                          ? std::string()
                                          : report.episodes[0].labels.to_string());
    }
  }
  // The rollout went through.
  EXPECT_EQ((*run)->world().state().rollout.stage, 2);
  EXPECT_FALSE((*run)->world().state().rollout.running);
}

TEST(Healthy, AtOneSecondTheFastRulesStaySilent) {
  const auto groups = *load_rules(kPack + "rules/fast", std::chrono::seconds(1));
  Trial trial;
  trial.scrape = std::chrono::seconds(1);
  trial.warm_up_s = 0;
  trial.length_s = deep() ? 7200 : 900;
  auto run = TrialRun::run(trial, pool());
  ASSERT_TRUE(run) << run.error().message;
  const auto reports = (*run)->judge(groups, 0);
  ASSERT_TRUE(reports) << reports.error().message;
  for (const auto& report : *reports) EXPECT_EQ(report.fired, 0U) << report.name;
}

}  // namespace
}  // namespace pharos::fleet
