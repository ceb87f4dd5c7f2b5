// Passes over a parsed expression before it is evaluated.
#pragma once
#include <cstdint>

#include "query/promql/ast.hpp"

namespace pharos::query::promql {

struct EvaluationTimes {
  std::int64_t start_ms = 0, end_ms = 0, step_ms = 0;  // step 0: instant
};

// Works out duration expressions, turns `@ start()` and `@ end()` into times and `@`-free functions
// such as step() stay calls. Then wraps every largest part whose value does not depend on the step
// (and is more than a literal) in a step_invariant node. Errors are Prometheus' texts: "duration
// must be greater than 0", "division by zero", with the place in front.
Status preprocess(NodePtr& root, const EvaluationTimes& times, std::string_view text);

// The value in seconds of a duration expression; `text` is for places in errors.
Result<double> evaluate_duration(const Node& node, const EvaluationTimes& times,
                                 std::string_view text);

}  // namespace pharos::query::promql
