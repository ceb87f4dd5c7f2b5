// What a tick costs: the budget of a virtual run is 1 ms for 15,000 series (60 ns each), on one of
// two cores.
#include <benchmark/benchmark.h>

#include "sim/world.hpp"

namespace pharos::sim {
namespace {

void tick(benchmark::State& state) {
  auto world = *World::make(
      {.fleet = {.regions = 3, .nodes = 30}, .start = from_unix_millis(1'790'000'000'000)});
  for (auto _ : state) world->step(std::chrono::seconds(15));
  for (const auto& page : world->pages()) {
    const auto job = page->target().job;
    state.counters["series"] += static_cast<double>(page->series_count());
    state.counters[job] += static_cast<double>(page->series_count());
  }
  state.counters["ns/series"] =
      benchmark::Counter(state.counters["series"] * static_cast<double>(state.iterations()) * 1e-9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(tick);

void write_page(benchmark::State& state) {
  auto world = *World::make(
      {.fleet = {.regions = 3, .nodes = 30}, .start = from_unix_millis(1'790'000'000'000)});
  world->step(std::chrono::seconds(15));
  std::string out;
  for (auto _ : state) {
    out.clear();
    world->node_page(0).write(out, Page::Format::text);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(out.size() * state.iterations()));
}
BENCHMARK(write_page);

}  // namespace
}  // namespace pharos::sim
