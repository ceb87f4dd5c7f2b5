// Budgets: 1 us to make a series of 8 labels, 150 bytes for one, 20 us for {job="node"} over 10,000
// series, 100 us to group as many, 0.4 s to load a million from the log at 40 bytes each.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <optional>

#include "base/sim_disk.hpp"
#include "metrics/series_log.hpp"

namespace pharos::metrics {
namespace {

// A fleet: `unique` of the 7 or 8 labels of a series differ from series to series.
struct Fleet {
  std::vector<std::string> texts;
  std::vector<LabelView> labels;
  std::vector<std::uint32_t> offsets{0};
  std::size_t series;

  Fleet(std::size_t count, bool unique, std::size_t labels_each) : series(count) {
    const auto keep = [&](std::string text) { return std::string_view(texts.emplace_back(std::move(text))); };
    texts.reserve(count * 3 + 100'000);
    std::vector<std::string_view> metrics, components, pods, devices;
    for (int i = 0; i < 500; ++i) metrics.push_back(keep("http_server_metric_number_" + std::to_string(i) + "_total"));
    for (int i = 0; i < 20; ++i) components.push_back(keep("component-" + std::to_string(i)));
    for (std::size_t i = 0; i < count / 500 + 1; ++i) pods.push_back(keep("deployment-7d4b9c-" + std::to_string(i * 7919 % 1'000'003)));
    for (int i = 0; i < 8; ++i) devices.push_back(keep("sd" + std::string(1, static_cast<char>('a' + i))));
    for (std::size_t i = 0; i < count; ++i) {
      const auto pod = i / 500;
      labels.push_back({"__name__", metrics[i % 500]});
      labels.push_back({"cluster", "production"});
      labels.push_back({"component", components[pod % 20]});
      labels.push_back({"device", devices[i % 8]});
      labels.push_back({"instance", pods[pod]});
      labels.push_back({"job", "node"});
      if (labels_each > 7) labels.push_back({"namespace", components[pod % 7]});
      if (unique) labels.push_back({"trace", keep("id-" + std::to_string(i * 2654435761u % 1'000'000'007))});
      else labels.push_back({"zone", devices[pod % 3]});
      offsets.push_back(static_cast<std::uint32_t>(labels.size()));
    }
  }
  void make(SeriesTable& table, std::vector<Slot>& created) const {
    std::vector<Slot> slots(series);
    std::vector<Appender::ResolveError> errors;
    // In scrapes of 500.
    for (std::size_t i = 0; i < series; i += 500) {
      const auto n = std::min<std::size_t>(500, series - i);
      table.resolve(labels, std::span(offsets).subspan(i, n + 1), std::span(slots).subspan(i, n), created, errors);
    }
  }
};

void create(benchmark::State& state) {
  const Fleet fleet(1'000'000, state.range(0) != 0, 8);
  double bytes = 0, own = 0;
  for (auto _ : state) {
    state.PauseTiming();
    malloc_trim(0);
    const auto before = mallinfo2();
    auto table = std::make_optional<SeriesTable>(SeriesLimits{});
    std::vector<Slot> created;
    created.reserve(fleet.series);
    state.ResumeTiming();
    fleet.make(*table, created);
    state.PauseTiming();
    const auto after = mallinfo2();
    bytes = static_cast<double>(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd) - 4e6;
    own = static_cast<double>(table->memory_bytes());
    table.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * 1'000'000);
  state.counters["bytes_per_series"] = bytes / 1e6;
  state.counters["counted_bytes"] = own / 1e6;
}
BENCHMARK(create)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond)->Iterations(2);

void resolve_known(benchmark::State& state) {
  const Fleet fleet(100'000, true, 8);
  SeriesTable table(SeriesLimits{});
  std::vector<Slot> created;
  fleet.make(table, created);
  for (auto _ : state) fleet.make(table, created);
  state.SetItemsProcessed(state.iterations() * 100'000);
}
BENCHMARK(resolve_known)->Unit(benchmark::kMillisecond);

void churn(benchmark::State& state) {  // 10,000 of a million released and made again, in scrapes
  const Fleet fleet(1'000'000, false, 8), next(10'000, true, 8);
  SeriesTable table(SeriesLimits{});
  std::vector<Slot> created;
  fleet.make(table, created);
  std::vector<Slot> gone;
  for (Slot slot = 0; slot < 10'000; ++slot) gone.push_back(slot * 99);
  for (auto _ : state) {
    table.release(gone);
    gone.clear();
    next.make(table, gone);
  }
}
BENCHMARK(churn)->Unit(benchmark::kMillisecond)->Iterations(3);

// Each with another text, so that none is remembered: range(0) series in all, range(1) the kind.
void match(benchmark::State& state) {
  const Fleet fleet(static_cast<std::size_t>(state.range(0)), true, 8);
  SeriesTable table(SeriesLimits{});
  std::vector<Slot> created;
  fleet.make(table, created);
  std::int64_t n = 0;
  std::size_t found = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const auto never = Matcher::make(MatchOp::not_equal, "none", "x" + std::to_string(++n));
    std::vector<Matcher> matchers{*never};
    switch (state.range(1)) {
      case 0: matchers.push_back(Matcher::equal("job", "node")); break;
      case 1:
        matchers.push_back(Matcher::equal("job", "node"));
        matchers.push_back(Matcher::equal("__name__", "http_server_metric_number_7_total"));
        break;
      case 2: matchers.push_back(*Matcher::make(MatchOp::regex, "component", "component-1.*")); break;
      case 3: matchers.push_back(*Matcher::make(MatchOp::regex, "trace", "id-77.*")); break;
      default:
        matchers.push_back(Matcher::equal("__name__", "http_server_metric_number_7_total"));
        matchers.push_back(*Matcher::make(MatchOp::regex, "trace", ".*[13579]"));
        matchers.push_back(*Matcher::make(MatchOp::not_regex, "device", "sda|sdb"));
    }
    state.ResumeTiming();
    found = (*table.match(matchers))->size();
  }
  state.counters["series"] = static_cast<double>(found);
}
BENCHMARK(match)->ArgsProduct({{10'000, 1'000'000}, {0, 1, 2, 3, 4}})->Unit(benchmark::kMicrosecond);

void group(benchmark::State& state) {
  const Fleet fleet(10'000, true, 8);
  SeriesTable table(SeriesLimits{});
  std::vector<Slot> created;
  fleet.make(table, created);
  const std::vector<std::vector<std::string>> names{{"component"}, {"component", "device", "instance"}, {"trace", "device", "instance"}};
  const auto& by = names[static_cast<std::size_t>(state.range(0))];
  for (auto _ : state) benchmark::DoNotOptimize(table.group(created, by, state.range(0) == 2));
}
BENCHMARK(group)->Arg(0)->Arg(1)->Arg(2)->Unit(benchmark::kMicrosecond);

void load(benchmark::State& state) {
  const Fleet fleet(1'000'000, state.range(0) != 0, 7);
  SimDisk disk;
  std::vector<Damage> damage;
  double bytes = 0;
  {
    SeriesTable table(SeriesLimits{});
    auto log = *SeriesLog::open(disk, "s", table, damage);
    std::vector<Slot> created;
    fleet.make(table, created);
    for (std::size_t i = 0; i < created.size(); i += 10'000) (void)log->append(std::span(created).subspan(i, 10'000));
    bytes = static_cast<double>(log->bytes());
  }
  for (auto _ : state) {
    auto table = std::make_optional<SeriesTable>(SeriesLimits{});
    auto log = *SeriesLog::open(disk, "s", *table, damage);
    state.PauseTiming();
    if (table->live() != 1'000'000 || !damage.empty()) state.SkipWithError("not whole");
    table.reset();
    state.ResumeTiming();
  }
  state.counters["file_bytes_per_series"] = bytes / 1e6;
}
BENCHMARK(load)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond)->Iterations(3);

}  // namespace
}  // namespace pharos::metrics
