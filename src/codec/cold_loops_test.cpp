#include "codec/cold_loops.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

namespace pharos::codec {
namespace {

constexpr std::int64_t kSmall = std::int64_t{1} << 51;  // where the quick conversion ends
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

void expect_conversions(const std::vector<std::int64_t>& v) {
  std::vector<double> got(v.size());
  for (const double divisor : {1.0, 10.0, 1000.0, 1e15}) {
    to_doubles(v, divisor, got.data());
    for (std::size_t i = 0; i < v.size(); ++i)
      EXPECT_EQ(std::bit_cast<std::uint64_t>(got[i]),
                std::bit_cast<std::uint64_t>(static_cast<double>(v[i]) / divisor))
          << v[i] << " / " << divisor;
    for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{7}, ~std::uint64_t{0}})
      for (const std::uint64_t factor : {std::uint64_t{1}, std::uint64_t{25}}) {
        scale_to_doubles(v, first, factor, divisor, got.data());
        for (std::size_t i = 0; i < v.size(); ++i) {
          const auto whole =
              static_cast<std::int64_t>(first + static_cast<std::uint64_t>(v[i]) * factor);
          EXPECT_EQ(std::bit_cast<std::uint64_t>(got[i]),
                    std::bit_cast<std::uint64_t>(static_cast<double>(whole) / divisor))
              << first << " + " << v[i] << " * " << factor << " / " << divisor;
        }
      }
  }
}

TEST(ToDoubles, SmallNumbersAreExact) {
  expect_conversions({0, 1, -1, 9, -10, 12'345'678, kSmall - 8, -kSmall + 1});
}

TEST(ToDoubles, OneLargeNumberAmongSmallOnesIsRoundedAsAConversionRounds) {
  for (const auto large : {kSmall, kSmall - 1, -kSmall, -kSmall - 1, (std::int64_t{1} << 53) + 1,
                           kMost, kMost - 1, kLeast, kLeast + 1})
    expect_conversions({0, 1, -1, large, 42, -7, 3, 5, 6});
}

TEST(ToDoubles, NothingIsNothing) { expect_conversions({}); }

}  // namespace
}  // namespace pharos::codec
