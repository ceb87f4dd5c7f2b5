#include "rules/evaluation/condition.hpp"

#include <set>

#include "query/promql/ast.hpp"
#include "query/promql/functions.hpp"

namespace pharos::rules {
namespace {

using namespace query::promql;

// `A and B` needs A twice more: beyond so many levels it is enough to know A.
constexpr int kConjunctionsMax = 4;

bool is_comparison(BinaryOp op) {
  return op >= BinaryOp::eql && op <= BinaryOp::gte;
}

NodePtr paren(NodePtr inner) {
  auto node = std::make_unique<Node>();
  node->kind = NodeKind::paren;
  node->type = inner->type;
  node->children.push_back(std::move(inner));
  return node;
}

NodePtr set_operation(BinaryOp op, VectorMatching matching, NodePtr left, NodePtr right) {
  auto node = std::make_unique<Node>();
  node->kind = NodeKind::binary;
  node->type = ValueType::vector;
  node->binary_op = op;
  matching.card = Cardinality::many_to_many;
  node->matching = std::move(matching);
  node->children.push_back(paren(std::move(left)));
  node->children.push_back(paren(std::move(right)));
  return node;
}

// One element with the labels that absent() would give.
Result<NodePtr> always(const Node& call) {
  const Node* argument = call.children[0].get();
  while (argument->kind == NodeKind::paren || argument->kind == NodeKind::matrix_selector)
    argument = argument->children[0].get();
  std::string text = "vector(1)";
  if (argument->kind == NodeKind::selector) {
    std::set<std::string> seen, twice;
    for (const auto& matcher : argument->matchers)
      if (!seen.insert(matcher.name()).second) twice.insert(matcher.name());
    for (const auto& matcher : argument->matchers) {
      if (matcher.op() != MatchOp::equal || matcher.name() == kMetricName ||
          matcher.value().empty() || twice.contains(matcher.name()))
        continue;
      std::string value;
      for (const char c : matcher.value()) value += c == '$' ? "$$" : std::string(1, c);
      text = "label_replace(" + text + ", " + go_quote(matcher.name()) + ", " + go_quote(value) +
             ", \"\", \"\")";
    }
  }
  return parse(text);
}

Result<NodePtr> known(const Node& node, int conjunctions) {
  if (node.kind == NodeKind::call && node.function != nullptr &&
      (node.function->name == "absent" || node.function->name == "absent_over_time"))
    return always(node);
  if (node.kind == NodeKind::binary && node.binary_op == BinaryOp::lunless)
    return known(*node.children[0], conjunctions);
  if (node.kind == NodeKind::binary && node.binary_op == BinaryOp::land) {
    auto left = TRY(known(*node.children[0], conjunctions + 1));
    if (conjunctions >= kConjunctionsMax) return left;
    auto right = TRY(known(*node.children[1], conjunctions + 1));
    auto does_not_hold =
        set_operation(BinaryOp::lunless, {}, clone(*left), clone(*node.children[0]));
    auto both = set_operation(BinaryOp::land, node.matching, std::move(left), std::move(right));
    return set_operation(BinaryOp::lor, {}, std::move(both), std::move(does_not_hold));
  }
  auto out = clone(node);
  if (node.kind == NodeKind::binary && is_comparison(node.binary_op) &&
      node.type == ValueType::vector)
    out->return_bool = true;
  for (auto& child : out->children) {
    if (!child) continue;
    auto inner = TRY(known(*child, conjunctions));
    child = std::move(inner);
  }
  return out;
}

}  // namespace

Result<Condition> make_condition(std::string_view expr) {
  const auto root = TRY(parse(expr));
  const auto presence = TRY(known(*root, 0));
  return Condition{to_string(*root), to_string(*presence)};
}

}  // namespace pharos::rules
