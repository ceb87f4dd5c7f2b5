#include "sim/controls.hpp"

#include <gtest/gtest.h>

#include "codec/json.hpp"

namespace pharos::sim {
namespace {

using std::chrono::seconds;

std::unique_ptr<World> make_world() {
  return *World::make({.fleet = {.regions = 3, .nodes = 9},
                       .start = from_unix_millis(1'790'000'000'000),
                       .rollout_every_hours = 0});
}

Status act(World& world, std::string_view json) {
  return control(world, *codec::Json::parse(json));
}

void begin(World& world, std::string_view json) {
  auto faults = parse_faults(*codec::Json::parse(json), world.fleet());
  ASSERT_TRUE(faults);
  ASSERT_TRUE(world.faults().add(std::move(*faults), world.seconds()));
  world.step(seconds(15));
  ASSERT_FALSE(world.faults().truth().back().end);
}

bool over(World& world) {
  return world.faults().truth().back().end.has_value();
}

TEST(Controls, TheFlagTakesABadCanaryOutOfTraffic) {
  auto world = make_world();
  begin(*world, R"([{"kind":"bad_canary","severity":1}])");
  EXPECT_GT(world->state().request_error_ratio, 0.2);
  ASSERT_TRUE(act(*world, R"({"action":"flag","target":"dwcp-v3","value":false})"));
  world->step(seconds(15));
  EXPECT_TRUE(over(*world));
  EXPECT_LT(world->state().request_error_ratio, 0.01);
}

TEST(Controls, AWeightOfZeroCuresWhatTheVersionDoesAndAnotherDoesNot) {
  auto world = make_world();
  begin(*world, R"([{"kind":"bad_canary","severity":1}])");
  ASSERT_TRUE(act(*world, R"({"action":"weight","target":"canary","value":0.1})"));
  world->step(seconds(15));
  EXPECT_FALSE(over(*world));
  EXPECT_LT(world->state().request_error_ratio, 0.1);
  ASSERT_TRUE(act(*world, R"({"action":"weight","target":"canary","value":0})"));
  EXPECT_TRUE(over(*world));
}

TEST(Controls, ADrainedNodeCarriesNothingUntilItIsTakenBack) {
  auto world = make_world();
  world->step(seconds(15));
  ASSERT_TRUE(act(*world, R"({"action":"drain","target":"node-4"})"));
  world->step(seconds(15));
  EXPECT_EQ(world->state().nodes[4].sent_bytes_per_second, 0);
  EXPECT_TRUE(world->node_page(4).reachable);
  ASSERT_TRUE(act(*world, R"({"action":"drain","target":{"node":4},"value":false})"));
  world->step(seconds(15));
  EXPECT_GT(world->state().nodes[4].sent_bytes_per_second, 0);
}

TEST(Controls, TheLastNodeWithTrafficIsNotDrained) {
  auto world = make_world();
  for (int n = 0; n < 8; ++n)
    ASSERT_TRUE(act(*world, R"({"action":"drain","target":{"node":)" + std::to_string(n) + "}}"));
  const auto refused = act(*world, R"({"action":"drain","target":{"node":8}})");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::conflict);
}

TEST(Controls, IsolationEndsWhatAByzantineNodeDoes) {
  auto world = make_world();
  begin(*world, R"([{"kind":"byzantine_node","target":{"node":3}}])");
  ASSERT_TRUE(act(*world, R"({"action":"isolate","target":{"node":2}})"));
  EXPECT_FALSE(over(*world)) << "another node";
  ASSERT_TRUE(act(*world, R"({"action":"isolate","target":{"node":3}})"));
  EXPECT_TRUE(over(*world));
}

TEST(Controls, MistakesAreNamed) {
  auto world = make_world();
  const auto error = [&](std::string_view json) {
    const auto status = act(*world, json);
    return status ? std::string() : status.error().message;
  };
  EXPECT_EQ(error(R"([])"), "expected {action, target, value}");
  EXPECT_EQ(error(R"({"action":"drain"})"), "target is missing");
  EXPECT_EQ(error(R"({"action":"drain","target":"us-east"})"), "target: drain needs a node");
  EXPECT_EQ(error(R"({"action":"drain","target":{"node":1},"force":1})"),
            "unknown key 'force': expected action, target and value");
  EXPECT_EQ(error(R"({"action":"weight","target":"canary","value":"all"})"),
            "value: expected a share in 0 to 1");
  EXPECT_EQ(error(R"({"action":"isolate","target":{"node":1},"value":"maybe"})"),
            "value: expected true or false");
}

TEST(Rollout, GoesThroughItsThreeStagesInTheirPlannedTime) {
  auto world = *World::make({.fleet = {.regions = 3, .nodes = 9},
                             .start = from_unix_millis(1'790'000'000'000),
                             .rollout_every_hours = 48,
                             .rollout_first_hours = 1});
  std::vector<double> shares;
  double began = 0, ended = 0;
  for (int i = 0; i < 4 * 60 * 4; ++i) {
    world->step(seconds(15));
    const auto& rollout = world->state().rollout;
    if (rollout.running && began == 0) began = world->seconds();
    if (!rollout.running && began > 0 && ended == 0) ended = world->seconds();
    if (shares.empty() || shares.back() != rollout.canary_share)
      shares.push_back(rollout.canary_share);
    EXPECT_GE(rollout.seconds_left, 0) << "late without a fault";
  }
  EXPECT_EQ(shares, (std::vector<double>{1, 0.1, 0.5, 1}));
  EXPECT_NEAR((ended - began) / 60, 140, 1);
}

}  // namespace
}  // namespace pharos::sim
