// LEB128 varints, zigzag, and fixed little-endian integers over a bounded cursor.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/disk.hpp"

namespace pharos::codec {

constexpr std::uint64_t zigzag(std::int64_t v) {
  return (static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t v) {
  return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1);
}

inline void put_varint(std::string& out, std::uint64_t v) {
  char buffer[10];
  int n = 0;
  for (; v >= 0x80; v >>= 7) buffer[n++] = static_cast<char>(v | 0x80);
  buffer[n++] = static_cast<char>(v);
  out.append(buffer, n);
}
inline void put_signed(std::string& out, std::int64_t v) { put_varint(out, zigzag(v)); }
template <class Integer>
void put_fixed(std::string& out, Integer v) {
  static_assert(std::endian::native == std::endian::little);
  out.append(reinterpret_cast<const char*>(&v), sizeof v);
}
inline void put_string(std::string& out, std::string_view text) {  // varint length, bytes
  put_varint(out, text.size());
  out.append(text);
}

// Reads from the front of bytes it does not own. After the first short or overlong read `ok()` is
// false, every further read gives zero, and nothing outside the bytes is ever touched.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}
  bool ok() const { return ok_; }
  bool at_end() const { return at_ == end_; }
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  const char* position() const { return at_; }

  std::uint64_t varint() {
    if (at_ < end_ && static_cast<unsigned char>(*at_) < 0x80) return static_cast<unsigned char>(*at_++);
    return varint_slow();
  }
  std::int64_t signed_varint() { return unzigzag(varint()); }
  template <class Integer>
  Integer fixed() {
    Integer v{};
    if (left() < sizeof v) return stop(), Integer{};
    std::memcpy(&v, at_, sizeof v);
    at_ += sizeof v;
    return v;
  }
  std::string_view bytes(std::uint64_t n) {
    if (n > left()) return stop(), std::string_view{};
    std::string_view out{at_, static_cast<std::size_t>(n)};
    at_ += n;
    return out;
  }
  std::string_view string() { return bytes(varint()); }
  void fail() { stop(); }

 private:
  void stop() {
    ok_ = false;
    at_ = end_;
  }
  std::uint64_t varint_slow() {
    std::uint64_t v = 0;
    for (int shift = 0; shift < 64 && at_ < end_; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at_++);
      if (shift == 63 && byte > 1) break;
      v |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return v;
    }
    stop();
    return 0;
  }
  const char* at_;
  const char* end_;
  bool ok_ = true;
};

}  // namespace pharos::codec
