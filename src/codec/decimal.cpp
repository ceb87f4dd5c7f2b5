#include "codec/decimal.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "codec/cold_loops.hpp"

namespace pharos::codec {
namespace {

constexpr double kRound = 0x1.8p52;  // adding and taking it away rounds |x| < 2^51 to an integer
constexpr std::size_t kLane = 16;  // inner loops of constant length, so that they vectorise at -O2

// Sixteen values at a time; returns whether all are exact. What is not is mended by the caller.
bool scale_lane(const double* v, double power, std::int64_t* out, std::uint64_t* bad) {
  std::uint64_t any = 0;
  for (std::size_t i = 0; i < kLane; ++i) {
    const double scaled = v[i] * power;
    const double shifted = scaled + kRound;
    const double back = (shifted - kRound) / power;
    out[i] = static_cast<std::int64_t>(std::bit_cast<std::uint64_t>(shifted) -
                                       std::bit_cast<std::uint64_t>(kRound));
    bad[i] = (std::bit_cast<std::uint64_t>(back) ^ std::bit_cast<std::uint64_t>(v[i])) |
             (std::fabs(scaled) < 0x1p51 ? 0u : 1u);
    any |= bad[i];
  }
  return any == 0;
}

bool scale_lane_unit(const double* v, std::int64_t* out, std::uint64_t* bad) {
  std::uint64_t any = 0;
  for (std::size_t i = 0; i < kLane; ++i) {
    const double shifted = v[i] + kRound;
    out[i] = static_cast<std::int64_t>(std::bit_cast<std::uint64_t>(shifted) -
                                       std::bit_cast<std::uint64_t>(kRound));
    bad[i] = (std::bit_cast<std::uint64_t>(shifted - kRound) ^ std::bit_cast<std::uint64_t>(v[i])) |
             (std::fabs(v[i]) < 0x1p51 ? 0u : 1u);
    any |= bad[i];
  }
  return any == 0;
}

bool hopeless(double v) {
  return !std::isfinite(v) || (v == 0 && std::signbit(v));
}

int least_exponent(double v) {
  std::int64_t ignored;
  for (int e = 0; e <= kDecimalExponentMax; ++e)
    if (to_decimal(v, e, ignored)) return e;
  return -1;
}

enum class Attempt { fits, raise, gives_up };

// One pass with one exponent. `raise`: `exponent` now holds a larger one that a value needs.
Attempt attempt(std::span<const double> values, int& exponent, std::span<std::int64_t> integers,
                std::vector<std::uint32_t>& exceptions, std::size_t exceptions_max) {
  exceptions.clear();
  const double power = kPowersOfTen[static_cast<std::size_t>(exponent)];
  double padded[kLane];
  std::int64_t scaled[kLane];
  std::uint64_t bad[kLane];
  for (std::size_t at = 0; at < values.size(); at += kLane) {
    const auto n = std::min(kLane, values.size() - at);
    const double* v = values.data() + at;
    std::int64_t* out = integers.data() + at;
    if (n < kLane) {
      std::fill(std::copy(v, v + n, padded), padded + kLane, v[0]);
      v = padded;
      out = scaled;
    }
    const bool exact =
        exponent == 0 ? scale_lane_unit(v, out, bad) : scale_lane(v, power, out, bad);
    if (!exact) [[unlikely]] {
      for (std::size_t i = 0; i < n; ++i) {
        if (bad[i] == 0 || to_decimal(v[i], exponent, out[i])) continue;
        if (!hopeless(v[i])) {
          const int needed = least_exponent(v[i]);
          if (needed > exponent) {
            exponent = needed;
            return Attempt::raise;
          }
        }
        if (exceptions.size() >= exceptions_max) return Attempt::gives_up;
        exceptions.push_back(static_cast<std::uint32_t>(at + i));
      }
    }
    if (n < kLane) std::copy(scaled, scaled + n, integers.data() + at);
  }
  return Attempt::fits;
}

}  // namespace

bool to_decimal(double value, int exponent, std::int64_t& integer) {
  if (hopeless(value)) return false;
  const double power = kPowersOfTen[static_cast<std::size_t>(exponent)];
  const double scaled = std::nearbyint(value * power);
  // Above 2^53 only whole numbers are safe: there the double is the integer.
  if (!(std::fabs(scaled) < (exponent == 0 ? static_cast<double>(kDecimalMax) : 0x1p53)))
    return false;
  if (std::bit_cast<std::uint64_t>(scaled / power) != std::bit_cast<std::uint64_t>(value))
    return false;
  integer = static_cast<std::int64_t>(scaled);
  return true;
}

bool to_decimals(std::span<const double> values, int& exponent, std::span<std::int64_t> integers,
                 std::vector<std::uint32_t>& exceptions, std::size_t exceptions_max) {
  int guess = exponent;
  for (bool retried = exponent == 0;; retried = true, guess = 0) {
    exponent = guess;
    Attempt result;
    while ((result = attempt(values, exponent, integers, exceptions, exceptions_max)) ==
           Attempt::raise) {
    }
    if (result == Attempt::fits) break;
    if (retried) return false;
  }
  if (exceptions.size() == values.size()) return false;
  if (!exceptions.empty()) {  // fill the gaps with what costs nothing to encode
    std::size_t good = 0;
    while (good < exceptions.size() && exceptions[good] == good) ++good;
    for (const auto i : exceptions)
      integers[i] = i == 0 || i < good ? integers[good] : integers[i - 1];
  }
  return true;
}

void from_decimals(std::span<const std::int64_t> integers, int exponent, double* out) {
  to_doubles(integers, kPowersOfTen[static_cast<std::size_t>(exponent)], out);
}

namespace {
// Newton's iteration for the inverse of an odd number modulo 2^64.
constexpr std::uint64_t odd_inverse(std::uint64_t odd) {
  std::uint64_t x = odd * 3 ^ 2;
  for (int i = 0; i < 4; ++i) x *= 2 - odd * x;
  return x;
}
}  // namespace

std::uint64_t common_divisor(std::span<const std::int64_t> integers) {
  std::uint64_t all = 0;
  for (std::size_t i = 1; i < integers.size(); ++i)
    all |= static_cast<std::uint64_t>(integers[i]) - static_cast<std::uint64_t>(integers[i - 1]);
  if (all == 0) return 1;
  const int zeros = std::countr_zero(all);
  std::uint64_t odd = 0, inverse = 0, limit = 0;
  for (std::size_t i = 1; i < integers.size(); ++i) {
    const auto d =
        static_cast<std::uint64_t>(integers[i]) - static_cast<std::uint64_t>(integers[i - 1]);
    if (d == 0) continue;
    const auto magnitude = (static_cast<std::int64_t>(d) < 0 ? -d : d) >> zeros;
    if (odd != 0 && magnitude * inverse <= limit) continue;  // divisible
    odd = std::gcd(odd, magnitude);
    odd >>= std::countr_zero(odd);
    if (odd == 1) break;
    inverse = odd_inverse(odd);
    limit = ~std::uint64_t{0} / odd;
  }
  return odd << zeros;
}

void divide_exactly(std::span<const std::int64_t> integers, std::uint64_t divisor,
                    std::span<std::int64_t> quotients) {
  const auto first = static_cast<std::uint64_t>(integers[0]);
  const auto n = integers.size();
  if (divisor == 1) {
    for (std::size_t i = 0; i < n; ++i)
      quotients[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(integers[i]) - first);
    return;
  }
  const int zeros = std::countr_zero(divisor);
  const auto inverse = odd_inverse(divisor >> zeros);
  for (std::size_t i = 0; i < n; ++i) {
    const auto d = static_cast<std::int64_t>(static_cast<std::uint64_t>(integers[i]) - first);
    quotients[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(d >> zeros) * inverse);
  }
}

}  // namespace pharos::codec
