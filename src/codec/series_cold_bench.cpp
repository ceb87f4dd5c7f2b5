// Budgets: encode 45 ns a sample, decode 150 M samples/s, with all granules in one call 300 M,
// opening a column 1 us.
#include <benchmark/benchmark.h>

#include "codec/series_cold.hpp"
#include "codec/series_samples.hpp"

namespace pharos::codec {
namespace {

constexpr std::size_t kSamples = 5760;

const std::vector<double>& column(int which) {
  static const auto all = adversarial_columns(kSamples);
  constexpr std::string_view kNames[] = {"counter", "decimals of 3 digits", "full mantissa",
                                         "sparse counter"};
  for (const auto& [name, values] : all)
    if (name == kNames[which]) return values;
  std::abort();
}

void BM_ColdEncode(benchmark::State& state) {
  const auto& values = column(static_cast<int>(state.range(0)));
  std::string head, body;
  for (auto _ : state) {
    put_cold_values(values, head, body);
    benchmark::DoNotOptimize(body.data());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kSamples));
  state.counters["bytes/sample"] = static_cast<double>(head.size() + body.size()) / kSamples;
}
BENCHMARK(BM_ColdEncode)->DenseRange(0, 3);

void BM_ColdDecode(benchmark::State& state) {
  std::string head, body;
  put_cold_values(column(static_cast<int>(state.range(0))), head, body);
  ColdValues values;
  std::array<double, kGranuleSamples> out;
  for (auto _ : state) {
    benchmark::DoNotOptimize(values.open(head, body, kSamples));
    for (std::size_t g = 0; g < values.granules(); ++g)
      benchmark::DoNotOptimize(values.decode(g, out));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kSamples));
}
BENCHMARK(BM_ColdDecode)->DenseRange(0, 3);

// As a range query reads: all granules in one call.
void BM_ColdDecodeAll(benchmark::State& state) {
  std::string head, body;
  put_cold_values(column(static_cast<int>(state.range(0))), head, body);
  ColdValues values;
  std::vector<double> out(granules_of(kSamples) * kGranuleSamples);
  for (auto _ : state) {
    benchmark::DoNotOptimize(values.open(head, body, kSamples));
    benchmark::DoNotOptimize(values.decode(0, values.granules(), out.data()));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kSamples));
}
BENCHMARK(BM_ColdDecodeAll)->DenseRange(0, 3);

// What an instant query pays for one series: open, one granule.
void BM_ColdOneGranule(benchmark::State& state) {
  std::string head, body;
  put_cold_values(column(static_cast<int>(state.range(0))), head, body);
  ColdValues values;
  std::array<double, kGranuleSamples> out;
  for (auto _ : state) {
    benchmark::DoNotOptimize(values.open(head, body, kSamples));
    benchmark::DoNotOptimize(values.decode(20, out));
  }
}
BENCHMARK(BM_ColdOneGranule)->DenseRange(0, 3);

}  // namespace
}  // namespace pharos::codec
