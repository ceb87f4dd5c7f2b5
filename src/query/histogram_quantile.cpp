#include "query/histogram_quantile.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "query/histogram_buckets.hpp"
#include "query/histogram_cells.hpp"

namespace pharos::query {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
const double kNaN = std::bit_cast<double>(kNormalNaNBits);

// With observations on one side of zero only, the zero bucket is taken to lie on that side.
void lean(Bucket& b, const Histogram& h) {
  if (h.negative.empty() && !h.positive.empty()) b.lower = 0;
  if (h.positive.empty() && !h.negative.empty()) b.upper = 0;
}

// Bounds spread evenly on a logarithmic scale.
double exponential_value(const Bucket& b, double fraction) {
  const double log_lower = std::log2(std::abs(b.lower)), log_upper = std::log2(std::abs(b.upper));
  if (b.lower > 0) return std::exp2(log_lower + (log_upper - log_lower) * fraction);
  return -std::exp2(log_upper + (log_lower - log_upper) * (1 - fraction));
}

}  // namespace

Estimate histogram_quantile(double q, const Histogram& h) {
  if (q < 0) return {-kInfinity};
  if (q > 1) return {kInfinity};
  if (h.count == 0 || std::isnan(q)) return {kNaN};

  // NaN observations raise the count and no bucket, so ranks are counted from below then; otherwise
  // from the nearer end.
  const bool has_nan_sum = std::isnan(h.sum);
  const bool forward = has_nan_sum || q < 0.5;
  auto buckets = all_buckets(h);
  if (!forward) std::ranges::reverse(buckets);
  double rank = (forward ? q : 1 - q) * h.count;
  double count = 0;
  Bucket bucket;
  std::size_t at = 0;
  while (at < buckets.size()) {
    bucket = buckets[at++];
    if (bucket.count == 0) continue;
    count += bucket.count;
    if (count >= rank) break;
  }
  if (h.custom()) {
    if (bucket.lower == -kInfinity) {
      if (bucket.upper <= 0) return {bucket.upper};
      bucket.lower = 0;
    } else if (bucket.upper == kInfinity) {
      return {bucket.lower};
    }
  } else if (bucket.lower < 0 && bucket.upper > 0) {
    lean(bucket, h);
  }
  count = std::min(count, h.count);  // rounding
  if (count < rank)
    return has_nan_sum ? Estimate{kNaN, NanNote::result_nan} : Estimate{bucket.upper};
  rank = forward ? rank - (count - bucket.count) : count - rank;

  Estimate out;
  if (has_nan_sum) {
    while (at < buckets.size()) count += buckets[at++].count;
    if (count < h.count) out.note = NanNote::skewed_higher;
  }
  const double fraction = rank / bucket.count;
  const bool linear = h.custom() || (bucket.lower <= 0 && bucket.upper >= 0);
  out.value = linear ? bucket.lower + (bucket.upper - bucket.lower) * fraction
                     : exponential_value(bucket, fraction);
  return out;
}

Estimate histogram_fraction(double lower, double upper, const Histogram& h) {
  if (h.count == 0 || std::isnan(lower) || std::isnan(upper)) return {kNaN};
  if (lower >= upper) return {0};
  double rank = 0, lower_rank = 0, upper_rank = 0, total = 0;
  bool lower_set = false, upper_set = false;
  const auto buckets = all_buckets(h);
  for (const auto& b : buckets) total += b.count;
  for (Bucket b : buckets) {
    const bool straddles_zero = b.lower <= 0 && b.upper >= 0;
    if (straddles_zero) lean(b, h);
    const auto interpolate = [&](double v) {
      if (h.custom() || straddles_zero) {
        if (b.lower == -kInfinity) return b.count;
        return rank + b.count * (v - b.lower) / (b.upper - b.lower);
      }
      const double log_lower = std::log2(std::abs(b.lower)),
                   log_upper = std::log2(std::abs(b.upper)), log_v = std::log2(std::abs(v));
      const double fraction = v > 0 ? (log_v - log_lower) / (log_upper - log_lower)
                                    : 1 - (log_v - log_upper) / (log_lower - log_upper);
      return rank + b.count * fraction;
    };
    const auto place = [&](double v, double& v_rank, bool& set) {
      if (set) return;
      if (b.lower >= v) {
        v_rank = rank;
        set = true;
      } else if (b.upper > v) {
        v_rank = interpolate(v);
        set = true;
      }
    };
    place(lower, lower_rank, lower_set);
    place(upper, upper_rank, upper_set);
    if (lower_set && upper_set) break;
    rank += b.count;
  }
  Estimate out;
  double count = h.count;
  if (std::isnan(h.sum)) {
    count = total;
    if (total < h.count) out.note = NanNote::excluded;
  }
  if (!lower_set || lower_rank > count) lower_rank = count;
  if (!upper_set || upper_rank > count) upper_rank = count;
  out.value = (upper_rank - lower_rank) / h.count;
  return out;
}

double histogram_average(const Histogram& h) {
  return h.sum / h.count;
}

double histogram_variance(const Histogram& h) {
  const double mean = h.sum / h.count;
  double variance = 0, rest = 0;
  for (const auto& b : all_buckets(h)) {
    if (b.count == 0) continue;
    double value = 0;
    if (h.custom()) {
      value = (b.upper + b.lower) / 2;
    } else if (b.lower <= 0 && b.upper >= 0) {
      value = 0;
    } else {
      value = std::sqrt(b.upper * b.lower);
      if (b.upper < 0) value = -value;
    }
    const double delta = value - mean;
    kahan_increment(b.count * delta * delta, variance, rest);
  }
  return (variance + rest) / h.count;
}

namespace {

void sort_and_merge(std::vector<ClassicBucket>& buckets) {
  std::ranges::stable_sort(buckets, {}, &ClassicBucket::upper);
  std::size_t last = 0;
  for (std::size_t i = 1; i < buckets.size(); ++i) {
    if (buckets[i].upper == buckets[last].upper) {
      buckets[last].count += buckets[i].count;
    } else {
      buckets[++last] = buckets[i];
    }
  }
  buckets.resize(buckets.empty() ? 0 : last + 1);
}

// Equal but for rounding: Prometheus' tolerance for classic buckets.
bool almost_equal(double a, double b, double tolerance) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return true;
  constexpr double kSmallest = std::numeric_limits<double>::min();
  const double sum = std::abs(a) + std::abs(b), difference = std::abs(a - b);
  if (a == 0 || b == 0 || sum < kSmallest) return difference < tolerance * kSmallest;
  return difference / std::min(sum, std::numeric_limits<double>::max()) < tolerance;
}

void make_monotonic(std::vector<ClassicBucket>& buckets, ClassicEstimate& out) {
  constexpr double kTolerance = 1e-12;
  out.min_bucket = kInfinity;
  out.max_bucket = -kInfinity;
  double previous = buckets[0].count;
  for (std::size_t i = 1; i < buckets.size(); ++i) {
    const double current = buckets[i].count;
    if (current == previous) continue;
    if (almost_equal(previous, current, kTolerance)) {
      buckets[i].count = previous;
      out.fixed_precision = true;
    } else if (current < previous) {
      buckets[i].count = previous;
      out.forced_monotonic = true;
      out.min_bucket = std::min(out.min_bucket, buckets[i].upper);
      out.max_bucket = std::max(out.max_bucket, buckets[i].upper);
      out.max_difference = std::max(out.max_difference, previous - current);
    } else {
      previous = current;
    }
  }
}

}  // namespace

ClassicEstimate classic_quantile(double q, std::vector<ClassicBucket>& buckets) {
  ClassicEstimate out{.value = kNaN};
  if (std::isnan(q) || buckets.empty()) return out;
  if (q < 0 || q > 1) {
    out.value = q < 0 ? -kInfinity : kInfinity;
    return out;
  }
  sort_and_merge(buckets);
  if (buckets.back().upper != kInfinity) return out;
  make_monotonic(buckets, out);
  if (buckets.size() < 2) return out;
  const double observations = buckets.back().count;
  if (observations == 0) return out;
  double rank = q * observations;
  std::size_t low = 0, high = buckets.size() - 1;
  while (low < high) {
    const auto middle = (low + high) / 2;
    if (buckets[middle].count >= rank) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  if (low == buckets.size() - 1) {
    out.value = buckets[buckets.size() - 2].upper;
    return out;
  }
  if (low == 0 && buckets[0].upper <= 0) {
    out.value = buckets[0].upper;
    return out;
  }
  double start = 0, count = buckets[low].count;
  if (low > 0) {
    start = buckets[low - 1].upper;
    count -= buckets[low - 1].count;
    rank -= buckets[low - 1].count;
  }
  out.value = start + (buckets[low].upper - start) * (rank / count);
  return out;
}

double classic_fraction(double lower, double upper, std::vector<ClassicBucket>& buckets) {
  if (buckets.empty()) return kNaN;
  sort_and_merge(buckets);
  const double count = buckets.back().count;
  if (buckets.back().upper != kInfinity || count == 0 || std::isnan(lower) || std::isnan(upper))
    return kNaN;
  if (lower >= upper) return 0;
  double rank = 0, lower_rank = 0, upper_rank = 0;
  bool lower_set = false, upper_set = false;
  double begin = buckets[0].upper <= 0 ? -kInfinity : 0;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    const auto& b = buckets[i];
    if (i > 0) begin = buckets[i - 1].upper;
    const auto place = [&](double v, double& v_rank, bool& set) {
      if (set) return;
      if (begin >= v) {
        v_rank = rank;
        set = true;
      } else if (b.upper > v) {
        v_rank = begin == -kInfinity ? b.count
                                     : rank + (b.count - rank) * (v - begin) / (b.upper - begin);
        set = true;
      }
    };
    place(lower, lower_rank, lower_set);
    place(upper, upper_rank, upper_set);
    if (lower_set && upper_set) break;
    rank = b.count;  // cumulative
  }
  if (!lower_set || lower_rank > count) lower_rank = count;
  if (!upper_set || upper_rank > count) upper_rank = count;
  return (upper_rank - lower_rank) / count;
}

}  // namespace pharos::query
