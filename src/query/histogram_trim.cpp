// `histogram </ bound` and `>/`: keeps one side of a bound and estimates the sum of what is left.
#include <cmath>
#include <limits>

#include "query/histogram_buckets.hpp"
#include "query/histogram_math.hpp"

namespace pharos::query {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Kept {
  double count = 0, midpoint = 0;
};

double finite_or_zero(double v) {
  return std::isinf(v) ? 0 : v;
}

// What stands for the observations of an interval: the mean, geometric for exponential buckets.
double midpoint(double lower, double upper, bool positive, bool linear) {
  if (std::isinf(lower)) return std::isinf(upper) ? 0 : upper > 0 ? upper / 2 : upper;
  if (std::isinf(upper)) return lower;
  if (linear) return (lower + upper) / 2;
  const double mean = std::sqrt(std::abs(lower * upper));
  return positive ? mean : -mean;
}

// A bucket without end says nothing about where its observations lie: it is kept or dropped whole,
// but for a first custom bucket that reaches above 0, which is taken to begin there.
Kept trim_endless(const Bucket& b, double bound, bool keep_below) {
  if (b.lower == -kInfinity) {
    if (keep_below) {
      if (bound >= b.upper) return {b.count, 0};
      if (bound > 0 && b.upper > 0 && b.upper != kInfinity)
        return {b.count * bound / b.upper, bound / 2};
      if (b.upper <= 0) return {b.count, bound};
      return {0, finite_or_zero(b.upper)};
    }
    if (bound <= b.lower) return {b.count, 0};
    if (bound >= 0 && b.upper > bound && b.upper != kInfinity)
      return {b.count * (1 - bound / b.upper), (bound + b.upper) / 2};
    return {0, finite_or_zero(b.upper)};
  }
  if (!keep_below && bound >= b.lower) return {b.count, bound};
  return {0, finite_or_zero(b.lower)};
}

double count_below(const Bucket& b, double bound, bool positive, bool linear) {
  if (bound <= b.lower) return 0;
  if (bound >= b.upper) return b.count;
  if (linear) return b.count * ((bound - b.lower) / (b.upper - b.lower));
  const double log_lower = std::log2(std::abs(b.lower)), log_upper = std::log2(std::abs(b.upper)),
               log_bound = std::log2(std::abs(bound));
  return b.count * (positive ? (log_bound - log_lower) / (log_upper - log_lower)
                             : 1 - (log_bound - log_upper) / (log_lower - log_upper));
}

Kept trim_bucket(const Bucket& b, double bound, bool keep_below, bool positive, bool linear) {
  if (std::isinf(b.lower) || std::isinf(b.upper)) return trim_endless(b, bound, keep_below);
  const double below = count_below(b, bound, positive, linear);
  if (keep_below) return {below, midpoint(b.lower, bound, positive, linear)};
  return {b.count - below, midpoint(bound, b.upper, positive, linear)};
}

Kept trim_zero(const Histogram& h, double bound, bool keep_below, bool has_negative,
               bool has_positive) {
  double lower = -h.zero_threshold, upper = h.zero_threshold;
  if (has_negative && !has_positive) upper = 0;
  if (has_positive && !has_negative) lower = 0;
  const Kept all{h.zero_count, (lower + upper) / 2};
  if (bound <= lower) return keep_below ? Kept{} : all;
  if (bound >= upper) return keep_below ? all : Kept{};
  if (keep_below) return {h.zero_count * ((bound - lower) / (upper - lower)), (lower + bound) / 2};
  return {h.zero_count * ((upper - bound) / (upper - lower)), (bound + upper) / 2};
}

}  // namespace

void trim(Histogram& h, double bound, bool keep_below) {
  double count = 0, sum = 0;
  bool changed = false, has_positive = false, has_negative = false;
  const auto side = [&](const std::vector<Bucket>& buckets, std::vector<double>& counts,
                        bool positive, bool& present) {
    for (std::size_t i = 0; i < buckets.size() && i < counts.size(); ++i) {
      const Bucket& b = buckets[i];
      if (b.count == 0) continue;
      present = true;
      const bool inside = keep_below ? b.upper <= bound : b.lower >= bound;
      const bool outside = keep_below ? b.lower >= bound : b.upper <= bound;
      Kept kept;
      if (inside) {
        kept = {b.count, midpoint(b.lower, b.upper, positive, h.custom())};
      } else if (!outside) {
        kept = trim_bucket(b, bound, keep_below, positive, h.custom());
      }
      changed = changed || kept.count != b.count;
      counts[i] = kept.count;
      count += kept.count;
      sum += kept.midpoint * kept.count;
    }
  };
  side(positive_buckets(h), h.positive, true, has_positive);
  side(negative_buckets(h), h.negative, false, has_negative);
  if (h.zero_count > 0) {
    const auto kept = trim_zero(h, bound, keep_below, has_negative, has_positive);
    changed = changed || kept.count != h.zero_count;
    h.zero_count = kept.count;
    count += kept.count;
    sum += kept.midpoint * kept.count;
  }
  if (!changed) return;
  h.integer = false;
  h.count = count;
  h.sum = sum;
  compact(h);
}

}  // namespace pharos::query
