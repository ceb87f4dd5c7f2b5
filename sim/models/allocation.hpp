// The allocation loop that stands for MADDPG: one agent per service follows what its service needs
// with some headroom and some exploration; shares of a resource never sum to more than all of it.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "base/clock.hpp"

namespace pharos::sim {

enum class Resource : std::uint8_t { cpu, memory, network };
inline constexpr std::size_t kResources = 3;

struct AllocationInput {
  double seconds = 1;
  std::vector<std::array<double, kResources>> demand;  // share of the whole, by service
  double headroom = 0.08;                              // that the policy adds to what it sees
  std::size_t greedy = SIZE_MAX;                       // service whose agent claims far too much
  double greed = 0;                                    // 0..1
  bool stuck = false;                                  // the policy gives no new orders
};

struct AllocationOutput {
  double efficiency = 1;  // used share of what was given
  double quality = 1;     // met share of what was needed, the worst service half the weight
  double reward = 0;
  double convergence = 1;
  std::vector<std::uint8_t> starved;  // by service: under six tenths of its need
  std::vector<std::uint8_t> changed;
  std::array<std::uint8_t, kResources> oversubscribed{};  // the agents together wanted too much
};

class AllocationLoop {
 public:
  explicit AllocationLoop(std::size_t services) : given_(services) {}
  AllocationOutput step(const AllocationInput& input, Random& random);

  double given(std::size_t service, Resource resource) const {
    return given_[service][static_cast<std::size_t>(resource)];
  }
  double exploration() const { return exploration_; }

 private:
  std::vector<std::array<double, kResources>> given_;
  double exploration_ = 0.05;
  double moved_ = 0;  // smoothed size of re-allocations
  bool first_ = true;
};

}  // namespace pharos::sim
