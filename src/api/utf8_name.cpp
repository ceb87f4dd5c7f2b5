#include "api/utf8_name.hpp"

#include <charconv>

namespace pharos::api {
namespace {

bool put_utf8(std::string& out, std::uint32_t c) {
  if (c >= 0xD800 && c < 0xE000) return false;
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 63));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 63));
    out += static_cast<char>(0x80 | (c & 63));
  } else if (c < 0x110000) {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 63));
    out += static_cast<char>(0x80 | ((c >> 6) & 63));
    out += static_cast<char>(0x80 | (c & 63));
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::string unescape_name(std::string_view escaped) {
  if (!escaped.starts_with("U__")) return std::string(escaped);
  std::string out;
  for (auto rest = escaped.substr(3); !rest.empty();) {
    if (rest[0] != '_') {
      out += rest[0];
      rest.remove_prefix(1);
    } else if (rest.starts_with("__")) {
      out += '_';
      rest.remove_prefix(2);
    } else {
      const auto end = rest.find('_', 1);
      std::uint32_t code = 0;
      if (end == rest.npos || end == 1 || end > 7 ||
          std::from_chars(rest.data() + 1, rest.data() + end, code, 16).ptr != rest.data() + end ||
          !put_utf8(out, code))
        return std::string(escaped);
      rest.remove_prefix(end + 1);
    }
  }
  return out;
}

}  // namespace pharos::api
