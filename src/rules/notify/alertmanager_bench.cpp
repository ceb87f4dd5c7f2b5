// New alerts and updates through post(); inhibition and silences per flush. Budgets: 500'000 new
// alerts a second in batches of 1'000 (2 us each, the sync of the disk included), 800'000 updates,
// 600 bytes for each alert kept, 50 ms for 10'000 rules and 100'000 alerts.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <filesystem>

#include "rules/notify/alertmanager.hpp"
#include "rules/notify/inhibitor.hpp"
#include "rules/receivers/receiver_config.hpp"

namespace pharos::rules::notify {
namespace {

constexpr std::string_view kConfig = R"(
route: {receiver: none, group_by: [alertname, region], group_wait: 1h}
receivers: [{name: none}]
)";

std::vector<Alert> make_alerts(std::size_t first, std::size_t count, Time now) {
  std::vector<Alert> out;
  out.reserve(count);
  for (std::size_t i = first; i < first + count; ++i) {
    const auto n = std::to_string(i);
    out.push_back({.labels = {{"alertname", "HostDown" + std::to_string(i % 50)},
                              {"instance", "host-" + n + ".example:9100"},
                              {"job", "node"},
                              {"region", "r" + std::to_string(i % 20)},
                              {"severity", "critical"},
                              {"team", "infra"}},
                   .annotations = {{"summary", "Host host-" + n + " is down"},
                                   {"runbook", "https://wiki.example/host-down"}},
                   .starts_at = now,
                   .ends_at = now + std::chrono::minutes(5),
                   .generator_url = "http://pharos.example/graph?g0.expr=up+%3D%3D+0"});
  }
  return out;
}

struct Bed {
  std::string path;
  std::unique_ptr<Database> database;
  std::unique_ptr<Alertmanager> am;

  Bed() {
    path = (std::filesystem::temp_directory_path() / "pharos_notify_bench.db").string();
    remove();
    database = *Database::open(path);
    am = *Alertmanager::open(*database, system_clock(), {.flush_old_alerts_at_once = false},
                             [](const auto&, const auto&) {
                               return Result<std::vector<std::unique_ptr<Integration>>>(
                                   std::vector<std::unique_ptr<Integration>>{});
                             });
    (void)am->set_config(std::make_shared<const AlertmanagerConfig>(
        *parse_alertmanager_config(kConfig, "bench.yml")));
  }
  ~Bed() {
    am.reset();
    database.reset();
    remove();
  }
  void remove() const {
    for (const auto* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
  }
};

void post_new(benchmark::State& state) {
  Bed bed;
  std::size_t next = 0;
  const auto batch = static_cast<std::size_t>(state.range(0));
  const auto before = mallinfo2().uordblks;
  for (auto _ : state) {
    state.PauseTiming();
    auto alerts = make_alerts(next, batch, system_clock().now());
    next += batch;
    state.ResumeTiming();
    benchmark::DoNotOptimize(bed.am->post(std::move(alerts)));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(next));
  state.counters["bytes_each"] =
      static_cast<double>(mallinfo2().uordblks - before) / static_cast<double>(next);
}
BENCHMARK(post_new)->Arg(1'000)->Iterations(300)->Unit(benchmark::kMillisecond)->UseRealTime();

void post_update(benchmark::State& state) {
  Bed bed;
  constexpr std::size_t kAlerts = 100'000, kBatch = 1'000;
  for (std::size_t i = 0; i < kAlerts; i += kBatch)
    (void)bed.am->post(make_alerts(i, kBatch, system_clock().now()));
  std::size_t next = 0, done = 0;
  for (auto _ : state) {
    state.PauseTiming();
    auto alerts = make_alerts(next, kBatch, system_clock().now());
    next = (next + kBatch) % kAlerts;
    state.ResumeTiming();
    benchmark::DoNotOptimize(bed.am->post(std::move(alerts)));
    done += kBatch;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(done));
}
BENCHMARK(post_update)->Iterations(300)->Unit(benchmark::kMillisecond)->UseRealTime();

void list_50k(benchmark::State& state) {
  Bed bed;
  for (std::size_t i = 0; i < 50'000; i += 1'000)
    (void)bed.am->post(make_alerts(i, 1'000, system_clock().now()));
  for (auto _ : state) benchmark::DoNotOptimize(bed.am->alerts({}));
}
BENCHMARK(list_50k)->Iterations(10)->Unit(benchmark::kMillisecond);

// Rules for one service each, all with a firing source in one region; 100'000 alerts asked about.
void inhibit(benchmark::State& state) {
  std::vector<InhibitRule> rules;
  const auto count = static_cast<std::size_t>(state.range(0));
  for (std::size_t i = 0; i < count; ++i) {
    const auto service = "service-" + std::to_string(i);
    rules.push_back(
        {.sources = {{.matchers = {Matcher::equal("service", service),
                                   Matcher::equal("severity", "critical")},
                      .equal = {"region"}}},
         .target = {Matcher::equal("service", service), Matcher::equal("severity", "warning")}});
  }
  Inhibitor inhibitor(rules);
  AlertStore store;
  std::vector<StoredAlert*> targets;
  const Time now = system_clock().now();
  for (std::size_t i = 0; i < 100'000; ++i) {
    const bool source = i < count;
    Alert alert{.labels = {{"alertname", "A"},
                           {"instance", std::to_string(i)},
                           {"region", std::to_string(i % 7)},
                           {"service", "service-" + std::to_string(i % count)},
                           {"severity", source ? "critical" : "warning"}},
                .starts_at = now,
                .ends_at = now + std::chrono::hours(1)};
    auto& stored = store.put(alert, fingerprint(alert.labels), now);
    inhibitor.add(stored);
    targets.push_back(&stored);
  }
  std::size_t inhibited = 0;
  for (auto _ : state)
    for (const auto* alert : targets)
      inhibited += inhibitor.inhibiting(alert->labels, now, true).size();
  state.counters["inhibited"] =
      static_cast<double>(inhibited) / static_cast<double>(state.iterations());
}
BENCHMARK(inhibit)->Arg(10'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace pharos::rules::notify
