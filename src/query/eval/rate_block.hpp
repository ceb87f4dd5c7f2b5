// The arithmetic of rate() for a block of steps, one column per operand, without branches.
#pragma once
#include <cstddef>

namespace pharos::query {

inline constexpr std::size_t kRateBlock = 128;

// Of each window: the raw increase, the first value, the milliseconds from its left edge to the
// first sample and from the last sample to its right edge, those between first and last, the number
// of gaps (>= 1).
struct RateBlock {
  double increase[kRateBlock], first[kRateBlock], to_start[kRateBlock], to_end[kRateBlock],
      sampled[kRateBlock], gaps[kRateBlock];
};

// out[i] = the extrapolated increase divided by `seconds`; the same operations in the same order as
// Prometheus' extrapolatedRate, so the same bits.
void extrapolate_block(const RateBlock& in, std::size_t n, bool counter, double seconds,
                       double* out);

}  // namespace pharos::query
