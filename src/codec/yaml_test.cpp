#include "codec/yaml.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace pharos::codec {
namespace {

using namespace std::chrono_literals;

Yaml parsed(std::string_view text) {
  auto yaml = Yaml::parse(text, "f.yml");
  EXPECT_TRUE(yaml) << yaml.error().message;
  return yaml ? *yaml : Yaml();
}
std::string error_of(std::string_view text) {
  const auto yaml = Yaml::parse(text, "f.yml");
  return yaml ? "" : yaml.error().message;
}
template <class T>
std::string message(const Result<T>& result) {
  return result ? "" : result.error().message;
}

TEST(Yaml, KnowsPlacesAndKinds) {
  const auto yaml = parsed(
      "global:\n  scrape_interval: 15s\nlist: [a, 'b', \"c\"]\nnone:\nalso: ~\nquoted: 'null'\n");
  const auto* interval = yaml.find("global")->find("scrape_interval");
  EXPECT_EQ(interval->line(), 2u);
  EXPECT_EQ(interval->column(), 20u);
  EXPECT_EQ(*interval->duration(), 15s);
  EXPECT_EQ(yaml.find("list")->items().size(), 3u);
  EXPECT_FALSE(yaml.find("list")->items()[0].quoted());
  EXPECT_TRUE(yaml.find("list")->items()[1].quoted());
  EXPECT_EQ(*yaml.find("list")->texts(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(yaml.find("none")->is_null());
  EXPECT_TRUE(yaml.find("also")->is_null());
  EXPECT_EQ(*yaml.find("quoted")->text(), "null");
  EXPECT_EQ(yaml.find("absent"), nullptr);
  EXPECT_TRUE(parsed("").is_null());
  EXPECT_TRUE(parsed("# only a comment\n").is_null());
}

TEST(Yaml, ReadsTypes) {
  const auto yaml = parsed(
      "{t: yes, f: OFF, i: -12, x: 0x1F, r: 1.5, inf: -.inf, d: 1h30m, b: 512MB, g: 1.5GiB, s: "
      "'12'}");
  EXPECT_TRUE(*yaml.find("t")->boolean());
  EXPECT_FALSE(*yaml.find("f")->boolean());
  EXPECT_EQ(*yaml.find("i")->integer(), -12);
  EXPECT_EQ(*yaml.find("x")->integer(), 31);
  EXPECT_EQ(*yaml.find("r")->real(), 1.5);
  EXPECT_EQ(*yaml.find("inf")->real(), -INFINITY);
  EXPECT_EQ(*yaml.find("d")->duration(), 90min);
  EXPECT_EQ(*yaml.find("b")->bytes(), 512u << 20);
  EXPECT_EQ(*yaml.find("g")->bytes(), 3u << 29);
  EXPECT_EQ(message(yaml.find("s")->integer()),
            "f.yml:1:89: expected a whole number, found \"12\"");
  EXPECT_EQ(message(yaml.find("i")->boolean()),
            "f.yml:1:21: expected true or false, found \"-12\"");
  EXPECT_EQ(message(yaml.find("r")->duration()),
            "f.yml:1:38: unknown unit \".\" in duration \"1.5\"");
  EXPECT_NE(message(yaml.find("d")->bytes()), "");
  EXPECT_NE(message(yaml.text()), "");
}

TEST(Yaml, RefusesDuplicateAndUnknownKeys) {
  EXPECT_EQ(error_of("a: 1\nb: 2\na: 3\n"), "f.yml:3:1: key \"a\" already set in map, in line 1");
  constexpr std::string_view known[] = {"scrape_interval", "scrape_timeout"};
  EXPECT_TRUE(parsed("scrape_timeout: 1s").only(known));
  EXPECT_EQ(message(parsed("\n  scrap_interval: 1s").only(known)),
            "f.yml:2:3: unknown key \"scrap_interval\", did you mean \"scrape_interval\"?");
  EXPECT_EQ(message(parsed("zzz: 1s").only(known)), "f.yml:1:1: unknown key \"zzz\"");
}

TEST(Yaml, SaysWhereSyntaxIsWrong) {
  EXPECT_TRUE(error_of("a: [1, 2").starts_with("f.yml:1:")) << error_of("a: [1, 2");
  EXPECT_TRUE(error_of("a: b\n c: d\n").starts_with("f.yml:2:")) << error_of("a: b\n c: d\n");
  EXPECT_NE(error_of("a: *nowhere"), "");
  EXPECT_NE(error_of("? [a]\n: b\n"), "");
  EXPECT_EQ(error_of("a: 1\n---\nb: 2\n"), "f.yml:2:1: only one document is expected");
  EXPECT_EQ(error_of("---\na: 1\n...\n"), "");
}

TEST(Yaml, ExpandsAliasesAndMergesWithinBounds) {
  const auto yaml = parsed("base: &b {x: 1, y: 2}\nuse: *b\nmerged:\n  <<: *b\n  y: 3\n");
  EXPECT_EQ(*yaml.find("use")->find("x")->integer(), 1);
  EXPECT_EQ(*yaml.find("merged")->find("x")->integer(), 1);
  EXPECT_EQ(*yaml.find("merged")->find("y")->integer(), 3);
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 10; ++i) {
    const auto n = std::to_string(i), p = std::to_string(i - 1);
    bomb += "a" + n + ": &a" + n + " [";
    for (int j = 0; j < 10; ++j) bomb += (j ? ",*a" : "*a") + p;
    bomb += "]\n";
  }
  EXPECT_NE(error_of(bomb).find("aliases expand to more than 1000000 nodes"), std::string::npos)
      << error_of(bomb);
  EXPECT_NE(error_of("a: &a [*a]"), "");
}

TEST(Yaml, BoundsDepth) {
  EXPECT_EQ(error_of(std::string(90, '[') + std::string(90, ']')), "");
  EXPECT_NE(error_of(std::string(110, '[') + std::string(110, ']')), "");
  EXPECT_NE(error_of(std::string(100'000, '[')), "");
}

}  // namespace
}  // namespace pharos::codec
