#include "query/promql/reach.hpp"

#include <algorithm>

namespace pharos::query::promql {

std::optional<Millis> reach(const Node& node,
                            const std::function<bool(const Node& selector)>& counts) {
  if (node.kind == NodeKind::selector) {
    if (!counts(node)) return Millis{0};
    if (node.at_ms || node.at_edge != Node::AtEdge::none || node.offset.expr) return {};
    return Millis{std::max<std::int64_t>(node.offset.ms, 0)};
  }
  // A child that no selector of `counts` is in reads nothing, whatever is around it.
  std::optional<Millis> longest = Millis{0};
  bool any = false;
  const std::function<void(const Node&)> look = [&](const Node& at) {
    any = any || (at.kind == NodeKind::selector && counts(at));
    for (const auto& child : at.children) look(*child);
  };
  for (const auto& child : node.children) {
    any = false;
    look(*child);
    if (!any) continue;
    const auto below = reach(*child, counts);
    if (!below) return {};
    auto here = *below;
    if (node.kind == NodeKind::matrix_selector || node.kind == NodeKind::subquery) {
      if (node.range.expr || node.step.expr || node.offset.expr ||
          node.at_edge != Node::AtEdge::none || node.at_ms)
        return {};
      here += Millis{node.range.ms};
      if (node.kind == NodeKind::subquery)
        here += Millis{std::max<std::int64_t>(node.offset.ms, 0)};
    }
    longest = std::max(*longest, here);
  }
  return longest;
}

}  // namespace pharos::query::promql
