#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "query/promql/ast.hpp"
#include "query/promql/functions.hpp"

namespace pharos::query::promql {
namespace {

std::string error_of(std::string_view text) {
  const auto parsed = parse(text);
  return parsed ? "" : parsed.error().message;
}

struct Wrong {
  const char* text;
  const char* error;
};

class ParserErrors : public ::testing::TestWithParam<Wrong> {};

TEST_P(ParserErrors, AreWordedAndPlacedAsPrometheusDoes) {
  EXPECT_EQ(error_of(GetParam().text), GetParam().error) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Lexer, ParserErrors,
    ::testing::Values(
        Wrong{"", "1:1: parse error: no expression found in input"},
        Wrong{"# nothing\n\n", "1:1: parse error: no expression found in input"},
        Wrong{".", "1:1: parse error: unexpected character: '.'"},
        Wrong{"1.5.", "1:1: parse error: bad number or duration syntax: \"1.5.\""},
        Wrong{"0cafe", "1:1: parse error: bad number or duration syntax: \"0\""},
        Wrong{"up[5mm]", "1:4: parse error: bad number or duration syntax: \"5mm\""},
        Wrong{"up[5m1]", "1:4: parse error: bad number or duration syntax: \"5m1\""},
        Wrong{"up[5m1h]", "1:4: parse error: not a valid duration string: \"5m1h\""},
        Wrong{"(1))", "1:5: parse error: unexpected right parenthesis ')'"},
        Wrong{"((1)", "1:5: parse error: unclosed left parenthesis"},
        Wrong{"up[5m", "1:6: parse error: unclosed left bracket"},
        Wrong{"up[", "1:4: parse error: unexpected end of input in duration expression"},
        Wrong{"up[\"5m\"]", "1:4: parse error: unexpected character in duration expression: '\"'"},
        Wrong{"up[5s x 5s]", "1:7: parse error: unexpected character: 'x', expected ':'"},
        Wrong{"up[5s s 5s]", "1:7: parse error: unexpected character: 's', expected ':'"},
        Wrong{"up]", "1:3: parse error: unexpected right bracket ']'"},
        Wrong{"1 !~ 1", "1:3: parse error: unexpected character after '!': '~'"},
        Wrong{"1 =~ 1", "1:3: parse error: unexpected character after '=': '~'"},
        Wrong{"up{", "1:4: parse error: unexpected end of input inside braces"},
        Wrong{"up}", "1:3: parse error: unexpected character: '}'"},
        Wrong{"up{a:b=\"c\"}", "1:5: parse error: unexpected character inside braces: ':'"},
        Wrong{"up{a=\"\xff\"}", "1:6: parse error: invalid UTF-8 rune"},
        Wrong{"\"\\", "1:1: parse error: escape sequence not terminated"},
        Wrong{"\"\\c\"", "1:1: parse error: unknown escape sequence U+0063 'c'"},
        Wrong{"\"\\x.\"", "1:1: parse error: illegal character U+002E '.' in escape sequence"},
        Wrong{"`a", "1:1: parse error: unterminated raw string"},
        Wrong{"'a", "1:1: parse error: unterminated quoted string"},
        Wrong{"0._5",
              "1:1: parse error: error parsing number: strconv.ParseFloat: parsing \"0._5\": "
              "invalid syntax"},
        Wrong{"1e999",
              "1:1: parse error: error parsing number: strconv.ParseFloat: parsing \"1e999\": "
              "value out of range"},
        Wrong{"sum by (\n  a b) (up)",
              "2:5: parse error: unexpected identifier \"b\" in grouping opts, expected \",\" or "
              "\")\""}));

INSTANTIATE_TEST_SUITE_P(
    Grammar, ParserErrors,
    ::testing::Values(
        Wrong{"1+", "1:3: parse error: unexpected end of input"},
        Wrong{"*1", "1:1: parse error: unexpected <op:*>"},
        Wrong{"@@", "1:1: parse error: unexpected <op:@>"},
        Wrong{"-=", "1:2: parse error: unexpected \"=\""},
        Wrong{"++-+-<", "1:6: parse error: unexpected <op:<>"},
        Wrong{"a - on(b) ignoring(c) d", "1:11: parse error: unexpected <ignoring>"},
        Wrong{"a + group_left(b) c", "1:5: parse error: unexpected <group_left>"},
        Wrong{"up 5", "1:4: parse error: unexpected number \"5\""},
        Wrong{"up 5m", "1:4: parse error: unexpected duration \"5m\""},
        Wrong{"up \"a rather long text\"",
              "1:4: parse error: unexpected string \"\\\"a rather \"..."},
        Wrong{"up a:b", "1:4: parse error: unexpected metric identifier \"a:b\""},
        Wrong{"rate(up down)", "1:9: parse error: unexpected identifier \"down\""},
        Wrong{"sum(up down)", "1:8: parse error: unexpected identifier \"down\" in aggregation"},
        Wrong{"sum(rate(up down))",
              "1:13: parse error: unexpected identifier \"down\" in aggregation"},
        Wrong{"sum up by (a)", "1:5: parse error: unexpected identifier \"up\""},
        Wrong{"sum (up) by a",
              "1:13: parse error: unexpected identifier \"a\" in grouping opts, expected \"(\""},
        Wrong{"sum (up) without (a) by (b)", "1:22: parse error: unexpected <by>"},
        Wrong{"sum without(==)(up)",
              "1:13: parse error: unexpected <op:==> in grouping opts, expected label"},
        Wrong{"sum without(a,,)(up)",
              "1:15: parse error: unexpected \",\" in grouping opts, expected label"},
        Wrong{"sum () by (a)", "1:1: parse error: no arguments for aggregate expression provided"},
        Wrong{"topk(up)",
              "1:1: parse error: wrong number of arguments for aggregate expression provided, "
              "expected 2, got 1"},
        Wrong{"topk(up,)", "1:8: parse error: trailing commas not allowed in function call args"},
        Wrong{"up{a}",
              "1:5: parse error: unexpected \"}\" in label matching, expected label matching "
              "operator"},
        Wrong{"up{a=b}",
              "1:6: parse error: unexpected identifier \"b\" in label matching, expected string"},
        Wrong{"up{,}",
              "1:4: parse error: unexpected \",\" in label matching, expected identifier or \"}\""},
        Wrong{"up{a=\"b\" c}",
              "1:10: parse error: unexpected identifier \"c\" in label matching, expected \",\" or "
              "\"}\""},
        Wrong{"up[]",
              "1:4: parse error: unexpected \"]\" in subquery or range selector, expected number, "
              "duration, step(), or range()"},
        Wrong{"up[step]",
              "1:8: parse error: unexpected \"]\" in subquery or range selector, expected number, "
              "duration, step(), or range()"},
        Wrong{"up[0m]", "1:4: parse error: duration must be greater than 0"},
        Wrong{"up[-1]", "1:4: parse error: duration must be greater than 0"},
        Wrong{"up[9.5e10]", "1:4: parse error: duration out of range"},
        Wrong{"up[5s/0d]", "1:6: parse error: division by zero"},
        Wrong{"up[5s%0d]", "1:6: parse error: modulo by zero"},
        Wrong{"up[5m] offset",
              "1:14: parse error: unexpected end of input in offset, expected number, duration, "
              "step(), or range()"},
        Wrong{"up[5m] @", "1:9: parse error: unexpected end of input in @, expected timestamp"},
        Wrong{"up @ NaN", "1:1: parse error: timestamp out of bounds for @ modifier: NaN"},
        Wrong{"up @ 1 @ 2", "1:1: parse error: @ <timestamp> may not be set multiple times"},
        Wrong{"up offset 1s offset 2s", "1:1: parse error: offset may not be set multiple times"},
        Wrong{"up offset 1m[5m]", "1:13: parse error: no offset modifiers allowed before range"},
        Wrong{"up @ 12 [5m]", "1:9: parse error: no @ modifiers allowed before range"},
        Wrong{"(a + b)[5m]", "1:8: parse error: ranges only allowed for vector selectors"},
        Wrong{"1 offset 1d",
              "1:1: parse error: offset modifier must be preceded by an instant vector selector or "
              "range vector selector or a subquery"},
        Wrong{"rate(up[5m]) @ 12",
              "1:1: parse error: @ modifier must be preceded by an instant vector selector or "
              "range vector selector or a subquery"},
        Wrong{"a>b()", "1:3: parse error: unknown function with name \"b\""},
        Wrong{"up anchored smoothed",
              "1:1: parse error: anchored and smoothed modifiers cannot be used together"},
        Wrong{"up[5m:] anchored",
              "1:1: parse error: anchored modifier is not supported for subqueries"}));

INSTANTIATE_TEST_SUITE_P(
    Types, ParserErrors,
    ::testing::Values(
        Wrong{"1 and 1",
              "1:1: parse error: set operator \"and\" not allowed in binary scalar expression"},
        Wrong{"1 == 1", "1:3: parse error: comparisons between scalars must use BOOL modifier"},
        Wrong{"a + bool b",
              "1:3: parse error: bool modifier can only be used on comparison operators"},
        Wrong{"a == on(b) 10",
              "1:1: parse error: vector matching only allowed between instant vectors"},
        Wrong{"1 + fill(0) b",
              "1:1: parse error: filling in missing series only allowed between instant vectors"},
        Wrong{"a and fill(0) b",
              "1:1: parse error: filling in missing series not allowed for set operators"},
        Wrong{"a and on(b) group_left(c) d",
              "1:1: parse error: no grouping allowed for \"and\" operation"},
        Wrong{"a + on(b) group_left(c,b) d",
              "1:3: parse error: label \"b\" must not occur in ON and GROUP clause at once"},
        Wrong{"a + b[5m]",
              "1:5: parse error: binary expression must contain only scalar and instant vector "
              "types"},
        Wrong{"-\"text\"",
              "1:1: parse error: unary expression only allowed on expressions of type scalar or "
              "instant vector, got \"string\""},
        Wrong{"-up[5m]",
              "1:1: parse error: unary expression only allowed on expressions of type scalar or "
              "instant vector, got \"range vector\""},
        Wrong{"{}",
              "1:1: parse error: vector selector must contain at least one non-empty matcher"},
        Wrong{"{a=~\".*\"}",
              "1:1: parse error: vector selector must contain at least one non-empty matcher"},
        Wrong{"up{__name__=\"down\"}",
              "1:1: parse error: metric name must not be set twice: \"up\" or \"down\""},
        Wrong{"rate(up)",
              "1:6: parse error: expected type range vector in call to function \"rate\", got "
              "instant vector"},
        Wrong{"floor(1)",
              "1:7: parse error: expected type instant vector in call to function \"floor\", got "
              "scalar"},
        Wrong{"floor()", "1:1: parse error: expected 1 argument(s) in call to \"floor\", got 0"},
        Wrong{"hour(a, b, c)",
              "1:1: parse error: expected at most 1 argument(s) in call to \"hour\", got 3"},
        Wrong{"label_join(a)",
              "1:1: parse error: expected at least 3 argument(s) in call to \"label_join\", got 1"},
        Wrong{
            "topk(a, b)",
            "1:6: parse error: expected type scalar in aggregation parameter, got instant vector"},
        Wrong{"count_values(5, a)",
              "1:14: parse error: expected type string in aggregation parameter, got scalar"},
        Wrong{"sum(up[5m])",
              "1:5: parse error: expected type instant vector in aggregation expression, got range "
              "vector"},
        Wrong{"up[5d] [10m:5s]",
              "1:1: parse error: subquery is only allowed on instant vector, got matrix instead"},
        Wrong{"info(a, target_info{b=\"c\"})",
              "1:9: parse error: expected label selectors only, got vector selector instead"},
        Wrong{"info(a, {b=\"c\"} == 1)", "1:9: parse error: expected label selectors only"}));

TEST(Parser, KeepsPositionsOfNodesAsByteRanges) {
  const auto root = parse("sum by (a) (rate(up{b=\"c\"}[5m] offset 1m)) / 2");
  ASSERT_TRUE(root) << root.error().message;
  const Node& sum = *(*root)->children[0];
  EXPECT_EQ(sum.pos.begin, 0u);
  EXPECT_EQ(sum.pos.end, 42u);
  const Node& matrix = *sum.children[0]->children[0];
  EXPECT_EQ(matrix.pos.begin, 17u);
  EXPECT_EQ(matrix.pos.end, 40u);
  EXPECT_EQ(matrix.children[0]->pos.end, 26u);
  EXPECT_EQ(matrix.children[0]->offset.ms, 60'000);
  EXPECT_EQ(matrix.range.ms, 300'000);
}

TEST(Parser, SignsBindWeakerThanPowersAndStrongerThanProducts) {
  const auto power = parse("-1^2");
  ASSERT_TRUE(power);
  EXPECT_EQ((*power)->kind, NodeKind::unary);
  const auto product = parse("-1*2");
  ASSERT_TRUE(product);
  EXPECT_EQ((*product)->kind, NodeKind::binary);
  EXPECT_EQ((*product)->children[0]->number, -1);
  const auto right = parse("2^3^2");
  ASSERT_TRUE(right);
  EXPECT_EQ((*right)->children[1]->kind, NodeKind::binary);
}

TEST(Parser, AnOperatorBehindAnOffsetBelongsToTheWhole) {
  const auto root = parse("up offset -1^2");
  ASSERT_TRUE(root);
  ASSERT_EQ((*root)->kind, NodeKind::binary);
  EXPECT_EQ((*root)->children[0]->offset.ms, -1000);
}

TEST(Parser, TakesKeywordsAsMetricAndLabelNames) {
  for (const auto* text :
       {"sum", "a + sum", "sum(sum)", "offset{step=\"1\"}[5m]", "start", "end{start=\"a\"}", "step",
        "range", "anchored{job=\"a\"}", "fill + fill(0) fill",
        "sum by (and, by, bool, on, anchored) (x)", "and and and", "limitk"}) {
    EXPECT_EQ(error_of(text), "") << text;
  }
}

TEST(Parser, ReadsNumbersAsGoDoes) {
  const auto value = [](std::string_view text) {
    const auto root = parse(text);
    return root ? (*root)->number : -999.0;
  };
  EXPECT_EQ(value("0x1F"), 31);
  EXPECT_EQ(value("0755"), 493);
  EXPECT_EQ(value("1_000.5"), 1000.5);
  EXPECT_EQ(value(".5"), 0.5);
  EXPECT_EQ(value("5."), 5);
  EXPECT_EQ(value("5e-3"), 0.005);
  EXPECT_EQ(value("08"), 8);
  EXPECT_EQ(value("1h30m"), 5400);
  EXPECT_EQ(value("-iNf"), -HUGE_VAL);
}

TEST(Parser, ReadsGoEscapes) {
  const auto root = parse(R"("\a\b\f\n\r\t\v\\\" \xFF\377\u1234\U00010111☺")");
  ASSERT_TRUE(root) << root.error().message;
  EXPECT_EQ((*root)->text, "\a\b\f\n\r\t\v\\\" \xFF\xFF\u1234\U00010111☺");
  const auto single = parse(R"('it\'s')");
  ASSERT_TRUE(single);
  EXPECT_EQ((*single)->text, "it's");
}

TEST(Parser, BoundsNestingAndChains) {
  const auto deep = error_of(std::string(100'000, '('));
  EXPECT_NE(deep.find("nested too deeply"), std::string::npos) << deep.substr(0, 80);
  std::string chain = "1";
  for (int i = 0; i < 100'000; ++i) chain += "+1";
  EXPECT_NE(error_of(chain).find("nested too deeply"), std::string::npos);
  std::string signs(100'000, '-');
  EXPECT_NE(error_of(signs + "1").find("nested too deeply"), std::string::npos);
  std::string windows = "up";
  for (int i = 0; i < 50'000; ++i) windows += "[1m:]";
  EXPECT_NE(error_of(windows), "");
  std::string ordinary = "up";
  for (int i = 0; i < 500; ++i) ordinary += " or up";
  EXPECT_EQ(error_of(ordinary), "");
}

TEST(Parser, RefusesWhatIsSwitchedOff) {
  ParseOptions options;
  options.experimental_functions = options.duration_expressions = options.extended_selectors =
      options.fill_modifiers = false;
  const auto error = [&](std::string_view text) {
    const auto parsed = parse(text, options);
    return parsed ? std::string() : parsed.error().message;
  };
  EXPECT_EQ(error("mad_over_time(up[5m])"),
            "1:1: parse error: function \"mad_over_time\" is not enabled");
  EXPECT_EQ(error("limitk(1, up)"),
            "1:1: parse error: limitk() is experimental and must be enabled with "
            "--enable-feature=promql-experimental-functions");
  EXPECT_EQ(error("up[1m+1m]"),
            "1:4: parse error: experimental duration expression is not enabled");
  EXPECT_EQ(error("up anchored"),
            "1:1: parse error: anchored modifier is experimental and not enabled");
  EXPECT_EQ(error("a + fill(0) b"),
            "1:1: parse error: binop fill modifiers are experimental and not enabled");
}

TEST(MetricSelector, GivesTheMatchersOfASelectorAlone) {
  const auto matchers = parse_metric_selector("up{job=~\"a.*\"}");
  ASSERT_TRUE(matchers);
  ASSERT_EQ(matchers->size(), 2u);
  EXPECT_EQ((*matchers)[1].to_string(), "__name__=\"up\"");
  EXPECT_FALSE(parse_metric_selector("rate(up[5m])"));
  EXPECT_FALSE(parse_metric_selector("up offset 5m"));
}

TEST(Metric, ReadsLabelsAsTestsWriteThem) {
  const auto labels = parse_metric("up{job=\"a\", \"b.c\"='d'}");
  ASSERT_TRUE(labels);
  EXPECT_EQ(*labels, (Labels{{"__name__", "up"}, {"job", "a"}, {"b.c", "d"}}));
  EXPECT_EQ(*parse_metric("{\"x.y\"}"), (Labels{{"__name__", "x.y"}}));
  EXPECT_FALSE(parse_metric("up{job}"));
}

TEST(Functions, TableIsSortedAndFound) {
  EXPECT_GT(all_functions().size(), 85u);
  EXPECT_FALSE(parse("holt_winters(x[5m], 0.5, 0.5)").has_value());
  EXPECT_TRUE(parse("holt_winters(x[5m], 0.5, 0.5)", {.compat = 2}).has_value());
  ASSERT_NE(find_function("rate"), nullptr);
  EXPECT_EQ(find_function("rate")->args[0], ValueType::matrix);
  EXPECT_EQ(find_function("Rate"), nullptr);
}

}  // namespace
}  // namespace pharos::query::promql
