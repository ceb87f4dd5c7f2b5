// What a start finds after a stop, and after another stop during or right after that start.
#include <gtest/gtest.h>

#include <set>

#include "metrics/store_fixture.hpp"

namespace pharos::metrics {
namespace {

struct StoreRestartTest : StoreFixture {
  std::set<std::pair<std::string, UnixMillis>> acknowledged;

  bool write(int step, int width = 3) {
    std::vector<FloatSample> batch;
    std::vector<std::pair<std::string, UnixMillis>> samples;
    for (int i = 0; i < width; ++i) {
      const Labels labels{{"__name__", "m"}, {"instance", std::to_string(i)}};
      const auto ref = store->resolve(labels);
      if (!ref) return false;
      const UnixMillis t = kTestNow - 2'000'000 + step * 2000 - (step % 5 == 4 && i == 1 ? 3'345 : 0);
      batch.push_back({*ref, t, step * 0.25 + i});
      samples.emplace_back(labels.to_string(), t);
    }
    if (!store->append({.floats = batch})) return false;
    acknowledged.insert(samples.begin(), samples.end());
    return true;
  }
  void check(const std::string& when) {
    std::set<std::pair<std::string, UnixMillis>> found;
    for (const auto& [name, samples] : shown())
      for (const auto& [t, v] : samples) found.emplace(name, t);
    for (const auto& s : acknowledged) ASSERT_TRUE(found.contains(s)) << when << ": lost " << s.first << " at " << s.second;
  }
  void fresh(std::uint64_t seed) {
    store.reset();
    disk = std::make_shared<SimDisk>(seed);
    acknowledged.clear();
  }
  bool workload() {
    if (!open()) return false;
    for (int step = 0; step < 150; ++step)
      if (!write(step)) return false;
    return true;
  }
};

TEST_F(StoreRestartTest, AStartThatIsItselfStoppedLosesNothing) {
  config.sync = SyncMode::always;
  for (std::uint64_t n = 1;; n += 29) {
    bool done = false;
    for (std::uint64_t again = 1; again < 40; again += 4) {
      fresh(n * 100 + again);
      disk->stop_after(n);
      done = workload();
      store.reset();
      disk->crash();
      disk->stop_after(again);
      if (open()) (void)write(500);
      store.reset();
      if (again % 8 == 1) disk->kill();
      else disk->crash();
      const auto when = "stopped at operation " + std::to_string(n) + " and at " + std::to_string(again) + " of the start";
      const auto opened = open();
      ASSERT_TRUE(opened) << when << ": " << opened.error().message;
      check(when);
      if (HasFatalFailure()) return;
      ASSERT_TRUE(store->compact()) << when;
      crash_and_reopen();
      check(when + ", compacted");
      if (HasFatalFailure()) return;
    }
    if (done) return;
  }
}

TEST_F(StoreRestartTest, WhatAKilledProcessLeftUnsyncedIsNotAcknowledgedByARetryAlone) {
  config.sync = SyncMode::always;
  for (std::uint64_t n = 1;; n += 2) {
    fresh(n);
    ASSERT_TRUE(open());
    disk->stop_after(n);
    int step = 0;
    while (step < 140 && write(step)) ++step;
    store.reset();
    disk->kill();
    ASSERT_TRUE(open());
    ASSERT_TRUE(write(step)) << "the sender repeats its batch";
    crash_and_reopen();
    check("stopped at operation " + std::to_string(n));
    if (HasFatalFailure() || step == 140) return;
  }
}

TEST_F(StoreRestartTest, AFullDiskDoesNotKeepTheStoreFromServing) {
  ASSERT_TRUE(open());
  for (int step = 0; step < 200; ++step) ASSERT_TRUE(write(step));
  disk->stop_after(1);
  store.reset();
  disk->kill();
  disk->set_capacity(disk->used_bytes());
  const auto opened = open();
  ASSERT_TRUE(opened) << opened.error().message;
  check("on a full disk");
  const auto ref = series("m", "0");
  const auto refused = append({{ref, kTestNow, 1}});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("space"), std::string::npos) << refused.error().message;
  disk->set_capacity(std::nullopt);
  clock.advance(std::chrono::seconds(1));
  add(ref, kTestNow, 1);
}

TEST_F(StoreRestartTest, ADeletionIsNotUndoneByWhatTheFeedStillNeeds) {
  ASSERT_TRUE(open());
  store->hold_feed("sender", store->feed_begin());
  const auto ref = series("m");
  for (int k = 0; k < 10; ++k) add(ref, kTestNow - 10'000 + k * 1000, k);
  ASSERT_TRUE(store->remove(std::vector{matcher(MatchOp::equal, "__name__", "m")}, kAllFrom, kAllTo));
  EXPECT_TRUE(shown().empty());
  kill_and_reopen();
  EXPECT_TRUE(shown().empty());
  const auto batch = store->feed(store->feed_begin(), 100);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->floats.size(), 10u) << "the sender still gets them";
}

TEST_F(StoreRestartTest, TheFeedGoesOnWhereItWasAfterRestartsAndCompactions) {
  ASSERT_TRUE(open());
  auto at = store->feed_begin();
  std::set<double> got;
  double next = 0;
  for (int round = 0; round < 12; ++round) {
    store->hold_feed("sender", at);
    for (int k = 0; k < 10; ++k, ++next) add(series("m"), kTestNow - 1'000'000 + static_cast<UnixMillis>(next) * 1000, next);
    if (round % 3 == 2) ASSERT_TRUE(store->compact());
    if (round % 4 == 1) kill_and_reopen();
    if (round % 4 == 3) reopen();
    for (;;) {
      const auto batch = store->feed(at, 7);
      ASSERT_TRUE(batch) << batch.error().message;
      for (const auto& s : batch->floats) EXPECT_TRUE(got.insert(s.value).second) << s.value << " twice";
      at = batch->next;
      if (batch->floats.empty()) break;
    }
    ASSERT_EQ(got.size(), static_cast<std::size_t>(next)) << "round " << round;
  }
}

TEST_F(StoreRestartTest, SegmentNumbersAreNeverUsedTwice) {
  ASSERT_TRUE(open());
  add(series("m"), kTestNow, 1);
  ASSERT_TRUE(store->compact());
  ASSERT_TRUE(store->compact());
  const auto end = store->feed_end();
  reopen();
  EXPECT_GE(store->feed_end().segment, end.segment);
  add(series("m"), kTestNow + 1000, 2);
  const auto batch = store->feed(end, 10);
  ASSERT_TRUE(batch) << batch.error().message;
  EXPECT_EQ(batch->floats.size(), 1u);
}

TEST_F(StoreRestartTest, RollUpsAnswerForWhatRetentionTook) {
  config.downsample = true;
  config.retention_time = std::chrono::hours(72);
  ASSERT_TRUE(open());
  const auto ref = series("m");
  for (int k = 0; k < 600; ++k) add(ref, kTestNow - 12 * 3'600'000 + k * 60'000, k);
  ASSERT_TRUE(store->compact());
  clock.advance(std::chrono::hours(24 * 20));  // it was off for long: raw data is old before it is rolled up
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(store->maintain());
  const auto left = only(shown());
  EXPECT_GE(left.size(), 10u);
  EXPECT_LT(left.size(), 200u);
  reopen();
  EXPECT_EQ(only(shown()), left);
}

}  // namespace
}  // namespace pharos::metrics
