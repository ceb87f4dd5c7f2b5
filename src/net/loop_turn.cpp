#include "net/loop_turn.hpp"

#include <chrono>

namespace pharos::net {
namespace {

constexpr auto kTick =
    std::chrono::milliseconds(2);  // a handler seen at two ticks in a row has had its time
constexpr int kQuietTicks = 25;    // without a handler, after which nobody looks any more

}  // namespace

std::uint64_t LoopTurn::begin_handler() {
  const auto turn = turn_.fetch_add(1) + 1;
  // Either we see that nobody watches, or who just stopped watching sees our turn.
  if (watching_.load()) return turn;
  {
    std::lock_guard lock(mutex_);
    watching_.store(true);
  }
  wake_.notify_one();
  return turn;
}

bool LoopTurn::end_handler(std::uint64_t turn) {
  return turn_.compare_exchange_strong(turn, turn + 1);
}

void LoopTurn::hand_over(std::uint64_t turn) {
  {
    std::lock_guard lock(mutex_);
    handed_over_ = turn;
  }
  wake_.notify_one();
}

bool LoopTurn::take_over(std::uint64_t turn) {
  standing_by_.store(false, std::memory_order_release);
  if (turn_.compare_exchange_strong(turn, turn + 1)) return true;
  standing_by_.store(true, std::memory_order_release);  // it has ended just now
  return false;
}

bool LoopTurn::stand_by() {
  std::unique_lock lock(mutex_);
  standing_by_.store(true, std::memory_order_release);
  auto seen = turn_.load();
  for (int quiet = 0; !ended_;) {
    const auto called = [&] { return ended_ || handed_over_ == turn_.load(); };
    if (watching_.load()) {
      wake_.wait_for(lock, kTick, called);
    } else {
      wake_.wait(lock, [&] { return called() || watching_.load(); });
      quiet = 0;
    }
    const auto turn = turn_.load();
    const bool runs = turn % 2 == 1;
    if (runs && (turn == seen || turn == handed_over_) && take_over(turn)) return true;
    if (turn != seen) {
      quiet = 0;
    } else if (++quiet == kQuietTicks) {
      watching_.store(false);
      if (turn_.load() != turn) watching_.store(true);
      quiet = 0;
    }
    seen = turn;
  }
  standing_by_.store(false, std::memory_order_release);
  return false;
}

void LoopTurn::end() {
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
  }
  wake_.notify_all();
}

}  // namespace pharos::net
