#include "query/eval/reset_hints.hpp"

#include "query/histogram_math.hpp"
#include "query/promql/functions.hpp"

namespace pharos::query {

using promql::NodeKind;

HistogramPtr with_reset_hint(const SampleColumn& column, std::size_t at, const Histogram* before,
                             bool mark_resets) {
  const auto& h = column.histograms[at];
  if (h->reset_hint != ResetHint::unknown || is_stale(*h)) return h;
  const Histogram* previous = at > 0 ? column.histograms[at - 1].get() : before;
  if (!previous || is_stale(*previous) || previous->reset_hint == ResetHint::gauge) return h;
  const bool reset = detect_reset(*h, *previous);
  if (reset && (!mark_resets || at == 0)) return h;
  auto copy = std::make_shared<Histogram>(*h);
  copy->reset_hint = reset ? ResetHint::reset : ResetHint::not_reset;
  return copy;
}

void infer_reset_hints(SampleColumn& column, const Histogram* before, bool mark_resets) {
  // From the back, so that each is compared with its neighbour as it was stored.
  for (auto i = column.histograms.size(); i-- > 0;)
    if (column.histograms[i])
      column.histograms[i] = with_reset_hint(column, i, before, mark_resets);
}

namespace {

void collect(const promql::Node& node, bool statistics,
             std::unordered_set<const promql::Node*>& out) {
  if (node.kind == NodeKind::selector && statistics) out.insert(&node);
  if (node.kind == NodeKind::subquery) statistics = false;
  if (node.kind == NodeKind::call) {
    const auto name = node.function->name;
    if (name == "histogram_count" || name == "histogram_sum" || name == "histogram_avg")
      statistics = true;
    if (name == "histogram_quantile" || name == "histogram_quantiles" ||
        name == "histogram_fraction")
      statistics = false;
  }
  for (const auto& child : node.children)
    if (child) collect(*child, statistics, out);
}

}  // namespace

std::unordered_set<const promql::Node*> statistics_selectors(const promql::Node& root) {
  std::unordered_set<const promql::Node*> out;
  collect(root, false, out);
  return out;
}

}  // namespace pharos::query
