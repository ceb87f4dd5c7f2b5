#include "model/classic_histogram.hpp"

#include <algorithm>
#include <cmath>

namespace pharos {

void set_dense_buckets(std::vector<Span>& spans, std::vector<double>& out, const std::vector<double>& dense, std::size_t empty_max) {
  spans.clear();
  out.clear();
  std::size_t end = 0;  // behind the last bucket that was put
  for (std::size_t i = 0; i < dense.size(); ++i) {
    if (dense[i] == 0) continue;
    const std::size_t gap = i - end;
    if (spans.empty() || gap > empty_max) {
      spans.push_back({static_cast<std::int32_t>(gap), 0});
    } else {
      out.insert(out.end(), gap, 0.0);
      spans.back().length += static_cast<std::uint32_t>(gap);
    }
    out.push_back(dense[i]);
    ++spans.back().length;
    end = i + 1;
  }
}

Result<Histogram> ClassicHistogram::convert() const {
  auto buckets = buckets_;
  std::stable_sort(buckets.begin(), buckets.end(), [](const Bucket& a, const Bucket& b) { return a.upper_bound < b.upper_bound; });
  buckets.erase(std::unique(buckets.begin(), buckets.end(), [](const Bucket& a, const Bucket& b) { return a.upper_bound == b.upper_bound; }),
                buckets.end());
  Histogram h;
  h.schema = kCustomBucketsSchema;
  h.sum = sum_.value_or(0);
  h.integer = true;
  double previous = 0;
  std::vector<double> dense;
  for (const auto& bucket : buckets) {
    if (std::isnan(bucket.upper_bound)) return fail(Errc::invalid, "bucket boundary is not a number");
    if (std::isnan(bucket.count) || bucket.count < 0) return fail(Errc::invalid, "bucket count is negative or not a number");
    if (bucket.count < previous) return fail(Errc::invalid, "cumulative bucket counts fall");
    if (bucket.count != std::floor(bucket.count)) h.integer = false;
    dense.push_back(bucket.count - previous);
    previous = bucket.count;
    if (std::isfinite(bucket.upper_bound)) h.custom_values.push_back(bucket.upper_bound);
    else if (bucket.upper_bound < 0) return fail(Errc::invalid, "bucket boundary is -Inf");
  }
  h.count = count_.value_or(previous);
  if (std::isnan(h.count) || h.count < previous) return fail(Errc::invalid, "count is below the last bucket");
  if (h.count != std::floor(h.count)) h.integer = false;
  const bool has_infinite = !buckets.empty() && std::isinf(buckets.back().upper_bound);
  if (!has_infinite) dense.push_back(h.count - previous);
  else if (h.count != previous) return fail(Errc::invalid, "count does not equal the +Inf bucket");
  set_dense_buckets(h.positive_spans, h.positive, dense, 2);
  return h;
}

}  // namespace pharos
