#include "query/promql/ast.hpp"

namespace pharos::query::promql {
namespace {

DurationValue clone(const DurationValue& value) {
  return {value.ms, value.expr ? promql::clone(*value.expr) : nullptr};
}

}  // namespace

NodePtr clone(const Node& node) {
  auto copy = std::make_unique<Node>();
  copy->kind = node.kind;
  copy->pos = node.pos;
  copy->type = node.type;
  copy->number = node.number;
  copy->is_duration_literal = node.is_duration_literal;
  copy->text = node.text;
  copy->matchers = node.matchers;
  copy->anchored = node.anchored;
  copy->smoothed = node.smoothed;
  copy->at_ms = node.at_ms;
  copy->at_edge = node.at_edge;
  copy->offset = clone(node.offset);
  copy->bypass_empty_matcher_check = node.bypass_empty_matcher_check;
  copy->range = clone(node.range);
  copy->step = clone(node.step);
  copy->binary_op = node.binary_op;
  copy->return_bool = node.return_bool;
  copy->matching = node.matching;
  copy->aggregate_op = node.aggregate_op;
  copy->without = node.without;
  copy->grouping = node.grouping;
  copy->function = node.function;
  copy->children.reserve(node.children.size());
  for (const auto& child : node.children) copy->children.push_back(clone(*child));
  return copy;
}

}  // namespace pharos::query::promql
