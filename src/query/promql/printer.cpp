// Expressions as text: the canonical line (Prometheus' Expr.String) and the layout of format_query.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/time.hpp"
#include "model/histogram.hpp"
#include "query/promql/check.hpp"
#include "query/promql/functions.hpp"

namespace pharos::query::promql {
namespace {

constexpr std::size_t kLineMax = 100;

std::string duration_text(std::int64_t ms) {
  if (ms < 0) return "-" + format_duration(Millis(-ms));
  return format_duration(Millis(ms));
}

std::string duration_text(const DurationValue& value) {
  return value.expr ? to_string(*value.expr) : duration_text(value.ms);
}

std::string label_list(const std::vector<std::string>& labels) {
  std::string out;
  for (const auto& label : labels) {
    if (!out.empty()) out += ", ";
    out += is_legacy_label_name(label) ? label : go_quote(label);
  }
  return out;
}

std::string time_suffix(const Node& node) {
  std::string out;
  if (node.at_ms) {
    out += fmt::format(" @ {:.3f}", static_cast<double>(*node.at_ms) / 1000.0);
  } else if (node.at_edge != Node::AtEdge::none) {
    out += node.at_edge == Node::AtEdge::start ? " @ start()" : " @ end()";
  }
  if (node.offset.expr || node.offset.ms != 0) out += " offset " + duration_text(node.offset);
  return out;
}

std::string extension(const Node& node) {
  return node.anchored ? " anchored" : node.smoothed ? " smoothed" : "";
}

std::string selector_head(const Node& node) {
  std::vector<std::string> parts;
  for (const auto& matcher : node.matchers) {
    const bool is_name = matcher.name() == kMetricName && matcher.op() == MatchOp::equal &&
                         matcher.value() == node.text && !node.text.empty();
    if (!is_name) parts.push_back(matcher.to_string());
  }
  if (parts.empty() && !node.text.empty()) return node.text;
  std::ranges::sort(parts);
  return fmt::format("{}{{{}}}", node.text, fmt::join(parts, ","));
}

std::string subquery_suffix(const Node& node) {
  const bool has_step = node.step.expr || node.step.ms != 0;
  return fmt::format("[{}:{}]{}", duration_text(node.range),
                     has_step ? duration_text(node.step) : "", time_suffix(node));
}

std::string matching_text(const Node& node) {
  std::string out = node.return_bool ? " bool" : "";
  const auto& matching = node.matching;
  const bool grouped =
      matching.card == Cardinality::many_to_one || matching.card == Cardinality::one_to_many;
  if (matching.on || !matching.labels.empty() || grouped) {
    out += fmt::format(" {} ({})", matching.on ? "on" : "ignoring", label_list(matching.labels));
  }
  if (grouped) {
    out +=
        fmt::format(" group_{} ({})", matching.card == Cardinality::many_to_one ? "left" : "right",
                    label_list(matching.include));
  }
  const auto& left = matching.fill_left;
  const auto& right = matching.fill_right;
  const bool same = left && right && (*left == *right || (std::isnan(*left) && std::isnan(*right)));
  if (same) {
    out += fmt::format(" fill ({})", go_float(*left));
  } else {
    if (left) out += fmt::format(" fill_left ({})", go_float(*left));
    if (right) out += fmt::format(" fill_right ({})", go_float(*right));
  }
  return out;
}

std::string aggregate_head(const Node& node) {
  std::string out(name(node.aggregate_op));
  if (node.without) {
    out += fmt::format(" without ({}) ", label_list(node.grouping));
  } else if (!node.grouping.empty()) {
    out += fmt::format(" by ({}) ", label_list(node.grouping));
  }
  return out;
}

std::string arguments_text(const Node& node) {
  std::string out;
  for (const auto& child : node.children) {
    if (!out.empty()) out += ", ";
    out += to_string(*child);
  }
  return out;
}

std::string duration_node_text(const Node& node) {
  if (node.text == "step" || node.text == "range") return node.text + "()";
  if (node.children.size() == 1) return node.text + to_string(*node.children[0]);
  if (node.text.starts_with('m')) return fmt::format("{}({})", node.text, arguments_text(node));
  return fmt::format("{} {} {}", to_string(*node.children[0]), node.text,
                     to_string(*node.children[1]));
}

std::string indent(int level) {
  return std::string(static_cast<std::size_t>(level) * 2, ' ');
}

bool needs_split(const Node& node) {
  return to_string(node).size() > kLineMax;
}

std::string pretty(const Node& node, int level) {
  const std::string margin = indent(level);
  switch (node.kind) {
    case NodeKind::step_invariant: return pretty(*node.children[0], level);
    case NodeKind::unary: {
      const auto child = pretty(*node.children[0], level);
      return margin + std::string(symbol(node.binary_op)) +
             child.substr(std::min(child.find_first_not_of(" \n\t"), child.size()));
    }
    case NodeKind::subquery:
      if (!needs_split(node)) return to_string(node);
      return pretty(*node.children[0], level) + subquery_suffix(node);
    default: break;
  }
  if (!needs_split(node)) return margin + to_string(node);
  switch (node.kind) {
    case NodeKind::binary:
      return fmt::format("{}\n{}{}{}\n{}", pretty(*node.children[0], level + 1), margin,
                         symbol(node.binary_op), matching_text(node),
                         pretty(*node.children[1], level + 1));
    case NodeKind::paren:
      return fmt::format("{}(\n{}\n{})", margin, pretty(*node.children[0], level + 1), margin);
    case NodeKind::aggregate:
    case NodeKind::call: {
      std::string out = margin;
      out += node.kind == NodeKind::call ? std::string(node.function->name) : aggregate_head(node);
      out += "(\n";
      for (std::size_t i = 0; i < node.children.size(); ++i) {
        if (i > 0) out += ",\n";
        out += pretty(*node.children[i], level + 1);
      }
      return out + "\n" + margin + ")";
    }
    default: return margin + to_string(node);
  }
}

}  // namespace

std::string to_string(const Node& node) {
  switch (node.kind) {
    case NodeKind::number:
      if (node.is_duration_literal)
        return duration_text(static_cast<std::int64_t>(std::llround(node.number * 1000)));
      return go_float(node.number);
    case NodeKind::string: return go_quote(node.text);
    case NodeKind::selector: return selector_head(node) + extension(node) + time_suffix(node);
    case NodeKind::matrix_selector: {
      const Node& selector = *node.children[0];
      return fmt::format("{}[{}]{}{}", selector_head(selector), duration_text(node.range),
                         extension(selector), time_suffix(selector));
    }
    case NodeKind::subquery: return to_string(*node.children[0]) + subquery_suffix(node);
    case NodeKind::unary: return std::string(symbol(node.binary_op)) + to_string(*node.children[0]);
    case NodeKind::binary:
      return fmt::format("{} {}{} {}", to_string(*node.children[0]), symbol(node.binary_op),
                         matching_text(node), to_string(*node.children[1]));
    case NodeKind::paren: return "(" + to_string(*node.children[0]) + ")";
    case NodeKind::call: return fmt::format("{}({})", node.function->name, arguments_text(node));
    case NodeKind::aggregate:
      return fmt::format("{}({})", aggregate_head(node), arguments_text(node));
    case NodeKind::step_invariant: return to_string(*node.children[0]);
    case NodeKind::duration: return duration_node_text(node);
  }
  return {};
}

std::string prettify(const Node& node) {
  return pretty(node, 0);
}

}  // namespace pharos::query::promql
