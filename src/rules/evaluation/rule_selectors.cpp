#include "rules/evaluation/rule_selectors.hpp"

#include <algorithm>

#include "query/promql/ast.hpp"

namespace pharos::rules {
namespace {

void collect(const query::promql::Node& node, std::vector<std::vector<Matcher>>& out) {
  if (node.kind == query::promql::NodeKind::selector &&
      std::ranges::find(out, node.matchers) == out.end())
    out.push_back(node.matchers);
  for (const auto& child : node.children)
    if (child) collect(*child, out);
}

}  // namespace

std::vector<std::vector<Matcher>> selectors_of(const std::string& expr) {
  std::vector<std::vector<Matcher>> out;
  if (const auto root = query::promql::parse(expr)) collect(**root, out);
  return out;
}

}  // namespace pharos::rules
