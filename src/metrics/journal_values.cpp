#include "metrics/journal_values.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace pharos::metrics {
namespace {

// Control byte of a changed value:
//   0ttt nnnn  xor with the last value, shifted right by ttt bytes: nnnn (1-8) bytes follow
//   1eee nnnn  v = (L + d) / 10^eee, L = trunc(last * 10^eee); nnnn 0-8: zigzag(d) in so many bytes,
//              9-14: d = -3, -2, -1, 1, 2, 3
constexpr unsigned kDecimal = 0x80;
constexpr double kPowers[8] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
constexpr double kExactMax = 9007199254740992.0;  // 2^53
constexpr std::uint8_t kGuessNone = 0, kGuessNever = 0x10;  // else the exponent; Never counts up to a new try
constexpr std::size_t kValueBytesMax = 9;

// Must be the same in every build: a product and a conversion, nothing a compiler could fuse.
inline std::int64_t scaled(std::uint64_t last_bits, double power) {
  const double s = std::bit_cast<double>(last_bits) * power;
  return std::fabs(s) < kExactMax ? static_cast<std::int64_t>(s) : 0;
}

inline bool exact(double value, double power, std::int64_t& integer) {
  const double s = value * power;
  if (!(std::fabs(s) < kExactMax)) return false;
  integer = static_cast<std::int64_t>(s + std::copysign(0.5, s));
  return std::bit_cast<std::uint64_t>(static_cast<double>(integer) / power) == std::bit_cast<std::uint64_t>(value);
}

inline bool whole(double value, std::int64_t& integer) {
  if (!(std::fabs(value) < kExactMax)) return false;
  integer = static_cast<std::int64_t>(value);
  return std::bit_cast<std::uint64_t>(static_cast<double>(integer)) == std::bit_cast<std::uint64_t>(value);
}

inline unsigned bytes_of(std::uint64_t v) { return static_cast<unsigned>(std::bit_width(v) + 7) / 8; }

inline char* put(char* out, unsigned control, std::uint64_t v, unsigned n) {  // writes 9 bytes, keeps 1 + n
  *out++ = static_cast<char>(control | n);
  std::memcpy(out, &v, 8);
  return out + n;
}

// The exponent that fits, 0 for integers; -1: none. `guess` remembers what was found, and after a vain
// search keeps away from the next one for a while: it costs 30 ns.
inline int exponent_of(double value, std::uint8_t& guess, std::int64_t& integer) {
  if (whole(value, integer)) return 0;
  if (guess != kGuessNone && guess < kGuessNever && exact(value, kPowers[guess], integer)) return guess;
  if (guess > kGuessNever) {
    if (++guess < kGuessNever + 16) return -1;
    guess = kGuessNone;
  }
  const int from = guess < kGuessNever ? guess + 1 : 1;
  for (int e = from; e < 8; ++e)
    if (exact(value, kPowers[e], integer)) return guess = static_cast<std::uint8_t>(e), e;
  for (int e = 1; e < from - 1; ++e)
    if (exact(value, kPowers[e], integer)) return e;  // too large a number for the usual exponent
  guess = kGuessNever + 1;
  return -1;
}

inline char* put_changed(char* out, std::uint64_t bits, JournalValues::Slot slot) {
  const auto x = bits ^ slot.bits;
  std::int64_t integer = 0;
  const int e = exponent_of(std::bit_cast<double>(bits), slot.guess, integer);
  const auto zeros = static_cast<unsigned>(std::countr_zero(x)) / 8;
  const auto trimmed = x >> (8 * zeros);
  if (e >= 0) {
    const auto d = integer - scaled(slot.bits, kPowers[e]);
    const auto control = kDecimal | static_cast<unsigned>(e) << 4;
    if (d >= -3 && d <= 3 && d != 0) {
      *out++ = static_cast<char>(control | static_cast<unsigned>(d < 0 ? d + 12 : d + 11));
      return out;
    }
    const auto z = codec::zigzag(d);
    const auto n = bytes_of(z);
    if (n <= bytes_of(trimmed)) return put(out, control, z, n);
  }
  return put(out, zeros << 4, trimmed, bytes_of(trimmed));
}

inline std::uint64_t load(const char* at, std::size_t left, unsigned n) {  // n <= left, n <= 8
  std::uint64_t v = 0;
  if (left >= 8) [[likely]] {
    std::memcpy(&v, at, 8);
    return n == 8 ? v : v & ((std::uint64_t{1} << (8 * n)) - 1);
  }
  std::memcpy(&v, at, n);
  return v;
}

// A changed value from its control byte on; false when the bytes make none.
inline bool get_changed(const char*& at, const char* end, std::uint64_t& bits) {
  if (at == end) return false;
  const auto control = static_cast<unsigned char>(*at++);
  const unsigned high = control >> 4 & 7, n = control & 15;
  const auto left = static_cast<std::size_t>(end - at);
  if (control & kDecimal) {
    std::uint64_t d = 0;
    if (n <= 8) {
      if (n > left) return false;
      d = static_cast<std::uint64_t>(codec::unzigzag(load(at, left, n)));
      at += n;
    } else {
      if (n == 15) return false;
      d = static_cast<std::uint64_t>(n < 12 ? static_cast<int>(n) - 12 : static_cast<int>(n) - 11);
    }
    const auto sum = static_cast<std::uint64_t>(scaled(bits, kPowers[high])) + d;
    double v = static_cast<double>(static_cast<std::int64_t>(sum));
    if (high != 0) v /= kPowers[high];
    bits = std::bit_cast<std::uint64_t>(v);
  } else {
    if (n > left || n + high > 8) return false;
    if (n > 0) bits ^= load(at, left, n) << (8 * high);
    at += n;
  }
  return true;
}

}  // namespace

void JournalValues::clear() {
  near_.clear();
  far_.clear();
  pages_ = 0;
  cached_number_ = ~std::uint64_t{0};
  cached_ = nullptr;
}

void JournalValues::cache(std::uint64_t number) {
  cached_ = &page(number);
  cached_number_ = number;
}

JournalValues::Page& JournalValues::page(std::uint64_t number) {
  constexpr std::uint64_t kBelow = 1024, kWindow = 16384;
  if (pages_ == 0) base_ = number - std::min(number, kBelow);
  const auto i = number - base_;  // below the base: a huge number, and so far
  if (i < near_.size() && near_[i]) return *near_[i];
  if (const auto it = far_.find(number); it != far_.end()) return *it->second;
  ++pages_;
  if (i < std::max(kWindow, 16 * pages_)) {
    if (i >= near_.size()) near_.resize(i + 1 + i / 2);
    return *(near_[i] = std::make_unique<Page>());
  }
  return *(far_[number] = std::make_unique<Page>());
}

void put_journal_values(std::string& out, std::span<const JournalFloat> floats, JournalValues& values) {
  // Bitmap, then control bytes and their rest. Written at full width into room for the worst case.
  const auto start = out.size();
  const auto bitmap_bytes = (floats.size() + 7) / 8;
  const auto room = start + bitmap_bytes + floats.size() * kValueBytesMax + 16;
  out.resize_and_overwrite(room, [&](char* data, std::size_t) {
    char* bitmap = data + start;
    char* at = bitmap + bitmap_bytes;
    for (std::size_t i = 0; i < floats.size(); i += 8) {
      const auto n = std::min<std::size_t>(8, floats.size() - i);
      unsigned mask = 0;
      for (std::size_t k = 0; k < n; ++k) {
        const auto& f = floats[i + k];
        const auto bits = std::bit_cast<std::uint64_t>(f.value);
        const auto slot = values.at(static_cast<std::uint64_t>(f.id));
        if (bits == slot.bits) continue;
        mask |= 1u << k;
        at = put_changed(at, bits, slot);
        slot.bits = bits;
      }
      *bitmap++ = static_cast<char>(mask);
    }
    return static_cast<std::size_t>(at - data);
  });
}

bool get_journal_values(codec::Cursor& in, std::span<const JournalFloatRuns::Ids> ids, std::span<double> out, JournalValues& values) {
  const auto bitmap = in.bytes((out.size() + 7) / 8);
  if (!in.ok()) return false;
  const char* at = in.position();
  const char* const begin = at;
  const char* const end = at + in.left();
  std::size_t i = 0;
  for (const auto& run : ids) {
    for (std::uint64_t done = 0; done < run.count;) {
      std::uint64_t near = 0;
      auto* bits = values.bits_from(run.first + done, near);
      near = std::min(near, run.count - done);
      done += near;
      for (const auto stop = i + near; i < stop; ++i, ++bits) {
        if ((static_cast<unsigned char>(bitmap[i / 8]) >> (i % 8) & 1) && !get_changed(at, end, *bits)) return in.fail(), false;
        out[i] = std::bit_cast<double>(*bits);
      }
    }
  }
  in.bytes(static_cast<std::uint64_t>(at - begin));
  return in.ok();
}

}  // namespace pharos::metrics
