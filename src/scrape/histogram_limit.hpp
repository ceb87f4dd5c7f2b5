// Native histograms cut to what a job accepts.
#pragma once
#include <cstdint>

#include "base/result.hpp"
#include "model/histogram.hpp"

namespace pharos::scrape {

// Merges neighbouring buckets until the schema is `schema`, which is not above the histogram's.
Histogram with_schema(const Histogram& histogram, std::int32_t schema);
// The highest schema whose buckets grow by at least `factor`.
std::int32_t schema_for_factor(double factor);
// Reduces the resolution until at most `bucket_limit` buckets are left (0: no limit) and neighbouring
// bounds differ by `min_factor` (0: any). Errc::limit when that cannot be done.
Result<HistogramPtr> limited(HistogramPtr histogram, std::uint64_t bucket_limit, double min_factor);

}  // namespace pharos::scrape
