// Time and randomness come in through these, so that a test or the simulator can own them.
#pragma once
#include <cstdint>
#include <stop_token>

#include "base/time.hpp"

namespace pharos {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;         // wall clock
  virtual Nanos monotonic() const = 0;  // never goes back; for durations
  // Sleeps; returns false at once when `stop` is requested.
  virtual bool sleep_until(Nanos monotonic_deadline, std::stop_token stop) const = 0;
  bool sleep_for(Nanos duration, std::stop_token stop) const {
    return sleep_until(monotonic() + duration, stop);
  }
};

const Clock& system_clock();

// Moves only when told to. Thread-safe; sleepers wake when advance() passes their deadline.
class ManualClock;  // base/manual_clock.hpp

// SplitMix64-seeded xoshiro256**. Not thread-safe: one per owner.
class Random {
 public:
  explicit Random(std::uint64_t seed);
  static std::uint64_t system_seed();
  std::uint64_t next();
  double uniform();                           // [0, 1)
  std::uint64_t below(std::uint64_t bound);   // [0, bound), bound > 0
 private:
  std::uint64_t state_[4];
};

}  // namespace pharos
