// Consensus, Bullshark, allocation and selector in a world with faults.
#include <gtest/gtest.h>

#include "sim/world.hpp"

namespace pharos::sim {
namespace {

struct Agreement : testing::Test {
  std::unique_ptr<World> world =
      *World::make({.fleet = {.regions = 3, .nodes = 12, .vms_per_node = 2, .seed = 4},
                    .start = from_unix_millis(1'790'000'000'000),
                    .rollout_every_hours = 0});

  void fault(std::string_view kind, FaultTarget target = {}) {
    std::vector<Fault> faults{{.kind = find_fault_kind(kind), .target = std::move(target)}};
    ASSERT_TRUE(world->faults().add(faults, world->seconds()));
  }
  void pass(int seconds) {
    for (int i = 0; i < seconds; ++i) world->step(std::chrono::seconds(1));
  }
  double failures() {
    auto& page = world->fleet_page();
    return page.counter(m::probft_consensus_failures_total, "no_quorum", "v3").value() +
           page.counter(m::probft_consensus_failures_total, "timeout", "v3").value();
  }
  Gauge available() { return world->fleet_page().gauge(m::probft_quorum_availability, "v3"); }
  Gauge trust(std::string_view node) {
    return world->fleet_page().gauge(m::tpbft_node_trust_score, node, "v3");
  }
  Gauge health(std::string_view node, std::string_view state) {
    return world->fleet_page().gauge(m::probft_node_health, node, state, "v3");
  }
  Counter committed() {
    return world->fleet_page().counter(m::bullshark_transactions_processed_total, "v3");
  }
};

TEST_F(Agreement, AHealthyFleetDecidesEveryRound) {
  pass(60);
  EXPECT_EQ(failures(), 0);
  EXPECT_EQ(available().value(), 1);
  EXPECT_GT(world->fleet_page().counter(m::probft_consensus_rounds_total, "v3").value(), 100);
  EXPECT_LT(world->state().consensus_ms, 50);
  EXPECT_GT(committed().value(), 60 * 280'000.0);
  EXPECT_NEAR(world->fleet_page().gauge(m::tpbft_message_reduction_percentage, "v3").value(), 40,
              10);
}

TEST_F(Agreement, WithoutAQuorumNothingIsDecidedOrCommitted) {
  pass(10);
  const double before = committed().value();
  fault("quorum_loss");
  pass(30);
  EXPECT_LT(available().value(), 1);
  EXPECT_GT(failures(), 0);
  EXPECT_FALSE(world->state().quorum);
  EXPECT_EQ(committed().value(), before);
}

TEST_F(Agreement, ALiarIsCaughtSuspectedAndTrustedNoMore) {
  pass(10);
  fault("byzantine_node", {.region = {}, .node = 5, .component = {}, .version = {}, .links = {}});
  pass(30);
  EXPECT_GT(world->fleet_page()
                .counter(m::probft_byzantine_events_detected, "equivocation", "v3")
                .value(),
            0);
  EXPECT_GT(
      world->node_page(2).counter(m::dwcp_v3_acp_byzantine_detections_total, "node-2").value(), 0)
      << "a neighbour in the region tells of it";
  EXPECT_EQ(
      world->node_page(0).counter(m::dwcp_v3_acp_byzantine_detections_total, "node-0").value(), 0);
  EXPECT_EQ(health("node-5", "suspected").value(), 1);
  EXPECT_LT(trust("node-5").value(), 0.7);
  EXPECT_GT(trust("node-4").value(), 0.85);
  EXPECT_EQ(failures(), 0) << "one of twelve is not too many";
}

TEST_F(Agreement, ASilentReplicaIsSuspectedAtOnce) {
  fault("silent_replica", {.region = {}, .node = 11, .component = {}, .version = {}, .links = {}});
  pass(2);
  EXPECT_EQ(health("node-11", "suspected").value(), 1);
  EXPECT_EQ(health("node-10", "healthy").value(), 1);
}

TEST_F(Agreement, MessagesThatWaitMakeRoundsSlowThenFail) {
  fault("consensus_slow");
  pass(5);
  EXPECT_GT(world->state().consensus_ms, 100);
  EXPECT_EQ(failures(), 0);
  fault("consensus_failure");
  pass(30);
  EXPECT_GT(failures(), 0);
}

}  // namespace
}  // namespace pharos::sim
