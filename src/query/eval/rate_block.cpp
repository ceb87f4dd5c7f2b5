#include "query/eval/rate_block.hpp"

#include "base/clones.hpp"

PHAROS_LOOPS_ONLY

namespace pharos::query {

PHAROS_CLONES
void extrapolate_block(const RateBlock& in, std::size_t n, bool counter, double seconds,
                       double* __restrict out) {
  const double is_counter = counter ? 1 : 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double sampled = in.sampled[i] / 1000, increase = in.increase[i], first = in.first[i];
    const double average = sampled / in.gaps[i];
    const double threshold = average * 1.1, half = average / 2;
    double to_start = in.to_start[i] / 1000, to_end = in.to_end[i] / 1000;
    to_start = to_start >= threshold ? half : to_start;
    const double to_zero = sampled * (first / increase);
    const bool bounded = (is_counter != 0) & (increase > 0) & (first >= 0) & (to_zero < to_start);
    to_start = bounded ? to_zero : to_start;
    to_end = to_end >= threshold ? half : to_end;
    out[i] = increase * (((sampled + to_start + to_end) / sampled) / seconds);
  }
}

}  // namespace pharos::query
