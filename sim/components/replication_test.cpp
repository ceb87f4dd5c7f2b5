// Replicas of the database and the graph of services in a world with faults.
#include <gtest/gtest.h>

#include "sim/outside.hpp"
#include "sim/world.hpp"

namespace pharos::sim {
namespace {

struct Fleet3 : testing::Test {
  std::unique_ptr<World> world =
      *World::make({.fleet = {.regions = 3, .nodes = 12, .vms_per_node = 2, .seed = 4},
                    .start = from_unix_millis(1'790'000'000'000),
                    .rollout_every_hours = 0});

  void fault(std::string_view kind, FaultTarget target, double length) {
    std::vector<Fault> faults{{.kind = find_fault_kind(kind),
                               .at_seconds = world->seconds(),
                               .for_seconds = length,
                               .target = std::move(target)}};
    ASSERT_TRUE(world->faults().add(faults, world->seconds()));
  }
  void pass(int seconds) {
    for (int i = 0; i < seconds; ++i) world->step(std::chrono::seconds(1));
  }
  double lag(std::uint32_t region) {
    return world->region_page(region).gauge(m::dwcp_db_replication_lag_seconds).value();
  }
  double calls(const char* client, const char* server, const char* kind = "") {
    return graph().counter(outside::service_graph_requests, client, server, kind).value();
  }
  double failed(const char* client, const char* server, const char* kind = "") {
    return graph().counter(outside::service_graph_failed, client, server, kind).value();
  }
  Page& graph() { return world->fleet_page(); }
};

TEST_F(Fleet3, AReplicaBehindACutFallsBackSecondBySecondAndCatchesUp) {
  pass(5);
  for (std::uint32_t r = 0; r < 3; ++r) EXPECT_LT(lag(r), 1) << r;
  fault("link_partition", {.links = *world->fleet().find_links("0:1")}, 60);
  pass(60);
  EXPECT_GT(lag(1), 50);
  EXPECT_LT(lag(0), 1);  // the primary's own region
  EXPECT_LT(lag(2), 1);  // its way is whole
  pass(20);
  EXPECT_LT(lag(1), 1);
}

TEST_F(Fleet3, ADatabaseThatIsSlowLagsEverywhere) {
  fault("database_slow", {}, 60);
  pass(30);
  for (std::uint32_t r = 0; r < 3; ++r) EXPECT_GT(lag(r), 1) << r;
}

TEST_F(Fleet3, TheGraphCountsCallsAndOnlyTheWayThatIsBrokenFails) {
  pass(60);
  EXPECT_GT(calls("front-door", "dwcp-manager"), 60 * 8'000);
  EXPECT_LT(failed("front-door", "dwcp-manager"), 0.01 * calls("front-door", "dwcp-manager"));
  EXPECT_EQ(failed("dwcp-manager", "redis", "database"), 0);
  fault("redis_down", {}, 60);
  pass(30);
  const double before = calls("dwcp-manager", "redis", "database");
  const double lost = failed("dwcp-manager", "redis", "database");
  pass(10);
  // Both count whole events and carry fractions of their own.
  EXPECT_NEAR(failed("dwcp-manager", "redis", "database") - lost,
              calls("dwcp-manager", "redis", "database") - before, 1);
  EXPECT_GT(failed("dwcp-manager", "redis", "database"), 10'000);
  EXPECT_EQ(failed("acp", "etcd", "database"), 0);
}

}  // namespace
}  // namespace pharos::sim
