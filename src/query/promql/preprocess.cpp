#include "query/promql/preprocess.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "query/promql/functions.hpp"

namespace pharos::query::promql {
namespace {

// Prometheus places these by bytes: "begin:end".
std::unexpected<Error> duration_error(const Node& node, std::string_view what) {
  return fail(Errc::conflict, fmt::format("{}:{}: {}", node.pos.begin, node.pos.end, what));
}

Status resolve(DurationValue& value, bool may_be_negative, const EvaluationTimes& times,
               std::string_view text) {
  if (!value.expr) return {};
  const double seconds = TRY(evaluate_duration(*value.expr, times, text));
  if (seconds <= 0 && !may_be_negative)
    return duration_error(*value.expr, "duration must be greater than 0");
  if (!(std::abs(seconds) <= 9.2e15))
    return duration_error(*value.expr, "duration is out of range");
  value.ms = static_cast<std::int64_t>(seconds * 1000);
  value.expr.reset();
  return {};
}

Status resolve_all(Node& node, const EvaluationTimes& times, std::string_view text) {
  TRY(resolve(node.offset, true, times, text));
  TRY(resolve(node.step, false, times, text));
  TRY(resolve(node.range, false, times, text));
  if (node.at_edge != Node::AtEdge::none) {
    node.at_ms = node.at_edge == Node::AtEdge::start ? times.start_ms : times.end_ms;
    node.at_edge = Node::AtEdge::none;
  }
  for (auto& child : node.children) TRY(resolve_all(*child, times, text));
  return {};
}

// Functions that read the time of evaluation itself.
bool reads_the_clock(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "day_of_month", "day_of_week",    "day_of_year", "days_in_month", "hour", "minute",
      "month",        "predict_linear", "time",        "timestamp",     "year"};
  return std::ranges::find(kNames, name) != std::end(kNames);
}

struct Invariance {
  bool invariant = false;
  bool worth_wrapping =
      false;  // not for literals, nor for range vectors: their function is wrapped
};

void wrap(NodePtr& node) {
  if (node->type == ValueType::matrix) return;
  if (node->kind == NodeKind::paren) return wrap(node->children[0]);
  auto wrapper = std::make_unique<Node>();
  wrapper->kind = NodeKind::step_invariant;
  wrapper->pos = node->pos;
  wrapper->type = node->type;
  wrapper->children.push_back(std::move(node));
  node = std::move(wrapper);
}

Invariance mark(Node& node) {
  switch (node.kind) {
    case NodeKind::number:
    case NodeKind::string:
    case NodeKind::duration: return {true, false};
    case NodeKind::selector: return {node.at_ms.has_value(), node.at_ms.has_value()};
    case NodeKind::step_invariant: return {true, false};
    case NodeKind::subquery: {  // its inside has steps of its own
      if (mark(*node.children[0]).worth_wrapping) wrap(node.children[0]);
      return {node.at_ms.has_value(), node.at_ms.has_value()};
    }
    case NodeKind::matrix_selector:
    case NodeKind::paren:
    case NodeKind::unary: return mark(*node.children[0]);
    case NodeKind::aggregate:
    case NodeKind::binary:
    case NodeKind::call: break;
  }
  bool all = node.kind != NodeKind::call || !reads_the_clock(node.function->name);
  std::vector<bool> worth;
  for (auto& child : node.children) {
    const auto [invariant, worth_wrapping] = mark(*child);
    all = all && invariant;
    worth.push_back(invariant && worth_wrapping);
  }
  if (all) return {true, true};
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    if (worth[i]) wrap(node.children[i]);
  }
  return {false, false};
}

}  // namespace

Result<double> evaluate_duration(const Node& node, const EvaluationTimes& times,
                                 std::string_view text) {
  if (node.kind == NodeKind::number) return node.number;
  if (node.kind == NodeKind::paren) return evaluate_duration(*node.children[0], times, text);
  if (node.kind != NodeKind::duration)
    return fail(Errc::internal, "unexpected duration expression type");
  if (node.text == "step") return static_cast<double>(times.step_ms) / 1000.0;
  if (node.text == "range") return static_cast<double>(times.end_ms - times.start_ms) / 1000.0;
  const double left = TRY(evaluate_duration(*node.children[0], times, text));
  if (node.children.size() == 1) return node.text == "-" ? -left : left;
  const double right = TRY(evaluate_duration(*node.children[1], times, text));
  switch (node.text[0]) {
    case '+': return left + right;
    case '-': return left - right;
    case '*': return left * right;
    case '/':
      if (right == 0) return duration_error(node, "division by zero");
      return left / right;
    case '%':
      if (right == 0) return duration_error(node, "modulo by zero");
      return std::fmod(left, right);
    case '^': return std::pow(left, right);
    default: break;
  }
  if (std::isnan(left) || std::isnan(right)) return std::nan("");
  return node.text.starts_with("min") ? std::min(left, right) : std::max(left, right);
}

Status preprocess(NodePtr& root, const EvaluationTimes& times, std::string_view text) {
  TRY(resolve_all(*root, times, text));
  if (mark(*root).worth_wrapping) wrap(root);
  return {};
}

}  // namespace pharos::query::promql
