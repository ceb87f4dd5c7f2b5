#include "model/labels.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/clock.hpp"

namespace pharos {
namespace {

TEST(Labels, AreSortedUniqueAndWithoutEmptyValues) {
  const Labels labels{{"b", "2"}, {"a", "1"}, {"c", ""}, {"b", "3"}};
  EXPECT_EQ(labels.to_string(), R"({a="1", b="3"})");
  EXPECT_EQ(labels.size(), 2u);
  EXPECT_EQ(labels.get("b"), "3");
  EXPECT_EQ(labels.get("c"), "");
}

TEST(Labels, TheEmptySetHasHashZeroAndEqualsItself) {
  EXPECT_EQ(Labels{}.hash(), 0u);
  EXPECT_EQ(Labels{}, (Labels{{"a", ""}}));
  EXPECT_EQ(Labels{}.to_string(), "{}");
  EXPECT_EQ(Labels{}.begin(), Labels{}.end());
}

TEST(Labels, HashTellsWhereNamesEnd) {
  EXPECT_NE((Labels{{"a", "bc"}}.hash()), (Labels{{"ab", "c"}}.hash()));
  EXPECT_EQ((Labels{{"a", "1"}, {"b", "2"}}.hash()), (Labels{{"b", "2"}, {"a", "1"}}.hash()));
}

TEST(Labels, OrderIsByLabelThenAPrefixFirst) {
  EXPECT_LT((Labels{{"a", "1"}}), (Labels{{"a", "1"}, {"b", "1"}}));
  EXPECT_LT((Labels{{"a", "1"}, {"z", "1"}}), (Labels{{"a", "2"}}));
  EXPECT_LT((Labels{{"a", "9"}}), (Labels{{"b", "1"}}));
  EXPECT_LT(Labels{}, (Labels{{"a", "1"}}));
}

TEST(Labels, WithAndWithoutReturnEditedCopies) {
  const Labels labels{{"a", "1"}, {"c", "3"}};
  EXPECT_EQ(labels.with("b", "2").to_string(), R"({a="1", b="2", c="3"})");
  EXPECT_EQ(labels.with("a", "x").to_string(), R"({a="x", c="3"})");
  EXPECT_EQ(labels.with("d", "4").to_string(), R"({a="1", c="3", d="4"})");
  EXPECT_EQ(labels.with("a", ""), labels.without("a"));
  const std::vector<std::string> names{"c"};
  EXPECT_EQ(labels.keep(names).to_string(), R"({c="3"})");
  EXPECT_EQ(labels.remove(names).to_string(), R"({a="1"})");
}

TEST(Labels, MetricFormQuotesNamesThatNeedIt) {
  EXPECT_EQ((Labels{{"__name__", "up"}}.to_metric_string()), "up");
  EXPECT_EQ((Labels{{"__name__", "up"}, {"job", "a"}}.to_metric_string()), R"(up{job="a"})");
  EXPECT_EQ((Labels{{"__name__", "a.b"}, {"c", "d"}}.to_metric_string()), R"({"a.b", c="d"})");
  EXPECT_EQ((Labels{{"__name__", "a.b"}}.to_metric_string()), R"({"a.b"})");
  EXPECT_EQ((Labels{{"x.y", "1"}}.to_metric_string()), R"({"x.y"="1"})");
  EXPECT_EQ(Labels{}.to_metric_string(), "{}");
}

TEST(LabelsBuilder, AnEmptyValueRemovesAndTheLastSetWins) {
  LabelsBuilder builder(Labels{{"a", "1"}, {"b", "2"}});
  builder.set("a", "");
  builder.set("c", "3");
  builder.set("c", "4");
  builder.set("d", builder.get("b"));
  EXPECT_EQ(builder.build().to_string(), R"({b="2", c="4", d="2"})");
}

TEST(Names, LegacyRulesAndUtf8) {
  EXPECT_TRUE(is_legacy_metric_name("a:b_1"));
  EXPECT_FALSE(is_legacy_metric_name("1a"));
  EXPECT_FALSE(is_legacy_label_name("a:b"));
  EXPECT_FALSE(is_legacy_label_name(""));
  EXPECT_TRUE(is_utf8("plain ascii that is long, then ☃ and 😀"));
  for (const char* bad : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x98", "12345678\x80"})
    EXPECT_FALSE(is_utf8(bad)) << bad;
}

TEST(GoQuote, WritesWhatGoWrites) {
  EXPECT_EQ(go_quote("a\"b\\c\n\t\x01"), R"("a\"b\\c\n\t\x01")");
  EXPECT_EQ(go_quote("\xff☃\u00a0\u200b"), R"("\xff☃\u00a0\u200b")");
}

TEST(Labels, AreOrderedLabelByLabelNameThenValue) {
  Random random(4);
  std::vector<Labels> sets{Labels{}};
  for (int i = 0; i < 300; ++i) {
    std::vector<std::pair<std::string, std::string>> texts;
    for (std::uint64_t k = 0; k < random.below(4); ++k) {
      std::string name, value;
      for (std::uint64_t n = 0; n <= random.below(3); ++n) name += static_cast<char>('a' + random.below(3));
      for (std::uint64_t n = 0; n <= random.below(3); ++n) value += random.below(4) == 0 ? '\xc3' : static_cast<char>('a' + random.below(3));
      texts.emplace_back(name, value);
    }
    std::vector<LabelView> views;
    for (const auto& [name, value] : texts) views.push_back({name, value});
    sets.push_back(Labels::from_unsorted(views));
  }
  for (const auto& a : sets)
    for (const auto& b : sets) {
      const auto expected = std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end());
      ASSERT_EQ(a <=> b, expected) << a.to_string() << ' ' << b.to_string();
    }
}

}  // namespace
}  // namespace pharos
