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
[[gnu::always_inline]] inline std::int64_t plain_value(const ColdCode& code, std::uint64_t word,
                                                       ColdEntry entry) {
  const auto raw = (word & ((std::uint64_t{1} << entry.total) - 1)) >> (entry.length & 63);
  const auto& base = code.bases[entry.symbol];
  return i64(base.base + (raw ^ base.sign));
}

// An escape, or a value of many raw bits. Moves `bit` behind it.
[[gnu::noinline]] std::int64_t long_value(const ColdCode& code, const char* bytes, std::size_t& bit,
                                          ColdEntry entry) {
  const unsigned length = entry.length & kColdLength;
  const auto start = bit + length;
  const auto& base = code.bases[entry.symbol];
  if (const auto extra = entry.total - length; extra != 0) {
    const auto raw = load_64(bytes, start) & ((std::uint64_t{1} << extra) - 1);
    bit = start + extra;
    return i64(base.base + (raw ^ base.sign));
  }
  std::uint64_t raw = 0;
  if (code.escape_bits > 0) raw = load_64(bytes, start);
  if (code.escape_bits < 64) raw &= (std::uint64_t{1} << code.escape_bits) - 1;
  bit = start + static_cast<std::size_t>(code.escape_bits);
  return i64(base.base + u(unzigzag(raw)));
}

// A run, or a long value. Never goes past the end.
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
    s.r = std::fill_n(s.r, run, code.run_value);
    return true;
  }
  *s.r++ = long_value(code, s.bytes, s.bit, entry);
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

template <ColdMode mode>
[[gnu::always_inline]] inline void put(std::uint64_t v, std::uint64_t& value, std::uint64_t& step,
                                       std::int64_t& out) {
  if constexpr (mode == ColdMode::value) {
    out = i64(v);
  } else if constexpr (mode == ColdMode::delta) {
    out = i64(value += v);
  } else {
    out = i64(value += step += v);
  }
}

template <ColdMode mode>
[[gnu::always_inline]] inline unsigned plain_step(const ColdCode& code, std::uint64_t word,
                                                  std::uint64_t& value, std::uint64_t& step,
                                                  std::int64_t& out) {
  const auto entry = code.table[word & code.mask];
  put<mode>(u(plain_value(code, word, entry)), value, step, out);
  return entry.total;
}

// Two from one load: no code with its raw bits is longer than half of it.
template <ColdMode mode>
[[gnu::always_inline]] inline std::size_t plain_steps(const ColdCode& code, const char* bytes,
                                                      std::size_t bit, std::uint64_t& value,
                                                      std::uint64_t& step, std::int64_t* out) {
  const auto word = load(bytes, bit);
  const auto first = plain_step<mode>(code, word, value, step, out[0]);
  return bit + first + plain_step<mode>(code, word >> first, value, step, out[1]);
}

template <ColdMode mode>
[[gnu::always_inline]] inline void unpack_four(const ColdCode& coded, const ColdLanes& lanes) {
  const auto code = coded;
  const char* const bytes = lanes.bytes;
  auto a = lanes.bit[0], b = lanes.bit[1], c = lanes.bit[2], d = lanes.bit[3];
  auto value_a = lanes.value[0], value_b = lanes.value[1], value_c = lanes.value[2],
       value_d = lanes.value[3];
  auto step_a = lanes.step[0], step_b = lanes.step[1], step_c = lanes.step[2],
       step_d = lanes.step[3];
  std::int64_t* r = lanes.r + lanes.skipped;
  std::int64_t* const end = lanes.r + kGranuleSamples;
  if (lanes.short_codes) {
    for (; r + 1 < end; r += 2) {
      a = plain_steps<mode>(code, bytes, a, value_a, step_a, r);
      b = plain_steps<mode>(code, bytes, b, value_b, step_b, r + kGranuleSamples);
      c = plain_steps<mode>(code, bytes, c, value_c, step_c, r + 2 * kGranuleSamples);
      d = plain_steps<mode>(code, bytes, d, value_d, step_d, r + 3 * kGranuleSamples);
    }
  }
  const auto one = [&](std::size_t& bit, std::uint64_t& value, std::uint64_t& step,
                       std::size_t lane) {
    const auto word = load(bytes, bit);
    const auto entry = code.table[word & code.mask];
    if (entry.length & kColdSpecial) [[unlikely]] {
      auto at = bit;
      put<mode>(u(long_value(code, bytes, at, entry)), value, step, r[lane * kGranuleSamples]);
      bit = at;
      return;
    }
    bit += entry.total;
    put<mode>(u(plain_value(code, word, entry)), value, step, r[lane * kGranuleSamples]);
  };
  for (; r != end; ++r) {
    one(a, value_a, step_a, 0);
    one(b, value_b, step_b, 1);
    one(c, value_c, step_c, 2);
    one(d, value_d, step_d, 3);
  }
}

[[gnu::always_inline]] inline bool unpack_two(const ColdCode& coded, const ColdStream& first,
                                              const ColdStream& second) {
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
  return unpack_two(coded, first, second);
}

PHAROS_CLONES
bool unpack(const ColdCode& coded, ColdStream& first, ColdStream& second, ColdStream& third,
            ColdStream& fourth) {
  const auto code = coded;
  auto a = first, b = second, c = third, d = fourth;
  while (a.r != a.end && b.r != b.end && c.r != c.end && d.r != d.end)
    if (!step(code, a) || !step(code, b) || !step(code, c) || !step(code, d)) return false;
  // Runs bring some to their end before others.
  return unpack_two(code, a, b) && unpack_two(code, c, d);
}

PHAROS_CLONES
void unpack_whole(const ColdCode& code, ColdMode mode, const ColdLanes& lanes) {
  switch (mode) {
    case ColdMode::value: return unpack_four<ColdMode::value>(code, lanes);
    case ColdMode::delta: return unpack_four<ColdMode::delta>(code, lanes);
    case ColdMode::delta2: return unpack_four<ColdMode::delta2>(code, lanes);
  }
}

PHAROS_CLONES
void add_up(ColdMode mode, std::uint64_t value, std::uint64_t step, std::span<std::int64_t> r) {
  if (mode == ColdMode::value) return;
  std::int64_t* const p = r.data();
  const auto n = r.size();
  if (mode == ColdMode::delta) {
    for (std::size_t i = 0; i < n; ++i) p[i] = i64(value += u(p[i]));
  } else {
    for (std::size_t i = 0; i < n; ++i) p[i] = i64(value += step += u(p[i]));
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

namespace {

// 2^52 + 2^51: adding an integer of 52 bits to its bits as a double adds it to the value.
// AVX2 converts no 64-bit integers, but it does this.
constexpr std::uint64_t kMagicBits = 0x4338'0000'0000'0000;
constexpr double kMagic = 6755399441055744.0;
[[gnu::always_inline]] inline double small_to_double(std::uint64_t v) {
  return __builtin_bit_cast(double, v + kMagicBits) - kMagic;
}
// Bits that are set when a number is not of 52 bits.
[[gnu::always_inline]] inline std::uint64_t beyond_small(std::uint64_t v) {
  return (v + (std::uint64_t{1} << 51)) >> 52;
}

}  // namespace

PHAROS_CLONES
void scale_to_doubles(std::span<const std::int64_t> v, std::uint64_t first, std::uint64_t factor,
                      double divisor, double* __restrict out) {
  const std::int64_t* __restrict p = v.data();
  const auto n = v.size();
  if (factor != 1) {
    for (std::size_t i = 0; i < n; ++i)
      out[i] = static_cast<double>(i64(first + u(p[i]) * factor)) / divisor;
    return;
  }
  std::uint64_t beyond = 0;
  for (std::size_t i = 0; i < n; ++i) beyond |= beyond_small(first + u(p[i]));
  if (beyond != 0) {
    for (std::size_t i = 0; i < n; ++i)
      out[i] = static_cast<double>(i64(first + u(p[i]))) / divisor;
  } else if (divisor == 1) {
    for (std::size_t i = 0; i < n; ++i) out[i] = small_to_double(first + u(p[i]));
  } else {
    for (std::size_t i = 0; i < n; ++i) out[i] = small_to_double(first + u(p[i])) / divisor;
  }
}

void to_doubles(std::span<const std::int64_t> v, double divisor, double* __restrict out) {
  scale_to_doubles(v, 0, 1, divisor, out);
}

}  // namespace pharos::codec
