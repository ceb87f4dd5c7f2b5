#include "scrape/histogram_limit.hpp"

#include <algorithm>
#include <cmath>

namespace pharos::scrape {
namespace {

void merge_side(const std::vector<Span>& spans, const std::vector<double>& counts, int shift, std::vector<Span>& out_spans,
                std::vector<double>& out_counts) {
  out_spans.clear();
  out_counts.clear();
  std::int64_t index = 0, last = 0;
  std::size_t at = 0;
  for (const auto& span : spans) {
    index += span.offset;
    for (std::uint32_t i = 0; i < span.length && at < counts.size(); ++i, ++index, ++at) {
      // Bucket i covers (base^(i-1), base^i]: its upper bound decides where it goes.
      const std::int64_t merged = ((index - 1) >> shift) + 1;
      if (!out_spans.empty() && merged == last) {
        out_counts.back() += counts[at];
        continue;
      }
      const std::int64_t gap = out_spans.empty() ? merged : merged - last - 1;
      if (out_spans.empty() || gap > 0) out_spans.push_back({static_cast<std::int32_t>(gap), 0});
      ++out_spans.back().length;
      out_counts.push_back(counts[at]);
      last = merged;
    }
  }
}

}  // namespace

Histogram with_schema(const Histogram& histogram, std::int32_t schema) {
  auto out = histogram;
  const int shift = std::min(histogram.schema - schema, 31);
  out.schema = schema;
  merge_side(histogram.positive_spans, histogram.positive, shift, out.positive_spans, out.positive);
  merge_side(histogram.negative_spans, histogram.negative, shift, out.negative_spans, out.negative);
  return out;
}

std::int32_t schema_for_factor(double factor) {
  if (factor <= 1) factor = 1.00271;  // the growth of schema 8
  const double exact = std::floor(-std::log2(std::log2(factor)));
  return static_cast<std::int32_t>(std::clamp(exact, static_cast<double>(kExponentialSchemaMin), static_cast<double>(kExponentialSchemaMax)));
}

Result<HistogramPtr> limited(HistogramPtr histogram, std::uint64_t bucket_limit, double min_factor) {
  const auto buckets = [&] { return histogram->positive.size() + histogram->negative.size(); };
  const auto reduce = [&](std::int32_t schema) { histogram = std::make_shared<const Histogram>(with_schema(*histogram, schema)); };
  if (min_factor > 1 && !histogram->custom())
    if (const auto schema = schema_for_factor(min_factor); histogram->schema > schema) reduce(schema);
  if (bucket_limit == 0) return histogram;
  while (buckets() > bucket_limit) {
    if (histogram->custom() || histogram->schema <= kExponentialSchemaMin) return fail(Errc::limit, "histogram bucket limit exceeded");
    reduce(histogram->schema - 1);
  }
  return histogram;
}

}  // namespace pharos::scrape
