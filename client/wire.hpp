// Protobuf out: fields into a string, messages within messages by a length that is written
// afterwards.
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace pharos::client::detail {

class Wire {
 public:
  explicit Wire(std::string& out) : out_(out) {}

  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
    out_ += static_cast<char>(value);
  }
  static std::uint64_t zigzag(std::int64_t value) {
    return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
  }
  void number(unsigned field, std::uint64_t value) {
    varint(field << 3);
    varint(value);
  }
  void fixed(unsigned field, std::uint64_t value) {
    varint(field << 3 | 1);
    out_.append(reinterpret_cast<const char*>(&value), 8);  // little-endian hosts
  }
  void real(unsigned field, double value) {
    std::uint64_t bits;
    std::memcpy(&bits, &value, 8);
    fixed(field, bits);
  }
  void bytes(unsigned field, std::string_view value) {
    varint(field << 3 | 2);
    varint(value.size());
    out_ += value;
  }
  template <class Fill>
  void message(unsigned field, Fill fill) {
    varint(field << 3 | 2);
    sized(fill);
  }
  // The fill's bytes, their length before them (moved up when it takes more than one byte).
  template <class Fill>
  void sized(Fill fill) {
    const std::size_t at = out_.size();
    out_ += '\0';
    fill();
    std::uint64_t size = out_.size() - at - 1;
    char length[10];
    std::size_t n = 0;
    for (; size >= 0x80; size >>= 7) length[n++] = static_cast<char>(size | 0x80);
    length[n++] = static_cast<char>(size);
    out_.replace(at, 1, length, n);
  }

 private:
  std::string& out_;
};

}  // namespace pharos::client::detail
