// The smaller rules of the grammar: literals, label matchers, duration expressions; and the entry
// points.
#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/time.hpp"
#include "model/histogram.hpp"
#include "query/promql/check.hpp"
#include "query/promql/parser.hpp"

namespace pharos::query::promql {
namespace {

using enum TokenKind;

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// An integer as Go reads it with base 0: 0x…, 0o… or a leading 0 for octal, 0b…, else decimal.
bool parse_integer(std::string_view text, double& out) {
  int base = 10;
  if (text.size() > 1 && text[0] == '0') {
    const char mark = text[1];
    base = mark == 'x' || mark == 'X' ? 16 : mark == 'b' || mark == 'B' ? 2 : 8;
    text.remove_prefix(base != 8 || mark == 'o' || mark == 'O' ? 2 : 1);
  }
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (code != std::errc{} || end != text.data() + text.size()) return false;
  out = static_cast<double>(value);
  return true;
}

// Go's rule: `_` only between digits, or between a base prefix and a digit.
bool underscores_separate_digits(std::string_view text) {
  bool hex = false;
  char before = '!';  // 0: a digit, _: an underscore, !: anything else
  if (text.size() >= 2 && text[0] == '0' &&
      std::string_view("bBoOxX").find(text[1]) != std::string_view::npos) {
    hex = text[1] == 'x' || text[1] == 'X';
    before = '0';
    text.remove_prefix(2);
  }
  for (const char c : text) {
    const bool digit =
        (c >= '0' && c <= '9') || (hex && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')));
    if (!digit && before == '_') return false;
    if (c == '_' && before != '0') return false;
    before = digit ? '0' : c == '_' ? '_' : '!';
  }
  return before != '_';
}

int duration_precedence(TokenKind kind) {
  switch (kind) {
    case add:
    case sub: return 1;
    case mul:
    case div:
    case mod: return 2;
    case pow: return 3;
    default: return 0;
  }
}

constexpr double kDurationSecondsMax = 9223372036.854775807;  // what fits 64 bits of nanoseconds

}  // namespace

Result<double> Parser::number_value(const Token& token) {
  const auto word = lower(token.text);
  if (word == "inf") return std::numeric_limits<double>::infinity();
  if (word == "nan") return std::bit_cast<double>(kNormalNaNBits);
  std::string digits;
  for (const char c : token.text) {
    if (c != '_') digits.push_back(c);
  }
  if (digits.size() != token.text.size() && !underscores_separate_digits(token.text)) {
    return error_at(
        token.begin,
        fmt::format("error parsing number: strconv.ParseFloat: parsing {}: invalid syntax",
                    go_quote(token.text)));
  }
  double value = 0;
  if (parse_integer(digits, value)) return value;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (code == std::errc::result_out_of_range) {
    const auto exponent = digits.find_first_of("eE");
    const bool tiny =
        exponent != digits.npos && exponent + 1 < digits.size() && digits[exponent + 1] == '-';
    if (tiny) return 0.0;
    return error_at(
        token.begin,
        fmt::format("error parsing number: strconv.ParseFloat: parsing {}: value out of range",
                    go_quote(token.text)));
  }
  if (code != std::errc{} || end != digits.data() + digits.size()) {
    return error_at(
        token.begin,
        fmt::format("error parsing number: strconv.ParseFloat: parsing {}: invalid syntax",
                    go_quote(token.text)));
  }
  return value;
}

Result<NodePtr> Parser::number_literal() {
  if (kind() != TokenKind::number && kind() != TokenKind::duration) return unexpected();
  const Token token = take();
  auto node = make(NodeKind::number, token.begin, token.end);
  if (token.kind == TokenKind::duration) {
    const auto parsed = parse_duration(token.text);
    if (!parsed) return error_at(token.begin, parsed.error().message);
    node->number = static_cast<double>(parsed->count()) / 1000.0;
    node->is_duration_literal = true;
  } else {
    node->number = TRY(number_value(token));
  }
  return node;
}

Result<NodePtr> Parser::positive_duration() {
  auto node = TRY(duration_expression(1));
  if (node->kind == NodeKind::number && node->number <= 0)
    return error_at(node->pos.begin, "duration must be greater than 0");
  return node;
}

Result<NodePtr> Parser::duration_expression(int precedence_min) {
  const Enter enter(*this);
  if (enter.too_deep()) return too_deep();
  auto left = TRY(duration_operand());
  for (std::uint32_t terms = 0;; ++terms) {
    const int strength = duration_precedence(kind());
    if (strength == 0 || strength < precedence_min) return left;
    const Token op = take();
    auto right = TRY(duration_expression(op.kind == pow ? strength : strength + 1));
    if (!options_.duration_expressions)
      return error_at(left->pos.begin, "experimental duration expression is not enabled");
    if (terms > options_.nesting_max) return too_deep();
    if ((op.kind == div || op.kind == mod) && right->kind == NodeKind::number &&
        right->number == 0) {
      return error_at(op.begin, op.kind == div ? "division by zero" : "modulo by zero");
    }
    auto node = make(NodeKind::duration, left->pos.begin, right->pos.end);
    node->text = op.text;
    node->children.push_back(std::move(left));
    node->children.push_back(std::move(right));
    left = std::move(node);
  }
}

Result<NodePtr> Parser::duration_operand() {
  if (kind() != add && kind() != sub) return duration_primary();
  const Token sign = take();
  auto operand = TRY(duration_expression(3));  // a sign is weaker than ^ only
  if (operand->kind == NodeKind::number) {
    if (sign.kind == sub) operand->number = -operand->number;
    operand->pos.begin = sign.begin;
    return operand;
  }
  auto node = make(NodeKind::duration, sign.begin, operand->pos.end);
  node->text = sign.text;
  node->children.push_back(std::move(operand));
  return node;
}

// One operand; behind `offset` this is all there is, an operator that follows belongs outside.
Result<NodePtr> Parser::duration_primary() {
  const auto experimental = [this](NodePtr node) -> Result<NodePtr> {
    if (!options_.duration_expressions)
      return error_at(node->pos.begin, "experimental duration expression is not enabled");
    return node;
  };
  const Enter enter(*this);
  if (enter.too_deep()) return too_deep();
  switch (kind()) {
    case add:
    case sub: {
      const Token sign = take();
      auto operand = TRY(duration_primary());
      if (operand->kind == NodeKind::number) {
        if (sign.kind == sub) operand->number = -operand->number;
        operand->pos.begin = sign.begin;
        return operand;
      }
      auto node = make(NodeKind::duration, sign.begin, operand->pos.end);
      node->text = sign.text;
      node->children.push_back(std::move(operand));
      return node;
    }
    case TokenKind::number:
    case TokenKind::duration: {
      auto node = TRY(number_literal());
      if (!(std::abs(node->number) <= kDurationSecondsMax))
        return error_at(node->pos.begin, "duration out of range");
      return node;
    }
    case left_paren: {
      const Token open = take();
      auto inner = TRY(duration_expression(1));
      TRY(expect(right_paren));
      auto node = make(NodeKind::paren, open.begin, last_end_);
      node->children.push_back(std::move(inner));
      return experimental(std::move(node));
    }
    case step:
    case range: {
      const Token word = take();
      TRY(expect(left_paren));
      TRY(expect(right_paren));
      auto node = make(NodeKind::duration, word.begin, last_end_);
      node->text = word.kind == step ? "step" : "range";
      return experimental(std::move(node));
    }
    default: break;
  }
  const bool named =
      kind() == identifier && (lower(peek().text) == "min_of" || lower(peek().text) == "max_of");
  if (kind() != min && kind() != max && !named) return unexpected();
  const Token word = take();
  TRY(expect(left_paren));
  auto left = TRY(duration_expression(1));
  TRY(expect(comma));
  auto right = TRY(duration_expression(1));
  TRY(expect(right_paren));
  auto node = make(NodeKind::duration, word.begin, last_end_);
  node->text = lower(word.text);
  node->children.push_back(std::move(left));
  node->children.push_back(std::move(right));
  return experimental(std::move(node));
}

Result<NodePtr> Parser::selector() {
  const auto begin = peek().begin;
  auto parsed = TRY(matchers());
  auto node = make(NodeKind::selector, begin, last_end_);
  node->matchers = std::move(parsed);
  return node;
}

Result<std::vector<Matcher>> Parser::matchers() {
  std::vector<Matcher> out;
  if (!take_if(left_brace)) return unexpected();
  if (take_if(right_brace)) return out;
  for (;;) {
    out.push_back(TRY(matcher()));
    if (take_if(right_brace)) return out;
    if (!take_if(comma)) return unexpected("label matching", "\",\" or \"}\"");
    if (take_if(right_brace)) return out;
  }
}

Result<Matcher> Parser::matcher() {
  if (kind() != identifier && kind() != string)
    return unexpected("label matching", "identifier or \"}\"");
  const Token label = take();
  std::string label_name = label.text;
  if (label.kind == string) {
    auto value = unquote(label.text);
    if (!value) return error_at(label.begin, value.error().message);
    label_name = std::move(*value);
  }
  MatchOp op = MatchOp::equal;
  switch (kind()) {
    case equal: break;
    case neq: op = MatchOp::not_equal; break;
    case equal_regex: op = MatchOp::regex; break;
    case not_equal_regex: op = MatchOp::not_regex; break;
    default:
      if (label.kind == string) return Matcher::equal(std::string(kMetricName), label_name);
      return unexpected("label matching", "label matching operator");
  }
  take();
  if (kind() != string) return unexpected("label matching", "string");
  const Token value_token = take();
  auto value = unquote(value_token.text);
  if (!value) return error_at(value_token.begin, value.error().message);
  auto matcher = Matcher::make(op, std::move(label_name), std::move(*value));
  if (!matcher) return error_at(label.begin, matcher.error().message);
  return std::move(*matcher);
}

Result<std::vector<Matcher>> Parser::selector_only() {
  std::vector<Matcher> out;
  std::string metric;
  if (kind() != left_brace) {
    switch (kind()) {
      case eof:
      case error:
      case number:
      case duration:
      case string: return unexpected();
      default: break;
    }
    const Token token = take();
    if (token.text.empty() || !is_legacy_metric_name(token.text)) {
      return error_at(token.begin, "unexpected " + token.describe());
    }
    metric = token.text;
  }
  if (kind() == left_brace) out = TRY(matchers());
  if (!metric.empty()) out.push_back(Matcher::equal(std::string(kMetricName), metric));
  if (kind() != eof) return unexpected();
  return out;
}

Result<Labels> Parser::metric_only() {
  LabelsBuilder builder;
  if (kind() != left_brace && kind() != eof) {
    if (kind() == error || !is_legacy_metric_name(peek().text)) return unexpected();
    builder.set(kMetricName, take().text);
  }
  if (take_if(left_brace) && !take_if(right_brace)) {
    for (;;) {
      if (kind() != identifier && kind() != string)
        return unexpected("label set", "identifier or \"}\"");
      const Token label = take();
      std::string label_name = label.text;
      if (label.kind == string) {
        auto value = unquote(label.text);
        if (!value) return error_at(label.begin, value.error().message);
        label_name = std::move(*value);
      }
      if (take_if(equal)) {
        if (kind() != string) return unexpected("label set", "string");
        const Token value_token = take();
        auto value = unquote(value_token.text);
        if (!value) return error_at(value_token.begin, value.error().message);
        if (!builder.get(kMetricName).empty() && label_name == kMetricName) {
          return error_at(label.begin, "metric name must not be set twice");
        }
        builder.set(label_name, *value);
      } else if (label.kind == string) {
        builder.set(kMetricName, label_name);
      } else {
        return unexpected("label set", "\"=\"");
      }
      if (take_if(right_brace)) break;
      if (!take_if(comma)) return unexpected("label set", "\",\" or \"}\"");
      if (take_if(right_brace)) break;
    }
  }
  if (kind() != eof) return unexpected();
  return builder.build();
}

Result<NodePtr> parse(std::string_view text, const ParseOptions& options) {
  Parser parser(text, options);
  auto root = TRY(parser.expression_only());
  TRY(check_types(*root, text));
  return root;
}

Result<std::vector<Matcher>> parse_metric_selector(std::string_view text) {
  return Parser(text, ParseOptions{}).selector_only();
}

Result<Labels> parse_metric(std::string_view text) {
  return Parser(text, ParseOptions{}).metric_only();
}

}  // namespace pharos::query::promql
