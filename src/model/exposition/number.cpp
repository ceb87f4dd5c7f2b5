#include "model/exposition/number.hpp"

#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "model/histogram.hpp"

namespace pharos::exposition {
namespace {

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((text[i] | 0x20) != lower[i]) return false;
  return true;
}

}  // namespace

bool parse_number_slow(std::string_view text, double& out) {
  const bool negative = text.starts_with('-');
  auto digits = text;
  if (negative || text.starts_with('+')) digits.remove_prefix(1);
  if (digits.empty()) return false;
  if (const char c = digits[0]; (c < '0' || c > '9') && c != '.') {
    if (equals_ignoring_case(digits, "inf") || equals_ignoring_case(digits, "infinity")) {
      out = std::numeric_limits<double>::infinity() * (negative ? -1 : 1);
      return true;
    }
    if (equals_ignoring_case(text, "nan")) {
      out = std::bit_cast<double>(kNormalNaNBits);
      return true;
    }
    return false;
  }
  double v = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, v, std::chars_format::general);
  if (stop != end) return false;
  if (error == std::errc::result_out_of_range) {  // too large is an error, too small is zero
    v = std::strtod(std::string(digits).c_str(), nullptr);
    if (std::abs(v) >= 1) return false;
  } else if (error != std::errc{}) {
    return false;
  }
  out = negative ? -v : v;
  return true;
}

std::string canonical_number(double v) {
  auto text = go_float(v);
  if (std::isfinite(v) && text.find_first_of("e.") == text.npos) text += ".0";
  return text;
}

}  // namespace pharos::exposition
