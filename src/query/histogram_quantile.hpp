// Estimates from histograms: quantiles, fractions, spread; of native ones and of classic `le`
// buckets. Formulas: Prometheus 3.14. Pure functions, thread-safe.
#pragma once
#include <vector>

#include "model/histogram.hpp"

namespace pharos::query {

enum class NanNote {
  none,
  skewed_higher,
  result_nan,
  excluded
};  // the histogram holds NaN observations

struct Estimate {
  double value = 0;
  NanNote note = NanNote::none;
};

// q below 0: -Inf, above 1: +Inf, NaN or an empty histogram: NaN.
Estimate histogram_quantile(double q, const Histogram& h);
// Share of the observations in [lower, upper]; 0 for an empty interval, NaN for NaN bounds or an
// empty histogram.
Estimate histogram_fraction(double lower, double upper, const Histogram& h);
double histogram_variance(
    const Histogram& h);  // estimated from bucket midpoints (geometric for exponential ones)
double histogram_average(const Histogram& h);  // sum / count

// Classic histograms: cumulative counts by upper bound, in any order, duplicates allowed. They are
// sorted, merged and made monotonic in place.
struct ClassicBucket {
  double upper = 0, count = 0;
};
struct ClassicEstimate {
  double value = 0;
  bool forced_monotonic = false;  // some bucket fell by more than rounding explains
  bool fixed_precision = false;   // some bucket fell by rounding only
  double min_bucket = 0, max_bucket = 0, max_difference = 0;  // where, for the annotation
};
ClassicEstimate classic_quantile(double q, std::vector<ClassicBucket>& buckets);
double classic_fraction(double lower, double upper, std::vector<ClassicBucket>& buckets);

}  // namespace pharos::query
