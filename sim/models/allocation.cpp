#include "sim/models/allocation.hpp"

#include <algorithm>
#include <cmath>

namespace pharos::sim {
namespace {

constexpr double kFollowSeconds = 4;    // time constant of following a need
constexpr double kStarvedUnder = 0.6;   // of the need
constexpr double kChangedOver = 0.005;  // of the whole
constexpr double kExplorationFloor = 0.01;
constexpr double kExplorationSeconds = 1800;

}  // namespace

AllocationOutput AllocationLoop::step(const AllocationInput& input, Random& random) {
  AllocationOutput out;
  const auto services = given_.size();
  out.starved.resize(services);
  out.changed.resize(services);
  const double follow = first_ ? 1 : 1 - std::exp(-input.seconds / kFollowSeconds);
  double used = 0, all = 0, moved = 0;
  std::vector<double> met(services, 1);
  for (std::size_t r = 0; r < kResources; ++r) {
    std::vector<double> wanted(services);
    double sum = 0;
    for (std::size_t s = 0; s < services; ++s) {
      double claim = input.demand[s][r] * (1 + input.headroom);
      if (s == input.greedy) claim += input.greed * 2;  // twice the whole, at most
      claim *= 1 + exploration_ * 0.2 * (random.uniform() - 0.5);
      wanted[s] = input.stuck && !first_ ? given_[s][r] : claim;
      sum += wanted[s];
    }
    if (sum > 1) {
      out.oversubscribed[r] = 1;
      for (auto& share : wanted) share /= sum;
    }
    for (std::size_t s = 0; s < services; ++s) {
      const double step = (wanted[s] - given_[s][r]) * follow;
      given_[s][r] += step;
      moved += std::abs(step);
      if (std::abs(step) > kChangedOver) out.changed[s] = 1;
      const double need = input.demand[s][r];
      used += std::min(given_[s][r], need);
      all += given_[s][r];
      if (need > 0) met[s] = std::min(met[s], given_[s][r] / need);
    }
  }
  double sum = 0, worst = 1;
  for (std::size_t s = 0; s < services; ++s) {
    out.starved[s] = met[s] < kStarvedUnder;
    sum += std::min(met[s], 1.0);
    worst = std::min(worst, met[s]);
  }
  out.efficiency = all > 0 ? used / all : 1;
  out.quality = (sum / static_cast<double>(services) + worst) / 2;
  out.reward = 100 * (out.efficiency * 0.4 + out.quality * 0.6);
  exploration_ = kExplorationFloor + (exploration_ - kExplorationFloor) *
                                         std::exp(-input.seconds / kExplorationSeconds);
  moved_ += (moved / input.seconds - moved_) * (1 - std::exp(-input.seconds / 60));
  out.convergence = 1 / (1 + 20 * moved_);
  first_ = false;
  return out;
}

}  // namespace pharos::sim
