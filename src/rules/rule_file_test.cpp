#include "rules/rule_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pharos::rules {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

std::string first_error(std::string_view text, RuleFileOptions options = {}) {
  const auto file = parse_rule_file(text, "r.yml", options);
  return file.errors.empty() ? "" : file.errors.front().message;
}

TEST(RuleFile, ReadsGroupsAndRules) {
  const auto file = parse_rule_file(R"(
groups:
  - name: g
    interval: 30s
    query_offset: 1m
    limit: 10
    labels: {team: a}
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
        labels: {x: y}
      - alert: Down
        expr: up == 0
        for: 5m
        keep_firing_for: 10m
        labels: {severity: page}
        annotations: {summary: "{{ $labels.instance }} is down"}
)",
                                    "r.yml");
  ASSERT_THAT(file.errors, IsEmpty());
  ASSERT_THAT(file.groups, SizeIs(1));
  const auto& g = file.groups[0];
  EXPECT_EQ(g.interval, std::chrono::seconds(30));
  EXPECT_EQ(g.query_offset, std::chrono::minutes(1));
  EXPECT_EQ(g.limit, 10U);
  ASSERT_THAT(g.rules, SizeIs(2));
  EXPECT_FALSE(g.rules[0].alerting);
  EXPECT_THAT(g.rules[0].labels, ElementsAre(Pair("x", "y")));
  EXPECT_TRUE(g.rules[1].alerting);
  EXPECT_EQ(g.rules[1].hold, std::chrono::minutes(5));
  EXPECT_EQ(g.rules[1].keep_firing, std::chrono::minutes(10));
}

TEST(RuleFile, NamesThePlaceOfABadExpression) {
  EXPECT_THAT(first_error("groups:\n- name: g\n  rules:\n  - record: a\n    expr: sum(\n"),
              testing::AllOf(HasSubstr("r.yml:5:15: "), HasSubstr("could not parse expression: ")));
  EXPECT_THAT(
      first_error("groups:\n- name: g\n  rules:\n  - record: a\n    expr: |\n      sum(up)\n"
                  "        /  # why\n      sum(up))\n"),
      testing::AllOf(HasSubstr("r.yml:8:15: "), HasSubstr(": 3:9: parse error: ")));
}

TEST(RuleFile, NamesThePlaceOfABadTemplate) {
  EXPECT_THAT(
      first_error("groups:\n- name: g\n  rules:\n  - alert: a\n    expr: up\n    annotations:\n"
                  "      text: >\n        Look\n        at {{ nope }}\n"),
      HasSubstr("r.yml:9:15: annotation \"text\": error parsing template __alert_a"));
}

TEST(RuleFile, ReportsEveryMistake) {
  const auto file = parse_rule_file(
      "groups:\n- name: g\n  rules:\n  - record: a\n  - alert: b\n    expr: 1\n    annotations: "
      "{x: '{{ nope }}'}\n- name: g\n",
      "r.yml");
  EXPECT_THAT(file.errors, SizeIs(3));
}

TEST(RuleFile, ChecksTemplatesOfAlerts) {
  EXPECT_THAT(
      first_error("groups:\n- name: g\n  rules:\n  - alert: b\n    expr: 1\n    annotations:\n     "
                  " x: '{{ $labels.a '\n"),
      testing::AllOf(HasSubstr("r.yml:7:23: annotation \"x\""), HasSubstr("unclosed action")));
}

TEST(RuleFile, UnknownKeysSuggestTheNearest) {
  const std::string text =
      "groups:\n- name: g\n  rules:\n  - alert: b\n    expr: 1\n    annotation: {}\n";
  EXPECT_THAT(first_error(text), HasSubstr("annotations"));
  EXPECT_EQ(first_error(text, {.ignore_unknown_fields = true}), "");
}

TEST(RuleFile, NameRules) {
  const auto record = [](const std::string& name) {
    return "groups:\n- name: g\n  rules:\n  - record: '" + name + "'\n    expr: 1\n";
  };
  EXPECT_EQ(first_error(record("utf8.name")), "");
  EXPECT_THAT(first_error(record("utf8.name"), {.names = NameValidation::legacy}),
              HasSubstr("invalid recording rule name"));
  EXPECT_THAT(first_error(record("a{b=\"c\"}")),
              HasSubstr("braces present in the recording rule name"));
}

TEST(RuleFile, PharosKeyForMissingData) {
  const auto file = parse_rule_file(
      "groups:\n- name: g\n  no_data: hold\n  rules:\n  - alert: b\n    expr: 1\n    no_data: "
      "alert\n",
      "r.yml");
  ASSERT_THAT(file.errors, IsEmpty());
  EXPECT_EQ(file.groups[0].no_data, NoData::hold);
  EXPECT_EQ(file.groups[0].rules[0].no_data, NoData::alert);
  EXPECT_THAT(first_error("groups:\n- name: g\n  no_data: maybe\n"),
              HasSubstr("no_data must be resolve, hold or alert"));
}

TEST(RuleFile, PharosKeysForClearingAndFlapping) {
  const auto file = parse_rule_file(
      "groups:\n- name: g\n  flap_damping: true\n  rules:\n  - alert: b\n    expr: t > 9\n    "
      "clear: t < 5\n    flap_damping: false\n",
      "r.yml");
  ASSERT_THAT(file.errors, IsEmpty());
  EXPECT_EQ(file.groups[0].flap_damping, true);
  EXPECT_EQ(file.groups[0].rules[0].flap_damping, false);
  EXPECT_EQ(file.groups[0].rules[0].clear, "t < 5");
  const std::string rule = "groups:\n- name: g\n  rules:\n  - alert: b\n    expr: t > 9\n    ";
  EXPECT_THAT(first_error(rule + "clear: t <\n"), HasSubstr("could not parse clear expression: "));
  EXPECT_THAT(first_error(rule + "clear: 5\n"), HasSubstr("clear must be an instant vector"));
  EXPECT_THAT(first_error(rule + "cleer: t < 5\n"), HasSubstr("clear"));
  EXPECT_THAT(
      first_error("groups:\n- name: g\n  rules:\n  - record: b\n    expr: t\n    clear: t\n"),
      HasSubstr("invalid field 'clear' in recording rule"));
}

TEST(RuleFile, FindsDuplicateRules) {
  const auto file = parse_rule_file(
      "groups:\n- name: g\n  rules:\n  - {record: a, expr: 1}\n  - {record: a, expr: 2}\n  - "
      "{record: a, expr: 3, labels: {x: y}}\n",
      "r.yml");
  EXPECT_THAT(duplicate_rules(file.groups), SizeIs(1));
}

}  // namespace
}  // namespace pharos::rules
