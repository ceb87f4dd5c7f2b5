#include "number_text.hpp"

#include <charconv>

namespace pharos::client::detail {

void put_number(std::string& out, double value) {
  if (value != value) {
    out += "NaN";
  } else if (value - value != 0) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    char text[40];
    out.append(text,
               std::to_chars(text, text + sizeof text, value, std::chars_format::general).ptr);
  }
}

void put_number(std::string& out, std::uint64_t value) {
  char text[24];
  out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

}  // namespace pharos::client::detail
