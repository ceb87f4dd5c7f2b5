// PromQL's syntax tree, as Prometheus 3.14's grammar gives it. Positions are byte offsets into the
// text.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/matcher.hpp"

namespace pharos::query::promql {

enum class ValueType : std::uint8_t { none, scalar, vector, matrix, string };
std::string_view name(
    ValueType type);  // "scalar", "instant vector", "range vector", "string", "none"

struct Range {
  std::uint32_t begin = 0, end = 0;
};  // [begin, end) in the query text

enum class NodeKind : std::uint8_t {
  number,
  string,
  selector,
  matrix_selector,
  subquery,
  unary,
  binary,
  paren,
  call,
  aggregate,
  step_invariant,
  duration,
};

enum class BinaryOp : std::uint8_t {
  add,
  sub,
  mul,
  div,
  mod,
  pow,
  atan2,
  eql,
  neq,
  lss,
  gtr,
  lte,
  gte,
  land,
  lor,
  lunless,
  trim_upper,
  trim_lower,  // </  and  >/ : histogram trimming of 3.14
};
enum class AggregateOp : std::uint8_t {
  sum,
  avg,
  min,
  max,
  count,
  group,
  stddev,
  stdvar,
  topk,
  bottomk,
  quantile,
  count_values,
  limitk,
  limit_ratio,
};
enum class Cardinality : std::uint8_t { one_to_one, many_to_one, one_to_many, many_to_many };

struct Node;
using NodePtr = std::unique_ptr<Node>;
struct Function;  // query/promql/functions.hpp: name, argument types, return type

struct VectorMatching {
  Cardinality card = Cardinality::one_to_one;
  bool on = false;
  std::vector<std::string> labels, include;
  std::optional<double> fill_left, fill_right;
};

// A duration: a number of milliseconds, or an expression to be worked out before evaluation.
struct DurationValue {
  std::int64_t ms = 0;
  NodePtr expr;  // of kind duration when not constant
};

// One struct for all kinds, so that a pass is one switch; the fields a kind uses are named beside
// it.
//
// matrix_selector: children[0] is its selector, which holds the matchers, @, offset, anchored and
//   smoothed (the last two are mirrored on the matrix_selector); it holds the range.
// subquery, unary, paren, step_invariant: children[0]. binary: [left, right].
// duration: `text` is one of + - * / % ^ step range min max; children are none (step, range), one
//   (sign) or two operands, which are numbers (seconds), parens or durations.
// preprocess() (promql/preprocess.hpp) leaves no duration expression, no at_edge behind.
struct Node {
  NodeKind kind;
  Range pos;
  ValueType type = ValueType::none;

  double number = 0;                 // number
  bool is_duration_literal = false;  // number written as a duration ("5m")
  std::string
      text;  // string: value; selector: metric name written before the braces; duration: see above

  std::vector<Matcher> matchers;            // selector, metric name included
  bool anchored = false, smoothed = false;  // selector, matrix_selector
  std::optional<std::int64_t> at_ms;        // selector, subquery
  enum class AtEdge : std::uint8_t { none, start, end } at_edge = AtEdge::none;
  DurationValue offset;                     // selector, subquery: as written
  bool bypass_empty_matcher_check = false;  // info()'s second argument

  DurationValue range, step;  // matrix_selector: range; subquery: both (step 0 = default)

  BinaryOp binary_op = BinaryOp::add;  // binary, unary (add, sub)
  bool return_bool = false;            // binary
  VectorMatching matching;             // binary between vectors

  AggregateOp aggregate_op = AggregateOp::sum;  // aggregate
  bool without = false;
  std::vector<std::string> grouping;

  const Function* function = nullptr;  // call
  std::vector<NodePtr> children;       // operands, arguments; aggregate: [expr] or [param, expr]
};

struct ParseOptions {
  bool experimental_functions = true, duration_expressions = true, extended_selectors = true,
       fill_modifiers = true;
  std::uint32_t nesting_max = 250;
  int compat = 3;  // 2: the names of functions that 3.0 renamed, too
};

// Errc::invalid: `1:5: parse error: unexpected …`, Prometheus' words, line and column of the byte.
Result<NodePtr> parse(std::string_view text, const ParseOptions& options = {});
Result<std::vector<Matcher>> parse_metric_selector(std::string_view text);  // for match[]
Result<Labels> parse_metric(std::string_view text);  // `up{job="a"}` as written in tests
std::string to_string(const Node& node);             // one line, canonical
std::string prettify(const Node& node);              // api format_query
NodePtr clone(const Node& node);
std::string position(std::string_view text, std::uint32_t offset);  // "1:5"

}  // namespace pharos::query::promql
