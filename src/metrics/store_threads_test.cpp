// Writers, readers and maintenance at the same time; meant to be run under TSan too.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "metrics/store_fixture.hpp"

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

}  // namespace
}  // namespace pharos::metrics
