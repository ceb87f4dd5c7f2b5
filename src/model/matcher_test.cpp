#include "model/matcher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/clock.hpp"
#include "model/regex.hpp"
#include "model/regex_shape.hpp"
#include "model/wildcard.hpp"

namespace pharos {
namespace {
using testing::ElementsAre;

Matcher regex(std::string pattern) { return *Matcher::make(MatchOp::regex, "a", std::move(pattern)); }

TEST(Matcher, RegexesAreAnchoredAndDotTakesNewlines) {
  EXPECT_TRUE(regex("b.r").matches("b\nr"));
  EXPECT_FALSE(regex("b.r").matches("xbar"));
  EXPECT_FALSE(regex("bar|foo").matches("barfoo"));
  EXPECT_TRUE(regex("(?i)BAR").matches("bar"));
  EXPECT_TRUE(regex("").matches_empty());
  EXPECT_FALSE(Matcher::make(MatchOp::not_regex, "a", "x.*")->matches("xy"));
}

TEST(Matcher, FiniteAlternationsAreListed) {
  EXPECT_THAT(*regex("a|b|(c|d)e").alternatives(), ElementsAre("a", "b", "ce", "de"));
  EXPECT_THAT(*regex("x[0-2]?").alternatives(), ElementsAre("x", "x0", "x1", "x2"));
  EXPECT_THAT(*regex("a\\.b").alternatives(), ElementsAre("a.b"));
  EXPECT_THAT(*regex("^abc$").alternatives(), ElementsAre("abc"));
  EXPECT_EQ(regex("(?i)a|b").alternatives(), nullptr);
  EXPECT_EQ(regex("a|b.*").alternatives(), nullptr);
  EXPECT_EQ(regex("a{2}").alternatives(), nullptr);
  EXPECT_TRUE(regex("a{2}").matches("aa"));
}

TEST(Matcher, PrefixIsWhatEveryValueStartsWith) {
  EXPECT_EQ(regex("node-.*").prefix(), "node-");
  EXPECT_EQ(regex("ab+c").prefix(), "ab");
  EXPECT_EQ(regex("abc|abd.*").prefix(), "ab");
  EXPECT_EQ(regex("é*").prefix(), "");
  EXPECT_EQ(regex("(?i)abc.*").prefix(), "");
  EXPECT_EQ(regex(".*x").prefix(), "");
  EXPECT_TRUE(regex("ab+c").matches("abbc"));
}

TEST(Matcher, ManyAlternativesStillMatchExactly) {
  std::string pattern = "v0";
  for (int i = 1; i < 200; ++i) pattern += "|v" + std::to_string(i);
  const auto matcher = regex(pattern);
  EXPECT_EQ(matcher.alternatives()->size(), 200u);
  EXPECT_TRUE(matcher.matches("v199"));
  EXPECT_FALSE(matcher.matches("v200"));
}

TEST(Matcher, ShapeNeverContradictsTheEngine) {
  for (const char* pattern : {"a|b", "a?b", "[abc]d", "(a|)b", "x(y|z)?", "\\d+", "a[^b]c", "[[:alpha:]]x", "(?P<n>a)b", "a\\|b", "a??b", "[a-]x", "[]]y"}) {
    const auto matcher = regex(pattern);
    const auto shape = shape_of(pattern);
    for (const char* text : {"", "a", "b", "ab", "ad", "bd", "x", "xy", "xz", "1", "axc", "a|b", "-x", "]y", "qx"}) {
      const bool accepted = Regex::compile(pattern)->full_match(text);
      EXPECT_EQ(matcher.matches(text), accepted) << pattern << " on '" << text << "'";
      EXPECT_TRUE(!accepted || std::string_view(text).starts_with(shape.prefix())) << pattern << " on '" << text << "'";
    }
  }
}

TEST(Matcher, PatternsAreTheSameWhenTheyComeAgainAfterManyOthers) {
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 200; ++i) {
      const auto n = std::to_string(i);
      const auto matcher = *Matcher::make(MatchOp::regex, "x", n + "-.*[ab]");
      EXPECT_TRUE(matcher.matches(n + "-12a")) << n;
      EXPECT_FALSE(matcher.matches(n + "-12c")) << n;
      EXPECT_FALSE(matcher.matches("-12a")) << n;
    }
}

TEST(Matcher, APatternTooLargeToBeRememberedStillMatches) {
  const std::string letters = "abcdefghijklmnopqrstuvwxyz";
  const auto matcher = *Matcher::make(MatchOp::regex, "x", "(" + letters + "){1000}x+");
  std::string text;
  for (int i = 0; i < 1000; ++i) text += letters;
  EXPECT_TRUE(matcher.matches(text + "xx"));
  EXPECT_FALSE(matcher.matches(text));
}

// Too many to list and too large for one program: an error, where nothing would match.
TEST(Matcher, AnAlternationTooLargeForAPatternIsAnError) {
  std::string all;
  std::mt19937 random(7);
  for (int i = 0; i < 30'000; ++i) {
    if (i > 0) all += '|';
    for (int k = 0; k < 40; ++k) all += static_cast<char>('a' + random() % 26);
  }
  const auto made = Matcher::make(MatchOp::regex, "pod", all);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::invalid);
  const auto fewer = Matcher::make(MatchOp::regex, "pod", all.substr(0, 41 * 4'000 - 1));
  ASSERT_TRUE(fewer);
  EXPECT_TRUE(fewer->matches(all.substr(0, 40)));
  EXPECT_FALSE(fewer->matches("x"));
  const auto between = Matcher::make(MatchOp::regex, "pod", all.substr(0, 41 * 5'000 - 1));
  ASSERT_TRUE(between);
  EXPECT_TRUE(between->matches(all.substr(0, 40)));
  EXPECT_FALSE(between->matches(all.substr(0, 39)));
}

TEST(Wildcard, AnswersAsTheEngineDoes) {
  const std::string_view parts[] = {"a", "b", "-", ".*", ".+", ".", "[ab]", "[0-9b]", "\\.", "[a", "a]", "[b-a]", "*", "|"};
  const std::string_view letters = "ab-.9\n";
  Random random(7);
  int taken = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string pattern;
    for (auto n = random.below(7); n > 0; --n) pattern += parts[random.below(std::size(parts))];
    const auto wildcard = Wildcard::parse(pattern);
    if (!wildcard) continue;
    ++taken;
    const auto engine = CompiledRegex::compile(pattern);
    ASSERT_TRUE(engine) << pattern;
    for (int k = 0; k < 40; ++k) {
      std::string text;
      for (auto n = random.below(9); n > 0; --n) text += letters[random.below(letters.size())];
      ASSERT_EQ(wildcard->matches(text), (*engine)->full_match(text)) << pattern << " on " << text;
    }
  }
  EXPECT_GT(taken, 500);
}

TEST(Wildcard, LeavesOtherTextsToTheEngine) {
  EXPECT_FALSE(Wildcard::takes("h\u00f6st"));
  EXPECT_FALSE(Wildcard::takes(std::string(5000, 'a')));
  for (const auto* text : {"h\u00f6st-1", "h\u00f6st-9"}) EXPECT_TRUE(regex("h.st-[0-9]").matches(text));
  EXPECT_FALSE(regex("h.+-[0-8]").matches("h\u00f6st-9"));
  EXPECT_TRUE(regex("a.*[ab]").matches(std::string(5000, 'a')));
}

TEST(Matcher, BadPatternsAreNamedInGosWords) {
  const auto bad = Matcher::make(MatchOp::regex, "a", "a(b");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, Errc::invalid);
  EXPECT_EQ(bad.error().message, "error parsing regexp: missing closing ): `a(b`");
}

TEST(Matcher, PrintsAsASelectorWould) {
  EXPECT_EQ(regex("b\"").to_string(), R"(a=~"b\"")");
  EXPECT_EQ(Matcher::equal("x.y", "1").to_string(), R"("x.y"="1")");
}

TEST(Regex, ExpandsAsGoDoes) {
  const auto re = *Regex::compile("(?P<first>[a-z]+)-([0-9]*)");
  EXPECT_EQ(re.expand("ab-12", "$1_$2"), "12");             // the first name is 1_
  EXPECT_EQ(re.expand("ab-12", "${1}_$2"), "ab_12");
  EXPECT_EQ(re.expand("ab-12", "${first}$$x"), "ab$x");
  EXPECT_EQ(re.expand("ab-12", "${3}${nope}"), "");
  EXPECT_EQ(re.expand("ab-12", "a$ b${"), "a$ b${");
  EXPECT_EQ(re.expand("ab", "$1"), std::nullopt);
  EXPECT_EQ(Regex().expand("x\ny", "<$1>"), "<x\ny>");
  EXPECT_EQ(re.group_index("first"), 1);
}

TEST(Matcher, ARareEscapeInsideAClassIsStillACondition) {  // it once looped for ever
  const auto matcher = Matcher::make(MatchOp::regex, "a", "x[%\\v;]");
  ASSERT_TRUE(matcher);
  EXPECT_TRUE(matcher->matches("x\v"));
  EXPECT_TRUE(matcher->matches("x;"));
  EXPECT_FALSE(matcher->matches("xy"));
}

}  // namespace
}  // namespace pharos
