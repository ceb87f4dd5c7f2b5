// Arithmetic on native histograms as PromQL does it (Prometheus 3.14, float histograms). Pure
// functions; thread-safe. The receivers are plain values: copy the shared histogram, work, compact,
// publish.
#pragma once
#include <cstdint>
#include <vector>

#include "model/histogram.hpp"

namespace pharos::query {

// What an operation between two histograms has to say; the evaluator turns it into annotations.
struct HistogramNotes {
  bool incompatible = false;       // one exponential, one custom: nothing was done
  bool reset_collision = false;    // the hints "reset" and "not reset" met
  bool bounds_reconciled = false;  // custom bounds differed and were reduced to the common ones
};

// Adds or subtracts `other`. Reconciles zero thresholds (to the wider), schemas (to the coarser)
// and custom bounds (to the intersection). Empty buckets may remain: compact() after the last one.
HistogramNotes add(Histogram& h, const Histogram& other);
HistogramNotes subtract(Histogram& h, const Histogram& other);

// Kahan-Neumaier summation of histograms: h + compensation is the sum. `compensation` starts as
// zero_compensation(h) and keeps h's layout; finish by add(h, compensation) (it carries h's hint).
Histogram zero_compensation(const Histogram& h);
HistogramNotes kahan_add(Histogram& h, Histogram& compensation, const Histogram& other);

void multiply(Histogram& h, double factor);  // a negative factor makes it a gauge
void divide(Histogram& h,
            double divisor);  // by 0: counts become ±Inf or NaN, buckets go; negative: gauge

// The rules for the hint alone: true when "reset" met "not reset" (the outcome is "unknown").
bool merge_reset_hint(Histogram& h, const Histogram& other);

// Drops empty buckets and spans, joins neighbours. max_empty > 0 keeps so many empty ones in a
// span.
void compact(Histogram& h, int max_empty = 0);

// The same histogram at a lower resolution; schema <= h.schema, both exponential.
Histogram to_schema(const Histogram& h, std::int32_t schema);

// Whether `current` cannot be a continuation of the counter `previous` (hints are honoured first).
bool detect_reset(const Histogram& current, const Histogram& previous);

// Exact equality of layout-independent content, as `==` between histograms and changes() compare:
// schema, thresholds, counts and sum bit by bit, spans that name the same buckets, custom values.
bool equals(const Histogram& a, const Histogram& b);
// The tests' equality: both compacted, every number within 1e-6 relative; the hint is not looked
// at.
bool nearly_equal(const Histogram& a, const Histogram& b);
bool nearly_equal(double a, double b);

// `</` and `>/`: keeps the observations at or below (above) `bound`, interpolating in the bucket it
// cuts and estimating the new sum from the buckets' midpoints.
void trim(Histogram& h, double bound, bool keep_below);

// Number of samples a histogram counts for in query limits (Prometheus: size in bytes / 16).
std::size_t sample_weight(const Histogram& h);

// Classic buckets to custom ones: `upper` sorted rising without +Inf, `cumulative` as long (or one
// longer: the last is +Inf's). `count` is the total. Counts falling below their predecessor are
// errors.
Result<Histogram> from_classic(const std::vector<double>& upper,
                               const std::vector<double>& cumulative, double count, double sum);

}  // namespace pharos::query
