#include "sim/virtual_run.hpp"

#include <gtest/gtest.h>

#include <map>

#include "codec/json.hpp"

namespace pharos::sim {
namespace {

// Keeps what it is given.
class Kept final : public Appender {
 public:
  Result<SeriesRef> resolve(const Labels& labels) override {
    const auto [at, fresh] = refs_.emplace(labels.to_metric_string(), refs_.size() + 1);
    if (fresh) series_.push_back({});
    return static_cast<SeriesRef>(at->second);
  }
  void resolve(std::span<const LabelView>, std::span<const std::uint32_t>, std::span<SeriesRef>,
               std::vector<ResolveError>&) override {}
  Result<AppendOutcome> append(const AppendBatch& batch, const AppendOptions&) override {
    for (const auto& sample : batch.floats)
      series_[static_cast<std::size_t>(sample.ref) - 1].emplace_back(sample.t_ms, sample.value);
    return AppendOutcome{.accepted = batch.floats.size()};
  }
  const std::vector<std::pair<UnixMillis, double>>& of(const std::string& name) {
    const auto at = refs_.find(name);
    static const std::vector<std::pair<UnixMillis, double>> none;
    return at == refs_.end() ? none : series_[at->second - 1];
  }
  std::size_t size() const { return refs_.size(); }

 private:
  std::map<std::string, std::size_t> refs_;
  std::vector<std::vector<std::pair<UnixMillis, double>>> series_;
};

std::unique_ptr<World> make_world(std::uint32_t nodes) {
  return *World::make(
      {.fleet = {.regions = 3, .nodes = nodes}, .start = from_unix_millis(1'790'000'000'000)});
}

TEST(VirtualRun, WritesASampleOfEverySeriesAtEveryTick) {
  auto world = make_world(6);
  Kept kept;
  const auto report = run_virtual(*world, kept, {.duration = std::chrono::minutes(5)});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->ticks, 20u);
  EXPECT_EQ(report->series, kept.size());
  EXPECT_EQ(report->samples, 20 * report->series);
  EXPECT_EQ(report->rejected, 0u);
  const auto& up = kept.of(
      R"(up{instance="sim", job="dwcp-v3-core", node="node-0", region="us-east", version="v3"})");
  ASSERT_EQ(up.size(), 20u);
  EXPECT_EQ(up[0], (std::pair<UnixMillis, double>{1'790'000'015'000, 1}));
}

TEST(VirtualRun, ATargetThatStopsAnsweringGoesStaleOnceAndHasUpZero) {
  auto world = make_world(6);
  auto faults = parse_faults(
      *codec::Json::parse(R"([{"kind":"node_crash","at":60,"for":60,"target":{"node":1}}])"),
      world->fleet());
  ASSERT_TRUE(world->faults().add(*faults, 0));
  Kept kept;
  ASSERT_TRUE(run_virtual(*world, kept, {.duration = std::chrono::minutes(3)}));
  const auto& up = kept.of(
      R"(up{instance="sim", job="dwcp-v3-core", node="node-1", region="eu-west", version="v3"})");
  const auto down =
      std::count_if(up.begin(), up.end(), [](const auto& s) { return s.second == 0; });
  EXPECT_EQ(down, 4);
  const auto& health = kept.of(
      R"(dwcp_system_component_health{cluster="eu-west", component="hde", instance="sim", job="dwcp-v3-core", node="node-1", region="eu-west", version="v3"})");
  ASSERT_EQ(health.size(), up.size() - 3);
  EXPECT_EQ(
      std::count_if(health.begin(), health.end(), [](const auto& s) { return is_stale(s.second); }),
      1);
}

}  // namespace
}  // namespace pharos::sim
