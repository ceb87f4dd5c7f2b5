// The notation for series in tests: `up{job="a"} 0+10x20 _ {{schema:1 count:3}}x3`. Used by the
// PromQL scripts and by `test rules`.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/histogram.hpp"
#include "model/labels.hpp"

namespace pharos::query::promql {

struct SeriesValue {
  bool omitted = false;  // `_`
  double value = 0;
  HistogramPtr histogram;         // then `value` is 0
  bool reset_hint_given = false;  // the histogram names its counter reset hint
};

inline constexpr std::size_t kSeriesValuesMax =
    4'000'000;  // of one description, against `0x9999999999`

struct SeriesDescription {
  Labels labels;
  std::vector<SeriesValue> values;
};

// Errors: `1:COLUMN: parse error: …`.
Result<SeriesDescription> parse_series_description(std::string_view text);
// Only the part behind the metric.
Result<std::vector<SeriesValue>> parse_series_values(std::string_view text);
// `up{job="a"}@st _ -1m -30s-1mx2`: the times at which samples began, as milliseconds relative to
// the sample's own.
struct StartOffsets {
  Labels labels;
  std::vector<std::optional<std::int64_t>> offsets_ms;
};
Result<StartOffsets> parse_start_offsets(std::string_view text);

// Length of the metric (`name{…}`) at the front of `text`.
std::size_t metric_length(std::string_view text);

}  // namespace pharos::query::promql
