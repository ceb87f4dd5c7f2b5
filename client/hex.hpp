// Lower-case hexadecimal, as W3C trace context wants it.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace pharos::client::detail {

inline void put_hex(std::string& out, std::uint64_t value) {  // 16 digits
  for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[value >> shift & 15];
}
inline bool get_hex(std::string_view text, std::uint64_t& value) {
  value = 0;
  for (char c : text) {
    if (c >= '0' && c <= '9') {
      value = value << 4 | static_cast<std::uint64_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      value = value << 4 | static_cast<std::uint64_t>(c - 'a' + 10);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace pharos::client::detail
