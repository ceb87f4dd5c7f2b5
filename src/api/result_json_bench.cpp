// Budget: 50 ns per point of a matrix.
#include <benchmark/benchmark.h>

#include "api/result_json.hpp"
#include "base/clock.hpp"

namespace {

using namespace pharos;

void write_matrix(benchmark::State& state) {
  query::Matrix matrix;
  Random random(1);
  for (int s = 0; s < 1000; ++s) {
    query::Series series{Labels{{"__name__", "node_cpu_seconds_total"}, {"cpu", std::to_string(s)}},
                         {}};
    for (int i = 0; i < 1000; ++i) {
      const double v = state.range(0) == 0 ? static_cast<double>(random.below(1'000'000)) / 100
                                           : random.uniform();
      series.points.push_back({1'700'000'000'000 + i * 15'000, v, nullptr});
    }
    matrix.series.push_back(std::move(series));
  }
  const query::Value value = std::move(matrix);
  for (auto _ : state) {
    std::string out;
    codec::JsonWriter writer(out);
    api::put_query_result(writer, value, nullptr, {});
    benchmark::DoNotOptimize(out.data());
    state.counters["bytes"] = static_cast<double>(out.size());
  }
  state.SetItemsProcessed(state.iterations() * 1'000'000);
}
BENCHMARK(write_matrix)->ArgName("random")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace
