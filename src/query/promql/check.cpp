#include "query/promql/check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "query/promql/functions.hpp"

namespace pharos::query::promql {
namespace {

std::string_view bare_name(
    ValueType type) {  // the one message that does not use the documented names
  switch (type) {
    case ValueType::vector: return "vector";
    case ValueType::matrix: return "matrix";
    default: return name(type);
  }
}

class Checker {
 public:
  explicit Checker(std::string_view text) : text_(text) {}
  Status check(Node& node);

 private:
  Status check_binary(Node& node);
  Status check_call(Node& node);
  Status check_aggregate(Node& node);
  Status check_selector(Node& node);
  Status expect(Node& node, ValueType want, std::string_view context);
  std::unexpected<Error> fail(const Node& node, std::string_view what) {
    return parse_error(text_, node.pos.begin, what);
  }
  std::uint32_t operator_place(const Node& node) const;

  std::string_view text_;
};

Status Checker::expect(Node& node, ValueType want, std::string_view context) {
  TRY(check(node));
  if (node.type != want) {
    return fail(
        node, fmt::format("expected type {} in {}, got {}", name(want), context, name(node.type)));
  }
  return {};
}

std::uint32_t Checker::operator_place(const Node& node) const {
  auto at = node.children[0]->pos.end;
  while (at < text_.size() &&
         (text_[at] == ' ' || text_[at] == '\t' || text_[at] == '\n' || text_[at] == '\r'))
    ++at;
  return at;
}

Status Checker::check_aggregate(Node& node) {
  TRY(expect(*node.children.back(), ValueType::vector, "aggregation expression"));
  if (takes_parameter(node.aggregate_op)) {
    const auto want =
        node.aggregate_op == AggregateOp::count_values ? ValueType::string : ValueType::scalar;
    TRY(expect(*node.children.front(), want, "aggregation parameter"));
  }
  node.type = ValueType::vector;
  return {};
}

Status Checker::check_binary(Node& node) {
  auto& matching = node.matching;
  const auto op = node.binary_op;
  TRY(check(*node.children[0]));
  TRY(check(*node.children[1]));
  const auto left = node.children[0]->type, right = node.children[1]->type;
  const bool scalars = left == ValueType::scalar && right == ValueType::scalar;
  node.type = scalars ? ValueType::scalar : ValueType::vector;

  if (node.return_bool && !is_comparison(op)) {
    return parse_error(text_, operator_place(node),
                       "bool modifier can only be used on comparison operators");
  }
  if (is_comparison(op) && !node.return_bool && scalars) {
    return parse_error(text_, operator_place(node),
                       "comparisons between scalars must use BOOL modifier");
  }
  if (is_set_operator(op) && matching.card == Cardinality::one_to_one)
    matching.card = Cardinality::many_to_many;
  if (matching.on) {
    for (const auto& label : matching.labels) {
      if (std::find(matching.include.begin(), matching.include.end(), label) !=
          matching.include.end()) {
        return parse_error(
            text_, operator_place(node),
            fmt::format("label {} must not occur in ON and GROUP clause at once", go_quote(label)));
      }
    }
  }
  for (const auto& operand : node.children) {
    if (operand->type != ValueType::scalar && operand->type != ValueType::vector) {
      return fail(*operand, "binary expression must contain only scalar and instant vector types");
    }
  }
  const bool fills = matching.fill_left || matching.fill_right;
  if (left != ValueType::vector || right != ValueType::vector) {
    if (!matching.labels.empty())
      return fail(node, "vector matching only allowed between instant vectors");
    if (fills) return fail(node, "filling in missing series only allowed between instant vectors");
    matching = {};
    if (is_set_operator(op)) {
      return fail(node, fmt::format("set operator {} not allowed in binary scalar expression",
                                    go_quote(symbol(op))));
    }
  } else if (is_set_operator(op)) {
    if (matching.card == Cardinality::one_to_many || matching.card == Cardinality::many_to_one) {
      return fail(node, fmt::format("no grouping allowed for {} operation", go_quote(symbol(op))));
    }
    if (fills) return fail(node, "filling in missing series not allowed for set operators");
  }
  return {};
}

Status Checker::check_call(Node& node) {
  const Function& function = *node.function;
  const std::size_t given = node.children.size();
  const auto quoted_name = go_quote(function.name);
  node.type = function.returns;
  if (function.variadic == 0) {
    if (given != function.args.size()) {
      return fail(node, fmt::format("expected {} argument(s) in call to {}, got {}",
                                    function.args.size(), quoted_name, given));
    }
  } else {
    const auto least = function.args_min();
    if (given < least) {
      return fail(node, fmt::format("expected at least {} argument(s) in call to {}, got {}", least,
                                    quoted_name, given));
    }
    if (function.variadic > 0 && given > least + static_cast<std::size_t>(function.variadic)) {
      return fail(node, fmt::format("expected at most {} argument(s) in call to {}, got {}",
                                    least + static_cast<std::size_t>(function.variadic),
                                    quoted_name, given));
    }
  }
  if (function.name == "info" && given > 1) {
    Node& selector = *node.children[1];
    if (selector.kind != NodeKind::selector) {
      TRY(check(selector));
      if (selector.type != ValueType::vector) {
        return fail(node, fmt::format("expected type {} in call to function {}, got {}",
                                      name(ValueType::vector), quoted_name, name(selector.type)));
      }
      return fail(selector, "expected label selectors only");
    }
    if (!selector.text.empty())
      return fail(selector, "expected label selectors only, got vector selector instead");
    selector.bypass_empty_matcher_check = true;
  }
  for (std::size_t i = 0; i < given; ++i) {
    TRY(check(*node.children[i]));
    if (node.children[i]->type != function.arg_type(i)) {
      return fail(*node.children[i], fmt::format("expected type {} in call to function {}, got {}",
                                                 name(function.arg_type(i)), quoted_name,
                                                 name(node.children[i]->type)));
    }
  }
  return {};
}

Status Checker::check_selector(Node& node) {
  node.type = ValueType::vector;
  if (!node.text.empty()) {  // the last matcher is the name written before the braces
    for (std::size_t i = 0; i + 1 < node.matchers.size(); ++i) {
      if (node.matchers[i].name() == kMetricName) {
        return fail(node, fmt::format("metric name must not be set twice: {} or {}",
                                      go_quote(node.text), go_quote(node.matchers[i].value())));
      }
    }
    return {};
  }
  if (node.bypass_empty_matcher_check) return {};
  for (const auto& matcher : node.matchers) {
    if (!matcher.matches_empty()) return {};
  }
  return fail(node, "vector selector must contain at least one non-empty matcher");
}

Status Checker::check(Node& node) {
  switch (node.kind) {
    case NodeKind::number:
    case NodeKind::duration: node.type = ValueType::scalar; return {};
    case NodeKind::string: node.type = ValueType::string; return {};
    case NodeKind::selector: return check_selector(node);
    case NodeKind::matrix_selector: node.type = ValueType::matrix; return check(*node.children[0]);
    case NodeKind::subquery:
      node.type = ValueType::matrix;
      TRY(check(*node.children[0]));
      if (node.children[0]->type != ValueType::vector) {
        return fail(node, fmt::format("subquery is only allowed on instant vector, got {} instead",
                                      bare_name(node.children[0]->type)));
      }
      return {};
    case NodeKind::unary:
      TRY(check(*node.children[0]));
      node.type = node.children[0]->type;
      if (node.type != ValueType::scalar && node.type != ValueType::vector) {
        return fail(node, fmt::format("unary expression only allowed on expressions of type scalar "
                                      "or instant vector, got {}",
                                      go_quote(name(node.type))));
      }
      return {};
    case NodeKind::step_invariant:
    case NodeKind::paren:
      TRY(check(*node.children[0]));
      node.type = node.children[0]->type;
      return {};
    case NodeKind::binary: return check_binary(node);
    case NodeKind::call: return check_call(node);
    case NodeKind::aggregate: return check_aggregate(node);
  }
  return {};
}

}  // namespace

std::string_view name(ValueType type) {
  switch (type) {
    case ValueType::none: return "none";
    case ValueType::scalar: return "scalar";
    case ValueType::vector: return "instant vector";
    case ValueType::matrix: return "range vector";
    case ValueType::string: return "string";
  }
  return "none";
}

std::string_view symbol(BinaryOp op) {
  static constexpr std::string_view kSymbols[] = {"+",     "-",   "*",  "/",      "%",  "^",
                                                  "atan2", "==",  "!=", "<",      ">",  "<=",
                                                  ">=",    "and", "or", "unless", "</", ">/"};
  return kSymbols[static_cast<std::size_t>(op)];
}

std::string_view name(AggregateOp op) {
  static constexpr std::string_view kNames[] = {
      "sum",    "avg",  "min",     "max",      "count",        "group",  "stddev",
      "stdvar", "topk", "bottomk", "quantile", "count_values", "limitk", "limit_ratio"};
  return kNames[static_cast<std::size_t>(op)];
}

bool is_comparison(BinaryOp op) {
  return op >= BinaryOp::eql && op <= BinaryOp::gte;
}
bool is_set_operator(BinaryOp op) {
  return op >= BinaryOp::land && op <= BinaryOp::lunless;
}

bool takes_parameter(AggregateOp op) {
  switch (op) {
    case AggregateOp::topk:
    case AggregateOp::bottomk:
    case AggregateOp::quantile:
    case AggregateOp::count_values:
    case AggregateOp::limitk:
    case AggregateOp::limit_ratio: return true;
    default: return false;
  }
}

std::string position(std::string_view text, std::uint32_t offset) {
  if (offset > text.size()) return "invalid position";
  std::size_t line = 1, line_start = 0;
  for (std::size_t i = 0; i < offset; ++i) {
    if (text[i] == '\n') ++line, line_start = i + 1;
  }
  return fmt::format("{}:{}", line, offset - line_start + 1);
}

std::unexpected<Error> parse_error(std::string_view text, std::uint32_t offset,
                                   std::string_view what) {
  return fail(Errc::invalid, fmt::format("{}: parse error: {}", position(text, offset), what));
}

Status check_types(Node& root, std::string_view text) {
  return Checker(text).check(root);
}

}  // namespace pharos::query::promql
