#include "sim/faults/fault_tables.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <set>

#include "sim/world.hpp"

namespace pharos::sim {
namespace {

std::unique_ptr<World> make_world() {
  return *World::make({.fleet = {.regions = 3, .nodes = 9, .vms_per_node = 2, .seed = 4},
                       .start = from_unix_millis(1'790'000'000'000),
                       .rollout_every_hours = 48,
                       .rollout_first_hours = 0.005});
}

std::string pages_of(World& world) {
  std::string out;
  for (const auto& page : world.pages()) {
    page->write(out, Page::Format::text);
    out += page->reachable ? "up " : "down ";
    out += std::to_string(page->scrape_seconds);
  }
  return out;
}

TEST(FaultTables, HaveFortyKindsAndMoreEachWithItsOwnNameAndCause) {
  std::set<std::string_view> names, causes;
  for (const auto& kind : fault_kinds()) {
    EXPECT_TRUE(names.insert(kind.name).second) << kind.name;
    EXPECT_TRUE(causes.insert(kind.cause).second) << kind.cause;
    EXPECT_FALSE(kind.pushes.empty()) << kind.name;
    for (const char c : kind.name) EXPECT_TRUE(std::islower(c) || c == '_') << kind.name;
    EXPECT_TRUE(kind.component.empty() || find_component(kind.component)) << kind.name;
    EXPECT_EQ(find_fault_kind(kind.name), &kind);
  }
  EXPECT_GE(names.size(), 60U);
}

TEST(FaultTables, EveryKindLeavesATruthAndMovesTheSeries) {
  for (const auto& kind : fault_kinds()) {
    auto sick = make_world(), sound = make_world();
    std::vector<Fault> faults{{.kind = &kind, .at_seconds = 60, .for_seconds = 240, .target = {}}};
    ASSERT_TRUE(sick->faults().add(faults, 0)) << kind.name;
    for (auto* world : {sick.get(), sound.get()})
      for (int i = 0; i < 4; ++i) world->step(std::chrono::seconds(14));
    EXPECT_TRUE(pages_of(*sick) == pages_of(*sound)) << kind.name << " before its onset";
    for (auto* world : {sick.get(), sound.get()})
      for (int i = 0; i < 20; ++i) world->step(std::chrono::seconds(10));
    EXPECT_FALSE(pages_of(*sick) == pages_of(*sound)) << kind.name;
    ASSERT_EQ(sick->faults().truth().size(), 1U) << kind.name;
    const auto truth = sick->faults().truth()[0];
    EXPECT_EQ(truth.kind, &kind);
    EXPECT_EQ(truth.onset, 60);
    EXPECT_GE(truth.harm, truth.onset);
    EXPECT_FALSE(truth.end);
    EXPECT_FALSE(truth.affected.empty()) << kind.name;
    for (int i = 0; i < 10; ++i) sick->step(std::chrono::seconds(10));
    EXPECT_EQ(sick->faults().truth()[0].end, 300) << kind.name;
  }
}

TEST(FaultTables, TheSeedChoosesTheTargetThatAFaultDoesNotName) {
  const auto affected = [](std::string_view kind) {
    auto world = make_world();
    std::vector<Fault> faults{{.kind = find_fault_kind(kind), .target = {}}};
    EXPECT_TRUE(world->faults().add(faults, 0));
    world->step(std::chrono::seconds(1));
    return world->faults().truth()[0].affected;
  };
  EXPECT_EQ(affected("node_crash"), affected("node_crash"));
  EXPECT_EQ(affected("node_crash").size(), 1U);
  EXPECT_EQ(affected("link_loss").size(), 2U) << "both directions";
  EXPECT_EQ(affected("asymmetric_route").size(), 1U) << "one";
}

}  // namespace
}  // namespace pharos::sim
