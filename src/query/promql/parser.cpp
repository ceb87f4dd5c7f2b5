#include "query/promql/parser.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/time.hpp"
#include "query/promql/check.hpp"
#include "query/promql/functions.hpp"

namespace pharos::query::promql {
namespace {

using enum TokenKind;

// Binding strength, weakest first; `^` binds to the right, and a sign sits between * and ^.
int precedence(TokenKind kind) {
  switch (kind) {
    case lor: return 1;
    case land:
    case lunless: return 2;
    case eqlc:
    case neq:
    case lss:
    case lte:
    case gtr:
    case gte: return 3;
    case add:
    case sub: return 4;
    case mul:
    case div:
    case mod:
    case atan2:
    case trim_upper:
    case trim_lower: return 5;
    case pow: return 6;
    default: return 0;
  }
}
constexpr int kPowerPrecedence = 6;

BinaryOp binary_op(TokenKind kind) {
  switch (kind) {
    case add: return BinaryOp::add;
    case sub: return BinaryOp::sub;
    case mul: return BinaryOp::mul;
    case div: return BinaryOp::div;
    case mod: return BinaryOp::mod;
    case pow: return BinaryOp::pow;
    case atan2: return BinaryOp::atan2;
    case eqlc: return BinaryOp::eql;
    case neq: return BinaryOp::neq;
    case lss: return BinaryOp::lss;
    case gtr: return BinaryOp::gtr;
    case lte: return BinaryOp::lte;
    case gte: return BinaryOp::gte;
    case land: return BinaryOp::land;
    case lor: return BinaryOp::lor;
    case lunless: return BinaryOp::lunless;
    case trim_upper: return BinaryOp::trim_upper;
    default: return BinaryOp::trim_lower;
  }
}

AggregateOp aggregate_op(TokenKind kind) {
  switch (kind) {
    case avg: return AggregateOp::avg;
    case bottomk: return AggregateOp::bottomk;
    case count: return AggregateOp::count;
    case count_values: return AggregateOp::count_values;
    case group: return AggregateOp::group;
    case limitk: return AggregateOp::limitk;
    case limit_ratio: return AggregateOp::limit_ratio;
    case max: return AggregateOp::max;
    case min: return AggregateOp::min;
    case quantile: return AggregateOp::quantile;
    case stddev: return AggregateOp::stddev;
    case stdvar: return AggregateOp::stdvar;
    case topk: return AggregateOp::topk;
    default: return AggregateOp::sum;
  }
}

// Words that may name a metric outside quotes.
bool names_metric(TokenKind kind) {
  switch (kind) {
    case identifier:
    case metric_identifier:
    case land:
    case lor:
    case lunless:
    case by:
    case without:
    case offset:
    case fill:
    case fill_left:
    case fill_right:
    case anchored:
    case smoothed:
    case start:
    case finish:
    case step:
    case range: return true;
    default: return is_aggregation(kind);
  }
}

bool begins_expression(TokenKind kind) {
  switch (kind) {
    case add:
    case sub:
    case number:
    case duration:
    case string:
    case left_paren:
    case left_brace: return true;
    default: return names_metric(kind);
  }
}

constexpr std::string_view kDurationWords = "number, duration, step(), or range()";

}  // namespace

const Token& Parser::peek() {
  if (!peeked_) {
    token_ = lexer_.next();
    peeked_ = true;
  }
  return token_;
}

Token Parser::take() {
  peek();
  peeked_ = false;
  last_end_ = token_.end;
  return std::move(token_);
}

bool Parser::take_if(TokenKind wanted) {
  if (kind() != wanted) return false;
  take();
  return true;
}

Status Parser::expect(TokenKind wanted) {
  if (!take_if(wanted)) return unexpected();
  return {};
}

std::unexpected<Error> Parser::unexpected() {
  if (contexts_.empty()) return unexpected({}, {});
  return unexpected(contexts_.back().where, contexts_.back().expected);
}

std::unexpected<Error> Parser::unexpected(std::string_view where, std::string_view expected) {
  const Token& token = peek();
  if (token.kind == TokenKind::error) return error_at(token.begin, token.text);
  std::string message = "unexpected " + token.describe();
  if (!where.empty()) message += fmt::format(" in {}", where);
  if (!expected.empty()) message += fmt::format(", expected {}", expected);
  return error_at(token.begin, message);
}

std::unexpected<Error> Parser::error_at(std::uint32_t at, std::string_view what) const {
  return parse_error(text_, at, what);
}

NodePtr Parser::make(NodeKind kind, std::uint32_t begin, std::uint32_t end) const {
  auto node = std::make_unique<Node>();
  node->kind = kind;
  node->pos = {begin, end};
  return node;
}

std::unexpected<Error> Parser::too_deep() {
  return error_at(peek().begin, fmt::format("expression is nested too deeply, the limit is {}",
                                            options_.nesting_max));
}

Status Parser::check_height(const Tree& tree) {
  if (tree.height > options_.nesting_max * 4) {
    return too_deep();
  }
  return {};
}

Result<NodePtr> Parser::expression_only() {
  if (kind() == eof) return error_at(0, "no expression found in input");
  auto tree = TRY(expression(1));
  if (kind() != eof) return unexpected();
  return std::move(tree.node);
}

Result<Parser::Tree> Parser::expression(int precedence_min) {
  const Enter enter(*this);
  if (enter.too_deep()) {
    return too_deep();
  }
  auto left = TRY(prefix());
  for (;;) {
    const int strength = precedence(kind());
    if (strength == 0 || strength < precedence_min) return left;
    const Token op = take();
    auto modified = TRY(modifiers());
    auto right = TRY(expression(op.kind == pow ? strength : strength + 1));
    left = TRY(binary(std::move(left), op, std::move(right), std::move(modified)));
    TRY(check_height(left));
  }
}

Result<Parser::Tree> Parser::binary(Tree left, const Token& op, Tree right, NodePtr node) {
  node->pos = {left.node->pos.begin, right.node->pos.end};
  node->binary_op = binary_op(op.kind);
  if (!options_.fill_modifiers && (node->matching.fill_left || node->matching.fill_right)) {
    return error_at(node->pos.begin, "binop fill modifiers are experimental and not enabled");
  }
  const auto height = std::max(left.height, right.height) + 1;
  node->children.push_back(std::move(left.node));
  node->children.push_back(std::move(right.node));
  return Tree{std::move(node), height};
}

// What may stand between an operator and its right side: bool, on/ignoring, group_left/right, fill.
Result<NodePtr> Parser::modifiers() {
  auto node = make(NodeKind::binary, 0, 0);
  auto& matching = node->matching;
  node->return_bool = take_if(bool_);
  if (kind() == on || kind() == ignoring) {
    matching.on = take().kind == on;
    matching.labels = TRY(grouping());
    if (kind() == group_left || kind() == group_right) {
      matching.card =
          take().kind == group_left ? Cardinality::many_to_one : Cardinality::one_to_many;
      if (kind() == left_paren) matching.include = TRY(grouping());
    }
  }
  TRY(fills(matching));
  return node;
}

Status Parser::fills(VectorMatching& matching) {
  if (take_if(fill)) {
    const double value = TRY(fill_value());
    matching.fill_left = matching.fill_right = value;
    return {};
  }
  if (kind() != fill_left && kind() != fill_right) return {};
  const auto first = take().kind;
  (first == fill_left ? matching.fill_left : matching.fill_right) = TRY(fill_value());
  if (kind() == (first == fill_left ? fill_right : fill_left)) {
    take();
    (first == fill_left ? matching.fill_right : matching.fill_left) = TRY(fill_value());
  }
  return {};
}

Result<double> Parser::fill_value() {
  TRY(expect(left_paren));
  const bool negative = kind() == sub;
  if (kind() == sub || kind() == add) take();
  const auto literal = TRY(number_literal());
  TRY(expect(right_paren));
  return negative ? -literal->number : literal->number;
}

Result<Parser::Tree> Parser::prefix() {
  if (kind() != add && kind() != sub) {
    auto tree = TRY(atom());
    TRY(postfix(tree));
    return tree;
  }
  const Token sign = take();
  auto operand = TRY(expression(kPowerPrecedence));
  if (operand.node->kind == NodeKind::number) {
    if (sign.kind == sub) operand.node->number = -operand.node->number;
    operand.node->pos.begin = sign.begin;
    return operand;
  }
  auto node = make(NodeKind::unary, sign.begin, operand.node->pos.end);
  node->binary_op = sign.kind == sub ? BinaryOp::sub : BinaryOp::add;
  node->children.push_back(std::move(operand.node));
  return Tree{std::move(node), operand.height + 1};
}

Result<Parser::Tree> Parser::atom() {
  switch (kind()) {
    case left_paren: return paren();
    case number:
    case duration: {
      auto node = TRY(number_literal());
      return Tree{std::move(node)};
    }
    case string: {
      const Token token = take();
      auto node = make(NodeKind::string, token.begin, token.end);
      auto value = unquote(token.text);
      if (!value) return error_at(token.begin, value.error().message);
      node->text = std::move(*value);
      return Tree{std::move(node)};
    }
    case left_brace: {
      auto node = TRY(selector());
      return Tree{std::move(node)};
    }
    default: break;
  }
  if (!names_metric(kind())) return unexpected();
  // A name: of a function, an aggregation or a metric, by what follows it.
  const auto first = kind();
  const Token name = take();
  const auto following = kind();
  const bool aggregates =
      is_aggregation(first) && (following == left_paren || following == by || following == without);
  const bool calls =
      following == left_paren &&
      (first == identifier || first == start || first == finish || first == step || first == range);
  if (aggregates || calls) {
    auto node = make(aggregates ? NodeKind::aggregate : NodeKind::call, name.begin, name.end);
    if (aggregates) node->aggregate_op = aggregate_op(first);
    node->text = name.text;
    return aggregates ? aggregate(std::move(node)) : call(std::move(node));
  }
  auto node = make(NodeKind::selector, name.begin, name.end);
  if (following == left_brace) {
    node->matchers = TRY(matchers());
    node->pos.end = last_end_;
  }
  node->text = name.text;
  node->matchers.push_back(Matcher::equal(std::string(kMetricName), name.text));
  return Tree{std::move(node)};
}

Result<Parser::Tree> Parser::paren() {
  const Token open = take();
  auto inner = TRY(expression(1));
  TRY(expect(right_paren));
  auto node = make(NodeKind::paren, open.begin, last_end_);
  node->children.push_back(std::move(inner.node));
  return Tree{std::move(node), inner.height + 1};
}

Result<std::vector<Parser::Tree>> Parser::arguments() {
  std::vector<Tree> out;
  TRY(expect(left_paren));
  if (take_if(right_paren)) return out;
  for (;;) {
    out.push_back(TRY(expression(1)));
    if (take_if(right_paren)) return out;
    if (kind() != comma) return unexpected();
    const Token separator = take();
    if (kind() == TokenKind::error) return unexpected();
    if (!begins_expression(kind()))
      return error_at(separator.begin, "trailing commas not allowed in function call args");
  }
}

Result<Parser::Tree> Parser::call(NodePtr node) {
  auto parsed = TRY(arguments());
  node->pos.end = last_end_;
  node->function = find_function(node->text);
  if (node->function == nullptr || (node->function->only_in_2 && options_.compat != 2)) {
    return error_at(node->pos.begin, "unknown function with name " + go_quote(node->text));
  }
  if (node->function->experimental && !options_.experimental_functions) {
    return error_at(node->pos.begin,
                    fmt::format("function {} is not enabled", go_quote(node->text)));
  }
  node->text.clear();
  std::uint32_t height = 0;
  for (auto& argument : parsed) {
    height = std::max(height, argument.height);
    node->children.push_back(std::move(argument.node));
  }
  return Tree{std::move(node), height + 1};
}

Result<Parser::Tree> Parser::aggregate(NodePtr node) {
  node->text.clear();
  std::vector<Tree> parsed;
  {
    const Enter enter(*this, {"aggregation", {}});
    bool modified = false;
    const auto modifier = [&]() -> Status {
      if (kind() != by && kind() != without) return {};
      node->without = take().kind == without;
      node->grouping = TRY(grouping());
      modified = true;
      return {};
    };
    TRY(modifier());
    parsed = TRY(arguments());
    node->pos.end = last_end_;
    if (!modified) {
      TRY(modifier());
      node->pos.end = last_end_;
    }
  }
  const auto op = node->aggregate_op;
  const bool parameter = takes_parameter(op);
  if (parsed.empty())
    return error_at(node->pos.begin, "no arguments for aggregate expression provided");
  if ((op == AggregateOp::limitk || op == AggregateOp::limit_ratio) &&
      !options_.experimental_functions) {
    return error_at(node->pos.begin, fmt::format("{}() is experimental and must be enabled with "
                                                 "--enable-feature=promql-experimental-functions",
                                                 name(op)));
  }
  const std::size_t wanted = parameter ? 2 : 1;
  if (parsed.size() != wanted) {
    return error_at(
        node->pos.begin,
        fmt::format(
            "wrong number of arguments for aggregate expression provided, expected {}, got {}",
            wanted, parsed.size()));
  }
  std::uint32_t height = 0;
  for (auto& argument : parsed) {
    height = std::max(height, argument.height);
    node->children.push_back(std::move(argument.node));
  }
  return Tree{std::move(node), height + 1};
}

// (a, b, "c.d"): words of any kind may be label names here.
Result<std::vector<std::string>> Parser::grouping() {
  std::vector<std::string> labels;
  if (!take_if(left_paren)) return unexpected("grouping opts", "\"(\"");
  if (take_if(right_paren)) return labels;
  for (;;) {
    const auto following = kind();
    const bool word = names_metric(following) || is_keyword(following) || following == atan2;
    if (!word && following != string) return unexpected("grouping opts", "label");
    const Token token = take();
    std::string label = token.text;
    if (following == string) {
      auto value = unquote(token.text);
      if (!value) return error_at(token.begin, value.error().message);
      label = std::move(*value);
    }
    if (label.empty() || !is_utf8(label)) {
      return error_at(token.begin, "invalid label name for grouping: " + go_quote(label));
    }
    labels.push_back(std::move(label));
    if (take_if(right_paren)) return labels;
    if (!take_if(comma)) return unexpected("grouping opts", "\",\" or \")\"");
    if (take_if(right_paren)) return labels;
  }
}

Status Parser::postfix(Tree& tree) {
  for (;;) {
    switch (kind()) {
      case left_bracket: TRY(brackets(tree)); break;
      case TokenKind::offset: TRY(parse_offset(tree)); break;
      case TokenKind::at: TRY(parse_at(tree)); break;
      case anchored: TRY(extend(tree, true)); break;
      case smoothed: TRY(extend(tree, false)); break;
      default: return {};
    }
    TRY(check_height(tree));
  }
}

Node* Parser::selector_of(Node& node) {
  switch (node.kind) {
    case NodeKind::selector:
    case NodeKind::subquery: return &node;
    case NodeKind::matrix_selector: return node.children[0].get();
    default: return nullptr;
  }
}

Status Parser::parse_offset(Tree& tree) {
  take();
  const auto literal_ms = [](double seconds) {  // through whole nanoseconds, as the original
    return static_cast<std::int64_t>(std::round(seconds * 1e9) / 1e6);
  };
  DurationValue value;
  {
    const Enter enter(*this, {"offset", kDurationWords});
    auto parsed = TRY(duration_primary());
    if (parsed->kind == NodeKind::number) {
      value.ms = literal_ms(parsed->number);
    } else {
      value.expr = std::move(parsed);
    }
  }
  Node* const target = selector_of(*tree.node);
  if (target == nullptr) {
    return error_at(tree.node->pos.begin,
                    "offset modifier must be preceded by an instant vector selector or range "
                    "vector selector or a subquery");
  }
  if (target->offset.ms != 0 || target->offset.expr)
    return error_at(tree.node->pos.begin, "offset may not be set multiple times");
  target->offset = std::move(value);
  tree.node->pos.end = last_end_;
  return {};
}

Status Parser::parse_at(Tree& tree) {
  take();
  double seconds = 0;
  auto edge = Node::AtEdge::none;
  {
    const Enter enter(*this, {"@", "timestamp"});
    if (kind() == start || kind() == finish) {
      edge = take().kind == start ? Node::AtEdge::start : Node::AtEdge::end;
      TRY(expect(left_paren));
      TRY(expect(right_paren));
    } else {
      const bool negative = kind() == sub;
      if (kind() == sub || kind() == add) take();
      const auto literal = TRY(number_literal());
      seconds = negative ? -literal->number : literal->number;
    }
  }
  const auto place = tree.node->pos.begin;
  if (edge == Node::AtEdge::none && (!std::isfinite(seconds) || seconds >= 9223372036854775807.0 ||
                                     seconds <= -9223372036854775808.0)) {
    const std::string shown = std::isnan(seconds)   ? "NaN"
                              : std::isinf(seconds) ? (seconds > 0 ? "+Inf" : "-Inf")
                                                    : fmt::format("{:f}", seconds);
    return error_at(place, "timestamp out of bounds for @ modifier: " + shown);
  }
  Node* const target = selector_of(*tree.node);
  if (target == nullptr) {
    return error_at(place,
                    "@ modifier must be preceded by an instant vector selector or range vector "
                    "selector or a subquery");
  }
  if (target->at_ms || target->at_edge != Node::AtEdge::none) {
    return error_at(place, "@ <timestamp> may not be set multiple times");
  }
  if (edge == Node::AtEdge::none) {
    const double ms = std::round(seconds * 1000);
    target->at_ms =
        std::abs(ms) < 9.2e18 ? static_cast<std::int64_t>(ms) : (ms < 0 ? INT64_MIN : INT64_MAX);
  }
  target->at_edge = edge;
  tree.node->pos.end = last_end_;
  return {};
}

Status Parser::extend(Tree& tree, bool anchor) {
  take();
  const std::string_view word = anchor ? "anchored" : "smoothed";
  Node& node = *tree.node;
  if (!options_.extended_selectors)
    return error_at(node.pos.begin,
                    fmt::format("{} modifier is experimental and not enabled", word));
  if (node.kind == NodeKind::subquery)
    return error_at(node.pos.begin,
                    fmt::format("{} modifier is not supported for subqueries", word));
  Node* const target = selector_of(node);
  if (target == nullptr)
    return error_at(node.pos.begin, fmt::format("{} modifier not implemented", word));
  (anchor ? target->anchored : target->smoothed) = true;
  if (target->anchored && target->smoothed) {
    return error_at(node.pos.begin, "anchored and smoothed modifiers cannot be used together");
  }
  node.anchored = target->anchored;
  node.smoothed = target->smoothed;
  return {};
}

namespace {
// A constant keeps its milliseconds, anything else its expression.
DurationValue duration_value(NodePtr node) {
  DurationValue value;
  if (node->kind == NodeKind::number) {
    value.ms = static_cast<std::int64_t>(std::round(node->number * 1e9) / 1e6);
  } else {
    value.expr = std::move(node);
  }
  return value;
}
}  // namespace

Status Parser::brackets(Tree& tree) {
  const Token open = take();
  NodePtr window, step_value;
  {
    const Enter enter(*this, {"subquery or range selector", kDurationWords});
    window = TRY(positive_duration());
  }
  const auto begin = tree.node->pos.begin;
  if (take_if(right_bracket)) {
    const Node& inner = *tree.node;
    std::string_view wrong;
    if (inner.kind != NodeKind::selector) {
      wrong = "ranges only allowed for vector selectors";
    } else if (inner.offset.ms != 0) {
      wrong = "no offset modifiers allowed before range";
    } else if (inner.at_ms) {
      wrong = "no @ modifiers allowed before range";
    }
    if (!wrong.empty()) return error_at(open.begin, wrong);
    auto node = make(NodeKind::matrix_selector, begin, last_end_);
    node->range = duration_value(std::move(window));
    node->anchored = inner.anchored;
    node->smoothed = inner.smoothed;
    node->children.push_back(std::move(tree.node));
    tree = {std::move(node), tree.height + 1};
    return {};
  }
  if (!take_if(colon)) return unexpected("subquery or range", "\":\" or \"]\"");
  if (kind() != right_bracket) {
    const Enter enter(*this, {"subquery selector", "number, duration, step(), range(), or \"]\""});
    step_value = TRY(positive_duration());
  }
  if (!take_if(right_bracket)) return unexpected("subquery selector", "\"]\"");
  auto node = make(NodeKind::subquery, begin, last_end_);
  node->range = duration_value(std::move(window));
  if (step_value) node->step = duration_value(std::move(step_value));
  node->children.push_back(std::move(tree.node));
  tree = {std::move(node), tree.height + 1};
  return {};
}

}  // namespace pharos::query::promql
