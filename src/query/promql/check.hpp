// Type checking of a parsed expression, with Prometheus' messages.
#pragma once
#include "query/promql/ast.hpp"

namespace pharos::query::promql {

// Sets the type of every node and finishes what needs types (the matching of set operators,
// info()'s second argument). The first error in Prometheus' order, its place in front.
Status check_types(Node& root, std::string_view text);

std::string_view symbol(BinaryOp op);   // "+", "and", "</"
std::string_view name(AggregateOp op);  // "count_values"
bool is_comparison(BinaryOp op);
bool is_set_operator(BinaryOp op);
bool takes_parameter(AggregateOp op);

std::unexpected<Error> parse_error(std::string_view text, std::uint32_t offset,
                                   std::string_view what);

}  // namespace pharos::query::promql
