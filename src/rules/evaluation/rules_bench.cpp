// Budgets, on two cores: 10,000 rules `sum(rate(counter{instance="host"}[5m])) > x` over 1M series
// evaluated once: 1 s; accepted sample to AlertSink: 2 ms at the median.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "base/disk.hpp"
#include "metrics/store.hpp"
#include "query/engine.hpp"
#include "rules/evaluation/rule_access.hpp"
#include "rules/evaluation/rule_group.hpp"
#include "rules/evaluation/rule_manager.hpp"

namespace pharos::rules {
namespace {

constexpr int kFamilies = 30, kCpus = 8, kPoints = 24;
constexpr std::int64_t kInterval_ms = 15'000;

int hosts() {
  const char* const series = std::getenv("RULES_BENCH_SERIES");  // the full 1M take 40 s to load
  return std::max(1, (series != nullptr ? std::atoi(series) : 1'000'000) / 314);
}
std::string host_name(int host) {
  return "host-" + std::to_string(host) + ":9100";
}

// A store in a temporary folder with hosts of 314 series each: 64 of them CPU counters.
struct Fleet {
  std::filesystem::path folder;
  std::shared_ptr<ThreadPool> pool =
      std::make_shared<ThreadPool>("work", std::max(1U, std::thread::hardware_concurrency()));
  std::unique_ptr<metrics::Store> store;
  query::Engine engine{{}, pool, system_clock()};
  Time end = system_clock().now();

  Fleet() {
    char name[] = "/tmp/pharos-rules-bench-XXXXXX";
    folder = ::mkdtemp(name);
    auto disk = open_real_disk(folder.string(), true).value();
    metrics::StoreConfig config;
    config.background = false;
    store = metrics::Store::open(std::move(disk), "m", system_clock(), pool, config).value();
    fill();
  }
  ~Fleet() {
    store.reset();
    std::filesystem::remove_all(folder);
  }

  void fill() {
    static constexpr std::string_view kModes[] = {"idle", "iowait", "irq",    "nice",
                                                  "soft", "steal",  "system", "user"};
    std::vector<SeriesRef> refs;
    for (int host = 0; host < hosts(); ++host) {
      const auto instance = host_name(host), region = "r" + std::to_string(host % 8);
      const auto add = [&](std::string_view metric, std::string_view label, std::string_view value,
                           std::string_view label2, std::string_view value2) {
        refs.push_back(store
                           ->resolve(Labels{{"__name__", metric},
                                            {"component", "node"},
                                            {"instance", instance},
                                            {"job", "fleet"},
                                            {"region", region},
                                            {label, value},
                                            {label2, value2}})
                           .value());
      };
      for (int cpu = 0; cpu < kCpus; ++cpu)
        for (const auto mode : kModes)
          add("node_cpu_seconds_total", "cpu", std::to_string(cpu), "mode", mode);
      for (int i = 0; i < 250; ++i)
        add("node_family_" + std::to_string(i % kFamilies) + "_total", "device",
            "d" + std::to_string(i), "kind", "k");
    }
    std::vector<FloatSample> samples;
    for (int point = 0; point < kPoints; ++point) {
      const auto t = to_unix_millis(end) - (kPoints - 1 - point) * kInterval_ms;
      for (std::size_t from = 0; from < refs.size(); from += 10'000) {
        samples.clear();
        for (std::size_t i = from; i < std::min(refs.size(), from + 10'000); ++i)
          samples.push_back({refs[i], t, static_cast<double>(point * (i % 17 + 1)) / 100});
        AppendBatch batch;
        batch.floats = samples;
        (void)store->append(batch);
      }
    }
  }
};

Fleet& fleet() {
  static Fleet fleet;
  return fleet;
}

RuleGroup many_rules(int count) {
  RuleGroupSpec spec;
  spec.name = "many";
  spec.file = "bench.yml";
  for (int i = 0; i < count; ++i) {
    RuleSpec rule;
    rule.alerting = true;
    rule.name = "Rule" + std::to_string(i);
    rule.expr = "sum(rate(node_cpu_seconds_total{instance=\"" + host_name(i % hosts()) +
                "\"}[5m])) > " + std::to_string(i % 10);
    spec.rules.push_back(std::move(rule));
  }
  return RuleGroup::make(std::move(spec), std::chrono::minutes(1)).value();
}

void BM_TenThousandRules(benchmark::State& state) {
  auto& f = fleet();
  auto group = many_rules(10'000);
  const auto querier = f.store->querier();
  auto world = rule_environment(f.engine, *querier, *f.store);
  world.write = nullptr;
  for (auto _ : state) group.evaluate(f.end, world);
  for (const auto& rule : group.rules())
    if (rule.health != "ok") state.SkipWithError(rule.last_error.c_str());
}
BENCHMARK(BM_TenThousandRules)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(3);

struct Waiting final : AlertSink {
  std::mutex mutex;
  std::condition_variable came;
  std::size_t count = 0;
  Status deliver(std::span<const Alert> alerts) override {
    const std::lock_guard lock(mutex);
    count += alerts.size();
    came.notify_all();
    return {};
  }
};

// From append() to deliver(), a threshold rule without `for` that fires and resolves in turn.
void BM_SampleToSink(benchmark::State& state) {
  auto& f = fleet();
  Waiting sink;
  const auto database = Database::open((f.folder / "state.db").string()).value();
  const auto querier = f.store->querier();
  RuleManagerOptions options;
  auto manager = RuleManager::open({.clock = system_clock(),
                                    .engine = f.engine,
                                    .querier = [&] { return querier; },
                                    .appender = *f.store,
                                    .database = *database,
                                    .sink = sink,
                                    .pool = f.pool,
                                    .watch = f.store.get()},
                                   options)
                     .value();
  const auto file = parse_rule_file(
      "groups:\n- name: g\n  interval: 1h\n  rules:\n  - alert: Hot\n    expr: temperature > 50\n",
      "bench.yml");
  (void)manager->set_groups(file.groups, options);
  const auto ref = f.store->resolve(Labels{{"__name__", "temperature"}, {"host", "a"}}).value();
  std::vector<double> took;
  bool hot = false;
  for (auto _ : state) {
    std::this_thread::sleep_for(std::chrono::milliseconds(15));
    hot = !hot;
    const FloatSample sample{ref, to_unix_millis(system_clock().now()), hot ? 70.0 : 20.0};
    AppendBatch batch;
    batch.floats = {&sample, 1};
    std::unique_lock lock(sink.mutex);
    const auto before = sink.count;
    lock.unlock();
    const auto began = system_clock().monotonic();
    (void)f.store->append(batch);
    lock.lock();
    sink.came.wait(lock, [&] { return sink.count > before; });
    const auto seconds = std::chrono::duration<double>(system_clock().monotonic() - began).count();
    state.SetIterationTime(seconds);
    took.push_back(seconds * 1000);
  }
  std::ranges::sort(took);
  state.counters["p50_ms"] = took[took.size() / 2];
  state.counters["p99_ms"] = took[took.size() * 99 / 100];
}
BENCHMARK(BM_SampleToSink)->UseManualTime()->Iterations(300)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace pharos::rules
