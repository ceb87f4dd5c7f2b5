// How far behind its own time an expression reads.
#pragma once
#include <functional>
#include <optional>

#include "base/time.hpp"
#include "query/promql/ast.hpp"

namespace pharos::query::promql {

// The longest way from the time of evaluation back to a sample that a selector of `counts` may ask
// for: offsets, ranges and subqueries added up, without the look-back of instant selectors. 0 when
// no selector counts. None when that cannot be said of the text alone: an @ or a duration
// expression.
std::optional<Millis> reach(const Node& node,
                            const std::function<bool(const Node& selector)>& counts);

}  // namespace pharos::query::promql
