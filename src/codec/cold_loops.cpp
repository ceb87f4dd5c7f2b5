#include "codec/cold_loops.hpp"

#include <algorithm>
#include <cstring>

#include "base/clones.hpp"
#include "codec/cold_bins.hpp"
#include "codec/varint.hpp"

PHAROS_LOOPS_ONLY

namespace pharos::codec {
namespace {

[[gnu::always_inline]] inline std::uint64_t load(const char* bytes, std::size_t bit) {
  std::uint64_t word;
  std::memcpy(&word, bytes + (bit >> 3), 8);
  return word >> (bit & 7);
}

constexpr std::uint64_t u(std::int64_t v) {
  return static_cast<std::uint64_t>(v);
}
constexpr std::int64_t i64(std::uint64_t v) {
  return static_cast<std::int64_t>(v);
}
std::uint64_t load_64(const char* bytes, std::size_t bit) {
  return (load(bytes, bit) & 0xffffffff) | load(bytes, bit + 32) << 32;
}
[[gnu::always_inline]] inline std::int64_t value_of(std::int64_t base, std::uint64_t raw,
                                                    ColdEntry entry) {
  const auto sign = u(-std::int64_t{entry.length >> 7});
  return i64(u(base) + ((raw ^ sign) - sign));
}

[[gnu::always_inline]] inline std::int64_t plain_value(const ColdCode& code, std::uint64_t word,
                                                       ColdEntry entry) {
  const auto raw = (word & ((std::uint64_t{1} << (entry.total & 63)) - 1)) >> (entry.length & 63);
  return value_of(code.bases[entry.symbol], raw, entry);
}

// A run of zeros, an escape, or a value of many raw bits. Never goes past the end.
[[gnu::noinline]] bool unpack_special(const ColdCode& code, ColdStream& s, ColdEntry entry) {
  const unsigned length = entry.length & kColdLength;
  const auto start = s.bit + length;
  if (entry.symbol >= code.run_base) {
    const int j = static_cast<int>(entry.symbol) - code.run_base + 1;
    auto run = static_cast<std::size_t>(s.end - s.r);
    s.bit = start;
    if (j < ColdBins::kRunSymbols) {
      const auto coded =
          (std::size_t{1} << j) + (load(s.bytes, start) & ((std::size_t{1} << j) - 1));
      s.bit += static_cast<std::size_t>(j);
      if (coded > run) return false;
      run = coded;
    }
    s.r = std::fill_n(s.r, run, 0);
    return true;
  }
  const auto base = code.bases[entry.symbol];
  if (const auto extra = entry.total - length; extra != 0) {
    const auto raw = load_64(s.bytes, start) & ((std::uint64_t{1} << extra) - 1);
    s.bit = start + extra;
    *s.r++ = value_of(base, raw, entry);
    return true;
  }
  std::uint64_t raw = 0;
  if (code.escape_bits > 0) raw = load_64(s.bytes, start);
  if (code.escape_bits < 64) raw &= (std::uint64_t{1} << code.escape_bits) - 1;
  s.bit = start + static_cast<std::size_t>(code.escape_bits);
  *s.r++ = i64(u(base) + u(unzigzag(raw)));
  return true;
}

[[gnu::always_inline]] inline bool step(const ColdCode& code, ColdStream& s) {
  const auto word = load(s.bytes, s.bit);
  const auto entry = code.table[word & code.mask];
  if (entry.length & kColdSpecial) [[unlikely]] {
    auto copy = s;  // so that the stream itself can stay in registers
    const bool good = unpack_special(code, copy, entry);
    s = copy;
    return good;
  }
  s.bit += entry.total;
  *s.r++ = plain_value(code, word, entry);
  return true;
}

[[gnu::always_inline]] inline std::size_t plain_step(const ColdCode& code, const char* bytes,
                                                     std::size_t bit, std::int64_t& out) {
  const auto word = load(bytes, bit);
  const auto entry = code.table[word & code.mask];
  out = plain_value(code, word, entry);
  return bit + entry.total;
}

}  // namespace

PHAROS_CLONES
bool unpack(const ColdCode& coded, ColdStream& stream) {
  const auto code = coded;
  auto s = stream;
  while (s.r != s.end)
    if (!step(code, s)) return false;
  return true;
}

PHAROS_CLONES
bool unpack(const ColdCode& coded, ColdStream& first, ColdStream& second) {
  const auto code = coded;
  auto a = first, b = second;
  while (a.r != a.end && b.r != b.end)
    if (!step(code, a) || !step(code, b)) return false;
  while (a.r != a.end)
    if (!step(code, a)) return false;
  while (b.r != b.end)
    if (!step(code, b)) return false;
  return true;
}

PHAROS_CLONES
void unpack_plain(const ColdCode& coded, ColdStream& a, ColdStream& b, ColdStream& c,
                  ColdStream& d) {
  const auto code = coded;
  auto at_a = a.bit, at_b = b.bit, at_c = c.bit, at_d = d.bit;
  const auto n = static_cast<std::size_t>(a.end - a.r);
  for (std::size_t i = 0; i < n; ++i) {
    at_a = plain_step(code, a.bytes, at_a, a.r[i]);
    at_b = plain_step(code, b.bytes, at_b, b.r[i]);
    at_c = plain_step(code, c.bytes, at_c, c.r[i]);
    at_d = plain_step(code, d.bytes, at_d, d.r[i]);
  }
}

PHAROS_CLONES
void scale_integers(std::span<std::int64_t> v, std::uint64_t first, std::uint64_t factor) {
  std::int64_t* const p = v.data();
  const auto n = v.size();
  if (factor == 1) {
    for (std::size_t i = 0; i < n; ++i) p[i] = i64(first + u(p[i]));
  } else {
    for (std::size_t i = 0; i < n; ++i) p[i] = i64(first + u(p[i]) * factor);
  }
}

PHAROS_CLONES
void fill_line(std::span<std::int64_t> out, std::uint64_t first, std::uint64_t step) {
  std::int64_t* const p = out.data();
  const auto n = out.size();
  for (std::size_t k = 0; k < n; ++k) p[k] = i64(first + k * step);
}

PHAROS_CLONES
void to_doubles(std::span<const std::int64_t> v, double divisor, double* __restrict out) {
  const std::int64_t* __restrict p = v.data();
  const auto n = v.size();
  if (divisor == 1) {
    for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<double>(p[i]);
  } else {
    for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<double>(p[i]) / divisor;
  }
}

}  // namespace pharos::codec
