// What the record path promises: nothing is lost, nothing is allocated, threads come and go.
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <new>
#include <random>
#include <thread>
#include <vector>

#include "pharos/client.hpp"

namespace {
std::atomic<std::uint64_t> allocations{0};
}
[[gnu::noinline]] void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace pharos::client {
namespace {

constexpr auto kRequests = counter("requests_total", "Requests.", "method");
constexpr auto kLatency = histogram("latency_seconds", "Latency.", kSeconds, "method");
constexpr auto kSizes = native_histogram("sizes_bytes", "Sizes.", "method");
constexpr auto kInFlight = gauge("in_flight", "Under way.", "method");

TEST(Record, CountsFromManyThreadsAddUpAndSurviveTheirThreads) {
  Registry registry;
  const Counter total = Counters(kRequests, registry).with("GET");
  const Histogram latency = Histograms(kLatency, registry).with("GET");
  for (int round = 0; round < 3; ++round) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([total, latency] {
        for (int i = 0; i < 1000; ++i) {
          total.add();
          total.add(0.5);
          latency.record(0.02);
        }
      });
    }
    (void)total.value();  // a scrape in the middle
    for (auto& thread : threads) thread.join();
  }
  EXPECT_EQ(total.value(), 24'000 * 1.5);
  EXPECT_EQ(latency.count(), 24'000U);
  EXPECT_NEAR(latency.sum(), 480, 1e-6);
}

TEST(Record, NothingIsAllocatedNotEvenByAThreadsFirstRecord) {
  Registry registry;
  Counter total = Counters(kRequests, registry).with("GET");
  Histogram latency = Histograms(kLatency, registry).with("GET");
  Histogram sizes = Histograms(kSizes, registry).with("GET");
  Gauge gauge = Gauges(kInFlight, registry).with("GET");
  std::uint64_t during = 1;
  std::thread([&] {
    const auto before = allocations.load();
    for (int i = 0; i < 1000; ++i) {
      total.add();
      total.add(3);
      total.add(0.25);
      latency.record(i * 0.001);
      latency.record(i * 0.001, TraceContext{1, 2, 3, true});
      sizes.record(i * 7.0);
      gauge.set(i);
      gauge.add(1);
      InFlight one{gauge};
      Timer timed{latency};
    }
    during = allocations.load() - before;
  }).join();
  EXPECT_EQ(during, 0U);
}

TEST(Record, EveryValueFallsIntoTheBucketItBelongsTo) {
  std::mt19937_64 random{7};
  const auto check = [&](Range range) {
    const detail::Bounds bounds{range};
    const auto plain = [&](double v) {
      std::uint32_t i = 0;
      while (i < range.size && v > range.data[i]) ++i;
      return i;
    };
    std::vector<double> values{0, -1, 1e-300, 1e300, HUGE_VAL, -HUGE_VAL, 5e-324};
    for (std::uint32_t i = 0; i < range.size; ++i) {
      for (double v : {range.data[i], std::nextafter(range.data[i], HUGE_VAL),
                       std::nextafter(range.data[i], -HUGE_VAL)})
        values.push_back(v);
    }
    for (int i = 0; i < 2000; ++i)
      values.push_back(std::exp(std::uniform_real_distribution<>(-20, 20)(random)));
    for (double v : values) ASSERT_EQ(bounds.bucket(v), plain(v)) << v;
  };
  check(kSeconds);
  static constexpr auto kWide = exponential<15>(1e-6, 10);
  static constexpr auto kTight = linear<40>(1, 0.01);
  static constexpr auto kSigned = linear<20>(-10, 1);
  static constexpr std::array<double, 1> kOne{1};
  static constexpr std::array<double, 3> kFar{1e-300, 1, 1e300};
  check(kWide), check(kTight), check(kSigned), check(kOne), check(kFar), check(Range{});
}

TEST(Record, NativeBucketsHaveTheBoundsPrometheusGivesThem) {
  for (std::int8_t schema = 0; schema <= 5; ++schema) {
    const detail::Native native{schema};
    std::mt19937_64 random{9};
    for (int i = 0; i < 5000; ++i) {
      const double v = std::exp2(std::uniform_real_distribution<>(-39.9, 63.9)(random));
      const int index = native.index(native.bucket(v));
      const double width = 1.0 / (1 << schema);
      ASSERT_LE(v, std::exp2(index * width) * (1 + 1e-15));
      ASSERT_GE(v, std::exp2((index - 1) * width) * (1 - 1e-15));
    }
    for (int e = -39; e < 64; ++e)
      ASSERT_EQ(native.index(native.bucket(std::exp2(e))), e * (1 << schema))
          << "a power of two ends its bucket";
    EXPECT_EQ(native.bucket(1e300), native.side - 1);
    EXPECT_EQ(native.bucket(HUGE_VAL), native.side - 1);
  }
}

TEST(Record, AGaugeIsWhatWasSetPlusWhatWasAddedSince) {
  Registry registry;
  Gauge gauge = Gauges(kInFlight, registry).with("GET");
  gauge.set(5);
  EXPECT_EQ(gauge.value(), 5);
  std::thread([&] { gauge.add(3); }).join();
  gauge.subtract(1);
  EXPECT_EQ(gauge.value(), 7);
  gauge.set(10);
  EXPECT_EQ(gauge.value(), 10);
  {
    InFlight one{gauge};
    EXPECT_EQ(gauge.value(), 11);
  }
  EXPECT_EQ(gauge.value(), 10);
}

TEST(Record, AThreadLocalObjectMayRecordInItsDestructor) {
  Registry registry;
  static Counter late;
  late = Counters(kRequests, registry).with("late");
  struct AtExit {
    ~AtExit() { late.add(); }
  };
  std::thread([] {
    thread_local AtExit at_exit;
    (void)&at_exit;
    late.add();
  }).join();
  EXPECT_EQ(late.value(), 2);
}

TEST(Record, CellsOfARegistryThatIsGoneAreUsedAgainFromZero) {
  std::uint64_t bytes = 0;
  for (int round = 0; round < 50; ++round) {
    Registry registry;
    Counters requests(kRequests, registry);
    for (int i = 0; i < 100; ++i) {
      Counter one = requests.with(std::to_string(i));
      EXPECT_EQ(one.value(), 0);
      one.add();
    }
    if (round == 1) bytes = detail::cell_stats().bytes;
  }
  EXPECT_EQ(detail::cell_stats().bytes, bytes);
}

TEST(Record, EndedThreadsLeaveNoMemoryBehind) {
  Registry registry;
  Counter total = Counters(kRequests, registry).with("GET");
  const auto before = detail::cell_stats().threads;
  std::uint64_t bytes = 0;
  for (int i = 0; i < 300; ++i) {
    std::thread([total] { total.add(); }).join();
    if (i == 10) bytes = detail::cell_stats().bytes;
  }
  EXPECT_EQ(total.value(), 300);
  EXPECT_EQ(detail::cell_stats().threads, before);
  EXPECT_EQ(detail::cell_stats().bytes, bytes);
}

TEST(Record, AThousandHistogramSeriesWithFourThreadsTakeLessThanAMegabyte) {
  Registry registry;
  static constexpr auto kBounds = exponential<12>(0.001, 2);
  constexpr auto kMany = histogram("many_seconds", "Many.", kBounds, "n");
  const Histograms family(kMany, registry);
  std::vector<Histogram> all;
  const auto before = detail::cell_stats().bytes;
  for (int i = 0; i < 1000; ++i) all.push_back(family.with(std::to_string(i)));
  std::vector<std::thread> threads;
  std::atomic<int> ready{0};
  std::atomic<bool> stop{false};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, copies = all] {
      for (auto& one : copies) one.record(0.01);
      ++ready;
      while (!stop) std::this_thread::yield();
    });
  }
  while (ready < 4) std::this_thread::yield();
  const auto cells = detail::cell_stats().bytes - before;
  stop = true;
  for (auto& thread : threads) thread.join();
  EXPECT_LT(cells + 1000 * (sizeof(detail::Series) + 64), 1'000'000U);
}

}  // namespace
}  // namespace pharos::client
