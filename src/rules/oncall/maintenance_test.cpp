#include "rules/oncall/maintenance.hpp"

#include <gtest/gtest.h>

namespace pharos::rules::oncall {
namespace {

using notify::Silence;

// The silences of a server, by id.
struct Bench {
  std::unique_ptr<Database> database = *Database::open(":memory:");
  std::unique_ptr<MaintenanceWindows> windows = *MaintenanceWindows::open(*database);
  std::map<std::string, Silence> silences;
  Time now = *parse_time("2026-03-14T12:00:00Z");
  MaintenanceWindows::Silences desk{
      .set = [this](Silence silence) -> Result<std::string> {
        if (silence.id.empty()) silence.id = "s" + std::to_string(silences.size());
        silences[silence.id] = silence;
        return silence.id;
      },
      .expire = [this](const std::string& id) -> Status {
        auto& silence = silences.at(id);
        silence.starts_at = std::min(silence.starts_at, now);
        silence.ends_at = now;
        return {};
      },
      .get = [this](const std::string& id) -> Result<Silence> { return silences.at(id); }};

  void configure(std::vector<Maintenance> entries) {
    auto config = std::make_shared<OnCallConfig>();
    config->maintenance = std::move(entries);
    windows->set_config(config);
  }
  static Maintenance sunday(std::string cluster) {
    return {.name = "sunday",
            .matchers = {Matcher::equal("cluster", std::move(cluster))},
            .start = {2026, 3, 8, 2},
            .duration = std::chrono::hours(2),
            .recurrence = *Recurrence::parse("FREQ=WEEKLY", TimeZone())};
  }
};

TEST(MaintenanceWindows, AWindowBecomesASilenceADayAheadAndOnlyOnce) {
  Bench bench;
  bench.configure({Bench::sunday("a")});
  EXPECT_EQ(bench.windows->run(bench.now, bench.desk), 1u);
  EXPECT_EQ(bench.windows->run(bench.now, bench.desk), 0u);
  ASSERT_EQ(bench.silences.size(), 1u);
  EXPECT_EQ(bench.silences["s0"].starts_at, *parse_time("2026-03-15T02:00:00Z"));
  EXPECT_EQ(bench.silences["s0"].ends_at, *parse_time("2026-03-15T04:00:00Z"));
  bench.windows = *MaintenanceWindows::open(*bench.database);  // a restart
  bench.configure({Bench::sunday("a")});
  EXPECT_EQ(bench.windows->run(bench.now, bench.desk), 0u);
  bench.now += std::chrono::hours(24 * 7);
  EXPECT_EQ(bench.windows->run(bench.now, bench.desk), 1u);
}

TEST(MaintenanceWindows, AChangedWindowChangesItsSilenceAndAGoneOneEndsIt) {
  Bench bench;
  bench.configure({Bench::sunday("a")});
  bench.windows->run(bench.now, bench.desk);
  auto longer = Bench::sunday("b");
  longer.duration = std::chrono::hours(3);
  bench.configure({longer});
  EXPECT_EQ(bench.windows->run(bench.now, bench.desk), 1u);
  ASSERT_EQ(bench.silences.size(), 1u);
  EXPECT_EQ(bench.silences["s0"].matchers[0].value(), "b");
  EXPECT_EQ(bench.silences["s0"].ends_at, *parse_time("2026-03-15T05:00:00Z"));
  bench.configure({});
  EXPECT_EQ(bench.windows->run(bench.now, bench.desk), 1u);
  EXPECT_EQ(bench.silences["s0"].state_at(bench.now), Silence::State::expired);
}

TEST(MaintenanceWindows, WhatAnOperatorHasEndedStaysEnded) {
  Bench bench;
  bench.configure({Bench::sunday("a")});
  bench.windows->run(bench.now, bench.desk);
  ASSERT_TRUE(bench.desk.expire("s0"));
  EXPECT_EQ(bench.windows->run(bench.now, bench.desk), 0u);
  bench.configure({Bench::sunday("b")});
  EXPECT_EQ(bench.windows->run(bench.now, bench.desk), 0u);
  EXPECT_EQ(bench.silences.size(), 1u);
}

}  // namespace
}  // namespace pharos::rules::oncall
