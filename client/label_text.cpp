#include "label_text.hpp"

namespace pharos::client::detail {

unsigned utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const unsigned length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  for (unsigned i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, beyond U+10FFFF.
  const unsigned second = byte(1);
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
      (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) {
    return 0;
  }
  return length;
}

bool put_label(std::string& out, std::string_view name, std::string_view value) {
  bool clean = true;
  if (!out.empty()) out += ',';
  out.append(name).append("=\"");
  std::size_t used = 0;
  while (!value.empty()) {
    const unsigned length = utf8_length(value);
    if ((used += length ? length : 3) > kLabelValueMax) {
      clean = false;
      break;
    }
    switch (length ? value[0] : '\0') {
      case '\\': out += "\\\\"; break;
      case '"': out += "\\\""; break;
      case '\n': out += "\\n"; break;
      default:
        if (length) {
          out.append(value.substr(0, length));
        } else {
          out += "\xef\xbf\xbd";
          clean = false;
        }
    }
    value.remove_prefix(length ? length : 1);
  }
  out += '"';
  return clean;
}

bool take_label(std::string_view& rest, std::string_view& name, std::string& value) {
  const auto equals = rest.find('=');
  if (equals == rest.npos) return false;
  name = rest.substr(0, equals);
  value.clear();
  std::size_t i = equals + 2;
  for (; i < rest.size() && rest[i] != '"'; ++i) {
    if (rest[i] == '\\' && i + 1 < rest.size()) {
      ++i;
      value += rest[i] == 'n' ? '\n' : rest[i];
    } else {
      value += rest[i];
    }
  }
  rest.remove_prefix(i + 2 < rest.size() ? i + 2 : rest.size());  // quote and comma
  return true;
}

}  // namespace pharos::client::detail
