#include "codec/scalar_place.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "codec/yaml.hpp"

namespace pharos::codec {
namespace {

// Where `what` of the scalar `a` is told to be, when `word` of its value is wrong.
std::string told(const std::string& source, std::string_view word) {
  const auto root = Yaml::parse(source, "f").value();
  const auto& node = *root.find("a");
  const auto before = std::string_view(node.scalar()).substr(0, node.scalar().find(word));
  const auto line = static_cast<std::uint32_t>(1 + std::ranges::count(before, '\n'));
  const auto column = static_cast<std::uint32_t>(before.size() - (before.rfind('\n') + 1) + 1);
  return node.error_at(line, column, "bad").message;
}

TEST(ScalarPlace, IsThatOfTheWordInTheFile) {
  EXPECT_EQ(told("a: up + x\n", "x"), "f:1:9: bad");
  EXPECT_EQ(told("b: 1\na: up\n   +\n   x\n", "x"), "f:4:4: bad") << "plain, over lines";
  EXPECT_EQ(told("a: |\n  up\n    + x\n", "x"), "f:3:7: bad") << "a block";
  EXPECT_EQ(told("a: >-  # why\n  up\n  + x\n", "x"), "f:3:5: bad") << "folded";
  EXPECT_EQ(told("a: |2-\n    up\n\n\n   x\n", "x"), "f:5:4: bad") << "indented by number";
  EXPECT_EQ(told("a: 'it''s x'\n", "x"), "f:1:11: bad");
  EXPECT_EQ(told("a: 'it\n  ''s x'\n", "x"), "f:2:7: bad");
  EXPECT_EQ(told("a: \"l=\\\"v\\\" \\n x\"\n", "x"), "f:1:16: bad");
  EXPECT_EQ(told("a: \"one\\\n   x\"\n", "x"), "f:2:4: bad");
  EXPECT_EQ(told("a: |\r\n  up\r\n  x\r\n", "x"), "f:3:3: bad");
}

TEST(ScalarPlace, BlanksAndTheEndAreBehindWhatStandsBefore) {
  const auto root = Yaml::parse("a: |\n  up +\n", "f").value();
  EXPECT_EQ(root.find("a")->error_at(1, 5, "bad").message, "f:2:7: bad");
  EXPECT_EQ(root.find("a")->error_at(2, 1, "bad").message, "f:2:7: bad");
}

TEST(ScalarPlace, FallsBackToTheScalar) {
  EXPECT_EQ(told("a: \"\\x41 x\"\n", "x"), "f:1:4: bad") << "an escape by number";
  const auto root = Yaml::parse("a: up\nb: ''\n", "f").value();
  EXPECT_EQ(root.find("a")->error_at(9, 1, "bad").message, "f:1:4: bad");
  EXPECT_EQ(root.find("b")->error_at(1, 1, "bad").message, "f:2:4: bad");
}

}  // namespace
}  // namespace pharos::codec
