// The tree as /api/v1/parse_query answers it: Prometheus' translated AST.
#pragma once
#include <string>

#include "query/promql/ast.hpp"

namespace pharos::query::promql {
std::string to_json(const Node& node);
}
