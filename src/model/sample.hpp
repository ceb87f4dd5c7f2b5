// Samples on their way in and out of a store.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "model/histogram.hpp"
#include "model/labels.hpp"

namespace pharos {

// A store's handle for a series, good until the store says `unknown_ref`. Never 0.
enum class SeriesRef : std::uint64_t { none = 0 };

struct FloatSample {
  SeriesRef ref;
  UnixMillis t_ms;
  double value;
};

struct HistogramSample {
  SeriesRef ref;
  UnixMillis t_ms;
  HistogramPtr histogram;
};

struct Exemplar {
  Labels labels;
  double value = 0;
  UnixMillis t_ms = 0;
  bool has_timestamp = true;
  bool operator==(const Exemplar&) const = default;
};

struct ExemplarSample {
  SeriesRef ref;
  Exemplar exemplar;
};

enum class MetricType : std::uint8_t {
  unknown, counter, gauge, histogram, gauge_histogram, summary, info, stateset,
};
std::string_view name(MetricType type);  // "counter", "gaugehistogram", "unknown", …
MetricType parse_metric_type(std::string_view text);  // unknown when not one; "untyped" is unknown

// The family that a series called `name` belongs to, if it is one of that type: "x" for "x_bucket" of a
// histogram. Counters keep their "_total".
std::string_view family_of(std::string_view name, MetricType type);

struct Metadata {  // of a metric family
  std::string family;
  MetricType type = MetricType::unknown;
  std::string help, unit;
  bool operator==(const Metadata&) const = default;
};

// The samples of one series in a closed time range, oldest first, times strictly rising. `histograms` and
// `start_ms` are empty when no sample has one, else as long as `t_ms`; where histograms[i] is set,
// value[i] is 0 (or the stale marker when the histogram is one). start_ms[i] is 0 when unknown.
struct SampleColumn {
  std::vector<UnixMillis> t_ms;
  std::vector<double> value;
  std::vector<HistogramPtr> histograms;
  std::vector<UnixMillis> start_ms;

  std::size_t size() const { return t_ms.size(); }
  bool empty() const { return t_ms.empty(); }
  void clear() { t_ms.clear(), value.clear(), histograms.clear(), start_ms.clear(); }
};

}  // namespace pharos
