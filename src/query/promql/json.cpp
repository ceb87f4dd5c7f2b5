#include "query/promql/json.hpp"

#include <charconv>
#include <cmath>

#include "codec/json.hpp"
#include "query/promql/check.hpp"
#include "query/promql/functions.hpp"

namespace pharos::query::promql {
namespace {

using codec::JsonWriter;

std::string_view type_word(ValueType type) {
  switch (type) {
    case ValueType::vector: return "vector";
    case ValueType::matrix: return "matrix";
    default: return name(type);
  }
}

std::string_view match_symbol(MatchOp op) {
  switch (op) {
    case MatchOp::equal: return "=";
    case MatchOp::not_equal: return "!=";
    case MatchOp::regex: return "=~";
    case MatchOp::not_regex: return "!~";
  }
  return "=";
}

std::string_view card_name(Cardinality card) {
  static constexpr std::string_view kNames[] = {"one-to-one", "many-to-one", "one-to-many",
                                                "many-to-many"};
  return kNames[static_cast<std::size_t>(card)];
}

std::string plain_number(double v) {  // never an exponent
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v > 0 ? "+Inf" : "-Inf";
  char buffer[400];
  const auto [end, code] =
      std::to_chars(buffer, buffer + sizeof buffer, v, std::chars_format::fixed);
  return {buffer, end};
}

void put_list(JsonWriter& out, std::string_view key, const std::vector<std::string>& words) {
  out.key(key).begin_array();
  for (const auto& word : words) out.value(word);
  out.end_array();
}

void put_time(JsonWriter& out, const Node& node) {
  out.key("startOrEnd");
  if (node.at_edge == Node::AtEdge::none) {
    out.null();
  } else {
    out.value(node.at_edge == Node::AtEdge::start ? "start" : "end");
  }
}

void put_timestamp(JsonWriter& out, const Node& node) {
  out.key("timestamp");
  if (node.at_ms) {
    out.value(*node.at_ms);
  } else {
    out.null();
  }
}

void put(JsonWriter& out, const Node& node);

// Keys in alphabetical order, as Go's encoder writes maps.
void put_selector(JsonWriter& out, const Node& selector, const Node* matrix) {
  out.key("anchored").value(selector.anchored);
  out.key("matchers").begin_array();
  for (const auto& matcher : selector.matchers) {
    out.begin_object();
    out.key("name").value(matcher.name());
    out.key("type").value(match_symbol(matcher.op()));
    out.key("value").value(matcher.value());
    out.end_object();
  }
  out.end_array();
  out.key("name").value(selector.text);
  out.key("offset").value(selector.offset.ms);
  if (matrix != nullptr) out.key("range").value(matrix->range.ms);
  out.key("smoothed").value(selector.smoothed);
  put_time(out, selector);
  put_timestamp(out, selector);
  out.key("type").value(matrix != nullptr ? "matrixSelector" : "vectorSelector");
}

void put_fill(JsonWriter& out, std::string_view key, const std::optional<double>& value) {
  out.key(key);
  if (value) {
    out.value(*value);
  } else {
    out.null();
  }
}

void put_matching(JsonWriter& out, const Node& node) {
  out.key("matching");
  if (node.children[0]->type != ValueType::vector || node.children[1]->type != ValueType::vector) {
    out.null();
    return;
  }
  const auto& matching = node.matching;
  out.begin_object();
  out.key("card").value(card_name(matching.card));
  out.key("fillValues").begin_object();
  put_fill(out, "lhs", matching.fill_left);
  put_fill(out, "rhs", matching.fill_right);
  out.end_object();
  put_list(out, "include", matching.include);
  put_list(out, "labels", matching.labels);
  out.key("on").value(matching.on);
  out.end_object();
}

void put_call(JsonWriter& out, const Node& node) {
  out.key("args").begin_array();
  for (const auto& child : node.children) put(out, *child);
  out.end_array();
  out.key("func").begin_object();
  out.key("argTypes").begin_array();
  for (const auto type : node.function->args) out.value(type_word(type));
  out.end_array();
  out.key("name").value(node.function->name);
  out.key("returnType").value(type_word(node.function->returns));
  out.key("variadic").value(node.function->variadic);
  out.end_object();
  out.key("type").value("call");
}

void put_aggregate(JsonWriter& out, const Node& node) {
  out.key("expr");
  put(out, *node.children.back());
  put_list(out, "grouping", node.grouping);
  out.key("op").value(name(node.aggregate_op));
  out.key("param");
  if (node.children.size() > 1) {
    put(out, *node.children.front());
  } else {
    out.null();
  }
  out.key("type").value("aggregation");
  out.key("without").value(node.without);
}

void put_child(JsonWriter& out, const Node& node) {
  out.key("expr");
  put(out, *node.children[0]);
}

void put(JsonWriter& out, const Node& node) {
  if (node.kind == NodeKind::step_invariant) return put(out, *node.children[0]);
  out.begin_object();
  switch (node.kind) {
    case NodeKind::number:
      out.key("type").value("numberLiteral").key("val").value(plain_number(node.number));
      break;
    case NodeKind::string:
      out.key("type").value("stringLiteral").key("val").value(node.text);
      break;
    case NodeKind::selector: put_selector(out, node, nullptr); break;
    case NodeKind::matrix_selector: put_selector(out, *node.children[0], &node); break;
    case NodeKind::subquery:
      put_child(out, node);
      out.key("offset").value(node.offset.ms);
      out.key("range").value(node.range.ms);
      put_time(out, node);
      out.key("step").value(node.step.ms);
      put_timestamp(out, node);
      out.key("type").value("subquery");
      break;
    case NodeKind::unary:
      put_child(out, node);
      out.key("op").value(symbol(node.binary_op)).key("type").value("unaryExpr");
      break;
    case NodeKind::paren:
      put_child(out, node);
      out.key("type").value("parenExpr");
      break;
    case NodeKind::binary:
      out.key("bool").value(node.return_bool);
      out.key("lhs");
      put(out, *node.children[0]);
      put_matching(out, node);
      out.key("op").value(symbol(node.binary_op));
      out.key("rhs");
      put(out, *node.children[1]);
      out.key("type").value("binaryExpr");
      break;
    case NodeKind::call: put_call(out, node); break;
    case NodeKind::aggregate: put_aggregate(out, node); break;
    case NodeKind::step_invariant:
    case NodeKind::duration: break;
  }
  out.end_object();
}

}  // namespace

std::string to_json(const Node& node) {
  std::string text;
  JsonWriter out(text);
  put(out, node);
  return text;
}

}  // namespace pharos::query::promql
