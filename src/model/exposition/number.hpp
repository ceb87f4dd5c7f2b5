// Numbers as exposition formats write them.
#pragma once
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace pharos::exposition {

// What Go's strconv.ParseFloat takes, but neither hexadecimal nor '_': "1", "+1.5e3", "Inf", "nan".
// False when it is something else or too large for a double. NaNs become the normal NaN.
bool parse_number_slow(std::string_view text, double& out);

// The same; short decimals, which is nearly all of them, without a call. 5 ns for 6 digits.
inline bool parse_number(std::string_view text, double& out) {
  static constexpr double kPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                       1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  const char* at = text.data();
  const char* const end = at + text.size();
  const bool negative = at < end && *at == '-';
  at += negative;
  std::uint64_t mantissa = 0;
  const char* const digits = at;
  while (at < end && static_cast<unsigned char>(*at - '0') < 10) mantissa = mantissa * 10 + static_cast<unsigned char>(*at++ - '0');
  std::size_t count = static_cast<std::size_t>(at - digits), fraction = 0;
  if (at < end && *at == '.') {
    const char* const from = ++at;
    while (at < end && static_cast<unsigned char>(*at - '0') < 10) mantissa = mantissa * 10 + static_cast<unsigned char>(*at++ - '0');
    fraction = static_cast<std::size_t>(at - from);
    count += fraction;
  }
  int exponent = 0;
  if (at < end && (*at == 'e' || *at == 'E') && count > 0 && end - at <= 4) {
    const bool plus = end - at > 2 && at[1] == '+' && at[2] != '-';
    const auto [stop, error] = std::from_chars(at + 1 + plus, end, exponent);
    if (error != std::errc{}) return false;
    at = stop;
  }
  // Exact: both the digits (below 2^53) and the power of ten are doubles, so one operation rounds once.
  exponent -= static_cast<int>(fraction);
  if (at != end || count == 0 || count > 18 || mantissa > (std::uint64_t{1} << 53) || exponent < -22 || exponent > 22)
    return parse_number_slow(text, out);
  double v = static_cast<double>(mantissa);
  v = exponent < 0 ? v / kPowers[-exponent] : v * kPowers[exponent];
  out = negative ? -v : v;
  return true;
}

// As OpenMetrics writes numbers in labels and values: "0.0", "1.0", "2.5", "1e+06", "+Inf".
std::string canonical_number(double v);

}  // namespace pharos::exposition
