#include "server/demo_history.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <unordered_map>
#include <vector>

#include "base/disk.hpp"
#include "base/log.hpp"
#include "metrics/store.hpp"
#include "query/engine.hpp"
#include "rules/backtest/backtest.hpp"
#include "sim/virtual_run.hpp"

namespace pharos::server {
namespace {

// Samples of recording rules on their way into the store, some thousand at a time.
class Recorded {
 public:
  explicit Recorded(Appender& appender) : appender_(appender) {}

  void put(const Labels& labels, UnixMillis t_ms, double value) {
    if (!status_) return;
    auto [at, fresh] = refs_.try_emplace(labels, SeriesRef::none);
    if (fresh) {
      auto ref = appender_.resolve(labels);
      if (!ref) {
        status_ = fail(std::move(ref).error());
        return;
      }
      at->second = *ref;
    }
    waiting_.push_back({at->second, t_ms, value});
    if (waiting_.size() >= kBatch) flush();
  }
  Status finish() {
    flush();
    return status_;
  }
  std::uint64_t samples() const { return samples_; }
  std::size_t series() const { return refs_.size(); }

 private:
  static constexpr std::size_t kBatch = 8'192;

  void flush() {
    if (!status_ || waiting_.empty()) return;
    AppendBatch batch;
    batch.floats = waiting_;
    auto outcome = appender_.append(batch);
    if (outcome)
      samples_ += outcome->accepted;
    else
      status_ = fail(std::move(outcome).error());
    waiting_.clear();
  }

  Appender& appender_;
  std::unordered_map<Labels, SeriesRef> refs_;
  std::vector<FloatSample> waiting_;
  std::uint64_t samples_ = 0;
  Status status_;
};

// The groups of the pack with their recording rules alone.
Result<std::vector<rules::RuleGroupSpec>> recording_groups(const std::string& pack) {
  std::vector<std::filesystem::path> files;
  std::error_code code;
  for (const auto& entry : std::filesystem::directory_iterator(pack + "/rules", code))
    if (entry.path().extension() == ".yml") files.push_back(entry.path());
  std::ranges::sort(files);
  std::vector<rules::RuleGroupSpec> out;
  for (const auto& path : files) {
    std::ifstream in(path);
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    auto file = rules::parse_rule_file(text, path.string());
    if (!file.errors.empty()) return fail(file.errors.front());
    for (auto& group : file.groups) {
      std::erase_if(group.rules, [](const auto& rule) { return rule.alerting; });
      if (!group.rules.empty()) out.push_back(std::move(group));
    }
  }
  return out;
}

Status record(metrics::Store& store, const std::shared_ptr<ThreadPool>& pool,
              const std::string& pack, Interval range) {
  const auto& clock = system_clock();
  const auto began = clock.monotonic();
  const auto groups = TRY(recording_groups(pack));
  query::Engine engine({}, pool, clock);
  Recorded recorded(store);
  const auto querier = store.querier();
  TRY(rules::backtest::run(
      groups, *querier,
      [&](Querier& q, const query::QueryRequest& request) { return engine.run(q, request); },
      {.range = range, .recorded = [&](const Labels& labels, UnixMillis t_ms, double value) {
         recorded.put(labels, t_ms, value);
       }}));
  TRY(recorded.finish());
  log::info("history recorded", {{"samples", recorded.samples()},
                                 {"series", recorded.series()},
                                 {"milliseconds", (clock.monotonic() - began).count() / 1'000'000}});
  return {};
}

}  // namespace

Status make_demo_history(sim::World& world, const DemoHistory& history) {
  const auto& clock = system_clock();
  auto disk = open_real_disk(history.storage_path, true);
  if (!disk) return fail(std::move(disk).error().in("--storage.path"));
  const auto pool = std::make_shared<ThreadPool>("work", 2);
  const auto store = TRY(
      metrics::Store::open(std::shared_ptr<Disk>(std::move(*disk)), "metrics", clock, pool, {}));
  const auto newest = store->statistics(0).max_ms;
  // What lies before is stepped through without writing, so that the faults come at their times.
  while (to_unix_millis(world.now()) + history.interval.count() <= newest &&
         world.now() + history.interval <= clock.now())
    world.step(history.interval);
  const auto first = world.now();
  const auto left = clock.now() - first;
  if (left < history.interval) return {};
  const auto began = clock.monotonic();
  const auto report = TRY(sim::run_virtual(world, *store,
                                           {.interval = history.interval,
                                            .duration = std::chrono::duration_cast<Millis>(left),
                                            .instance = history.instance,
                                            .stop = {}}));
  log::info("history made up", {{"samples", report.samples},
                                {"series", report.series},
                                {"milliseconds", (clock.monotonic() - began).count() / 1'000'000}});
  return record(*store, pool, history.pack, {first, world.now()});
}

}  // namespace pharos::server
