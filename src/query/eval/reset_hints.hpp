// Counter-reset hints of stored histograms: whether each continues the one before it.
#pragma once
#include <unordered_set>

#include "model/sample.hpp"
#include "query/promql/ast.hpp"

namespace pharos::query {

// Gives histograms without a hint the one that Prometheus' storage would: not_reset when it
// continues the histogram before it; a reset stays unknown, unless `mark_resets`. `before` is the
// sample before the column's first, if any. A stale marker or a float between two histograms leaves
// the later one unknown.
void infer_reset_hints(SampleColumn& column, const Histogram* before, bool mark_resets);
// The same for one sample of the column.
HistogramPtr with_reset_hint(const SampleColumn& column, std::size_t at, const Histogram* before,
                             bool mark_resets);

// The selectors below histogram_count, histogram_sum and histogram_avg, without a sub-query
// between: there Prometheus reads counts and sums only, notices resets as it reads, and so can tell
// colliding ones.
std::unordered_set<const promql::Node*> statistics_selectors(const promql::Node& root);

}  // namespace pharos::query
