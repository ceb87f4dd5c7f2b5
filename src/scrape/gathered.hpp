// What one scrape brought, on its way to the Appender.
#pragma once
#include <cstdint>
#include <vector>

#include "model/appender.hpp"

namespace pharos::scrape {

// Reused from scrape to scrape: its vectors keep their capacity.
struct Gathered {
  std::vector<FloatSample> floats;
  std::vector<UnixMillis> float_start_ms;       // as long as floats when any_float_start
  std::vector<HistogramSample> histograms;
  std::vector<UnixMillis> histogram_start_ms;
  std::vector<ExemplarSample> exemplars;
  std::vector<Metadata> metadata;               // of families whose metadata is new or changed
  bool any_float_start = false, any_histogram_start = false;

  std::uint64_t scraped = 0;                    // samples on the page
  std::uint64_t kept = 0;                       // after metric relabelling
  std::uint64_t series_added = 0;               // not in the cache before
  std::uint64_t duplicates = 0;                 // the same series twice without timestamps
  std::uint64_t out_of_bounds = 0;              // too far in the future
  std::uint64_t unresolved = 0;                 // series that the store refused

  void clear() {
    floats.clear(), float_start_ms.clear(), histograms.clear(), histogram_start_ms.clear(), exemplars.clear(), metadata.clear();
    any_float_start = any_histogram_start = false;
    scraped = kept = series_added = duplicates = out_of_bounds = unresolved = 0;
  }
  AppendBatch batch() const {
    AppendBatch out{.floats = floats, .histograms = histograms, .exemplars = exemplars, .metadata = metadata};
    if (any_float_start) out.float_start_ms = float_start_ms;
    if (any_histogram_start) out.histogram_start_ms = histogram_start_ms;
    return out;
  }
};

}  // namespace pharos::scrape
