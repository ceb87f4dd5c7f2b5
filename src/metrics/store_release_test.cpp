// Idle series leave memory; whoever asks for their days finds them in the blocks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "metrics/store_fixture.hpp"

namespace pharos::metrics {
namespace {

using testing::ElementsAre;

constexpr std::int64_t kHour = 3'600'000, kDay = 24 * kHour;

struct StoreReleaseTest : StoreFixture {
  void SetUp() override {
    config.series_idle_kept = 0;
    ASSERT_TRUE(open());
  }
  UnixMillis now() const { return to_unix_millis(clock.now()); }
  std::uint64_t in_memory() const { return store->statistics(0).series; }
  void pass(std::chrono::hours hours) {
    clock.advance(hours);
    ASSERT_TRUE(store->maintain());
  }
  // Ten samples, merged into a block; idle for longer than a series may be; gone from memory.
  Shown departed(std::string_view name) {
    const auto ref = series(name);
    for (int k = 0; k < 10; ++k) add(ref, now() - 10'000 + k * 1000, k);
    EXPECT_TRUE(store->compact());
    const auto before = shown();
    pass(std::chrono::hours(4));
    EXPECT_EQ(in_memory(), 0u);
    return before;
  }
};

TEST_F(StoreReleaseTest, WhatLeftMemoryIsFoundInItsTimeAndOnlyThere) {
  const auto before = departed("m");
  EXPECT_EQ(shown(), before);
  EXPECT_TRUE(shown({}, now() - kHour, now()).empty());
  EXPECT_TRUE(shown({matcher(MatchOp::equal, "__name__", "other")}).empty());
  EXPECT_EQ(shown({matcher(MatchOp::regex, "instance", "a|b")}), before);
  kill_and_reopen();
  EXPECT_EQ(in_memory(), 1u) << "the series log forgets it when most of it is dead";
  EXPECT_EQ(shown(), before);
  pass(std::chrono::hours(4));
  EXPECT_EQ(in_memory(), 0u) << "after a restart too";
  EXPECT_EQ(shown(), before);
}

TEST_F(StoreReleaseTest, AReturningSeriesIsOneSeriesWithItsPast) {
  for (int round = 1; round <= 3; ++round) {
    const auto before = departed("m");
    EXPECT_EQ(only(before).size(), static_cast<std::size_t>(10 * round));
    EXPECT_EQ(shown(), before);
    const auto labels = store->querier()->series(
        std::vector{matcher(MatchOp::equal, "__name__", "m")}, kAllFrom, kAllTo, 0);
    ASSERT_TRUE(labels);
    EXPECT_EQ(labels->size(), 1u);
  }
  add(series("m"), now(), 77);
  EXPECT_EQ(only(shown()).size(), 31u);
  EXPECT_EQ(only(shown()).back().second, 77);
  ASSERT_TRUE(store->compact());
  EXPECT_EQ(only(shown()).size(), 31u);
  reopen();
  EXPECT_EQ(only(shown()).size(), 31u);
}

TEST_F(StoreReleaseTest, LabelsOfDepartedSeriesAreListed) {
  departed("m");
  add(series("n", "b"), now(), 1);
  const auto querier = store->querier();
  EXPECT_THAT(*querier->label_values("__name__", {}, kAllFrom, kAllTo, 0), ElementsAre("m", "n"));
  EXPECT_THAT(*querier->label_values("__name__", {}, kAllFrom, kAllTo, 1), ElementsAre("m"));
  EXPECT_THAT(*querier->label_values("__name__", {}, now() - kHour, now(), 0), ElementsAre("n"));
  EXPECT_THAT(
      *querier->label_values("instance", std::vector{matcher(MatchOp::equal, "__name__", "m")},
                             kAllFrom, kAllTo, 0),
      ElementsAre("a"));
  EXPECT_THAT(*querier->label_names({}, kAllFrom, kAllTo, 0), ElementsAre("__name__", "instance"));
  EXPECT_EQ(querier->series({}, kAllFrom, kAllTo, 0)->size(), 2u);
  EXPECT_EQ(querier->series({}, kAllFrom, kAllTo, 1)->size(), 1u);
  const auto selection = *querier->select(std::vector{matcher(MatchOp::not_equal, "__name__", "")},
                                          kAllFrom, kAllTo, {});
  const std::vector<std::string> by{"instance"};
  const auto groups = selection->group(by, false);
  EXPECT_EQ(groups.group_of.size(), 2u);
  EXPECT_EQ(groups.labels.size(), 2u);
  EXPECT_EQ(querier
                ->select(std::vector{matcher(MatchOp::not_equal, "__name__", "")}, kAllFrom, kAllTo,
                         {.series_max = 1})
                .error()
                .code,
            Errc::limit);
}

TEST_F(StoreReleaseTest, ASelectionStaysWhatItWasWhenItsSeriesLeave) {
  const auto ref = series("m");
  for (int k = 0; k < 10; ++k) add(ref, now() - 10'000 + k * 1000, k);
  ASSERT_TRUE(store->compact());
  const auto before = *store->querier()->select(
      std::vector{matcher(MatchOp::equal, "__name__", "m")}, kAllFrom, kAllTo, {});
  pass(std::chrono::hours(4));
  ASSERT_EQ(in_memory(), 0u);
  add(series("another", "b"), now(), 1);  // in the same slot
  ASSERT_EQ(before->size(), 1u);
  EXPECT_EQ(before->labels(0).metric_name(), "m");
  EXPECT_EQ(before->group(std::vector<std::string>{"instance"}, false).labels.at(0).get("instance"),
            "a");
  SampleColumn column;
  ASSERT_TRUE(before->read(0, kAllFrom, kAllTo, column));
  EXPECT_EQ(column.size(), 10u);
}

TEST_F(StoreReleaseTest, DeletionsReachWhatLeftMemory) {
  departed("m");
  ASSERT_TRUE(store->remove(std::vector{matcher(MatchOp::equal, "__name__", "m")}, kAllFrom,
                            now() - 4 * kHour - 5000));
  EXPECT_EQ(only(shown()).size(), 4u);
  ASSERT_TRUE(store->clean());
  EXPECT_EQ(only(shown()).size(), 4u);
  kill_and_reopen();
  EXPECT_EQ(only(shown()).size(), 4u);
}

TEST_F(StoreReleaseTest, ASnapshotHasWhatLeftMemory) {
  const auto before = departed("m");
  add(series("n"), now(), 1);
  const auto all = shown();
  const auto name = store->snapshot(false);
  ASSERT_TRUE(name) << name.error().message;
  auto copy = Store::open(disk, "data/snapshots/" + *name, clock, pool, config);
  ASSERT_TRUE(copy) << copy.error().message;
  store = std::move(*copy);
  EXPECT_EQ(shown(), all);
}

TEST_F(StoreReleaseTest, IdleSeriesStayWhileTheyAreFew) {
  config.series_idle_kept = 3;
  store->set_config(config);
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    add(series(name), now(), 1);
    clock.advance(std::chrono::minutes(1));
  }
  ASSERT_TRUE(store->compact());
  pass(std::chrono::hours(4));
  EXPECT_EQ(in_memory(), 3u);
  EXPECT_EQ(shown().size(), 5u);
  for (const char* name : {"c", "d", "e"}) {  // the longest idle have left
    const auto found = *store->querier()->select(
        std::vector{matcher(MatchOp::equal, "__name__", name)}, kAllFrom, kAllTo, {});
    EXPECT_EQ(found->size(), 1u);
  }
}

TEST_F(StoreReleaseTest, ManyThatEndedInAHotSegmentDoNotWaitForTheEndOfTheDay) {
  for (int n = 0; n < 20; ++n) add(series("m", std::to_string(n)), now(), n);
  const auto before = shown();
  pass(std::chrono::hours(4));  // sealed
  pass(std::chrono::hours(1));  // in a block now
  pass(std::chrono::hours(1));
  EXPECT_EQ(in_memory(), 0u);
  EXPECT_EQ(shown(), before);
}

TEST_F(StoreReleaseTest, BlocksThatRestAnswerAgain) {
  const auto before = departed("m");
  EXPECT_EQ(shown(), before);
  for (int i = 0; i < 4; ++i) {
    pass(std::chrono::hours(1));
    EXPECT_EQ(shown(i % 2 ? std::vector{matcher(MatchOp::equal, "__name__", "m")}
                          : std::vector<Matcher>{}),
              before);
    pass(std::chrono::hours(1));
  }
  const auto selection = *store->querier()->select(
      std::vector{matcher(MatchOp::equal, "__name__", "m")}, kAllFrom, kAllTo, {});
  pass(std::chrono::hours(1));
  pass(std::chrono::hours(1));
  SampleColumn column;
  ASSERT_TRUE(selection->read(0, kAllFrom, kAllTo, column));
  EXPECT_EQ(column.size(), 10u);
}

TEST_F(StoreReleaseTest, RetentionTakesThemWithTheirBlocks) {
  departed("m");
  pass(std::chrono::hours(24 * 17));
  EXPECT_TRUE(shown().empty());
  EXPECT_TRUE(store->querier()->label_values("__name__", {}, kAllFrom, kAllTo, 0)->empty());
}

TEST_F(StoreReleaseTest, AStopAtAnyOperationLosesNoSeries) {
  const auto start = clock.now();
  for (std::uint64_t n = 1;; ++n) {
    store.reset();
    disk = std::make_shared<SimDisk>(n);
    clock.set(start);
    disk->stop_after(n);
    const bool power = n % 2 == 1;
    config.sync = power ? SyncMode::always : SyncMode::os;
    std::map<std::string, std::size_t> acknowledged;
    const auto write = [&](const std::string& name, double value) {
      const auto ref = store->resolve(Labels{{"__name__", name}, {"instance", "a"}});
      if (!ref) return false;
      const auto outcome = append({{*ref, now(), value}});
      if (outcome) ++acknowledged[name];
      return outcome.has_value();
    };
    const bool done = [&] {
      if (!open()) return false;
      for (int round = 0; round < 3; ++round) {
        for (const char* name : {"a", "b"})
          if (!write(name, round)) return false;
        if (!write("only " + std::to_string(round), round) || !store->compact()) return false;
        clock.advance(std::chrono::hours(4));
        if (!store->maintain()) return false;
      }
      return true;
    }();
    store.reset();
    if (power)
      disk->crash();
    else
      disk->kill();
    ASSERT_TRUE(open()) << n;
    const auto found = shown();
    for (const auto& [name, samples] : acknowledged) {
      const auto at = found.find(Labels{{"__name__", name}, {"instance", "a"}}.to_string());
      ASSERT_TRUE(at != found.end() && at->second.size() >= samples)
          << "stopped at operation " << n << ": " << name;
    }
    if (!done) continue;
    EXPECT_GT(n, 40u);
    break;
  }
}

TEST_F(StoreReleaseTest, QueriesBesideReleasesSeeEverySeriesOnce) {
  std::atomic<std::size_t> least{0}, looks{0};  // so many series are there for certain
  std::atomic<bool> wrong{false};
  const auto look = [&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto certain = least.load();
      const auto found = store->querier()->select(
          std::vector{matcher(MatchOp::equal, "__name__", "m")}, kAllFrom, kAllTo, {});
      if (!found) return wrong.store(true);
      std::set<std::string> names;
      SampleColumn column;
      for (std::size_t i = 0; i < (*found)->size(); ++i) {
        const auto& labels = (*found)->labels(i);
        if (labels.metric_name() != "m" || !names.insert(labels.to_string()).second) wrong = true;
        const auto number = std::stoul("0" + std::string(labels.get("instance")));
        if (!(*found)->read(i, kAllFrom, kAllTo, column)) wrong = true;
        // The value is the instance's number: no series shows another's samples. The newest may
        // have none yet.
        if (column.size() != 1 ? number < certain || !column.empty()
                               : column.value[0] != static_cast<double>(number))
          wrong = true;
      }
      if (names.size() < certain) wrong = true;
      ++looks;
    }
  };
  {
    std::jthread one(look), two(look);
    while (looks == 0 && !wrong) std::this_thread::yield();
    for (int n = 0; n < 150 && !wrong; ++n) {
      add(series("m", std::to_string(n)), now(), n);
      least = static_cast<std::size_t>(n) + 1;
      if (n % 5 == 4) ASSERT_TRUE(store->compact());
      clock.advance(std::chrono::minutes(40));
      if (n % 3 == 0) ASSERT_TRUE(store->maintain());
    }
  }
  EXPECT_FALSE(wrong);
  EXPECT_LT(in_memory(), 40u);
}

// Series come and go over days, with merges, restarts and kills between; every window shows what a
// model has.
TEST_F(StoreReleaseTest, EqualsAModelUnderChurn) {
  Random random(20261128);
  std::map<std::string, std::map<UnixMillis, double>> model;
  for (int round = 0; round < 60; ++round) {
    const auto generation = round / 6;
    std::vector<FloatSample> batch;
    for (int n = 0; n < 12; ++n) {
      // Some names return after a while, some never.
      const auto instance = n < 4 ? std::to_string(n) + "-" + std::to_string(generation)
                                  : std::to_string(n + (generation % 3) * 100);
      if (random.below(4) == 0) continue;
      const auto ref = series("m", instance);
      const auto t = now() - static_cast<UnixMillis>(random.below(1000));
      const auto value = static_cast<double>(random.below(100'000)) / 8;
      auto& samples = model[Labels{{"__name__", "m"}, {"instance", instance}}.to_string()];
      if (samples.contains(t)) continue;
      samples[t] = value;
      batch.push_back({ref, t, value});
    }
    const auto outcome = append(batch);
    ASSERT_TRUE(outcome && outcome->rejected == 0);
    switch (random.below(8)) {
      case 0: kill_and_reopen(); break;
      case 1: reopen(); break;
      case 2: ASSERT_TRUE(store->compact()); break;
      default: break;
    }
    pass(std::chrono::hours(1 + random.below(3)));
    for (int window = 0; window < 3; ++window) {
      const auto from =
          window == 0 ? kAllFrom : now() - static_cast<UnixMillis>(random.below(6 * kDay));
      const auto to = window == 0 ? kAllTo : from + static_cast<UnixMillis>(random.below(2 * kDay));
      Shown expected;
      for (const auto& [name, samples] : model)
        for (const auto& [t, v] : samples)
          if (from <= t && t <= to) expected[name].emplace_back(t, bits(v));
      ASSERT_EQ(shown({}, from, to), expected) << "round " << round << " window " << window;
    }
  }
  EXPECT_LT(in_memory(), 40u);
  EXPECT_GT(model.size(), 60u);
}

}  // namespace
}  // namespace pharos::metrics
