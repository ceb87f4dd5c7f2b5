// Budgets per byte: CRC-32C 0.15 ns, XXH3 0.1 ns, snappy out 1 ns.
#include "codec/checksum.hpp"

#include <benchmark/benchmark.h>

#include "base/clock.hpp"
#include "codec/compress.hpp"

namespace {

using namespace pharos;

std::string sample_bytes(std::size_t n) {
  Random random(1);
  std::string out;
  while (out.size() < n)
    out += "node_cpu_seconds_total{cpu=\"" + std::to_string(random.below(64)) + "\"} 1\n";
  out.resize(n);
  return out;
}

void checksum(benchmark::State& state) {
  const auto bytes = sample_bytes(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(codec::crc32c(bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(checksum)->Arg(64)->Arg(4096)->Arg(1 << 20);

void hash(benchmark::State& state) {
  const auto bytes = sample_bytes(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(codec::hash64(bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(hash)->Arg(64)->Arg(4096);

void decompress(benchmark::State& state) {
  const auto kind = static_cast<codec::Compression>(state.range(0));
  const auto packed = codec::compress(kind, sample_bytes(200'000));
  std::string out;
  for (auto _ : state) {
    if (!codec::decompress(kind, packed, 1 << 20, out)) state.SkipWithError("not readable");
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * 200'000);
}
BENCHMARK(decompress)->ArgName("kind")->DenseRange(1, 5);

}  // namespace
