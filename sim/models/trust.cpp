#include "sim/models/trust.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace pharos::sim {
namespace {

constexpr double kGainSeconds = 300;   // time constant of coming back
constexpr double kAbsentSeconds = 60;  // and of being forgotten
constexpr double kLieFactor = 0.6;     // one proven lie

}  // namespace

TrustBook::Change TrustBook::record(std::size_t replica, Seen seen, double seconds) {
  double& score = scores_[replica];
  const double before = score;
  switch (seen) {
    case Seen::useful: score += (kCeiling - score) * (1 - std::exp(-seconds / kGainSeconds)); break;
    case Seen::absent: score += (kFloor - score) * (1 - std::exp(-seconds / kAbsentSeconds)); break;
    case Seen::lying: score = std::max(kFloor, score * kLieFactor); break;
  }
  // A step too small to see is no change.
  const double step = score - before;
  return {.direction = step > 1e-4 ? 1 : step < -1e-4 ? -1 : 0, .anomaly = step < -0.2 * before};
}

std::vector<std::uint32_t> TrustBook::most_trusted(std::size_t count) const {
  std::vector<std::uint32_t> order(scores_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, [&](auto a, auto b) { return scores_[a] > scores_[b]; });
  order.resize(std::min(count, order.size()));
  std::ranges::sort(order);
  return order;
}

}  // namespace pharos::sim
