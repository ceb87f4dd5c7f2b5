#include "base/clock.hpp"

#include <bit>
#include <condition_variable>
#include <mutex>
#include <random>

namespace pharos {
namespace {

class SystemClock final : public Clock {
 public:
  Time now() const override { return std::chrono::floor<Millis>(std::chrono::system_clock::now()); }
  Nanos monotonic() const override { return std::chrono::steady_clock::now().time_since_epoch(); }
  bool sleep_until(Nanos monotonic_deadline, std::stop_token stop) const override {
    // Its own pair per call: a stop request wakes this sleeper and no other.
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    const std::chrono::steady_clock::time_point deadline{monotonic_deadline};
    wake.wait_until(lock, stop, deadline,
                    [&] { return std::chrono::steady_clock::now() >= deadline; });
    return !stop.stop_requested();
  }
};

std::uint64_t split_mix(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

Random::Random(std::uint64_t seed) {
  for (auto& word : state_) word = split_mix(seed);
}

std::uint64_t Random::system_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

std::uint64_t Random::next() {  // xoshiro256**, Blackman and Vigna
  const auto result = std::rotl(state_[1] * 5, 7) * 9;
  const auto shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double Random::uniform() {
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

std::uint64_t Random::below(std::uint64_t bound) {
  // Multiply and shift; the bias is below 2^-64 * bound, which no user of this can see.
  return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64);
}

}  // namespace pharos
