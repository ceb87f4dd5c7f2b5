// The smaller models: trust, Bullshark, allocation, compression choice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/models/allocation.hpp"
#include "sim/models/bullshark.hpp"
#include "sim/models/compression_choice.hpp"
#include "sim/models/trust.hpp"

namespace pharos::sim {
namespace {

using ::testing::ElementsAre;

TEST(Trust, IsLostAtOnceAndWonBackSlowly) {
  TrustBook book(3);
  const auto fall = book.record(1, TrustBook::Seen::lying, 1);
  EXPECT_EQ(fall.direction, -1);
  EXPECT_TRUE(fall.anomaly);
  EXPECT_THAT(book.most_trusted(2), ElementsAre(0U, 2U));
  const double low = book.score(1);
  for (int i = 0; i < 60; ++i) book.record(1, TrustBook::Seen::useful, 1);
  EXPECT_GT(book.score(1), low);
  EXPECT_LT(book.score(1), TrustBook::kStart);
  for (int i = 0; i < 3600; ++i) book.record(1, TrustBook::Seen::useful, 1);
  EXPECT_NEAR(book.score(1), TrustBook::kCeiling, 0.001);
}

TEST(Trust, AnAbsentReplicaIsNoAnomaly) {
  TrustBook book(1);
  EXPECT_FALSE(book.record(0, TrustBook::Seen::absent, 1).anomaly);
  for (int i = 0; i < 60; ++i) book.record(0, TrustBook::Seen::absent, 1);
  EXPECT_LT(book.score(0), 0.5);
}

struct Graph : testing::Test {
  Random random{3};
  Bullshark graph{{.validators = 10}};
  BullsharkInput input{.live = 10};
  BullsharkOutput run(int seconds) {
    BullsharkOutput out;
    for (int i = 0; i < seconds; ++i) out = graph.step(input, random);
    return out;
  }
};

TEST_F(Graph, CommitsWhatIsOfferedAndKeepsTheMempoolNearlyEmpty) {
  const auto out = run(60);
  EXPECT_NEAR(out.processed, 326'000, 10'000);
  EXPECT_LT(graph.mempool_usage(), 0.05);
  EXPECT_EQ(out.rejected_full, 0);
  EXPECT_LT(out.confirmation_s, 1);
}

TEST_F(Graph, AFloodFillsTheMempoolAndTheRestIsRefused) {
  input.offered_tps *= 6;
  const auto out = run(10);
  EXPECT_EQ(graph.mempool_usage(), 1);
  EXPECT_GT(out.rejected_full, 0);
  EXPECT_GT(out.processed, 326'000) << "what fits is still committed";
}

TEST_F(Graph, WithoutAQuorumNothingIsCommitted) {
  input.live = 6;
  const auto out = run(3);
  EXPECT_EQ(out.processed, 0);
  EXPECT_EQ(out.vertices, 0);
  EXPECT_GT(graph.mempool(), 326'000);
}

TEST_F(Graph, SlowExecutionHoldsUpCommits) {
  input.execution = 0.4;
  EXPECT_NEAR(run(5).processed, 0.4 * 470'000, 1'000);
}

struct Allocating : testing::Test {
  Random random{3};
  AllocationLoop loop{3};
  AllocationInput input{.seconds = 1,
                        .demand = {{0.2, 0.2, 0.2}, {0.3, 0.2, 0.1}, {0.2, 0.3, 0.3}}};
  AllocationOutput run(int steps) {
    AllocationOutput out;
    for (int i = 0; i < steps; ++i) out = loop.step(input, random);
    return out;
  }
};

TEST_F(Allocating, GivesALittleMoreThanIsNeeded) {
  const auto out = run(30);
  EXPECT_GT(out.efficiency, 0.9);
  EXPECT_GT(out.quality, 0.99);
  EXPECT_THAT(out.starved, ElementsAre(0, 0, 0));
}

TEST_F(Allocating, AGreedyAgentStarvesTheOthers) {
  run(30);
  input.greedy = 0;
  input.greed = 1;
  const auto out = run(20);
  EXPECT_THAT(out.starved, ElementsAre(0, 1, 1));
  EXPECT_LT(out.efficiency, 0.85);
  EXPECT_EQ(out.oversubscribed[0], 1);
}

TEST_F(Allocating, AStuckPolicyDoesNotFollow) {
  run(30);
  input.stuck = true;
  input.demand[1] = {0.6, 0.4, 0.3};
  EXPECT_THAT(run(20).starved, ElementsAre(0, 1, 0));
  input.stuck = false;
  EXPECT_THAT(run(60).starved, ElementsAre(0, 0, 0));
}

TEST(CompressionChoice, IsRightMostOfTheTimeAndCheap) {
  CompressionChoice model;
  Random random{3};
  ChoiceOutput out;
  for (int i = 0; i < 300; ++i) out = model.step({}, random);
  for (const double accuracy : out.accuracy) EXPECT_NEAR(accuracy, 0.9965, 0.002);
  EXPECT_LT(out.overhead, 0.048);
  EXPECT_GT(out.overhead, 0.02);
  EXPECT_LT(out.drift_score, 0.1);
}

TEST(CompressionChoice, DriftMakesChoicesWrongWithinSeconds) {
  CompressionChoice model;
  Random random{3};
  ChoiceOutput out;
  for (int i = 0; i < 5; ++i) out = model.step({.drift = 0.6}, random);
  for (const double accuracy : out.accuracy) EXPECT_LT(accuracy, 0.99);
  EXPECT_GT(out.drift_score, 0.3);
  EXPECT_LT(out.ratio[2], out.expected[2]);
}

TEST(CompressionChoice, SlowCompressionCostsMore) {
  CompressionChoice model;
  Random random{3};
  EXPECT_GT(model.step({.cpu = 0.3}, random).overhead, 0.05);
}

}  // namespace
}  // namespace pharos::sim
