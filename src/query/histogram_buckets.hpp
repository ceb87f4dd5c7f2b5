// The buckets of a native histogram one by one, with their bounds.
#pragma once
#include <cstdint>
#include <vector>

#include "model/histogram.hpp"

namespace pharos::query {

struct Bucket {
  double lower = 0, upper = 0;
  bool lower_inclusive = false, upper_inclusive = true;
  double count = 0;
  std::int32_t index = 0;
};

// Upper bound of the bucket `index` of an exponential schema, exact powers of two where they are
// (2^(index·2^-schema); the last bucket below +Inf ends at the largest double).
double exponential_bound(std::int32_t index, std::int32_t schema);
// Of custom buckets: bound `index`, -Inf before the first, +Inf after the last.
double custom_bound(std::int32_t index, const std::vector<double>& bounds);

Bucket zero_bucket(const Histogram& h);
// As laid out: empty buckets named by a span come too. Positive: rising; negative: index order
// (away from zero). all: from the lowest to the highest value, negative (downwards to zero), zero
// bucket when it holds something, positive; a bucket that reaches into the zero bucket is cut to
// its threshold.
std::vector<Bucket> positive_buckets(const Histogram& h);
std::vector<Bucket> negative_buckets(const Histogram& h);
std::vector<Bucket> all_buckets(const Histogram& h);

}  // namespace pharos::query
