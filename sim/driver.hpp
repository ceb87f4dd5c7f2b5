// Runs a world against the clock, or as fast as it goes, while others read its pages.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "base/clock.hpp"
#include "base/threads.hpp"
#include "sim/world.hpp"

namespace pharos::sim {

// Thread-safe.
class Driver {
 public:
  explicit Driver(std::unique_ptr<World> world) : world_(std::move(world)) {}

  // The world, alone for as long as the call takes.
  template <class F>
  auto with(F&& call) {
    std::lock_guard lock(mutex_);
    return call(*world_);
  }
  // From now on a step of a second each second; late steps are made up for.
  void start(const Clock& clock);
  void stop();

 private:
  std::mutex mutex_;
  std::unique_ptr<World> world_;  // guarded by mutex_
  std::jthread thread_;
};

}  // namespace pharos::sim
