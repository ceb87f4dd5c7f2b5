// Budget: remote write 0.07 CPU-s per million samples up to the Appender (snappy 0.04, walk, hash and
// match 0.025). Items are samples; read items_per_second as samples per CPU-second.
#include <benchmark/benchmark.h>

#include <map>

#include "ingest/remote_write.hpp"
#include "ingest/write_request_test.hpp"

namespace pharos::ingest {
namespace {

class CountingAppender final : public Appender {
 public:
  Result<SeriesRef> resolve(const Labels&) override { return SeriesRef{++next_}; }
  void resolve(std::span<const LabelView>, std::span<const std::uint32_t>, std::span<SeriesRef> refs,
               std::vector<ResolveError>&) override {
    for (auto& ref : refs) ref = SeriesRef{++next_};
  }
  Result<AppendOutcome> append(const AppendBatch& batch, const AppendOptions&) override {
    AppendOutcome outcome;
    outcome.accepted = batch.floats.size();
    benchmark::DoNotOptimize(batch.floats.data());
    return outcome;
  }

 private:
  std::uint64_t next_ = 0;
};

LabelList labels_of(std::size_t i) {
  return {{"__name__", "dwcp_component_requests_total_" + std::to_string(i % 40)},
          {"component", "component-" + std::to_string(i % 7)},
          {"instance", "node-" + std::to_string(i / 300) + ".region-1.example:9100"},
          {"job", "dwcp"},
          {"mode", "mode" + std::to_string(i % 8)},
          {"vm_id", "vm-" + std::to_string(i)}};
}

void remote_write_v1(benchmark::State& state) {
  const auto series = static_cast<std::size_t>(state.range(0));
  constexpr std::size_t kPerRequest = 2000;
  std::vector<net::Request> requests;
  for (std::size_t at = 0; at < series; at += kPerRequest) {
    std::string body;
    codec::ProtoWriter to(body);
    for (std::size_t i = at; i < at + kPerRequest; ++i) put_series_v1(to, labels_of(i), 1'700'000'000'000, static_cast<double>(i) * 0.5);
    requests.push_back(write_request(body));
  }
  CountingAppender appender;
  SeriesCache cache;
  for (const auto& r : requests) handle_remote_write(r, appender, cache, {});
  std::size_t next = 0;
  for (auto _ : state) {
    const auto response = handle_remote_write(requests[next], appender, cache, {});
    if (response.status != 204) state.SkipWithError(response.body.c_str());
    next = (next + 1) % requests.size();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kPerRequest));
}
BENCHMARK(remote_write_v1)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);

void remote_write_v2(benchmark::State& state) {
  const auto series = static_cast<std::size_t>(state.range(0));
  constexpr std::size_t kPerRequest = 2000;
  std::vector<net::Request> requests;
  for (std::size_t at = 0; at < series; at += kPerRequest) {
    std::string body, inner;
    codec::ProtoWriter to(body);
    std::vector<std::string> symbols{""};
    std::map<std::string, std::size_t> index{{"", 0}};
    const auto ref = [&](const std::string& text) {
      const auto [found, fresh] = index.try_emplace(text, symbols.size());
      if (fresh) symbols.push_back(text);
      return found->second;
    };
    for (std::size_t i = at; i < at + kPerRequest; ++i) {
      std::string refs;
      for (const auto& [name, value] : labels_of(i)) codec::put_varint(refs, ref(name)), codec::put_varint(refs, ref(value));
      to.message(5, [&](codec::ProtoWriter& s) {
        s.bytes(1, refs);
        s.message(2, [&](codec::ProtoWriter& p) { p.real(1, static_cast<double>(i)), p.int64(2, 1'700'000'000'000); });
      });
    }
    for (const auto& symbol : symbols) to.bytes(4, symbol);
    requests.push_back(write_request(body, "application/x-protobuf;proto=io.prometheus.write.v2.Request"));
  }
  CountingAppender appender;
  SeriesCache cache;
  for (const auto& r : requests) handle_remote_write(r, appender, cache, {});
  std::size_t next = 0;
  for (auto _ : state) {
    const auto response = handle_remote_write(requests[next], appender, cache, {});
    if (response.status != 204) state.SkipWithError(response.body.c_str());
    next = (next + 1) % requests.size();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kPerRequest));
}
BENCHMARK(remote_write_v2)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace pharos::ingest
