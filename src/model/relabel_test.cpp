#include "model/relabel.hpp"

#include <gtest/gtest.h>

namespace pharos {
namespace {

std::string apply(RelabelRule rule, Labels labels) {
  LabelsBuilder builder(labels);
  const RelabelRule rules[] = {std::move(rule)};
  return relabel(rules, builder) ? builder.build().to_string() : "dropped";
}

TEST(Relabel, HashModSpreadsByTheTailOfMd5) {
  EXPECT_EQ(apply({.source_labels = {"a"}, .modulus = 1000, .target_label = "b", .action = RelabelAction::hash_mod}, {{"a", "foo\nbar"}}),
            "{a=\"foo\\nbar\", b=\"734\"}");
}

TEST(Relabel, CaseMappingKnowsMoreThanAscii) {
  EXPECT_EQ(apply({.source_labels = {"a"}, .target_label = "a", .action = RelabelAction::lowercase}, {{"a", "AbC ÄÖ ΔЖ Ş \xff"}}), "{a=\"abc äö δж ş \\xff\"}");
  EXPECT_EQ(apply({.source_labels = {"a"}, .target_label = "a", .action = RelabelAction::uppercase}, {{"a", "äё ÿ☃😀"}}), "{a=\"ÄЁ Ÿ☃😀\"}");
}

TEST(Relabel, EqualityActionsCompareWithTheTarget) {
  EXPECT_EQ(apply({.source_labels = {"a"}, .target_label = "b", .action = RelabelAction::keep_equal}, {{"a", "1"}, {"b", "2"}}), "dropped");
  EXPECT_EQ(apply({.source_labels = {"a"}, .target_label = "b", .action = RelabelAction::drop_equal}, {{"a", "1"}, {"b", "1"}}), "dropped");
}

TEST(Relabel, AnEmptyResultRemovesTheTarget) {
  EXPECT_EQ(apply({.source_labels = {"a"}, .target_label = "b", .replacement = ""}, {{"a", "1"}, {"b", "2"}}), "{a=\"1\"}");
}

TEST(Relabel, ValidationSpeaksPrometheusWords) {
  RelabelRule rule{.target_label = "", .action = RelabelAction::hash_mod};
  EXPECT_EQ(validate(rule, NameValidation::utf8).error().message, "relabel configuration for hashmod requires non-zero modulus");
  rule = {.target_label = "x", .action = RelabelAction::label_drop};
  EXPECT_EQ(validate(rule, NameValidation::utf8).error().message, "labeldrop action requires only 'regex', and no other fields");
  rule = {.target_label = "4x"};
  EXPECT_EQ(validate(rule, NameValidation::legacy).error().message, "\"4x\" is invalid 'target_label' for replace action");
  EXPECT_TRUE(validate(rule, NameValidation::utf8));
  EXPECT_EQ(parse_relabel_action("LabelMap"), RelabelAction::label_map);
  EXPECT_FALSE(parse_relabel_action("nope"));
}

}  // namespace
}  // namespace pharos
