#include "codec/series_hot.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "codec/series_samples.hpp"

namespace pharos::codec {
namespace {

void expect_same_bits(std::span<const double> expected, std::span<const double> got,
                      const std::string& what) {
  ASSERT_EQ(expected.size(), got.size()) << what;
  for (std::size_t i = 0; i < got.size(); ++i)
    ASSERT_EQ(std::bit_cast<std::uint64_t>(expected[i]), std::bit_cast<std::uint64_t>(got[i]))
        << what << " at " << i;
}

TEST(SeriesHot, EveryDoubleComesBackBitForBit) {
  for (const std::size_t n : {1, 2, 3, 15, 16, 17, 127, 128})
    for (const auto& [name, column] : adversarial_columns(n, n)) {
      ValueHint hint;
      std::string bytes;
      for (int round = 0; round < 2; ++round) {  // without and with the hint of the granule before
        bytes.clear();
        put_values(bytes, column, hint);
        Cursor in(bytes);
        std::vector<double> got(n);
        ASSERT_TRUE(get_values(in, got)) << name;
        EXPECT_TRUE(in.at_end()) << name;
        expect_same_bits(column, got, name);
      }
    }
}

TEST(SeriesHot, AHintForAnotherKindOfSeriesDoesNoHarm) {
  for (const std::uint8_t exponent : {0, 3, 17, 255})
    for (const auto& [name, column] : adversarial_columns(128)) {
      ValueHint hint{exponent};
      std::string bytes;
      put_values(bytes, column, hint);
      Cursor in(bytes);
      std::vector<double> got(128);
      ASSERT_TRUE(get_values(in, got)) << name;
      expect_same_bits(column, got, name);
    }
}

TEST(SeriesHot, TheHeadOfAColumnKnowsItsFacts) {
  for (const auto& [name, column] : adversarial_columns(128)) {
    ValueHint hint;
    std::string bytes;
    put_values(bytes, column, hint);
    ValueFacts facts;
    ASSERT_TRUE(get_value_facts(Cursor(bytes), 128, facts)) << name;
    const bool plain = std::ranges::none_of(
        column, [](double v) { return std::isnan(v) || (v == 0 && std::signbit(v)); });
    if (!plain) {
      EXPECT_FALSE(facts.known) << name;
      continue;
    }
    if (!facts.known) continue;  // exceptions within decimals
    expect_same_bits({{column.front(), column.back(), *std::ranges::min_element(column),
                       *std::ranges::max_element(column)}},
                     {{facts.first, facts.last, facts.min, facts.max}}, name);
  }
}

TEST(SeriesHot, ARegularClockTakesAFewBytesAndAnyClockComesBack) {
  std::vector<std::int64_t> regular, jittered, wild;
  Random random(3);
  for (int i = 0; i < 128; ++i) {
    regular.push_back(1'700'000'000'000 + i * 15'000);
    jittered.push_back(regular.back() + static_cast<std::int64_t>(random.below(8)));
    wild.push_back(static_cast<std::int64_t>(random.next()));
  }
  std::string bytes;
  put_integers(bytes, regular);
  EXPECT_LE(bytes.size(), 12u);
  const auto regular_size = bytes.size();
  put_integers(bytes, jittered);
  EXPECT_LE(bytes.size() - regular_size, 128u * 4 / 8 + 12);
  put_integers(bytes, wild);
  Cursor in(bytes);
  for (const auto& expected : {regular, jittered, wild}) {
    std::vector<std::int64_t> got(128);
    ASSERT_TRUE(get_integers(in, got));
    EXPECT_EQ(got, expected);
  }
  EXPECT_TRUE(in.at_end());
}

TEST(SeriesHot, CountersAndPagesShrinkToTheWidthOfTheirSteps) {
  for (const auto& [name, column] : adversarial_columns(128)) {
    ValueHint hint;
    std::string bytes;
    put_values(bytes, column, hint);
    EXPECT_LE(bytes.size(), 128u * 8 + 32) << name;
    if (name == "counter") {
      EXPECT_LE(bytes.size(), 128u * 9 / 8 + 16);
    }
    if (name == "pages") {
      EXPECT_LE(bytes.size(), 128u * 8 / 8 + 16);
    }
    if (name == "constant") {
      EXPECT_LE(bytes.size(), 2u);
    }
  }
}

TEST(SeriesHot, TruncatedBytesAreAnErrorNotAGuess) {
  for (const auto& [name, column] : adversarial_columns(128)) {
    ValueHint hint;
    std::string bytes;
    put_values(bytes, column, hint);
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      const std::string cut = bytes.substr(0, length);
      Cursor in(cut);
      std::vector<double> got(128);
      EXPECT_FALSE(get_values(in, got)) << name << " cut to " << length;
    }
  }
}

}  // namespace
}  // namespace pharos::codec
