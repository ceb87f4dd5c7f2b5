// The signatures of PromQL's functions, Prometheus 3.14's table. What they compute is the
// evaluator's.
#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "query/promql/ast.hpp"

namespace pharos::query::promql {

struct Function {
  std::string_view name;
  std::vector<ValueType> args;
  int variadic = 0;  // 0: exactly `args`; n > 0: the last one is optional and up to n - 1 more may
                     // follow; -1: any number
  ValueType returns = ValueType::vector;
  bool experimental = false;
  bool only_in_2 = false;  // a name that Prometheus 3.0 gave up

  std::size_t args_min() const;             // fewest arguments accepted
  ValueType arg_type(std::size_t i) const;  // of argument i; the last type repeats
};

const Function* find_function(std::string_view name);  // nullptr when there is none
std::span<const Function> all_functions();             // sorted by name

}  // namespace pharos::query::promql
