// Judges what a query gave against what a script expects.
#pragma once
#include <string>

#include "query/engine.hpp"
#include "tests/conformance/promql_script.hpp"

namespace pharos::conformance {

// Each returns "" or what differs. `step_ms` is that of a range query, 0 for an instant one.
std::string compare_value(const EvalCommand& eval, const query::Value& value);
std::string compare_annotations(const EvalCommand& eval, const query::Annotations& annotations,
                                bool exact);
std::string compare_failure(const EvalCommand& eval, const Error& error, bool exact);
// The middle step of a range query as the instant value that it must equal.
query::Value middle_step(const query::Value& range, const query::Value& like, UnixMillis t_ms);
std::string check_sorted(const query::Value& value);

}  // namespace pharos::conformance
