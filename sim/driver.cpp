#include "sim/driver.hpp"

#include <algorithm>

namespace pharos::sim {

void Driver::start(const Clock& clock) {
  thread_ = start_thread("sim", [this, &clock](std::stop_token stop) {
    constexpr Nanos kTick = std::chrono::seconds(1);
    auto due = clock.monotonic() + kTick;
    while (clock.sleep_until(due, stop)) {
      std::lock_guard lock(mutex_);
      // A machine that slept does not replay hours: the world loses them.
      for (int i = 0; i < 60 && due <= clock.monotonic(); ++i, due += kTick)
        world_->step(std::chrono::seconds(1));
      due = std::max(due, clock.monotonic());
    }
  });
}

void Driver::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace pharos::sim
