// What stays and what goes: retention by size, policies, deletions in snapshots, late samples across merges.
#include <gtest/gtest.h>

#include "metrics/store_fixture.hpp"
#include "metrics/watched_disk.hpp"

namespace pharos::metrics {
namespace {

struct StoreKeepTest : StoreFixture {
  void SetUp() override { ASSERT_TRUE(open()); }
};

TEST_F(StoreKeepTest, RetentionBySizeDropsTheOldestDaysFirst) {
  EXPECT_EQ(store->oldest_ms(), std::nullopt);
  const auto ref = series("m");
  for (int day = 3; day >= 0; --day)
    for (int k = 0; k < 200; ++k) add(ref, kTestNow - day * 86'400'000LL - 3'000'000 + k * 10'000, k * 1.37 + day);
  ASSERT_TRUE(store->compact());
  ASSERT_EQ(only(shown()).size(), 800u);
  EXPECT_EQ(store->oldest_ms(), only(shown()).front().first);
  std::uint64_t largest = 0, all = 0;
  const auto parts = disk->list("data/parts").value();  // a temporary in the loop head would not live
  for (const auto& file : parts) largest = std::max(largest, file.size), all += file.size;
  config.retention_bytes = all - largest / 2;
  store->set_config(config);
  ASSERT_TRUE(store->maintain());
  const auto left = only(shown());
  ASSERT_EQ(left.size(), 600u);
  EXPECT_EQ(left.back().first, kTestNow - 3'000'000 + 199 * 10'000);
  EXPECT_EQ(store->oldest_ms(), left.front().first);
}

// Four days in parts, the oldest of which has to go; `open` of some series beside them.
struct StoreOldestTest : StoreFixture {
  std::shared_ptr<WatchedDisk> watched = std::make_shared<WatchedDisk>(disk);
  static constexpr UnixMillis kDay = 86'400'000;

  void SetUp() override {
    store = Store::open(watched, "data", clock, pool, config).value();
    const auto ref = series("m");
    for (int day = 3; day >= 0; --day)
      for (int k = 0; k < 200; ++k) add(ref, kTestNow - day * kDay - 3'000'000 + k * 10'000, k * 1.37 + day);
    ASSERT_TRUE(store->compact());
  }
  void limit_bytes() {  // below what there is by half a day
    std::uint64_t largest = 0, all = 0;
    const auto parts = disk->list("data/parts").value();
    for (const auto& file : parts) largest = std::max(largest, file.size), all += file.size;
    config.retention_bytes = all - largest / 2;
    store->set_config(config);
  }
  void drop_the_oldest() {
    limit_bytes();
    ASSERT_TRUE(store->maintain());
  }
  std::size_t files() { return disk->list("data/parts").value().size(); }
  UnixMillis oldest_shown() {
    UnixMillis oldest = std::numeric_limits<UnixMillis>::max();
    for (const auto& [labels, samples] : shown()) oldest = std::min(oldest, samples.front().first);
    return oldest;
  }
};

TEST_F(StoreOldestTest, AnOpenSampleOfAnyOfManySeriesMayBeTheOldest) {
  std::vector<SeriesRef> refs;
  for (int i = 0; i < 10'000; ++i) refs.push_back(series("n", std::to_string(i)));
  for (const std::size_t at : {std::size_t{9'999}, std::size_t{4'096}, std::size_t{0}})
    add(refs[at], kTestNow - 2 * kDay - 4'000'000 - static_cast<UnixMillis>(at), 1);
  drop_the_oldest();
  EXPECT_EQ(store->oldest_ms(), kTestNow - 2 * kDay - 4'009'999);
  EXPECT_EQ(store->oldest_ms(), oldest_shown());
}

TEST_F(StoreOldestTest, ASampleThatComesWhileTheOldestIsLookedForCounts) {
  const auto ref = series("n");
  watched->removing = [&] { add(ref, kTestNow - 2 * kDay - 4'000'000, 1), watched->removing = nullptr; };
  drop_the_oldest();
  EXPECT_FALSE(watched->removing) << "a part was dropped";
  EXPECT_EQ(store->oldest_ms(), kTestNow - 2 * kDay - 4'000'000);
  EXPECT_EQ(store->oldest_ms(), oldest_shown());
}

// The list of parts is written without the store's lock, after it is in force.
TEST_F(StoreOldestTest, WhatAFullDiskKeptGoesWhenThereIsSpace) {
  const auto before = files();
  limit_bytes();
  disk->set_capacity(disk->used_bytes());
  EXPECT_FALSE(store->maintain());
  EXPECT_EQ(files(), before) << "the manifest still names it";
  EXPECT_EQ(only(shown()).size(), 600u);
  EXPECT_EQ(store->oldest_ms(), oldest_shown());
  disk->set_capacity(std::nullopt);
  ASSERT_TRUE(store->maintain());
  EXPECT_EQ(files(), before - 1);
  const auto left = shown();
  kill_and_reopen();
  EXPECT_EQ(shown(), left);
  EXPECT_EQ(only(left).size(), 600u);
}

TEST_F(StoreOldestTest, AFileThatCannotBeRemovedStopsNothing) {
  const auto before = files();
  watched->keeps = true;
  limit_bytes();
  ASSERT_TRUE(store->maintain());
  EXPECT_EQ(only(shown()).size(), 600u);
  EXPECT_EQ(store->oldest_ms(), oldest_shown());
  const auto replaced = watched->replaced;
  ASSERT_TRUE(store->maintain());
  EXPECT_EQ(watched->replaced, replaced) << "there is nothing new to write";
  config.retention_bytes /= 2;
  store->set_config(config);
  ASSERT_TRUE(store->maintain());
  const auto left = shown();
  EXPECT_LT(only(left).size(), 600u) << "retention goes on";
  EXPECT_EQ(files(), before);

  store.reset();
  auto opened = Store::open(watched, "data", clock, pool, config);
  ASSERT_TRUE(opened) << opened.error().message;
  store = std::move(*opened);
  EXPECT_EQ(shown(), left) << "what had gone stays away";
  watched->keeps = false;
  ASSERT_TRUE(store->maintain());
  EXPECT_EQ(files(), only(left).size() / 200);
}

// Below free_bytes_min, by a byte: a day that goes is room enough.
TEST_F(StoreOldestTest, RetentionMakesRoomWhereTheStoreRefusesForLackOfIt) {
  config.free_bytes_min = 1u << 20;
  store->set_config(config);
  disk->set_capacity(disk->used_bytes() + config.free_bytes_min - 1);
  ASSERT_TRUE(store->maintain());
  const auto refused = append({{series("m"), kTestNow, 1}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::unavailable);
  EXPECT_EQ(only(shown()).size(), 800u);

  const auto before = files();
  clock.advance(config.retention_time - std::chrono::hours(60));
  ASSERT_TRUE(store->maintain());
  EXPECT_EQ(files(), before - 1);
  EXPECT_EQ(only(shown()).size(), 600u);
  EXPECT_EQ(store->oldest_ms(), oldest_shown());
  clock.advance(std::chrono::seconds(2));
  ASSERT_TRUE(store->maintain());
  add(series("m"), to_unix_millis(clock.now()), 1);
  EXPECT_EQ(only(shown()).size(), 601u);
}

TEST_F(StoreKeepTest, LateSamplesFindTheirPlaceAcrossMergesAndRestarts) {
  const auto ref = series("m");
  for (int k = 0; k < 300; k += 2) add(ref, kTestNow - 3'000'000 + k * 10'000, k);
  ASSERT_TRUE(store->compact());
  for (int k = 1; k < 300; k += 2) {
    add(ref, kTestNow - 3'000'000 + k * 10'000, k);
    if (k == 101) ASSERT_TRUE(store->compact());
    if (k == 201) kill_and_reopen();
  }
  const auto check = [&] {
    const auto all = only(shown());
    ASSERT_EQ(all.size(), 300u);
    for (std::size_t k = 0; k < 300; ++k) ASSERT_EQ(all[k].second, static_cast<double>(k));
  };
  check();
  ASSERT_TRUE(store->compact());
  check();
  reopen();
  check();
}

TEST_F(StoreKeepTest, ALateSampleBeforeAllPartsIsThereAfterAKill) {
  constexpr UnixMillis kLate = kTestNow - 3'600'000;
  const auto ref = series("m");
  add(ref, kTestNow, 1);
  ASSERT_TRUE(store->compact());
  add(ref, kLate, 2);
  kill_and_reopen();
  EXPECT_EQ(only(shown({}, kLate, kLate)), (std::vector{std::pair(kLate, 2.0)}));
  const auto q = store->querier();
  EXPECT_EQ(q->label_values("instance", {}, kLate, kLate, 0).value().size(), 1u);
  EXPECT_EQ(q->series(std::vector{matcher(MatchOp::equal, "__name__", "m")}, kLate, kLate, 0).value().size(), 1u);
}

TEST_F(StoreKeepTest, ASnapshotTakenAfterADeletionDoesNotBringItBack) {
  const auto ref = series("m");
  for (int k = 0; k < 300; ++k) add(ref, kTestNow - 300'000 + k * 1000, k);
  ASSERT_TRUE(store->compact());
  ASSERT_TRUE(store->remove(std::vector{matcher(MatchOp::equal, "__name__", "m")}, kTestNow - 200'000, kTestNow - 100'000));
  const auto before = shown();
  const auto name = store->snapshot(false);
  ASSERT_TRUE(name) << name.error().message;
  ASSERT_TRUE(store->clean());
  EXPECT_EQ(shown(), before);
  auto copy = Store::open(disk, "data/snapshots/" + *name, clock, pool, config);
  ASSERT_TRUE(copy) << copy.error().message;
  store = std::move(*copy);
  EXPECT_EQ(shown(), before);
  ASSERT_TRUE(store->compact());
  EXPECT_EQ(shown(), before);
}

TEST_F(StoreKeepTest, APolicyTakesRawSamplesOfItsSeriesAtTheMerge) {
  config.policies = {{{matcher(MatchOp::equal, "__name__", "short")}, std::chrono::hours(24), true}};
  store->set_config(config);
  const auto brief = series("short"), other = series("long");
  for (const int day : {3, 0})
    for (int k = 0; k < 10; ++k)
      for (const auto ref : {brief, other}) add(ref, kTestNow - day * 86'400'000LL - 100'000 + k * 10'000, k);
  ASSERT_TRUE(store->compact());
  const auto all = shown();
  EXPECT_EQ(all.at(Labels({{"__name__", "short"}, {"instance", "a"}}).to_string()).size(), 10u);
  EXPECT_EQ(all.at(Labels({{"__name__", "long"}, {"instance", "a"}}).to_string()).size(), 20u);
}

TEST_F(StoreKeepTest, APolicyTakesRawSamplesOfDaysThatWereMergedBefore) {
  config.policies = {{{matcher(MatchOp::equal, "__name__", "short")}, std::chrono::hours(48), true}};
  store->set_config(config);
  const auto brief = series("short"), other = series("long");
  for (int k = 0; k < 10; ++k)
    for (const auto ref : {brief, other}) add(ref, kTestNow - 100'000 + k * 10'000, k);
  ASSERT_TRUE(store->compact());
  ASSERT_TRUE(store->maintain());
  EXPECT_EQ(shown().size(), 2u);
  clock.advance(std::chrono::hours(49));
  ASSERT_TRUE(store->maintain());
  EXPECT_EQ(only(shown()).size(), 10u);
  const auto parts = disk->list("data/parts").value();
  ASSERT_TRUE(store->maintain());
  EXPECT_EQ(disk->list("data/parts").value().size(), parts.size());
  EXPECT_EQ(disk->list("data/parts").value().at(0).name, parts.at(0).name) << "merged once only";
}

}  // namespace
}  // namespace pharos::metrics
