#include "rules/lint/rule_lint.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <set>

#include "model/histogram.hpp"
#include "query/promql/functions.hpp"
#include "rules/lint/label_facts.hpp"

namespace pharos::rules::lint {
namespace {

using query::promql::AggregateOp;
using query::promql::BinaryOp;
using query::promql::Node;
using query::promql::NodeKind;
using query::promql::ValueType;

constexpr Check kChecks[] = {
    {"no-samples", "an expression that gives a string or a range: it fails at every evaluation"},
    {"label-mismatch", "the two sides of an operation can never have the same labels"},
    {"contradiction", "a selector whose matchers exclude each other"},
    {"missing-le", "a histogram quantile over buckets whose le was aggregated away"},
    {"rate-of-gauge", "rate() or increase() over what is named like a gauge"},
    {"delta-of-counter", "delta(), deriv() or predict_linear() over a counter"},
    {"unit-clash", "a percentage compared with a ratio, or the reverse"},
    {"sum-of-filtered", "sum() over a comparison adds the values, it does not count"},
    {"unsteady-label", "a label made of the value makes a new alert at each change"},
    {"lost-label", "a template names a label that the expression has aggregated away"},
    {"first-event", "increase() > 0 misses the event that makes the series"},
};

bool is_comparison(BinaryOp op) {
  return op >= BinaryOp::eql && op <= BinaryOp::gte;
}

// Calls body(node, inside absent()) for a tree.
void each(const Node& node, bool in_absent, const std::function<void(const Node&, bool)>& body) {
  body(node, in_absent);
  const bool absent =
      in_absent || (node.kind == NodeKind::call && node.function->name.starts_with("absent"));
  for (const auto& child : node.children) each(*child, absent, body);
}

const Node& inner(const Node& node) {
  const bool thin = node.kind == NodeKind::paren || node.kind == NodeKind::step_invariant;
  return thin ? inner(*node.children[0]) : node;
}

bool call_to(const Node& node, std::initializer_list<std::string_view> names) {
  return node.kind == NodeKind::call &&
         std::ranges::find(names, node.function->name) != names.end();
}

std::string metric_of(const Node& selector) {
  for (const auto& matcher : selector.matchers)
    if (matcher.name() == kMetricName && matcher.op() == MatchOp::equal) return matcher.value();
  return {};
}

// The metric of the only selector of an expression, "" when there are none or several.
std::string only_metric(const Node& node) {
  std::string found;
  int count = 0;
  each(node, false, [&](const Node& n, bool) {
    if (n.kind == NodeKind::selector && ++count == 1) found = metric_of(n);
  });
  return count == 1 ? found : "";
}

bool ends_with(std::string_view name, std::initializer_list<std::string_view> suffixes) {
  return std::ranges::any_of(suffixes, [&](auto suffix) { return name.ends_with(suffix); });
}
bool named_counter(std::string_view name) {
  return ends_with(name, {"_total", "_count", "_sum", "_bucket"});
}
bool named_gauge(std::string_view name) {
  return ends_with(name, {"_percent", "_percentage", "_ratio", "_celsius", "_usage", "_usage_bytes",
                          "_utilization", "_temperature", "_pressure", "_available_bytes",
                          "_free_bytes", "_size_bytes", "_level"});
}

std::optional<double> constant(const Node& node) {
  const auto& n = inner(node);
  if (n.kind == NodeKind::number) return n.number;
  if (n.kind == NodeKind::unary && n.binary_op == BinaryOp::sub)
    if (const auto value = constant(*n.children[0])) return -*value;
  return std::nullopt;
}

class Look {
 public:
  Look(const RuleGroupSpec& group, const RuleSpec& rule, std::vector<Finding>& out)
      : group_(group), rule_(rule), out_(out) {}

  void run() {
    const auto root = query::promql::parse(rule_.expr);
    if (!root) return;
    const auto type = (*root)->type;
    if (type != ValueType::vector && type != ValueType::scalar) {
      find("no-samples", true,
           std::string("the result is not a vector or scalar, it is a ") +
               (type == ValueType::string ? "string" : "range vector"));
      return;
    }
    each(**root, false, [this](const Node& node, bool) {
      switch (node.kind) {
        case NodeKind::binary: binary(node); break;
        case NodeKind::selector: selector(node); break;
        case NodeKind::call: call(node); break;
        case NodeKind::aggregate: aggregate(node); break;
        default: break;
      }
    });
    if (rule_.alerting) alert(**root);
  }

 private:
  void find(std::string_view check, bool cannot_fire, std::string what) {
    out_.push_back(
        {std::string(check), group_.name, rule_.name, rule_.line, cannot_fire, std::move(what)});
  }

  void binary(const Node& node) {
    const auto& left = *node.children[0];
    const auto& right = *node.children[1];
    if (left.type == ValueType::vector && right.type == ValueType::vector) {
      if (node.binary_op == BinaryOp::lor) return;
      const auto why = why_no_match(node);
      if (why.empty()) return;
      const bool unless = node.binary_op == BinaryOp::lunless;
      find("label-mismatch", !unless,
           (unless ? "this unless excludes nothing: " : "this can give no element: ") + why + ": " +
               query::promql::to_string(node));
      return;
    }
    if (is_comparison(node.binary_op)) units(node);
  }

  // A threshold that does not fit the unit in the metric's name.
  void units(const Node& node) {
    const bool left = node.children[0]->type == ValueType::vector;
    const auto& side = *node.children[left ? 0 : 1];
    const auto threshold = constant(*node.children[left ? 1 : 0]);
    if (!threshold || *threshold == 0) return;
    const auto metric = only_metric(side);
    bool scaled = false;  // `x / 100`, `x * 100`: somebody thought of it
    each(side, false, [&](const Node& n, bool) {
      scaled |= n.kind == NodeKind::number && (n.number == 100 || n.number == 0.01);
    });
    bool counted = false;
    each(side, false, [&](const Node& n, bool) {
      counted |= call_to(n, {"rate", "increase", "irate", "delta", "deriv", "changes"}) ||
                 (n.kind == NodeKind::aggregate && n.aggregate_op == AggregateOp::count);
    });
    if (scaled || counted) return;
    const double size = std::abs(*threshold);
    if (ends_with(metric, {"_percent", "_percentage"}) && size < 1)
      find("unit-clash", false,
           metric + " is named a percentage, and " + go_float(*threshold) + " looks like a ratio");
    // Ratios above one exist (compression); tens of them are percentages.
    if (ends_with(metric, {"_ratio"}) && size >= 5 && size <= 100)
      find("unit-clash", false,
           metric + " is named a ratio, and " + go_float(*threshold) + " looks like a percentage");
  }

  void selector(const Node& node) {
    for (const auto& a : node.matchers)
      for (const auto& b : node.matchers)
        if (&a != &b && a.name() == b.name() && a.op() == MatchOp::equal && !b.matches(a.value())) {
          if (b.op() == MatchOp::equal && &a > &b) continue;  // said once
          find("contradiction", true,
               a.to_string() + " and " + b.to_string() + " exclude each other");
        }
  }

  void call(const Node& node) {
    if (call_to(node, {"rate", "increase", "irate"})) {
      const auto metric = only_metric(*node.children[0]);
      if (!named_counter(metric) && named_gauge(metric))
        find("rate-of-gauge", false,
             std::string(node.function->name) + "() takes every fall of " + metric +
                 " for a counter reset: use delta() or deriv() for a gauge");
    } else if (call_to(node, {"delta", "idelta", "deriv", "predict_linear"})) {
      const auto metric = only_metric(*node.children[0]);
      if (ends_with(metric, {"_total", "_bucket"}))
        find("delta-of-counter", false,
             std::string(node.function->name) +
                 "() does not know resets: use rate() or increase() for " + metric);
    } else if (call_to(node, {"histogram_quantile"}) && node.children.size() == 2) {
      const auto metric = only_metric(*node.children[1]);
      const auto facts = label_facts(*node.children[1]);
      if (metric.ends_with("_bucket") && !facts.may_have("le"))
        find("missing-le", true,
             "the buckets of " + metric + " have no le any more: aggregate by (le, …)");
    }
  }

  void aggregate(const Node& node) {
    if (node.aggregate_op != AggregateOp::sum) return;
    const auto& argument = inner(*node.children.back());
    if (argument.kind != NodeKind::binary || !is_comparison(argument.binary_op) ||
        argument.return_bool)
      return;
    const auto value = constant(*argument.children[1]);
    if (argument.binary_op == BinaryOp::eql && value && *value == 1) return;  // counts, by luck
    if (argument.binary_op != BinaryOp::eql) return;
    find("sum-of-filtered", false,
         query::promql::to_string(node) +
             " adds up the values that pass: count() or a bool comparison counts them");
  }

  void alert(const Node& root) {
    for (const auto& [name, text] : rule_.labels)
      if (text.find("$value") != text.npos || text.find(".Value") != text.npos)
        if (text.find("if ") == text.npos)
          find("unsteady-label", rule_.hold.count() > 0,
               "the label " + name + " follows the value, so each value is another alert" +
                   (rule_.hold.count() > 0 ? " and `for` starts anew" : ""));
    const auto facts = label_facts(root);
    if (facts.closed)
      for (const auto* texts : {&rule_.labels, &rule_.annotations})
        for (const auto& [name, text] : *texts) lost_labels(name, text, facts);
    const auto& top = inner(root);
    if (top.kind == NodeKind::binary && top.binary_op == BinaryOp::gtr && !rule_.no_data) {
      const auto threshold = constant(*top.children[1]);
      if (threshold && *threshold == 0 && call_to(inner(*top.children[0]), {"increase"}))
        find("first-event", false,
             "a counter born at its first event shows no increase: export it at 0 from the start");
    }
  }

  void lost_labels(const std::string& where, std::string_view text, const LabelFacts& facts) {
    for (const std::string_view prefix : {"$labels.", ".Labels."})
      for (auto at = text.find(prefix); at != text.npos; at = text.find(prefix, at)) {
        at += prefix.size();
        auto end = at;
        while (end < text.size() &&
               (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_'))
          ++end;
        const auto label = std::string(text.substr(at, end - at));
        if (label.empty() || facts.may_have(label) || !seen_.insert(where + "\n" + label).second)
          continue;
        find("lost-label", false,
             where + " shows $labels." + label + ", which the expression has no more");
      }
  }

  const RuleGroupSpec& group_;
  const RuleSpec& rule_;
  std::vector<Finding>& out_;
  std::set<std::string> seen_;
};

}  // namespace

std::vector<Check> checks() {
  return {std::begin(kChecks), std::end(kChecks)};
}

std::vector<Finding> look_at(const RuleGroupSpec& group, const RuleSpec& rule) {
  std::vector<Finding> out;
  Look(group, rule, out).run();
  return out;
}

std::vector<Finding> look_at(const std::vector<RuleGroupSpec>& groups) {
  std::vector<Finding> out;
  for (const auto& group : groups)
    for (const auto& rule : group.rules) Look(group, rule, out).run();
  return out;
}

Questions questions(const Node& node) {
  Questions out;
  each(node, false, [&](const Node& n, bool in_absent) {
    if (n.kind == NodeKind::selector && !in_absent) {
      std::string text = "{";
      for (const auto& matcher : n.matchers)
        text += (text.size() > 1 ? "," : "") + matcher.to_string();
      out.selectors.push_back(text + "}");
    }
    if (n.kind == NodeKind::binary && n.children[0]->type == ValueType::vector &&
        n.children[1]->type == ValueType::vector && n.binary_op != BinaryOp::lor &&
        n.binary_op != BinaryOp::lunless) {
      // A comparison would filter: whether anything matches is seen by one that does not.
      const auto copy = query::promql::clone(n);
      if (is_comparison(n.binary_op)) copy->return_bool = true;
      out.joins.push_back({query::promql::to_string(*copy),
                           query::promql::to_string(*n.children[0]),
                           query::promql::to_string(*n.children[1])});
    }
    if (call_to(n, {"rate", "increase", "irate"}))
      if (auto metric = only_metric(*n.children[0]); !metric.empty())
        out.counters_wanted.push_back(std::move(metric));
    if (call_to(n, {"delta", "deriv", "predict_linear"}))
      if (auto metric = only_metric(*n.children[0]); !metric.empty())
        out.gauges_wanted.push_back(std::move(metric));
  });
  return out;
}

}  // namespace pharos::rules::lint
