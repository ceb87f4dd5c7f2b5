// Which names are legal, UTF-8, and Go's quoting.
#include <array>
#include <cstring>

#include "model/labels.hpp"

namespace pharos {
namespace {

enum : std::uint8_t { kFirst = 1, kLater = 2, kColon = 4 };

constexpr std::array<std::uint8_t, 256> kNameClass = [] {
  std::array<std::uint8_t, 256> table{};
  for (int c = 'a'; c <= 'z'; ++c) table[c] = table[c - 'a' + 'A'] = kFirst | kLater;
  for (int c = '0'; c <= '9'; ++c) table[c] = kLater;
  table['_'] = kFirst | kLater;
  table[':'] = kColon;
  return table;
}();

bool is_name(std::string_view name, std::uint8_t extra) {
  if (name.empty()) return false;
  if (!(kNameClass[static_cast<unsigned char>(name[0])] & (kFirst | extra))) return false;
  for (const char c : name)
    if (!(kNameClass[static_cast<unsigned char>(c)] & (kLater | extra))) return false;
  return true;
}

// Decodes one rune; 0 bytes when it is not valid UTF-8 (Unicode 15, table 3-7).
struct Rune { char32_t value = 0; std::size_t bytes = 0; };
Rune decode(std::string_view s) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t n = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || s.size() < n) return {};
  char32_t v = lead & (0x7f >> n);
  for (std::size_t i = 1; i < n; ++i) {
    if ((at(i) & 0xc0) != 0x80) return {};
    v = (v << 6) | (at(i) & 0x3f);
  }
  if (v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff) || (n == 3 && v < 0x800) || (n == 4 && v < 0x10000)) return {};
  return {v, n};
}

// Go's strconv.IsPrint without its table of unassigned code points: controls, separators, format
// characters, private use and non-characters are not printable.
bool is_printable(char32_t r) {
  if (r < 0x20 || r == 0x7f) return false;
  if (r < 0x7f) return true;
  if (r <= 0xa0 || r == 0xad) return false;
  if (r == 0x1680 || (r >= 0x2000 && r <= 0x200f) || (r >= 0x2028 && r <= 0x202f) || (r >= 0x205f && r <= 0x206f)) return false;
  if (r == 0x3000 || r == 0xfeff || (r >= 0xfff0 && r <= 0xfffb) || r == 0x061c || r == 0x180e || r == 0x06dd || r == 0x070f) return false;
  if ((r >= 0xe000 && r <= 0xf8ff) || r >= 0xe0000 || (r & 0xfffe) == 0xfffe) return false;
  return true;
}

void put_hex(std::string& out, std::string_view prefix, std::uint32_t v, int digits) {
  out += prefix;
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) out += "0123456789abcdef"[(v >> shift) & 15];
}

}  // namespace

bool is_legacy_metric_name(std::string_view name) { return is_name(name, kColon); }
bool is_legacy_label_name(std::string_view name) { return is_name(name, 0); }

bool is_utf8(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    for (std::uint64_t word; end - at >= 8; at += 8) {
      std::memcpy(&word, at, 8);
      if (word & 0x8080808080808080u) break;
    }
    if (at == end) break;
    const auto rune = decode({at, static_cast<std::size_t>(end - at)});
    if (rune.bytes == 0) return false;
    at += rune.bytes;
  }
  return true;
}

std::string go_quote(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  out += '"';
  while (!text.empty()) {
    const auto rune = decode(text);
    if (rune.bytes == 0) {
      put_hex(out, "\\x", static_cast<unsigned char>(text[0]), 2);
      text.remove_prefix(1);
      continue;
    }
    switch (rune.value) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\a': out += "\\a"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\v': out += "\\v"; break;
      default:
        if (is_printable(rune.value)) out += text.substr(0, rune.bytes);
        else if (rune.value < 0x80) put_hex(out, "\\x", rune.value, 2);
        else if (rune.value < 0x10000) put_hex(out, "\\u", rune.value, 4);
        else put_hex(out, "\\U", rune.value, 8);
    }
    text.remove_prefix(rune.bytes);
  }
  return out += '"';
}

}  // namespace pharos
