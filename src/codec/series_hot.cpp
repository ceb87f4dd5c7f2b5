#include "codec/series_hot.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <vector>

#include "codec/bit_pack.hpp"
#include "codec/decimal.hpp"

namespace pharos::codec {
namespace {

constexpr std::uint64_t u(std::int64_t v) {
  return static_cast<std::uint64_t>(v);
}
constexpr std::int64_t i(std::uint64_t v) {
  return static_cast<std::int64_t>(v);
}

constexpr int kWidest = 56;    // one unaligned 8-byte load holds any value
constexpr int kRawWidth = 63;  // stands for 64 in the six bits of the head

enum Mode : std::uint8_t { plain = 0, delta = 1, delta2 = 2, line = 3 };

struct Range {
  std::int64_t min = std::numeric_limits<std::int64_t>::max(),
               max = std::numeric_limits<std::int64_t>::min();
  void add(std::int64_t v) {
    min = std::min(min, v);
    max = std::max(max, v);
  }
  int width() const {
    if (min > max) return 0;
    const int w = bit_width_of(u(max) - u(min));
    return w > kWidest ? 64 : w;
  }
};

constexpr std::size_t skipped(Mode mode, std::size_t n) {
  return mode == plain ? 0 : mode == delta2 ? std::min<std::size_t>(2, n) : 1;
}

int varint_bits(std::int64_t v) {
  return 8 * ((bit_width_of(zigzag(v) | 1) + 6) / 7);
}

}  // namespace

void put_integers(std::string& out, std::span<const std::int64_t> v) {
  const auto n = v.size();
  if (n == 0) return;
  std::array<std::int64_t, kGranuleSamples> d;
  Range plain_range, delta_range, delta2_range, line_range;
  plain_range.add(v[0]);
  for (std::size_t k = 1; k < n; ++k) {
    plain_range.add(v[k]);
    d[k] = i(u(v[k]) - u(v[k - 1]));
    delta_range.add(d[k]);
  }
  for (std::size_t k = 2; k < n; ++k) delta2_range.add(i(u(d[k]) - u(d[k - 1])));
  std::int64_t slope = 0;
  if (n > 2 && delta_range.width() > 1) {
    slope = i(u(v[n - 1]) - u(v[0])) / static_cast<std::int64_t>(n - 1);
    std::uint64_t expected = u(v[0]);
    for (std::size_t k = 1; k < n; ++k) line_range.add(i(u(v[k]) - (expected += u(slope))));
  }

  Mode mode = plain;
  auto cost = static_cast<long>(n) * plain_range.width() + varint_bits(plain_range.min);
  const auto consider = [&](Mode candidate, const Range& range, std::size_t left_out,
                            int head_bits) {
    const auto bits = static_cast<long>(n - left_out) * range.width() + head_bits;
    if (bits < cost) cost = bits, mode = candidate;
  };
  if (n > 1) {
    const int first = varint_bits(v[0]);
    consider(delta, delta_range, 1, first + varint_bits(delta_range.min));
    if (n > 2) {
      consider(delta2, delta2_range, 2, first + varint_bits(d[1]) + varint_bits(delta2_range.min));
      if (line_range.min <= line_range.max)
        consider(line, line_range, 1, first + varint_bits(slope) + varint_bits(line_range.min));
    }
  }
  const Range& range = mode == plain    ? plain_range
                       : mode == delta  ? delta_range
                       : mode == delta2 ? delta2_range
                                        : line_range;
  const int width = range.width();
  out.push_back(static_cast<char>(mode | (width == 64 ? kRawWidth : width) << 2));
  if (mode != plain) put_signed(out, v[0]);
  if (mode == delta2) put_signed(out, d[1]);
  if (mode == line) put_signed(out, slope);
  put_signed(out, range.min);

  std::array<std::uint64_t, kGranuleSamples> packed;
  std::size_t m = 0;
  const auto min = u(range.min);
  if (width != 0) {
    if (mode == plain)
      for (std::size_t k = 0; k < n; ++k) packed[m++] = u(v[k]) - min;
    else if (mode == delta)
      for (std::size_t k = 1; k < n; ++k) packed[m++] = u(d[k]) - min;
    else if (mode == delta2)
      for (std::size_t k = 2; k < n; ++k) packed[m++] = u(d[k]) - u(d[k - 1]) - min;
    else
      for (std::size_t k = 1; k < n; ++k) packed[m++] = u(v[k]) - u(v[0]) - k * u(slope) - min;
    pack_bits(out, {packed.data(), m}, width);
  }
}

namespace {

struct Packed {
  Mode mode;
  int width;
  std::uint64_t first, second, min;
  std::string_view bytes;
};
bool open_packed(Cursor& in, std::size_t n, Packed& out) {
  if (n > kGranuleSamples) return in.fail(), false;
  const auto head = in.fixed<std::uint8_t>();
  out.mode = static_cast<Mode>(head & 3);
  out.width = head >> 2;
  if (out.width == kRawWidth)
    out.width = 64;
  else if (out.width > kWidest)
    return in.fail(), false;
  out.first = out.mode == plain ? 0 : u(in.signed_varint());
  out.second = out.mode == delta2 || out.mode == line ? u(in.signed_varint()) : 0;
  out.min = u(in.signed_varint());
  out.bytes = in.bytes(packed_bytes(n - skipped(out.mode, n), out.width));
  return in.ok();
}

}  // namespace

bool skip_integers(Cursor& in, std::size_t count) {
  Packed packed;
  return count == 0 ? in.ok() : open_packed(in, count, packed);
}

bool get_integers(Cursor& in, std::span<std::int64_t> out) {
  const auto n = out.size();
  if (n == 0) return in.ok();
  Packed head;
  if (!open_packed(in, n, head)) return false;
  const auto [mode, width, first, second, min, bytes] = head;
  const auto skip = skipped(mode, n);
  std::array<std::uint64_t, kGranuleSamples> packed;
  unpack_bits(bytes.data(), n - skip, width, packed.data());
  switch (mode) {
    case plain:
      for (std::size_t k = 0; k < n; ++k) out[k] = i(packed[k] + min);
      break;
    case delta: {
      auto v = first;
      out[0] = i(v);
      for (std::size_t k = 1; k < n; ++k) out[k] = i(v += packed[k - 1] + min);
      break;
    }
    case delta2: {
      auto v = first, d = second;
      out[0] = i(v);
      if (n > 1) out[1] = i(v += d);
      for (std::size_t k = 2; k < n; ++k) out[k] = i(v += d += packed[k - 2] + min);
      break;
    }
    case line:
      out[0] = i(first);
      for (std::size_t k = 1; k < n; ++k) out[k] = i(first + k * second + packed[k - 1] + min);
      break;
  }
  return true;
}

// ---- values -----------------------------------------------------------------------------------

namespace {

enum Kind : std::uint8_t { kRaw = 0, kConstant = 1, kDecimal = 2, kBits = 3 };
constexpr std::uint8_t kKindMask = 0x03;
constexpr std::uint8_t kHasFacts = 0x04;   // of all but constants
constexpr std::uint8_t kIsDecimal = 0x04;  // of constants: an integer follows, not eight bytes
constexpr std::uint8_t kHasExponent = 0x08;
constexpr std::uint8_t kHasDivisor = 0x10;
constexpr std::uint8_t kHasExceptions = 0x20;
constexpr std::uint8_t kRising = 0x40;  // facts: min is the first value, max the last

bool facts_of(std::span<const double> v, ValueFacts& facts) {
  facts = {.known = true, .first = v.front(), .last = v.back(), .min = v[0], .max = v[0]};
  for (const double x : v) {
    if (std::isnan(x) || (x == 0 && std::signbit(x))) return facts.known = false;
    facts.min = std::min(facts.min, x);
    facts.max = std::max(facts.max, x);
  }
  return true;
}

void put_raw_facts(std::string& out, const ValueFacts& facts) {
  put_fixed(out, facts.last);
  put_fixed(out, facts.min);
  put_fixed(out, facts.max);
}

void put_decimal_constant(std::string& out, std::int64_t integer, int exponent) {
  out.push_back(static_cast<char>(kConstant | kIsDecimal | (exponent != 0 ? kHasExponent : 0)));
  if (exponent != 0) out.push_back(static_cast<char>(exponent));
  put_signed(out, integer);
}

// Bits that all values share at the top are kept once, as are zero bits that all share at the
// bottom.
void put_as_bits(std::string& out, std::span<const double> v) {
  ValueFacts facts;
  const std::uint8_t facts_flag = facts_of(v, facts) ? kHasFacts : 0;
  const auto first = std::bit_cast<std::uint64_t>(v[0]);
  std::uint64_t differ = 0;
  for (const double x : v) differ |= std::bit_cast<std::uint64_t>(x) ^ first;
  const int low = std::countr_zero(differ), width = 64 - std::countl_zero(differ) - low;
  if (width > kWidest) {
    out.push_back(static_cast<char>(kRaw | facts_flag));
    if (facts.known) put_raw_facts(out, facts);
    out.append(reinterpret_cast<const char*>(v.data()), v.size() * 8);
    return;
  }
  out.push_back(static_cast<char>(kBits | facts_flag));
  put_fixed(out, first);
  if (facts.known) put_raw_facts(out, facts);
  out.push_back(static_cast<char>(low));
  out.push_back(static_cast<char>(width));
  std::array<std::uint64_t, kGranuleSamples> packed;
  for (std::size_t k = 1; k < v.size(); ++k)
    packed[k - 1] = (std::bit_cast<std::uint64_t>(v[k]) ^ first) >> low;
  pack_bits(out, {packed.data(), v.size() - 1}, width);
}

}  // namespace

void put_values(std::string& out, std::span<const double> v, ValueHint& hint) {
  const auto n = v.size();
  if (n == 0) return;
  std::uint64_t differ = 0;
  const auto first_bits = std::bit_cast<std::uint64_t>(v[0]);
  for (const double x : v) differ |= std::bit_cast<std::uint64_t>(x) ^ first_bits;
  if (differ == 0) {
    std::int64_t integer;
    int exponent = 0;
    while (exponent < 6 && !to_decimal(v[0], exponent, integer)) ++exponent;
    if (exponent < 6 && std::abs(integer) < (std::int64_t{1} << 48))
      return put_decimal_constant(out, integer, exponent);
    out.push_back(static_cast<char>(kConstant));
    return put_fixed(out, v[0]);
  }

  std::array<std::int64_t, kGranuleSamples> integers, quotients;
  thread_local std::vector<std::uint32_t> exceptions;
  int exponent = hint.exponent == ValueHint::kNotDecimal
                     ? 0
                     : std::min<int>(hint.exponent, kDecimalExponentMax);
  const std::size_t exceptions_max = hint.exponent == ValueHint::kNotDecimal ? 1 : 2 + n / 16;
  const std::span<std::int64_t> ints(integers.data(), n), ks(quotients.data(), n);
  if (!to_decimals(v, exponent, ints, exceptions, exceptions_max)) {
    hint.exponent = ValueHint::kNotDecimal;
    return put_as_bits(out, v);
  }
  hint.exponent = static_cast<std::uint8_t>(exponent);
  const auto divisor = common_divisor(ints);
  divide_exactly(ints, divisor, ks);
  const bool rare = !exceptions.empty();
  const auto [least, most] = std::minmax_element(ks.begin(), ks.end());
  const bool rising = *least == 0 && *most == ks.back();
  out.push_back(static_cast<char>(
      kDecimal | (rare ? kHasExceptions : kHasFacts) | (exponent != 0 ? kHasExponent : 0) |
      (divisor != 1 ? kHasDivisor : 0) | (rising && !rare ? kRising : 0)));
  if (exponent != 0) out.push_back(static_cast<char>(exponent));
  put_signed(out, ints[0]);
  if (divisor != 1) put_varint(out, divisor);
  if (rare) {
    put_varint(out, exceptions.size());
    std::uint32_t previous = 0;
    for (const auto at : exceptions) {
      put_varint(out, at - previous);
      put_fixed(out, v[at]);
      previous = at;
    }
  } else {
    put_signed(out, ks.back());
    if (!rising) {
      put_varint(out, u(-*least));
      put_varint(out, u(*most));
    }
  }
  put_integers(out, ks);
}

bool get_values(Cursor& in, std::span<double> out) {
  const auto n = out.size();
  if (n == 0) return in.ok();
  if (n > kGranuleSamples) return in.fail(), false;
  const auto head = in.fixed<std::uint8_t>();
  switch (head & kKindMask) {
    case kRaw: {
      if (head & kHasFacts) in.bytes(24);
      const auto bytes = in.bytes(n * 8);
      if (!in.ok()) return false;
      std::memcpy(out.data(), bytes.data(), n * 8);
      return true;
    }
    case kConstant: {
      double v = 0;
      if (head & kIsDecimal) {
        const int exponent = head & kHasExponent ? in.fixed<std::uint8_t>() : 0;
        const auto integer = in.signed_varint();
        if (exponent > kDecimalExponentMax) return in.fail(), false;
        v = static_cast<double>(integer) / kPowersOfTen[static_cast<std::size_t>(exponent)];
      } else {
        v = in.fixed<double>();
      }
      if (!in.ok()) return false;
      std::fill(out.begin(), out.end(), v);
      return true;
    }
    case kBits: {
      const auto first = in.fixed<std::uint64_t>();
      if (head & kHasFacts) in.bytes(24);
      const int low = in.fixed<std::uint8_t>(), width = in.fixed<std::uint8_t>();
      if (!in.ok() || width > kWidest || low + width > 64) return in.fail(), false;
      const auto bytes = in.bytes(packed_bytes(n - 1, width));
      if (!in.ok()) return false;
      std::array<std::uint64_t, kGranuleSamples> packed;
      unpack_bits(bytes.data(), n - 1, width, packed.data());
      out[0] = std::bit_cast<double>(first);
      const int shift = low & 63;  // 64 only with width 0
      for (std::size_t k = 1; k < n; ++k)
        out[k] = std::bit_cast<double>(first ^ (packed[k - 1] << shift));
      return true;
    }
    default: break;
  }
  const int exponent = head & kHasExponent ? in.fixed<std::uint8_t>() : 0;
  const auto first = u(in.signed_varint());
  const auto divisor = head & kHasDivisor ? in.varint() : 1;
  if (exponent > kDecimalExponentMax) return in.fail(), false;
  std::array<std::pair<std::uint32_t, double>, kGranuleSamples> exceptions;
  std::size_t exception_count = 0;
  if (head & kHasExceptions) {
    exception_count = in.varint();
    if (exception_count > n) return in.fail(), false;
    std::uint64_t at = 0;
    for (std::size_t k = 0; k < exception_count; ++k) {
      const auto gap = in.varint();
      if (gap >= n || (at += gap) >= n) return in.fail(), false;
      exceptions[k] = {static_cast<std::uint32_t>(at), in.fixed<double>()};
    }
  } else {
    in.varint();
    if (!(head & kRising)) in.varint(), in.varint();
  }
  std::array<std::int64_t, kGranuleSamples> integers;
  const std::span<std::int64_t> ints(integers.data(), n);
  if (!in.ok() || !get_integers(in, ints)) return false;
  for (auto& v : ints) v = i(first + u(v) * divisor);
  from_decimals(ints, exponent, out.data());
  for (std::size_t k = 0; k < exception_count; ++k) out[exceptions[k].first] = exceptions[k].second;
  return true;
}

bool get_value_facts(Cursor in, std::size_t count, ValueFacts& facts) {
  facts = {};
  if (count == 0 || count > kGranuleSamples) return false;
  const auto head = in.fixed<std::uint8_t>();
  switch (head & kKindMask) {
    case kConstant: {
      double v = 0;
      if (!get_values(in = Cursor({in.position() - 1, in.left() + 1}), {&v, 1})) return false;
      facts = {!std::isnan(v) && !(v == 0 && std::signbit(v)), v, v, v, v};
      return true;
    }
    case kRaw:
    case kBits:
      if (!(head & kHasFacts)) return in.ok();
      if ((head & kKindMask) == kBits) facts.first = in.fixed<double>();
      facts.last = in.fixed<double>(), facts.min = in.fixed<double>(),
      facts.max = in.fixed<double>();
      if ((head & kKindMask) == kRaw) facts.first = in.fixed<double>();
      facts.known = in.ok();
      return in.ok();
    default: break;
  }
  if (head & kHasExceptions) return in.ok();
  const int exponent = head & kHasExponent ? in.fixed<std::uint8_t>() : 0;
  const auto first = u(in.signed_varint());
  const auto divisor = head & kHasDivisor ? in.varint() : 1;
  if (exponent > kDecimalExponentMax) return false;
  const auto last = u(in.signed_varint());
  const auto below = head & kRising ? 0 : in.varint();
  const auto above = head & kRising ? last : in.varint();
  if (!in.ok()) return false;
  const std::array<std::int64_t, 4> integers = {
      i(first), i(first + last * divisor), i(first - below * divisor), i(first + above * divisor)};
  std::array<double, 4> values;
  from_decimals(integers, exponent, values.data());
  facts = {true, values[0], values[1], values[2], values[3]};
  return true;
}

}  // namespace pharos::codec
