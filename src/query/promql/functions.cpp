#include "query/promql/functions.hpp"

#include <algorithm>

namespace pharos::query::promql {
namespace {

using enum ValueType;

std::vector<Function> make_table() {
  std::vector<Function> table;
  const auto add = [&table](std::string_view name, std::vector<ValueType> args,
                            ValueType returns = vector, int variadic = 0,
                            bool experimental = false) {
    table.push_back({name, std::move(args), variadic, returns, experimental});
  };
  constexpr bool kExperimental = true;

  for (const auto* name : {"abs",
                           "absent",
                           "acos",
                           "acosh",
                           "asin",
                           "asinh",
                           "atan",
                           "atanh",
                           "ceil",
                           "cos",
                           "cosh",
                           "deg",
                           "exp",
                           "floor",
                           "ln",
                           "log10",
                           "log2",
                           "rad",
                           "sgn",
                           "sin",
                           "sinh",
                           "sort",
                           "sqrt",
                           "sort_desc",
                           "tan",
                           "tanh",
                           "timestamp",
                           "histogram_avg",
                           "histogram_count",
                           "histogram_sum",
                           "histogram_stddev",
                           "histogram_stdvar"}) {
    add(name, {vector});
  }
  for (const auto* name : {"absent_over_time", "avg_over_time", "changes", "count_over_time",
                           "delta", "deriv", "idelta", "increase", "irate", "last_over_time",
                           "max_over_time", "min_over_time", "present_over_time", "rate", "resets",
                           "stddev_over_time", "stdvar_over_time", "sum_over_time"}) {
    add(name, {matrix});
  }
  for (const auto* name : {"first_over_time", "mad_over_time", "ts_of_first_over_time",
                           "ts_of_last_over_time", "ts_of_max_over_time", "ts_of_min_over_time"}) {
    add(name, {matrix}, vector, 0, kExperimental);
  }
  add("increase_from_birth", {matrix});  // Pharos' own
  for (const auto* name : {"day_of_month", "day_of_week", "day_of_year", "days_in_month", "hour",
                           "minute", "month", "year"}) {
    add(name, {vector}, vector, 1);
  }
  for (const auto* name : {"end", "range", "start", "step"})
    add(name, {}, scalar, 0, kExperimental);
  for (const auto* name : {"max_of", "min_of"})
    add(name, {scalar, scalar}, scalar, 0, kExperimental);

  add("clamp", {vector, scalar, scalar});
  add("clamp_max", {vector, scalar});
  add("clamp_min", {vector, scalar});
  add("double_exponential_smoothing", {matrix, scalar, scalar}, vector, 0, kExperimental);
  add("holt_winters", {matrix, scalar, scalar});
  table.back().only_in_2 = true;
  add("histogram_fraction", {scalar, scalar, vector});
  add("histogram_quantile", {scalar, vector});
  add("histogram_quantiles", {vector, string, scalar, scalar}, vector, 9, kExperimental);
  add("info", {vector, vector}, vector, 1, kExperimental);
  add("label_join", {vector, string, string, string}, vector, -1);
  add("label_replace", {vector, string, string, string, string});
  add("pi", {}, scalar);
  add("predict_linear", {matrix, scalar});
  add("quantile_over_time", {scalar, matrix});
  add("round", {vector, scalar}, vector, 1);
  add("scalar", {vector}, scalar);
  add("sort_by_label", {vector, string}, vector, -1, kExperimental);
  add("sort_by_label_desc", {vector, string}, vector, -1, kExperimental);
  add("start_timestamp", {vector}, vector, 0, kExperimental);
  add("time", {}, scalar);
  add("vector", {scalar});

  std::ranges::sort(table, {}, &Function::name);
  return table;
}

const std::vector<Function>& table() {
  static const std::vector<Function> functions = make_table();
  return functions;
}

}  // namespace

std::size_t Function::args_min() const {
  return variadic == 0 ? args.size() : args.size() - 1;
}

ValueType Function::arg_type(std::size_t i) const {
  if (args.empty()) return none;
  return args[std::min(i, args.size() - 1)];
}

const Function* find_function(std::string_view name) {
  const auto at = std::ranges::lower_bound(table(), name, {}, &Function::name);
  return at != table().end() && at->name == name ? &*at : nullptr;
}

std::span<const Function> all_functions() {
  return table();
}

}  // namespace pharos::query::promql
