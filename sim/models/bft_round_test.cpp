#include "sim/models/bft_round.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pharos::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct BftRound : testing::Test {
  static constexpr std::size_t kReplicas = 10;
  std::vector<Replica> replicas{kReplicas};
  RoundNetwork network{.replicas = kReplicas,
                       .delay = std::vector<double>(kReplicas * kReplicas, 0.01),
                       .loss = std::vector<double>(kReplicas * kReplicas, 0)};
  RoundRules rules{.quorum = byzantine_quorum(kReplicas), .timeout_s = 1};
  Random random{7};

  RoundOutcome run(std::size_t leader = 0) {
    return run_round(rules, replicas, network, leader, random);
  }
};

TEST_F(BftRound, TakesThreeWavesOfMessagesWhenAllIsWell) {
  const auto round = run();
  EXPECT_TRUE(round.decided);
  EXPECT_GT(round.seconds, 3 * 0.009);
  EXPECT_LT(round.seconds, 0.1);
  EXPECT_EQ(round.messages(), plain_messages(kReplicas));
  EXPECT_EQ(round.leader_timeouts + round.leader_faults, 0U);
  EXPECT_THAT(round.caught, IsEmpty());
}

TEST_F(BftRound, StandsThreeSilentReplicasOfTenAndNotFour) {
  for (const auto i : {4, 5, 6}) replicas[i].conduct = Conduct::silent;
  EXPECT_TRUE(run().decided);
  replicas[7].conduct = Conduct::silent;
  const auto round = run();
  EXPECT_FALSE(round.decided);
  EXPECT_EQ(round.failure, RoundFailure::no_quorum);
  EXPECT_EQ(round.leader_timeouts, rules.views_max);
  EXPECT_EQ(round.seconds, 1 + 2 + 4 + 8);
}

TEST_F(BftRound, ALeaderThatIsGoneCostsAViewChange) {
  replicas[3].alive = false;
  const auto round = run(3);
  EXPECT_TRUE(round.decided);
  EXPECT_EQ(round.leader_timeouts, 1U);
  EXPECT_GT(round.seconds, rules.timeout_s);
}

TEST_F(BftRound, ALyingLeaderIsCaughtAndReplaced) {
  replicas[2].conduct = Conduct::equivocating;
  const auto round = run(2);
  EXPECT_TRUE(round.decided);
  EXPECT_EQ(round.leader_faults, 1U);
  EXPECT_THAT(round.caught, ElementsAre(2U));
}

TEST_F(BftRound, ALyingVoterIsCaughtAndDoesNotCount) {
  replicas[2].conduct = Conduct::equivocating;
  EXPECT_THAT(run(0).caught, ElementsAre(2U));
  for (const auto i : {3, 4, 5}) replicas[i].conduct = Conduct::equivocating;
  EXPECT_FALSE(run(0).decided);
}

TEST_F(BftRound, MessagesThatAreTooSlowTimeOut) {
  rules.processing_s = 20;
  const auto round = run();
  EXPECT_FALSE(round.decided);
  EXPECT_EQ(round.failure, RoundFailure::timeout);
}

TEST_F(BftRound, LossIsMadeUpForAndCutsAreNot) {
  std::ranges::fill(network.loss, 0.1);
  EXPECT_TRUE(run().decided);
  // Replicas 0 to 4 do not reach the others.
  for (std::size_t a = 0; a < kReplicas; ++a)
    for (std::size_t b = 0; b < kReplicas; ++b)
      if ((a < 5) != (b < 5)) network.loss[a * kReplicas + b] = 1;
  EXPECT_FALSE(run().decided);
  EXPECT_FALSE(quorum_reachable(replicas, network, rules.quorum));
}

TEST_F(BftRound, ProBftNeedsFewerMessages) {
  rules.audience = 6;
  rules.quorum = 4;
  const auto round = run();
  EXPECT_TRUE(round.decided);
  EXPECT_LT(round.messages(), plain_messages(kReplicas) * 8 / 10);
}

TEST_F(BftRound, EqualSeedsGiveEqualRounds) {
  std::ranges::fill(network.loss, 0.05);
  Random a{5}, b{5};
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(run_round(rules, replicas, network, 0, a).seconds,
              run_round(rules, replicas, network, 0, b).seconds);
}

}  // namespace
}  // namespace pharos::sim
