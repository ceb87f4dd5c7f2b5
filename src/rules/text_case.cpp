#include "rules/text_case.hpp"

#include <cstdint>

namespace pharos::rules::detail {
namespace {

// The rune at `at` and its length; a broken byte is itself and long 1.
struct Rune {
  std::uint32_t code = 0;
  std::size_t size = 1;
  bool valid = true;
};
Rune rune_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
  if (size == 0 || at + size > text.size()) return {lead, 1, false};
  std::uint32_t code = lead & (0x7Fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {lead, 1, false};
    code = code << 6 | (byte(i) & 0x3Fu);
  }
  return {code, size, true};
}
void put(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

bool in(std::uint32_t c, std::uint32_t first, std::uint32_t last) {
  return c >= first && c <= last;
}
// Pairs of upper and lower letters, side by side: upper ones are even, or odd.
bool even_pairs(std::uint32_t c) {
  return in(c, 0x100, 0x12F) || in(c, 0x132, 0x137) || in(c, 0x14A, 0x177) || in(c, 0x460, 0x481) ||
         in(c, 0x48A, 0x4BF) || in(c, 0x4D0, 0x52F) || in(c, 0x1E00, 0x1E95);
}
bool odd_pairs(std::uint32_t c) {
  return in(c, 0x139, 0x148) || in(c, 0x179, 0x17E) || in(c, 0x4C1, 0x4CE);
}

std::uint32_t to_upper(std::uint32_t c) {
  if (in(c, 'a', 'z')) return c - 32;
  if (in(c, 0xE0, 0xFE) && c != 0xF7) return c - 32;
  if (c == 0xFF) return 0x178;
  if (c == 0xB5) return 0x39C;
  if (even_pairs(c)) return c & ~1u;
  if (odd_pairs(c)) return (c & 1) != 0 ? c : c - 1;
  if (in(c, 0x3B1, 0x3C9)) return c == 0x3C2 ? 0x3A3 : c - 32;
  if (in(c, 0x430, 0x44F)) return c - 32;
  if (in(c, 0x450, 0x45F)) return c - 80;
  return c;
}
std::uint32_t to_lower(std::uint32_t c) {
  if (in(c, 'A', 'Z')) return c + 32;
  if (in(c, 0xC0, 0xDE) && c != 0xD7) return c + 32;
  if (c == 0x178) return 0xFF;
  if (even_pairs(c)) return c | 1u;
  if (odd_pairs(c)) return (c & 1) != 0 ? c + 1 : c;
  if (in(c, 0x391, 0x3A9) && c != 0x3A2) return c + 32;
  if (in(c, 0x410, 0x42F)) return c + 32;
  if (in(c, 0x400, 0x40F)) return c + 80;
  return c;
}
bool is_letter(std::uint32_t c) {
  return in(c, 'a', 'z') || in(c, 'A', 'Z') || c == 0xAA || c == 0xB5 || c == 0xBA ||
         (c >= 0xC0 && c != 0xD7 && c != 0xF7 && !in(c, 0x2000, 0x206F) && !in(c, 0x3000, 0x3004));
}
bool is_digit(std::uint32_t c) {
  return in(c, '0', '9');
}

template <class F>
std::string mapped(std::string_view text, F&& map) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Rune rune = rune_at(text, at);
    if (rune.valid)
      put(out, map(rune.code));
    else
      out += text[at];
    at += rune.size;
  }
  return out;
}

}  // namespace

std::string upper_case(std::string_view text) {
  return mapped(text, to_upper);
}
std::string lower_case(std::string_view text) {
  return mapped(text, to_lower);
}

// Words end as Unicode's word boundaries have it: letters, digits and '_' stick together; an
// apostrophe, colon or point stays inside between two letters, a point, comma or apostrophe between
// two digits.
std::string title_case(std::string_view text) {
  std::string out;
  bool inside = false;  // a word's first letter has been seen
  std::uint32_t before = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Rune rune = rune_at(text, at);
    const std::uint32_t c = rune.code;
    const bool letter = rune.valid && is_letter(c);
    if (letter) {
      put(out, inside ? to_lower(c) : to_upper(c));
      inside = true;
    } else {
      out.append(text.substr(at, rune.size));
      const std::uint32_t after =
          at + rune.size < text.size() ? rune_at(text, at + rune.size).code : 0;
      const bool joins =
          c == '\'' || c == '.' || c == 0x2019
              ? (is_letter(before) && is_letter(after)) || (is_digit(before) && is_digit(after))
          : c == ':' || c == 0xB7 ? is_letter(before) && is_letter(after)
          : c == ',' || c == ';'  ? is_digit(before) && is_digit(after)
                                  : is_digit(c) || c == '_';
      if (!joins) inside = false;
    }
    before = c;
    at += rune.size;
  }
  return out;
}

}  // namespace pharos::rules::detail
