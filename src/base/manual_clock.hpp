// A clock that moves only when told to, for tests and the simulator.
#pragma once
#include <condition_variable>
#include <mutex>

#include "base/clock.hpp"

namespace pharos {

// Thread-safe. Wall clock and monotonic time move together; set() moves the wall clock alone.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Time start = from_unix_millis(0)) : now_(start) {}

  Time now() const override {
    std::lock_guard lock(mutex_);
    return now_;
  }
  Nanos monotonic() const override {
    std::lock_guard lock(mutex_);
    return monotonic_;
  }
  bool sleep_until(Nanos deadline, std::stop_token stop) const override {
    std::unique_lock lock(mutex_);
    ++sleepers_;
    moved_.notify_all();
    moved_.wait(lock, stop, [&] { return monotonic_ >= deadline; });
    --sleepers_;
    return !stop.stop_requested();
  }

  void advance(Nanos by) {
    std::lock_guard lock(mutex_);
    monotonic_ += by;
    fraction_ += by;
    const auto whole = std::chrono::floor<Millis>(fraction_);
    now_ += whole;
    fraction_ -= whole;
    moved_.notify_all();
  }
  void set(Time now) {
    std::lock_guard lock(mutex_);
    now_ = now;
  }
  // Blocks until so many threads sleep on this clock: the moment at which a test may advance it.
  void wait_for_sleepers(std::size_t n) const {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, [&] { return sleepers_ >= n; });
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable_any moved_;
  mutable std::size_t sleepers_ = 0;
  Time now_;
  Nanos monotonic_{0}, fraction_{0};
};

}  // namespace pharos
