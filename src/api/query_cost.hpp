// What a query would cost, worked out from the index and a few series, without running it.
#pragma once
#include <cstdint>

#include "base/result.hpp"
#include "model/querier.hpp"
#include "query/promql/ast.hpp"

namespace pharos::api {

struct QueryCost {
  std::uint64_t selectors = 0, series = 0;  // series of all selectors together
  std::uint64_t steps = 1;
  std::uint64_t samples = 0;  // as the query's own statistics count them
  double milliseconds = 0;
  bool calibrated = false;  // by queries that ran lately, not by our own figures
};

// `default_step_ms`: of subqueries that name none.
Result<QueryCost> query_cost(Querier& querier, const query::promql::Node& root, UnixMillis start_ms,
                             UnixMillis end_ms, std::int64_t step_ms, std::int64_t lookback_ms,
                             std::int64_t default_step_ms);

}  // namespace pharos::api
