#include "ingest/xor_chunk.hpp"

#include <bit>

#include "codec/varint.hpp"

namespace pharos::ingest {
namespace {

class BitWriter {
 public:
  explicit BitWriter(std::string& out) : out_(out) {}
  void bit(bool b) {
    if (left_ == 0) out_ += '\0', left_ = 8;
    --left_;
    if (b) out_.back() = static_cast<char>(out_.back() | (1 << left_));
  }
  void bits(std::uint64_t v, int n) {
    for (int i = n - 1; i >= 0; --i) bit(v >> i & 1);
  }
  void uvarint(std::uint64_t v) {
    for (; v >= 0x80; v >>= 7) bits((v & 0x7f) | 0x80, 8);
    bits(v, 8);
  }

 private:
  std::string& out_;
  int left_ = 0;
};

class BitReader {
 public:
  explicit BitReader(std::string_view in) : in_(in) {}
  bool ok() const { return ok_; }
  bool bit() {
    if (at_ >= in_.size() * 8) return ok_ = false;
    const bool b = static_cast<unsigned char>(in_[at_ / 8]) >> (7 - at_ % 8) & 1;
    ++at_;
    return b;
  }
  std::uint64_t bits(int n) {
    std::uint64_t v = 0;
    while (n-- > 0) v = v << 1 | static_cast<std::uint64_t>(bit());
    return v;
  }
  std::uint64_t uvarint() {
    std::uint64_t v = 0;
    for (int shift = 0; shift < 64 && ok_; shift += 7) {
      const auto byte = bits(8);
      v |= (byte & 0x7f) << shift;
      if (byte < 0x80) return v;
    }
    ok_ = false;
    return 0;
  }

 private:
  std::string_view in_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

// Width of the delta-of-delta classes and their prefixes.
struct Class { int bits; std::uint64_t prefix; int prefix_bits; };
constexpr Class kClasses[] = {{14, 0b10, 2}, {17, 0b110, 3}, {20, 0b1110, 4}, {64, 0b1111, 4}};

bool fits(std::int64_t v, int bits) { return -((std::int64_t{1} << (bits - 1)) - 1) <= v && v <= std::int64_t{1} << (bits - 1); }

}  // namespace

std::string encode_xor_chunk(std::span<const UnixMillis> t_ms, std::span<const double> value) {
  std::string out;
  out += static_cast<char>(t_ms.size() >> 8);
  out += static_cast<char>(t_ms.size());
  BitWriter to(out);
  std::uint64_t delta = 0, previous = 0;
  int leading = 0xff, trailing = 0;
  for (std::size_t i = 0; i < t_ms.size(); ++i) {
    const auto bits = std::bit_cast<std::uint64_t>(value[i]);
    if (i == 0) {
      to.uvarint(codec::zigzag(t_ms[0]));
      to.bits(bits, 64);
      previous = bits;
      continue;
    }
    const auto next = static_cast<std::uint64_t>(t_ms[i] - t_ms[i - 1]);
    if (i == 1) {
      to.uvarint(next);
    } else {
      const auto change = static_cast<std::int64_t>(next - delta);
      if (change == 0) {
        to.bit(false);
      } else {
        for (const auto& c : kClasses) {
          if (c.bits != 64 && !fits(change, c.bits)) continue;
          to.bits(c.prefix, c.prefix_bits);
          to.bits(static_cast<std::uint64_t>(change), c.bits);
          break;
        }
      }
    }
    delta = next;
    const auto difference = bits ^ previous;
    previous = bits;
    if (difference == 0) {
      to.bit(false);
      continue;
    }
    to.bit(true);
    const int new_leading = std::min(std::countl_zero(difference), 31);  // five bits hold it
    const int new_trailing = std::countr_zero(difference);
    if (leading != 0xff && new_leading >= leading && new_trailing >= trailing) {
      to.bit(false);
      to.bits(difference >> trailing, 64 - leading - trailing);
      continue;
    }
    leading = new_leading;
    trailing = new_trailing;
    const int significant = 64 - leading - trailing;
    to.bit(true);
    to.bits(static_cast<std::uint64_t>(leading), 5);
    to.bits(static_cast<std::uint64_t>(significant) & 63, 6);  // 64 is written as 0
    to.bits(difference >> trailing, significant);
  }
  return out;
}

Status decode_xor_chunk(std::string_view chunk, SampleColumn& out) {
  const auto damaged = [] { return fail(Errc::invalid, "XOR chunk is damaged"); };
  if (chunk.size() < 2) return damaged();
  const auto count = static_cast<unsigned char>(chunk[0]) << 8 | static_cast<unsigned char>(chunk[1]);
  BitReader in(chunk.substr(2));
  std::int64_t t = 0;
  std::uint64_t delta = 0, bits = 0;
  int leading = 0, trailing = 0;
  for (int i = 0; i < count; ++i) {
    if (i == 0) {
      t = codec::unzigzag(in.uvarint());
      bits = in.bits(64);
    } else {
      if (i == 1) {
        delta = in.uvarint();
      } else {
        int ones = 0;
        while (ones < 4 && in.ok() && in.bit()) ++ones;
        if (ones) {
          const int width = kClasses[ones - 1].bits;
          auto change = in.bits(width);
          if (width != 64 && change > std::uint64_t{1} << (width - 1)) change -= std::uint64_t{1} << width;
          delta += change;
        }
      }
      t = static_cast<std::int64_t>(static_cast<std::uint64_t>(t) + delta);
      if (in.bit()) {
        if (in.bit()) {
          leading = static_cast<int>(in.bits(5));
          int significant = static_cast<int>(in.bits(6));
          if (significant == 0) significant = 64;
          trailing = 64 - leading - significant;
          if (trailing < 0) return damaged();
        }
        bits ^= in.bits(64 - leading - trailing) << trailing;
      }
    }
    if (!in.ok()) return damaged();
    out.t_ms.push_back(t);
    out.value.push_back(std::bit_cast<double>(bits));
  }
  return {};
}

}  // namespace pharos::ingest
