#include "api/query_cost.hpp"

#include <algorithm>
#include <cmath>

namespace pharos::api {
namespace {

using query::promql::Node;
using query::promql::NodeKind;

constexpr std::size_t kProbes = 4;  // series of a selector whose samples are counted
constexpr std::int64_t kProbeSpan = 5 * 60 * 1000;  // at the range's begin, middle and end
constexpr std::int64_t kIntervalDefault = 15'000;   // between samples, where no probe says so
// What parts of a query cost, rounded from runs over 16,600 series: windows that overlap are not
// read again, so it is samples of the range and cells (series times steps) that count, not those of
// all windows.
constexpr double kNanosFixed = 100'000, kNanosPerSeries = 500, kNanosPerSample = 3,
                 kNanosPerCell = 8;
constexpr double kMany = 1e18;

struct Walk {
  Querier& querier;
  std::int64_t lookback_ms, default_step_ms;
  QueryCost cost;
  double samples = 0, read = 0, cells = 0;
};

// Milliseconds between samples of these series.
double interval_of(const Selection& found, UnixMillis from_ms, UnixMillis to_ms) {
  SampleColumn column;
  std::uint64_t gaps = 0;
  std::int64_t span = 0;
  const auto probes = std::min(found.size(), kProbes);
  for (std::size_t i = 0; i < probes; ++i)
    for (const auto end :
         {from_ms + kProbeSpan, from_ms + (to_ms - from_ms + kProbeSpan) / 2, to_ms}) {
      if (!found.read(i * (found.size() / probes), end - kProbeSpan, end, column) ||
          column.size() < 2)
        continue;
      gaps += column.size() - 1;
      span += column.t_ms.back() - column.t_ms.front();
    }
  return gaps == 0 || span == 0 ? static_cast<double>(kIntervalDefault)
                                : static_cast<double>(span) / static_cast<double>(gaps);
}

// `from_ms` to `to_ms`: the times at which this part is evaluated, `steps` of them.
Status walk(const Node& node, Walk& w, UnixMillis from_ms, UnixMillis to_ms, double steps,
            std::int64_t window_ms) {
  switch (node.kind) {
    case NodeKind::selector: {
      auto from = from_ms, to = to_ms;
      if (node.at_ms) from = to = *node.at_ms;
      from -= node.offset.ms + (window_ms > 0 ? window_ms : w.lookback_ms);
      to -= node.offset.ms;
      const auto found = TRY(w.querier.select(
          node.matchers, from, to, {.start_ms = from_ms, .end_ms = to_ms, .range_ms = window_ms}));
      ++w.cost.selectors;
      w.cost.series += found->size();
      const double interval = interval_of(*found, from, to);
      const double per_step =
          window_ms > 0 ? std::max(1.0, static_cast<double>(window_ms) / interval) : 1.0;
      const auto series = static_cast<double>(found->size());
      const double times = node.at_ms ? 1 : steps;
      w.samples += series * times * per_step;
      w.read += series * std::min(times * per_step, 1 + static_cast<double>(to - from) / interval);
      w.cells += series * times;
      return {};
    }
    case NodeKind::matrix_selector:
      return walk(*node.children[0], w, from_ms, to_ms, steps,
                  std::max<std::int64_t>(1, node.range.ms));
    case NodeKind::subquery: {
      const auto step =
          std::max<std::int64_t>(1, node.step.ms > 0 ? node.step.ms : w.default_step_ms);
      const auto from = (node.at_ms ? *node.at_ms : from_ms) - node.offset.ms - node.range.ms;
      const auto to = (node.at_ms ? *node.at_ms : to_ms) - node.offset.ms;
      // Overlapping windows are evaluated once.
      const double inner = 1 + static_cast<double>(to - from) / static_cast<double>(step);
      return walk(*node.children[0], w, from, to, inner, 0);
    }
    default:
      for (const auto& child : node.children)
        if (child) TRY(walk(*child, w, from_ms, to_ms, steps, window_ms));
      return {};
  }
}

}  // namespace

Result<QueryCost> query_cost(Querier& querier, const Node& root, UnixMillis start_ms,
                             UnixMillis end_ms, std::int64_t step_ms, std::int64_t lookback_ms,
                             std::int64_t default_step_ms) {
  Walk w{.querier = querier,
         .lookback_ms = lookback_ms,
         .default_step_ms = default_step_ms,
         .cost = {}};
  if (step_ms > 0) w.cost.steps = static_cast<std::uint64_t>((end_ms - start_ms) / step_ms) + 1;
  TRY(walk(root, w, start_ms, end_ms, static_cast<double>(w.cost.steps), 0));
  w.cost.samples = static_cast<std::uint64_t>(std::min(w.samples, kMany));
  w.cost.milliseconds = (kNanosFixed + kNanosPerSeries * static_cast<double>(w.cost.series) +
                         kNanosPerSample * w.read + kNanosPerCell * w.cells) /
                        1e6;
  return w.cost;
}

}  // namespace pharos::api
