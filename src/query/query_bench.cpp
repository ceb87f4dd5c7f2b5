// Budgets, on two cores, without the store's decoding (here: a memcpy): 1,024 series x 24 h at 15 s
// read once by sum(rate()) at 60 s steps: 10 ms; sum(rate()) at one moment: 0.5 ms; count by over
// 10k: 2 ms.
#include <benchmark/benchmark.h>

#include "query/engine.hpp"
#include "query/eval/window.hpp"
#include "query/synthetic_querier.hpp"

namespace pharos::query {
namespace {

constexpr UnixMillis kStart = 1'700'000'000'000;
constexpr std::int64_t kInterval = 15'000;
constexpr std::size_t kDay = 5'760;

SyntheticQuerier& store() {
  static SyntheticQuerier* const querier = [] {
    auto* const q = new SyntheticQuerier;
    for (int host = 0; host < 128; ++host) {
      const auto instance = "host-" + std::to_string(host) + ":9100";
      for (int cpu = 0; cpu < 2; ++cpu)
        for (const auto* mode : {"idle", "user", "system", "iowait"}) {
          const double slope = 1 + host % 7 + cpu;
          q->add(Labels{{"__name__", "node_cpu_seconds_total"},
                        {"cpu", std::to_string(cpu)},
                        {"instance", instance},
                        {"mode", mode},
                        {"job", "node"}},
                 kStart, kInterval, kDay,
                 [=](std::size_t i) { return slope * static_cast<double>(i); });
        }
      for (const auto* name :
           {"node_load1", "node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes"})
        q->add(Labels{{"__name__", name},
                      {"instance", instance},
                      {"job", "node"},
                      {"region", std::to_string(host % 8)}},
               kStart, kInterval, kDay,
               [=](std::size_t i) { return static_cast<double>((i * 7919 + 13) % 1000); });
      for (int le = 0; le < 12; ++le)
        q->add(Labels{{"__name__", "http_request_duration_seconds_bucket"},
                      {"instance", instance},
                      {"le", le == 11 ? "+Inf" : std::to_string(le)},
                      {"handler", std::to_string(host % 4)}},
               kStart, kInterval, 240,
               [=](std::size_t i) { return static_cast<double>((le + 1) * i); });
    }
    for (int i = 0; i < 10'000; ++i)
      q->add(Labels{{"__name__", "wide"},
                    {"job", "wide"},
                    {"component", std::to_string(i % 40)},
                    {"id", std::to_string(i)}},
             kStart, kInterval, 60, [=](std::size_t k) { return static_cast<double>(k + i); });
    return q;
  }();
  return *querier;
}

Engine& engine() {
  static Engine* const engine =
      new Engine(EngineOptions{}, std::make_shared<ThreadPool>("bench", 1),
                 system_clock());  // and the caller: two
  return *engine;
}

void run(benchmark::State& state, const char* expr, UnixMillis start, UnixMillis end,
         std::int64_t step) {
  QueryRequest request;
  request.expr = expr;
  request.start_ms = start;
  request.end_ms = end;
  request.step_ms = step;
  store();
  for (auto _ : state) {
    auto result = engine().run(store(), request);
    if (!result) state.SkipWithError(result.error().message.c_str());
    benchmark::DoNotOptimize(result);
  }
}

constexpr UnixMillis kDayEnd = kStart + 86'400'000 - kInterval;
constexpr UnixMillis kHourEnd = kStart + 3'600'000 - kInterval;

#define QUERY_BENCH(name, expr, start, end, step) \
  void name(benchmark::State& state) {            \
    run(state, expr, start, end, step);           \
  }                                               \
  BENCHMARK(name)->Unit(benchmark::kMillisecond)->UseRealTime()->MeasureProcessCPUTime()

QUERY_BENCH(range_24h_60s_1k, "sum by (instance) (rate(node_cpu_seconds_total[5m]))",
            kDayEnd - 86'000'000, kDayEnd, 60'000);
QUERY_BENCH(avg_24h_60s_1k_raw, "avg by (cpu) (node_cpu_seconds_total)", kDayEnd - 86'000'000,
            kDayEnd, 60'000);
QUERY_BENCH(rate_sum_1k_1h, "sum by (mode) (rate(node_cpu_seconds_total[5m]))", kDayEnd - 3'600'000,
            kDayEnd, 15'000);
QUERY_BENCH(rate_sum_1k_instant, "sum by (mode) (rate(node_cpu_seconds_total[5m]))", kDayEnd,
            kDayEnd, 0);
QUERY_BENCH(count_by_instant, "count by (component) ({job=\"wide\"})", kStart + 800'000,
            kStart + 800'000, 0);
QUERY_BENCH(topk_instant, "topk(10, rate(wide[5m]))", kStart + 800'000, kStart + 800'000, 0);
QUERY_BENCH(max_over_time_24h, "max by (region) (max_over_time(node_load1[24h]))", kDayEnd, kDayEnd,
            0);
QUERY_BENCH(quantile_over_time_1h, "quantile_over_time(0.95, node_memory_MemAvailable_bytes[10m])",
            kDayEnd - 3'600'000, kDayEnd, 60'000);
QUERY_BENCH(ratio_join_1h,
            "1 - sum by (instance) (node_memory_MemAvailable_bytes) / sum by (instance) "
            "(node_memory_MemTotal_bytes)",
            kDayEnd - 3'600'000, kDayEnd, 60'000);
QUERY_BENCH(hist_quantile_instant,
            "histogram_quantile(0.99, sum by (le, handler) "
            "(rate(http_request_duration_seconds_bucket[5m])))",
            kHourEnd, kHourEnd, 0);
QUERY_BENCH(hist_quantile_1h,
            "histogram_quantile(0.99, sum by (le, handler) "
            "(rate(http_request_duration_seconds_bucket[5m])))",
            kStart, kHourEnd, 30'000);
QUERY_BENCH(single_24h_range, "node_load1{instance=\"host-7:9100\"}", kDayEnd - 86'000'000, kDayEnd,
            60'000);
QUERY_BENCH(alert_instant, "node_load1 > 20", kDayEnd, kDayEnd, 0);

// The kernel alone: 24 h of one series, windows of 5 min at 60 s steps.
void kernel_rate(benchmark::State& state) {
  std::vector<UnixMillis> t, lefts, rights;
  std::vector<double> v;
  for (std::size_t i = 0; i < kDay; ++i)
    t.push_back(kStart + static_cast<std::int64_t>(i) * kInterval),
        v.push_back(static_cast<double>(i));
  for (UnixMillis at = kStart; at < kDayEnd; at += 60'000)
    rights.push_back(at), lefts.push_back(at - 300'000);
  std::vector<Window> windows, none(rights.size());
  Notes notes;
  Row row;
  for (auto _ : state) {
    find_windows(t, lefts, rights, windows);
    WindowCall call;
    call.floats = {t, v, {}};
    call.float_windows = windows;
    call.histogram_windows = none;
    call.lefts = lefts;
    call.rights = rights;
    call.range_ms = 300'000;
    call.notes = &notes;
    row.reset(rights.size());
    benchmark::DoNotOptimize(window_rate(call, row));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kDay));
}
BENCHMARK(kernel_rate);

}  // namespace
}  // namespace pharos::query
