// Budgets: encode 12 ns a sample, decode 300 M samples/s.
#include <benchmark/benchmark.h>

#include "codec/series_hot.hpp"
#include "codec/series_samples.hpp"

namespace pharos::codec {
namespace {

const std::vector<double>& column(int which) {
  static const auto all = adversarial_columns(kGranuleSamples);
  for (const auto& [name, values] : all)
    if (name == (which == 0 ? "counter" : which == 1 ? "decimals of 3 digits" : "full mantissa"))
      return values;
  std::abort();
}

void BM_HotEncode(benchmark::State& state) {
  const auto& values = column(static_cast<int>(state.range(0)));
  std::string out;
  ValueHint hint;
  for (auto _ : state) {
    out.clear();
    put_values(out, values, hint);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kGranuleSamples));
  state.counters["bytes/sample"] = static_cast<double>(out.size()) / kGranuleSamples;
}
BENCHMARK(BM_HotEncode)->DenseRange(0, 2);

void BM_HotDecode(benchmark::State& state) {
  std::string bytes;
  ValueHint hint;
  put_values(bytes, column(static_cast<int>(state.range(0))), hint);
  std::vector<double> out(kGranuleSamples);
  for (auto _ : state) {
    Cursor in(bytes);
    benchmark::DoNotOptimize(get_values(in, out));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kGranuleSamples));
}
BENCHMARK(BM_HotDecode)->DenseRange(0, 2);

}  // namespace
}  // namespace pharos::codec
