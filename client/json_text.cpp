#include "json_text.hpp"

#include "label_text.hpp"

namespace pharos::client::detail {

void put_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const unsigned length = utf8_length(text);
    const auto c = static_cast<unsigned char>(text[0]);
    if (!length) {
      out += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += text[0];
    } else if (c == '\n') {
      out += "\\n";
    } else if (c < 0x20) {
      out += "\\u00";
      out += "0123456789abcdef"[c >> 4];
      out += "0123456789abcdef"[c & 15];
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length ? length : 1);
  }
  out += '"';
}

}  // namespace pharos::client::detail
