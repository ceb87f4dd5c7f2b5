#include "query/histogram_buckets.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "query/histogram_cells.hpp"

namespace pharos::query {
namespace {

Bucket bucket(const Histogram& h, const Cell& cell, bool positive) {
  Bucket out{.count = cell.count, .index = cell.index};
  const double near = bucket_bound(h.schema, cell.index - 1, h.custom_values);
  const double far = bucket_bound(h.schema, cell.index, h.custom_values);
  if (positive) {
    out.lower = near;
    out.upper = far;
    out.lower_inclusive = h.custom() && cell.index == 0;
    out.upper_inclusive = true;
  } else {
    out.lower = -far;
    out.upper = -near;
    out.lower_inclusive = true;
    out.upper_inclusive = false;
  }
  return out;
}

}  // namespace

double exponential_bound(std::int32_t index, std::int32_t schema) {
  return bucket_bound(schema, index);
}

double custom_bound(std::int32_t index, const std::vector<double>& bounds) {
  return bucket_bound(kCustomBucketsSchema, index, bounds);
}

Bucket zero_bucket(const Histogram& h) {
  return {.lower = -h.zero_threshold,
          .upper = h.zero_threshold,
          .lower_inclusive = true,
          .upper_inclusive = true,
          .count = h.zero_count};
}

std::vector<Bucket> positive_buckets(const Histogram& h) {
  std::vector<Bucket> out;
  for (const auto& cell : cells_of(h.positive_spans, h.positive))
    out.push_back(bucket(h, cell, true));
  return out;
}

std::vector<Bucket> negative_buckets(const Histogram& h) {
  std::vector<Bucket> out;
  if (h.custom()) return out;
  for (const auto& cell : cells_of(h.negative_spans, h.negative))
    out.push_back(bucket(h, cell, false));
  return out;
}

std::vector<Bucket> all_buckets(const Histogram& h) {
  auto out = negative_buckets(h);
  std::ranges::reverse(out);
  for (auto& b : out) {
    if (b.upper < 0 && b.upper > -h.zero_threshold) b.upper = -h.zero_threshold;
  }
  if (h.zero_count > 0) out.push_back(zero_bucket(h));
  for (auto& b : positive_buckets(h)) {
    if (b.lower > 0 && b.lower < h.zero_threshold) b.lower = h.zero_threshold;
    out.push_back(b);
  }
  return out;
}

}  // namespace pharos::query
