// Budgets: encode 12 ns a float, decode 25 ns (10 M samples replay in 0.3 s), 2-5 bytes a float.
#include <benchmark/benchmark.h>

#include <cmath>

#include "base/clock.hpp"
#include "base/sim_disk.hpp"
#include "metrics/journal_format.hpp"

namespace {

using namespace pharos;
using namespace pharos::metrics;

enum Kind : std::int64_t { kTypical, kCounters, kDecimals, kRandom };

// Batches of one target each, as a scrape gives them.
std::vector<JournalEntry> rounds(std::int64_t kind) {
  constexpr std::uint64_t kTargets = 20, kSeries = 1000, kRounds = 16;
  Random random(1);
  std::vector<double> value(kTargets * kSeries);
  for (auto& v : value) v = static_cast<double>(random.below(1'000'000));
  std::vector<JournalEntry> out;
  for (std::uint64_t round = 0; round < kRounds; ++round)
    for (std::uint64_t target = 0; target < kTargets; ++target) {
      JournalEntry entry;
      for (std::uint64_t i = 0; i < kSeries; ++i) {
        auto& v = value[target * kSeries + i];
        // Typical: half never change, a quarter counters, decimals, and some of full precision.
        const auto shape = kind == kTypical ? i % 16 : kind == kCounters ? 8 : kind == kDecimals ? 12 : 15;
        if (shape >= 15) v = random.uniform();
        else if (shape >= 12) v = static_cast<double>(random.below(100'000)) / 100;
        else if (shape >= 8) v += static_cast<double>(random.below(2000));
        entry.floats.push_back({SeriesId{1 + target * kSeries + i}, static_cast<UnixMillis>(1'700'000'000'000 + round * 15'000 + target), v});
      }
      out.push_back(std::move(entry));
    }
  return out;
}

std::size_t floats_of(std::span<const JournalEntry> entries) {
  std::size_t n = 0;
  for (const auto& entry : entries) n += entry.floats.size();
  return n;
}

void encode(benchmark::State& state) {
  const auto entries = rounds(state.range(0));
  const auto floats = static_cast<double>(floats_of(entries));
  std::string out;
  for (auto _ : state) {
    out.clear();
    JournalValues values;
    for (const auto& entry : entries) put_journal_entry(out, entry, values);
    benchmark::DoNotOptimize(out.data());
  }
  state.counters["bytes_per_float"] = static_cast<double>(out.size()) / floats;
  state.counters["ns_per_float"] = benchmark::Counter(floats * 1e-9 * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(encode)->DenseRange(kTypical, kRandom);

void decode(benchmark::State& state) {
  const auto entries = rounds(state.range(0));
  SimDisk disk;
  auto journal = Journal::open(disk, "j", {});
  for (const auto& entry : entries)
    if (!(*journal)->append(entry)) return state.SkipWithError("append");
  JournalEntry entry;
  std::vector<Damage> damage;
  for (auto _ : state) {
    auto reader = JournalReader::open(disk, "j", {});
    while (*(*reader)->next(entry, damage)) benchmark::DoNotOptimize(entry.floats.data());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(floats_of(entries)) * state.iterations());
}
BENCHMARK(decode)->DenseRange(kTypical, kRandom);

}  // namespace
