// Native histograms: exponential (schema -4…8) and custom buckets (schema -53), Prometheus' model.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace pharos {

inline constexpr std::int32_t kCustomBucketsSchema = -53;
inline constexpr std::int32_t kExponentialSchemaMin = -4, kExponentialSchemaMax = 8;

enum class ResetHint : std::uint8_t { unknown, reset, not_reset, gauge };

struct Span {  // `offset`: gap since the previous span's end (from 0 for the first); `length` buckets
  std::int32_t offset = 0;
  std::uint32_t length = 0;
  bool operator==(const Span&) const = default;
};

// Bucket counts are absolute doubles. A histogram that came with integer counts keeps `integer`
// set, so that it leaves in integer form again (counts above 2^53 are refused at the door).
// Bucket i of schema s covers (2^((i-1)·2^-s), 2^(i·2^-s)], negative buckets mirrored; with custom
// buckets bucket i covers (custom_values[i-1], custom_values[i]], the last one up to +Inf.
struct Histogram {
  ResetHint reset_hint = ResetHint::unknown;
  bool integer = false;
  std::int32_t schema = 0;
  double zero_threshold = 0, zero_count = 0;
  double count = 0, sum = 0;
  std::vector<Span> positive_spans, negative_spans;
  std::vector<double> positive, negative;   // one per bucket named by the spans
  std::vector<double> custom_values;        // upper bounds without +Inf, only for schema -53

  bool custom() const { return schema == kCustomBucketsSchema; }
  // Errc::invalid with Prometheus' wording: spans and buckets agree, counts not negative, custom
  // values sorted and finite, schema known, count >= the sum of buckets (NaN sums excepted).
  Status validate() const;
  // Bitwise equality, empty spans and NaN payloads included; for the store and for duplicates.
  bool identical(const Histogram& other) const;
  // `{count:…, sum:…, (lo,hi]:n, …}` as Prometheus prints it.
  std::string to_string() const;
};

// Upper bound of bucket `index` of a positive side: 2^(index·2^-schema), or custom_values[index] (-1:
// -Inf, past the end: +Inf). The same last bits as Prometheus' table, so that printed bounds agree.
double bucket_bound(std::int32_t schema, std::int32_t index, std::span<const double> custom_values = {});
std::string go_float(double v);  // Go's %g: "1e+06", "0.25", "+Inf", "NaN"

using HistogramPtr = std::shared_ptr<const Histogram>;

// The stale marker: a NaN with this payload, in `v` or in a histogram's `sum`.
inline constexpr std::uint64_t kStaleNaNBits = 0x7ff0000000000002;
inline constexpr std::uint64_t kNormalNaNBits = 0x7ff8000000000001;
double stale_nan();
bool is_stale(double v);
inline bool is_stale(const Histogram& h) { return is_stale(h.sum); }

}  // namespace pharos
