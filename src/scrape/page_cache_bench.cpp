// Budget: 50 ns per sample of a page on which half the numbers changed (128 B of text per sample).
#include <benchmark/benchmark.h>

#include "scrape/host/host_collector.hpp"
#include "scrape/page_cache.hpp"

namespace pharos::scrape {
namespace {

class CountingStore final : public Appender {
 public:
  Result<SeriesRef> resolve(const Labels&) override { return static_cast<SeriesRef>(++next_); }
  void resolve(std::span<const LabelView>, std::span<const std::uint32_t>, std::span<SeriesRef> refs, std::vector<ResolveError>&) override {
    for (auto& ref : refs) ref = static_cast<SeriesRef>(++next_);
  }
  Result<AppendOutcome> append(const AppendBatch& batch, const AppendOptions&) override {
    benchmark::DoNotOptimize(batch.floats.data());
    return AppendOutcome{.accepted = batch.floats.size()};
  }

 private:
  std::uint64_t next_ = 0;
};

constexpr int kSeries = 10'000;

// `changed` of 100 numbers differ from scrape to scrape.
std::string page(int scrape, int changed) {
  std::string out;
  for (int i = 0; i < kSeries; ++i) {
    if (i % 100 == 0) {
      const auto family = "service_requests_family_" + std::to_string(i / 100) + "_total";
      out += "# HELP " + family + " Requests that the service answered.\n# TYPE " + family + " counter\n";
    }
    out += "service_requests_family_" + std::to_string(i / 100) + "_total{datacenter=\"eu-west-1\",method=\"GET\",path=\"/api/v1/items/" +
           std::to_string(i % 100) + "\",pod=\"service-7f9c6d5b4-x2x9z\",code=\"200\"} ";
    out += std::to_string(100'000 + i * 7 + (i % 100 < changed ? scrape * 3 : 0)) + "\n";
  }
  return out;
}

void scrape_pages(benchmark::State& state, int changed) {
  CountingStore store;
  ScrapeConfig job;
  PageCache cache;
  Gathered gathered;
  std::vector<SeriesRef> stale;
  PageContext context{.job = &job, .target = Labels{{"instance", "host-1:9090"}, {"job", "service"}}};
  const std::string pages[] = {page(0, changed), page(1, changed), page(2, changed), page(3, changed)};
  for (std::size_t i = 0; auto _ : state) {
    context.t_ms += 1000;
    if (!cache.read(pages[i++ % 4], context, store, gathered)) state.SkipWithError("page refused");
    benchmark::DoNotOptimize(store.append(gathered.batch(), {}));
    cache.commit(stale);
  }
  const auto samples = static_cast<double>(state.iterations()) * kSeries;
  state.counters["ns/sample"] = benchmark::Counter(samples, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["B/sample"] = static_cast<double>(pages[0].size()) / kSeries;
}

void BM_ScrapeUnchanged(benchmark::State& state) { scrape_pages(state, 0); }
void BM_ScrapeHalfChanged(benchmark::State& state) { scrape_pages(state, 50); }
void BM_ScrapeAllChanged(benchmark::State& state) { scrape_pages(state, 100); }
BENCHMARK(BM_ScrapeUnchanged);
BENCHMARK(BM_ScrapeHalfChanged);
BENCHMARK(BM_ScrapeAllChanged);

void BM_ScrapeFirst(benchmark::State& state) {
  CountingStore store;
  ScrapeConfig job;
  const auto text = page(0, 0);
  for (auto _ : state) {
    PageCache cache;
    Gathered gathered;
    const PageContext context{.job = &job, .target = Labels{{"instance", "host-1:9090"}, {"job", "service"}}, .t_ms = 1000};
    if (!cache.read(text, context, store, gathered)) state.SkipWithError("page refused");
  }
  state.counters["ns/sample"] = benchmark::Counter(static_cast<double>(state.iterations()) * kSeries, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_ScrapeFirst);

void BM_HostRound(benchmark::State& state) {
  CountingStore store;
  host::HostCollector collector(store, system_clock());
  UnixMillis t = 0;
  for (auto _ : state)
    if (!collector.collect(from_unix_millis(t += 1000))) state.SkipWithError("round failed");
  state.counters["samples"] = static_cast<double>(collector.samples_per_round());
}
BENCHMARK(BM_HostRound)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace pharos::scrape
