#include "net/loop_turn.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace pharos::net {
namespace {

// The other thread of a loop: notes that it became the loop and stands by again.
struct Other {
  LoopTurn& turn;
  std::atomic<int> taken{0};
  std::jthread thread{[this] {
    while (turn.stand_by()) ++taken, taken.notify_all();
  }};
  explicit Other(LoopTurn& t) : turn(t) {
    while (!turn.may_handle()) std::this_thread::yield();
  }
  ~Other() { turn.end(); }
};

TEST(LoopTurn, WhoEndsAShortHandlerIsStillTheLoop) {
  LoopTurn turn;
  const Other other(turn);
  for (int i = 0; i < 1000; ++i) {
    const auto number = turn.begin_handler();
    if (!turn.end_handler(number)) {  // the machine stood still for two ticks
      EXPECT_GT(other.taken, 0);
      return;
    }
  }
  EXPECT_EQ(other.taken, 0);
}

TEST(LoopTurn, TheOtherThreadTakesTheLoopFromAHandlerThatDoesNotEnd) {
  LoopTurn turn;
  const Other other(turn);
  for (int round = 1; round <= 3; ++round) {
    const auto number = turn.begin_handler();
    other.taken.wait(round - 1);
    EXPECT_EQ(other.taken, round);
    EXPECT_FALSE(turn.end_handler(number));
  }
}

TEST(LoopTurn, AHandlerGivesTheLoopAway) {
  LoopTurn turn;
  const Other other(turn);
  const auto number = turn.begin_handler();
  turn.hand_over(number);
  other.taken.wait(0);
  EXPECT_FALSE(turn.end_handler(number));
}

TEST(LoopTurn, NobodyStandsByAfterTheEnd) {
  LoopTurn turn;
  EXPECT_FALSE(turn.may_handle());
  { const Other other(turn); }
  EXPECT_FALSE(turn.may_handle());
  EXPECT_FALSE(turn.stand_by());
}

}  // namespace
}  // namespace pharos::net
