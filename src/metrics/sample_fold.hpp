// Putting decoded samples together: appending a time range, merging columns, folding facts.
#pragma once
#include <span>
#include <vector>

#include "model/querier.hpp"
#include "model/sample.hpp"

namespace pharos::metrics {

// Parallel spans; `histograms` and `start_ms` are empty or as long as `t_ms`.
struct SampleSpan {
  std::span<const UnixMillis> t_ms;
  std::span<const double> value;
  std::span<const HistogramPtr> histograms;
  std::span<const UnixMillis> start_ms;

  SampleSpan() = default;
  SampleSpan(std::span<const UnixMillis> t, std::span<const double> v,
             std::span<const HistogramPtr> h = {}, std::span<const UnixMillis> s = {})
      : t_ms(t), value(v), histograms(h), start_ms(s) {}
  explicit SampleSpan(const SampleColumn& c)
      : SampleSpan(c.t_ms, c.value, c.histograms, c.start_ms) {}
  std::size_t size() const { return t_ms.size(); }
  SampleSpan between(UnixMillis from_ms, UnixMillis to_ms) const;  // closed range, times rising
};

// Appends; keeps the rule that histograms and start times are all there or not at all.
void append(SampleColumn& out, const SampleSpan& samples);

// Merges columns with rising times; among equal times the column that stands first wins.
void merge(std::span<const SampleSpan> columns, SampleColumn& out);

// A window's facts beside another's, in any order of time. What both hold is counted twice.
void fold(WindowFacts& into, const WindowFacts& facts);
// Samples one by one; a histogram makes `into` inexact, stale markers are left out.
void fold(WindowFacts& into, const SampleSpan& samples);

}  // namespace pharos::metrics
