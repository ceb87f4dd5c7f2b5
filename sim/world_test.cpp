#include "sim/world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "codec/json.hpp"
#include "model/exposition/exposition.hpp"
#include "sim/controls.hpp"

namespace pharos::sim {
namespace {

using std::chrono::seconds;

std::unique_ptr<World> make_world(std::uint64_t seed = 1, std::uint32_t nodes = 6) {
  WorldConfig config{.fleet = {.regions = 3, .nodes = nodes, .seed = seed},
                     .start = from_unix_millis(1'790'000'000'000)};
  return *World::make(config);
}

std::string pages_of(World& world) {
  std::string out;
  for (const auto& page : world.pages()) page->write(out, Page::Format::text);
  return out;
}

Status post(World& world, std::string_view faults) {
  auto parsed = parse_faults(*codec::Json::parse(faults), world.fleet());
  if (!parsed) return fail(parsed.error());
  return world.faults().add(std::move(*parsed), world.seconds());
}

TEST(World, EqualSeedsGiveEqualBytes) {
  auto a = make_world(), b = make_world(), c = make_world(2);
  for (auto* world : {a.get(), b.get(), c.get()}) {
    ASSERT_TRUE(post(*world, R"([{"kind":"link_loss","at":60,"for":120}])"));
    for (int i = 0; i < 40; ++i) world->step(seconds(15));
  }
  EXPECT_EQ(pages_of(*a), pages_of(*b));
  EXPECT_NE(pages_of(*a), pages_of(*c));
}

TEST(World, EveryPageIsOneAStrictScraperTakes) {
  auto world = make_world();
  world->step(seconds(15));
  for (const auto& page : world->pages()) {
    std::string text;
    page->write(text, Page::Format::openmetrics);
    const auto valid = exposition::validate_openmetrics(text);
    EXPECT_TRUE(valid) << page->target().path << ": " << valid.error().message;
  }
}

TEST(World, CountersStandAtZeroBeforeAnythingHappens) {
  auto world = make_world();
  for (const auto& page : world->pages()) {
    std::string text;
    page->write(text, Page::Format::text);
    auto parser = exposition::make_parser(exposition::Format::text, text);
    exposition::Entry entry;
    MetricType type = MetricType::unknown;
    for (auto more = parser->next(entry); more && *more; more = parser->next(entry)) {
      if (entry.kind == exposition::EntryKind::type) type = entry.type;
      if (entry.kind == exposition::EntryKind::sample && type != MetricType::gauge) {
        EXPECT_EQ(entry.value, 0) << entry.series;
      }
    }
  }
}

TEST(World, ANodeThatCrashesDoesNotAnswerAndComesBackCountingFromZero) {
  auto world = make_world();
  for (int i = 0; i < 4; ++i) world->step(seconds(15));
  ASSERT_TRUE(post(*world, R"([{"kind":"node_crash","target":{"node":4}}])"));
  world->step(seconds(15));
  EXPECT_FALSE(world->node_page(4).reachable);
  EXPECT_TRUE(world->node_page(3).reachable);
  ASSERT_EQ(world->faults().truth().size(), 1u);
  EXPECT_EQ(world->faults().truth()[0].onset, 60);
  EXPECT_FALSE(world->faults().truth()[0].end);
  ASSERT_TRUE(control(*world, *codec::Json::parse(R"({"action":"restart","target":{"node":4}})")));
  EXPECT_TRUE(world->faults().truth()[0].end);
  world->step(seconds(15));
  EXPECT_FALSE(world->node_page(4).reachable);
  world->step(seconds(15));
  EXPECT_TRUE(world->node_page(4).reachable);
}

TEST(World, ALinkThatIsCutPassesNothingAndItsTunnelSaysSo) {
  auto world = make_world();
  const auto link = world->fleet().link(0, 1)->index;
  world->step(seconds(15));
  EXPECT_GT(world->state().links[link].used_bytes_per_second, 0);
  ASSERT_TRUE(post(*world, R"([{"kind":"link_partition","target":{"link":"0>1"}}])"));
  for (int i = 0; i < 2; ++i) world->step(seconds(15));
  EXPECT_EQ(world->state().links[link].used_bytes_per_second, 0);
  EXPECT_GT(world->state().links[world->fleet().link(1, 2)->index].used_bytes_per_second, 0);
}

struct Records final : client::SpanSink, client::LogSink {
  std::vector<client::SpanData> spans;
  std::vector<std::pair<std::string, client::TraceContext>> logs;
  void take(const client::SpanData& span) noexcept override { spans.push_back(span); }
  void take(const client::LogRecord& record) noexcept override {
    logs.emplace_back(record.message, record.context);
  }
};

TEST(World, TracesCrossRegionsAndLogsCarryTheirIds) {
  auto world = make_world();
  const auto records = std::make_shared<Records>();
  world->set_sinks(records, records);
  for (int i = 0; i < 5; ++i) world->step(seconds(1));
  std::map<std::uint64_t, std::set<std::string>> regions;
  for (const auto& span : records->spans) {
    regions[span.context.trace_low].insert(span.fields.at(0).text);
    EXPECT_LT(span.begin_ns, span.end_ns);
  }
  EXPECT_EQ(regions.size(), 5u);
  for (const auto& [trace, of] : regions) EXPECT_EQ(of.size(), 2u);
  const auto with_id =
      std::count_if(records->logs.begin(), records->logs.end(),
                    [&](const auto& log) { return regions.contains(log.second.trace_low); });
  EXPECT_EQ(with_id, 5);
}

TEST(World, MistakesInFaultsAreNamed) {
  auto world = make_world();
  const auto error = [&](std::string_view text) {
    const auto status = post(*world, text);
    return status ? std::string() : status.error().message;
  };
  EXPECT_EQ(error(R"([{"kind":"node_crsh"}])"),
            "fault 0: kind: there is no kind of fault 'node_crsh', did you mean 'node_crash'?");
  EXPECT_EQ(error(R"([{"at":3}])"), "fault 0: kind is missing");
  EXPECT_EQ(
      error(R"([{"kind":"node_crash","target":{"node":99}}])"),
      "fault 0: target.node: there is no node '99': expected 0 to 5 or a name such as 'node-0'");
  EXPECT_EQ(error(R"([{"kind":"node_crash","severity":2}])"),
            "fault 0: severity: '2' is not in 0 to 1");
}

}  // namespace
}  // namespace pharos::sim
