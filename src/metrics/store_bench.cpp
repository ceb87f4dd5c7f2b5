// The store on a real disk under TMPDIR: appending, making series, starting again. Counters beside the
// times: samples per CPU second, bytes of memory per series.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <thread>

#include "base/clock.hpp"
#include "base/manual_clock.hpp"
#include "metrics/store.hpp"

namespace pharos::metrics {
namespace {

struct Bed {
  std::string root;
  std::shared_ptr<Disk> disk;
  std::shared_ptr<ThreadPool> pool = std::make_shared<ThreadPool>("bench", 2);
  std::unique_ptr<Store> store;
  std::vector<SeriesRef> refs;

  Bed() {
    const char* base = std::getenv("TMPDIR");
    std::string pattern = std::string(base ? base : "/tmp") + "/pharos-store-bench-XXXXXX";
    if (!mkdtemp(pattern.data())) std::abort();
    root = pattern;
    disk = std::shared_ptr<Disk>(open_real_disk(root).value());
    open();
  }
  ~Bed() {
    store.reset();
    std::filesystem::remove_all(root);
  }
  void open() { store = Store::open(disk, "data", system_clock(), pool, {.background = false}).value(); }

  // Series as a fleet has them: 300 metrics per host, eight labels, most of them shared.
  void make_series(std::size_t from, std::size_t to) {
    std::vector<std::string> text;
    std::vector<LabelView> labels;
    std::vector<std::uint32_t> offsets{0};
    text.reserve((to - from) * 3);
    for (auto i = from; i < to; ++i) {
      const auto& metric = text.emplace_back("metric_of_the_fleet_" + std::to_string(i % 300));
      const auto& host = text.emplace_back("host-" + std::to_string(i / 300) + ".region.example");
      const auto& rack = text.emplace_back("rack-" + std::to_string(i / 9000));
      for (const auto& [name, value] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
               {"__name__", metric}, {"component", i % 3 ? "hde" : "amst"}, {"env", "production"}, {"instance", host},
               {"job", "fleet"}, {"rack", rack}, {"region", "eu-west"}, {"version", "1.2.3"}})
        labels.push_back({name, value});
      offsets.push_back(static_cast<std::uint32_t>(labels.size()));
    }
    const auto first = refs.size();
    refs.resize(first + (to - from));
    std::vector<Appender::ResolveError> errors;
    store->resolve(labels, offsets, std::span(refs).subspan(first), errors);
    if (!errors.empty()) std::abort();
  }
  void make_all(std::size_t n) {
    for (std::size_t at = 0; at < n; at += 2000) make_series(at, std::min(n, at + 2000));
  }
  // Step k: a quarter constants, half counters, the rest gauges with two decimals.
  void append_step(int k, UnixMillis t) {
    std::vector<FloatSample> batch;
    for (std::size_t at = 0; at < refs.size(); at += 2000) {
      batch.clear();
      for (auto i = at; i < std::min(refs.size(), at + 2000); ++i) {
        const double v = i % 4 == 0 ? 7 : i % 4 < 3 ? k * 31.0 + static_cast<double>(i * 7 % 13 * static_cast<std::size_t>(k % 5))
                                              : static_cast<double>((i * 37 + static_cast<std::size_t>(k) * 101) % 10'007) / 100;
        batch.push_back({refs[i], t, v});
      }
      const auto outcome = store->append({.floats = batch});
      if (!outcome || outcome->rejected) std::abort();
    }
  }
};

std::size_t heap_bytes() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

void BM_Append(benchmark::State& state) {
  Bed bed;
  const auto n = static_cast<std::size_t>(state.range(0));
  const auto before = heap_bytes();
  bed.make_all(n);
  UnixMillis t = to_unix_millis(system_clock().now()) - 86'400'000;
  int k = 0;
  for (auto _ : state) bed.append_step(k++, t += 15'000);
  state.SetItemsProcessed(static_cast<std::int64_t>(n) * k);
  state.counters["bytes/series"] = static_cast<double>(heap_bytes() - before) / static_cast<double>(n);
}
BENCHMARK(BM_Append)->Arg(10'000)->Iterations(720)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Append)->Arg(100'000)->Iterations(360)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Append)->Arg(1'000'000)->Iterations(10)->Unit(benchmark::kMillisecond);

void BM_NewSeries(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    Bed bed;
    bed.make_all(n);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(n) * state.iterations());
}
BENCHMARK(BM_NewSeries)->Arg(100'000)->Arg(1'000'000)->Iterations(1)->Unit(benchmark::kMillisecond);

void BM_Restart(benchmark::State& state) {
  Bed bed;
  bed.make_all(static_cast<std::size_t>(state.range(0)));
  UnixMillis t = to_unix_millis(system_clock().now()) - 86'400'000;
  for (int k = 0; k < state.range(1); ++k) bed.append_step(k, t += 15'000);
  for (auto _ : state) {
    state.PauseTiming();
    bed.store.reset();
    state.ResumeTiming();
    bed.open();
  }
}
BENCHMARK(BM_Restart)->Args({100'000, 60})->Args({1'000'000, 10})->Iterations(1)->Unit(benchmark::kMillisecond);

// A fleet that is replaced every four hours, for three days: memory after them by memory after the first. A store that kept every
// name would end at ten times as much.
void BM_Churn(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    Bed bed;
    ManualClock clock{system_clock().now()};
    bed.store.reset();
    bed.store = Store::open(bed.disk, "churn", clock, bed.pool, {.background = false}).value();
    const auto before = heap_bytes();
    double first = 0, series = 0;
    for (std::size_t round = 0; round < 18; ++round) {
      bed.refs.clear();
      for (std::size_t at = 0; at < n; at += 2000) bed.make_series(round * n + at, round * n + at + 2000);
      for (int k = 0; k < 4; ++k) {
        bed.append_step(k, to_unix_millis(clock.now()));
        clock.advance(std::chrono::hours(1));
        if (!bed.store->maintain()) std::abort();
      }
      series = static_cast<double>(bed.store->statistics(0).series);
      if (round == 2) first = static_cast<double>(heap_bytes() - before);
    }
    state.counters["MB_after_12_h"] = first / 1e6;
    state.counters["MB_after_72_h"] = static_cast<double>(heap_bytes() - before) / 1e6;
    state.counters["series_in_memory"] = series;
  }
}
BENCHMARK(BM_Churn)->Arg(100'000)->Iterations(1)->Unit(benchmark::kMillisecond);

// What writes and queries wait while a day goes by retention: a look at all open series for what is the oldest now. After
// eleven minutes instead of five it also looks for idle series. The waits hold what the system's scheduler adds.
void BM_Retention(benchmark::State& state) {
  Bed bed;
  ManualClock clock{system_clock().now()};
  bed.store.reset();
  bed.store = Store::open(bed.disk, "retention", clock, bed.pool, {.background = false}).value();
  bed.make_all(1);
  bed.append_step(0, to_unix_millis(clock.now() - std::chrono::hours(24 * 15) + std::chrono::minutes(1)));
  if (!bed.store->compact()) std::abort();
  bed.refs.clear();
  bed.make_all(static_cast<std::size_t>(state.range(0)));
  // Each series at times of its own and far from its neighbours, as months of reloads and churn leave them.
  std::shuffle(bed.refs.begin(), bed.refs.end(), std::mt19937_64(1));
  for (int k = 0; k < 4; ++k) {
    std::vector<FloatSample> batch;
    for (std::size_t i = 0; i < bed.refs.size(); ++i) {
      const auto age = std::chrono::seconds(60 - 15 * k) - std::chrono::milliseconds(i * 7919 % 15'000);
      batch.push_back({bed.refs[i], to_unix_millis(clock.now() - age), static_cast<double>(i)});
      if (batch.size() < 2000 && i + 1 < bed.refs.size()) continue;
      if (!bed.store->append({.floats = batch})) std::abort();
      batch.clear();
    }
  }
  if (!bed.store->maintain()) std::abort();
  const auto parts = bed.store->statistics(0).chunks;
  clock.advance(std::chrono::minutes(state.range(1)));
  const auto probe = bed.store->resolve(Labels{{"__name__", "probe"}}).value();
  const std::vector<FloatSample> sample{{probe, to_unix_millis(clock.now()), 1}};
  if (!bed.store->append({.floats = sample})) std::abort();  // from here on the same once more: nothing is written
  std::atomic<bool> done{false}, running{false};
  double write_ms = 0, read_ms = 0;
  std::jthread asks([&] {
    const auto took = [](auto&& call) {
      const auto began = std::chrono::steady_clock::now();
      call();
      return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
    };
    while (!done) {
      write_ms = std::max(write_ms, took([&] {
                            if (!bed.store->append({.floats = sample})) std::abort();
                          }));
      read_ms = std::max(read_ms, took([&] { benchmark::DoNotOptimize(bed.store->oldest_ms()); }));
      running = true;
    }
  });
  while (!running) std::this_thread::yield();
  for (auto _ : state)
    if (!bed.store->maintain()) std::abort();
  done = true;
  asks.join();
  if (bed.store->statistics(0).chunks >= parts) std::abort();  // nothing was dropped
  state.counters["longest_write_ms"] = write_ms;
  state.counters["longest_read_ms"] = read_ms;
}
BENCHMARK(BM_Retention)->Args({1'000'000, 5})->Args({1'000'000, 11})->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace pharos::metrics
