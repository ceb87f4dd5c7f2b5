#include "base/threads.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

#include "base/manual_clock.hpp"

namespace pharos {
namespace {

using namespace std::chrono_literals;

TEST(ThreadPool, RunsWhatIsQueuedBeforeItEnds) {
  std::atomic<int> done = 0;
  {
    ThreadPool pool("test", 2);
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.submit([&] { ++done; }));
  }
  EXPECT_EQ(done, 100);
}

TEST(ThreadPool, RefusesWhenItsQueueIsFull) {
  std::latch entered(1), leave(1);
  ThreadPool pool("test", 1, 2);
  ASSERT_TRUE(pool.submit([&] {
    entered.count_down();
    leave.wait();
  }));
  entered.wait();
  EXPECT_TRUE(pool.submit([] {}));
  EXPECT_TRUE(pool.submit([] {}));
  EXPECT_FALSE(pool.submit([] {}));
  leave.count_down();
}

TEST(ThreadPool, ParallelForNestsWithoutDeadlock) {
  ThreadPool pool("test", 2);
  std::atomic<int> sum = 0;
  pool.parallel_for(8, [&](std::size_t i) {
    pool.parallel_for(8, [&](std::size_t j) { sum += static_cast<int>(i * j); });
  });
  EXPECT_EQ(sum, 28 * 28);
}

TEST(ManualClock, WakesSleepersWhenItPassesTheirDeadline) {
  ManualClock clock(from_unix_millis(1000));
  std::atomic<bool> woken = false;
  auto thread =
      start_thread("sleeper", [&](std::stop_token stop) { woken = clock.sleep_for(2s, stop); });
  clock.wait_for_sleepers(1);
  clock.advance(1s);
  EXPECT_FALSE(woken);
  clock.advance(1s);
  thread.join();
  EXPECT_TRUE(woken);
  EXPECT_EQ(to_unix_millis(clock.now()), 3000);
}

TEST(Clocks, SleepEndsWhenStopIsRequested) {
  ManualClock manual;
  for (const Clock* clock : {&system_clock(), static_cast<const Clock*>(&manual)}) {
    std::atomic<bool> full = true;
    auto thread =
        start_thread("sleeper", [&](std::stop_token stop) { full = clock->sleep_for(1h, stop); });
    thread.request_stop();
    thread.join();
    EXPECT_FALSE(full);
  }
}

TEST(RandomNumbers, ComeFromTheirSeed) {
  Random a(1), b(1), c(2);
  const auto first = a.next();
  EXPECT_EQ(first, b.next());
  EXPECT_NE(first, c.next());
  for (int i = 0; i < 1000; ++i) {
    EXPECT_LT(a.below(10), 10u);
    const auto u = a.uniform();
    EXPECT_TRUE(u >= 0 && u < 1);
  }
}

}  // namespace
}  // namespace pharos
