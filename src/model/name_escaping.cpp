#include "model/name_escaping.hpp"

#include <array>

#include "base/quoted.hpp"
#include "model/labels.hpp"

namespace pharos {
namespace {

constexpr std::array<std::string_view, 4> kNames{"allow-utf-8", "underscores", "dots", "values"};

bool is_legacy(char c, bool first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
         (c >= '0' && c <= '9' && !first);
}

// The character at the front of `text`, of `bytes` bytes.
std::uint32_t code_point(std::string_view text, std::size_t bytes) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (bytes == 1) return lead;
  std::uint32_t code = lead & (0xFFu >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i)
    code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3Fu);
  return code;
}

void put_value(std::string& out, std::uint32_t code) {
  char digits[8];
  int n = 0;
  do digits[n++] = "0123456789abcdef"[code & 15];
  while (code >>= 4);
  out += '_';
  while (n > 0) out += digits[--n];
  out += '_';
}

}  // namespace

std::string_view name(NameEscaping escaping) {
  return kNames[static_cast<std::size_t>(escaping)];
}

std::optional<NameEscaping> parse_name_escaping(std::string_view text) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == text) return static_cast<NameEscaping>(i);
  return std::nullopt;
}

std::string escape_name(std::string_view name, NameEscaping escaping) {
  if (escaping == NameEscaping::allow_utf8 || name.empty() || is_legacy_metric_name(name))
    return std::string(name);
  std::string out;
  if (escaping == NameEscaping::values) out = "U__";
  for (bool first = true; !name.empty(); first = false) {
    const auto valid = utf8_length(name);
    const auto bytes = valid == 0 ? 1 : valid;
    const char c = name[0];
    const bool legacy = is_legacy(c, first);
    switch (escaping) {
      case NameEscaping::underscores: out += legacy ? c : '_'; break;
      case NameEscaping::dots:
        if (c == '_')
          out += "__";
        else if (c == '.')
          out += "_dot_";
        else if (legacy)
          out += c;
        else
          out += "__";
        break;
      default:
        if (c == '_')
          out += "__";
        else if (legacy)
          out += c;
        else if (valid == 0)
          out += "_FFFD_";
        else
          put_value(out, code_point(name, bytes));
    }
    name.remove_prefix(bytes);
  }
  return out;
}

}  // namespace pharos
