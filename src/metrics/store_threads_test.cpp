// Writers, readers and maintenance at the same time; meant to be run under TSan too.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "base/metric.hpp"
#include "metrics/store_fixture.hpp"
#include "metrics/watched_disk.hpp"

namespace pharos::metrics {
namespace {

struct StoreThreadsTest : StoreFixture {};

TEST_F(StoreThreadsTest, WritersReadersAndMaintenanceDoNotDisturbEachOther) {
  ASSERT_TRUE(open());
  constexpr int kWriters = 3, kSeries = 20, kSteps = 300;
  std::atomic<bool> done{false};
  std::atomic<int> failures{0};
  std::vector<std::jthread> threads;
  for (int w = 0; w < kWriters; ++w) {
    threads.emplace_back([&, w] {
      for (int k = 0; k < kSteps; ++k) {
        std::vector<FloatSample> batch;
        for (int i = 0; i < kSeries; ++i) {
          const auto ref = store->resolve(Labels{{"__name__", "m"}, {"i", std::to_string(i)}, {"w", std::to_string(w)}});
          if (!ref) return void(++failures);
          batch.push_back({*ref, kTestNow - 1'000'000 + k * 1000, static_cast<double>(k) + i});
        }
        const auto outcome = store->append({.floats = batch});
        if (!outcome || outcome->rejected != 0) return void(++failures);
      }
    });
  }
  std::jthread reader([&] {
    while (!done) {
      const auto selection = store->querier()->select(std::vector{matcher(MatchOp::equal, "__name__", "m")}, kAllFrom, kAllTo, {});
      if (!selection) return void(++failures);
      for (std::size_t i = 0; i < (*selection)->size(); ++i) {
        SampleColumn column;
        if (!(*selection)->read(i, kAllFrom, kAllTo, column)) return void(++failures);
        for (std::size_t k = 1; k < column.size(); ++k)
          if (column.t_ms[k] - column.t_ms[k - 1] != 1000) return void(++failures);  // a hole or a repetition
      }
    }
  });
  std::jthread keeper([&] {
    while (!done) {
      if (!store->maintain() || !store->compact()) return void(++failures);
      std::this_thread::yield();
    }
  });
  threads.clear();  // joins the writers
  done = true;
  reader.join();
  keeper.join();
  EXPECT_EQ(failures, 0);
  const auto all = shown();
  EXPECT_EQ(all.size(), static_cast<std::size_t>(kWriters * kSeries));
  for (const auto& [name, samples] : all) EXPECT_EQ(samples.size(), static_cast<std::size_t>(kSteps)) << name;
}

TEST_F(StoreThreadsTest, EverythingElseMayRunBesideAppends) {
  config.sync = SyncMode::always;
  ASSERT_TRUE(open());
  constexpr int kSteps = 400;
  std::atomic<bool> done{false};
  std::atomic<int> failures{0};
  std::vector<std::jthread> writers, others;
  std::size_t fed = 0;
  auto at = store->feed_begin();
  store->hold_feed("sender", at);
  for (const std::string name : {"kept", "deleted"}) {
    writers.emplace_back([&, name] {
      for (int k = 0; k < kSteps; ++k) {
        const auto a = store->resolve(Labels{{"__name__", name}, {"i", "a"}});
        const auto b = store->resolve(Labels{{"__name__", name}, {"i", "b"}});
        if (!a || !b) return void(++failures);
        const UnixMillis t = kTestNow - 1'000'000 + k * 1000 - (k % 10 == 9 ? 1500 : 0);  // some are late
        const std::vector<FloatSample> batch{{*a, t, k * 0.5}, {*b, t, 1.0}};
        const std::vector<ExemplarSample> exemplars{{*a, {Labels{{"trace_id", std::to_string(k)}}, 1.0, t, true}}};
        const std::vector<Metadata> metadata{{name, MetricType::gauge, "Step " + std::to_string(k % 3), ""}};
        const auto outcome = store->append({.floats = batch, .exemplars = exemplars, .metadata = metadata});
        if (!outcome || outcome->accepted != 2) return void(++failures);
      }
    });
  }
  const auto again_and_again = [&](auto what) {
    others.emplace_back([&, what] {
      while (!done) {
        if (!what()) return void(++failures);
        std::this_thread::yield();
      }
    });
  };
  const std::vector by_name{matcher(MatchOp::equal, "__name__", "deleted")};
  again_and_again([&] { return store->remove(by_name, kAllFrom, kAllTo).has_value() && store->clean().has_value(); });
  again_and_again([&] { return store->snapshot(false).has_value() && store->compact().has_value() && store->maintain().has_value(); });
  again_and_again([&] {
    const auto q = store->querier();
    (void)q->metadata("", 0);
    (void)store->statistics(5);
    store->set_config(config);
    return q->label_names({}, kAllFrom, kAllTo, 0).has_value() && q->label_values("i", by_name, kAllFrom, kAllTo, 0).has_value() &&
           q->series(by_name, kAllFrom, kAllTo, 0).has_value() && q->exemplars(by_name, kAllFrom, kAllTo).has_value();
  });
  again_and_again([&] {
    const auto selection = store->querier()->select(std::vector{matcher(MatchOp::equal, "__name__", "kept")}, kAllFrom, kAllTo, {});
    if (!selection) return false;
    for (std::size_t i = 0; i < (*selection)->size(); ++i) {
      WindowFacts facts;
      if (!(*selection)->facts(i, kAllFrom, kAllTo, facts) || (*selection)->labels(i).empty()) return false;
    }
    return true;
  });
  again_and_again([&] {
    const auto batch = store->feed(at, 100);
    if (!batch) return false;
    fed += batch->floats.size();
    at = batch->next;
    store->hold_feed("sender", at);
    return true;
  });
  writers.clear();  // joins
  done = true;
  others.clear();
  EXPECT_EQ(failures, 0);
  const auto kept = shown({matcher(MatchOp::equal, "__name__", "kept")});
  ASSERT_EQ(kept.size(), 2u);
  for (const auto& [name, samples] : kept) EXPECT_EQ(samples.size(), static_cast<std::size_t>(kSteps)) << name;
  for (;;) {
    const auto batch = store->feed(at, 100);
    ASSERT_TRUE(batch) << batch.error().message;
    if (batch->floats.empty()) break;
    fed += batch->floats.size();
    at = batch->next;
  }
  EXPECT_EQ(fed, static_cast<std::size_t>(kSteps) * 4) << "the feed has every sample once";
  crash_and_reopen();
  EXPECT_EQ(shown({matcher(MatchOp::equal, "__name__", "kept")}), kept);
}

// The journal's fdatasync fails for the first sender of a sample, who cannot tell the store, because a second one has its
// lock. That one has the same sample, equal to what memory holds, and one of a new series, which a sync after the failed
// one makes durable. Others repeat the sample, and whoever gets the lock first hears that it is lost.
TEST_F(StoreThreadsTest, NobodyIsToldThatARepeatedSampleIsDurableWhoseSyncFailed) {
  config.sync = SyncMode::always;
  const auto watched = std::make_shared<WatchedDisk>(disk);
  store = Store::open(watched, "data", clock, pool, config).value();
  const auto ref = series("m");
  add(ref, kTestNow, 1);
  const Counter failures("pharos_journal_sync_failures_total", "");
  const auto failed_before = failures.value();
  const auto wait_for = [](auto&& condition) {
    for (int i = 0; i < 20'000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ASSERT_TRUE(condition());
  };

  std::atomic<int> acknowledged{0};
  std::atomic<bool> second_has_lock{false};
  const FloatSample sample{ref, kTestNow + 1000, 2};
  const auto send = [&](std::vector<FloatSample> floats) {
    return std::jthread([&, floats] { acknowledged += append(floats).has_value(); });
  };
  std::jthread second;
  std::vector<std::jthread> others;
  watched->syncing = [&](const std::string& path) {
    if (second_has_lock || !path.ends_with(".journal")) return;
    second = send({sample, {series("n"), kTestNow + 1000, 3}});
    wait_for([&] { return second_has_lock.load(); });
  };
  watched->appending = [&](const std::string& path) {
    if (second_has_lock || path.ends_with(".journal")) return;  // the definition of the new series
    second_has_lock = true;
    wait_for([&] { return failures.value() > failed_before; });
    for (int i = 0; i < 4; ++i) others.push_back(send({sample}));
  };
  disk->fail_sync_at(1);
  EXPECT_FALSE(append({sample}));
  if (second.joinable()) second.join();
  EXPECT_EQ(others.size(), 4u);
  others.clear();  // joins them
  watched->syncing = watched->appending = nullptr;
  EXPECT_EQ(acknowledged, 0);

  clock.advance(std::chrono::seconds(2));
  add(ref, kTestNow + 1000, 2);
  crash_and_reopen();
  const auto kept = only(shown({matcher(MatchOp::equal, "__name__", "m")}));
  EXPECT_EQ(kept, (std::vector<std::pair<UnixMillis, double>>{{kTestNow, 1}, {kTestNow + 1000, 2}}));
}

}  // namespace
}  // namespace pharos::metrics
