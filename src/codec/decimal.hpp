// Doubles that are decimals as exact integers: v = integer / 10^exponent, verified bit for bit. The
// quotient of two exact doubles is correctly rounded, which is what a parser of "12.34" returns, so
// decimals of up to 15 digits always pass (the test of ALP, Afroozeh et al., SIGMOD 2024).
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace pharos::codec {

inline constexpr int kDecimalExponentMax = 17;
inline constexpr std::array<double, 19> kPowersOfTen = {1,    1e1,  1e2,  1e3,  1e4,  1e5,  1e6,
                                                        1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13,
                                                        1e14, 1e15, 1e16, 1e17, 1e18};
inline constexpr std::int64_t kDecimalMax = std::int64_t{1} << 60;  // |integer| stays below

// One value; false when it is not a decimal of this exponent (NaN, infinities and -0 never are).
bool to_decimal(double value, int exponent, std::int64_t& integer);

// A column. Where a value has no exact integer its index goes to `exceptions` and its integer
// repeats its predecessor's. `exponent` is a guess on entry and the one used on return. False when
// more than `exceptions_max` values do not fit: then the column is not decimal.
bool to_decimals(std::span<const double> values, int& exponent, std::span<std::int64_t> integers,
                 std::vector<std::uint32_t>& exceptions, std::size_t exceptions_max);

// The inverse, exact for what to_decimals made.
void from_decimals(std::span<const std::int64_t> integers, int exponent, double* out);

// Largest divisor (>= 1) common to the differences of neighbouring integers; and the exact
// quotients of the differences to the first: quotients[i] = (integers[i] - integers[0]) / divisor.
std::uint64_t common_divisor(std::span<const std::int64_t> integers);
void divide_exactly(std::span<const std::int64_t> integers, std::uint64_t divisor,
                    std::span<std::int64_t> quotients);

// Doubles as integers in the same order, bit for bit: -NaN … -0, 0 … NaN.
constexpr std::int64_t to_ordered_bits(double v) {
  const auto bits = __builtin_bit_cast(std::int64_t, v);
  return bits ^ ((bits >> 63) & 0x7fffffffffffffff);
}
constexpr double from_ordered_bits(std::int64_t bits) {
  return __builtin_bit_cast(double, bits ^ ((bits >> 63) & 0x7fffffffffffffff));
}

}  // namespace pharos::codec
