#include "rules/lint/label_facts.hpp"

#include <algorithm>

#include "query/promql/functions.hpp"

namespace pharos::rules::lint {
namespace {

using query::promql::AggregateOp;
using query::promql::BinaryOp;
using query::promql::Cardinality;
using query::promql::Node;
using query::promql::NodeKind;
using query::promql::ValueType;

LabelFacts nothing() {
  return {.fixed = {}, .closed = true, .labels = {}};
}

void remove(LabelFacts& facts, std::string_view label) {
  if (const auto at = facts.fixed.find(label); at != facts.fixed.end()) facts.fixed.erase(at);
  if (const auto at = facts.labels.find(label); at != facts.labels.end()) facts.labels.erase(at);
}

void keep_only(LabelFacts& facts, const std::vector<std::string>& names) {
  std::erase_if(facts.fixed, [&](const auto& entry) {
    return std::ranges::find(names, entry.first) == names.end();
  });
  std::set<std::string, std::less<>> kept;
  for (const auto& name : names)
    if (facts.may_have(name)) kept.insert(name);
  facts.closed = true;
  facts.labels = std::move(kept);
}

LabelFacts of_selector(const Node& node) {
  LabelFacts facts;
  for (const auto& matcher : node.matchers)
    if (matcher.op() == MatchOp::equal && matcher.name() != kMetricName && !matcher.value().empty())
      facts.fixed.emplace(matcher.name(), matcher.value());
  return facts;
}

// The selector behind parentheses and the like, for absent().
const Node* selector_under(const Node& node) {
  if (node.kind == NodeKind::selector) return &node;
  const bool thin = node.kind == NodeKind::paren || node.kind == NodeKind::matrix_selector ||
                    node.kind == NodeKind::step_invariant;
  return thin && !node.children.empty() ? selector_under(*node.children[0]) : nullptr;
}

LabelFacts of_call(const Node& node) {
  const std::string_view name = node.function->name;
  if (name == "absent" || name == "absent_over_time") {
    LabelFacts facts = nothing();
    if (const auto* selector = selector_under(*node.children[0])) {
      facts.fixed = of_selector(*selector).fixed;
      for (const auto& [label, value] : facts.fixed) facts.labels.insert(label);
    }
    return facts;
  }
  if (name == "vector") return nothing();
  if (name == "info") return {};
  LabelFacts facts = nothing();
  bool found = false;
  for (const auto& child : node.children)
    if (child->type == ValueType::vector || child->type == ValueType::matrix) {
      facts = label_facts(*child);
      found = true;
      break;
    }
  if (!found) return nothing();
  if (name == "label_replace" || name == "label_join") {
    const auto& target = node.children[1]->text;
    remove(facts, target);
    if (facts.closed) facts.labels.insert(target);
  } else if (name == "histogram_quantile" || name == "histogram_fraction") {
    remove(facts, "le");
  }
  return facts;
}

LabelFacts of_aggregate(const Node& node) {
  auto facts = label_facts(*node.children.back());
  switch (node.aggregate_op) {
    case AggregateOp::topk:
    case AggregateOp::bottomk:
    case AggregateOp::limitk:
    case AggregateOp::limit_ratio: return facts;
    default: break;
  }
  if (node.without) {
    for (const auto& label : node.grouping) remove(facts, label);
  } else {
    keep_only(facts, node.grouping);
  }
  if (node.aggregate_op == AggregateOp::count_values && facts.closed)
    facts.labels.insert(node.children[0]->text);
  return facts;
}

LabelFacts of_binary(const Node& node) {
  const auto& left = *node.children[0];
  const auto& right = *node.children[1];
  if (left.type != ValueType::vector) return label_facts(right);
  if (right.type != ValueType::vector) return label_facts(left);
  auto facts = label_facts(left);
  if (node.binary_op == BinaryOp::land || node.binary_op == BinaryOp::lunless) return facts;
  auto other = label_facts(right);
  if (node.binary_op == BinaryOp::lor) {
    std::erase_if(facts.fixed, [&](const auto& entry) {
      const auto at = other.fixed.find(entry.first);
      return at == other.fixed.end() || at->second != entry.second;
    });
    facts.closed = facts.closed && other.closed;
    facts.labels.merge(other.labels);
    return facts;
  }
  const auto& matching = node.matching;
  if (matching.card == Cardinality::one_to_many) std::swap(facts, other);
  if (matching.card != Cardinality::one_to_one) {
    for (const auto& label : matching.include) {
      remove(facts, label);
      if (const auto at = other.fixed.find(label); at != other.fixed.end()) facts.fixed.insert(*at);
      if (facts.closed) facts.labels.insert(label);
    }
    return facts;
  }
  if (matching.on) {
    keep_only(facts, matching.labels);
  } else {
    for (const auto& label : matching.labels) remove(facts, label);
  }
  return facts;
}

}  // namespace

LabelFacts label_facts(const Node& node) {
  switch (node.kind) {
    case NodeKind::selector: return of_selector(node);
    case NodeKind::matrix_selector:
    case NodeKind::subquery:
    case NodeKind::unary:
    case NodeKind::paren:
    case NodeKind::step_invariant: return label_facts(*node.children[0]);
    case NodeKind::call: return of_call(node);
    case NodeKind::aggregate: return of_aggregate(node);
    case NodeKind::binary: return of_binary(node);
    default: return nothing();
  }
}

std::string why_no_match(const Node& node) {
  const auto& matching = node.matching;
  if (matching.fill_left || matching.fill_right) return {};
  const auto left = label_facts(*node.children[0]), right = label_facts(*node.children[1]);
  const auto compared = [&](const std::string& label) {
    const bool named = std::ranges::find(matching.labels, label) != matching.labels.end();
    return matching.on ? named : !named;
  };
  for (const auto& [label, value] : left.fixed) {
    if (!compared(label)) continue;
    const auto other = right.fixed.find(label);
    if (other != right.fixed.end() && other->second != value)
      return label + " is " + go_quote(value) + " on the left and " + go_quote(other->second) +
             " on the right";
    if (!right.may_have(label))
      return label + " is " + go_quote(value) +
             " on the left, and the right side has no such label";
  }
  for (const auto& [label, value] : right.fixed)
    if (compared(label) && !left.may_have(label))
      return label + " is " + go_quote(value) +
             " on the right, and the left side has no such label";
  return {};
}

}  // namespace pharos::rules::lint
