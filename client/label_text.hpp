// The text of a series' labels, a="b",c="d", as the text formats have it; read back for the binary
// ones.
#pragma once
#include <string>
#include <string_view>

namespace pharos::client::detail {

inline constexpr std::size_t kLabelValueMax = 1024;

// Appends one. False when the value had to be mended: cut, or bytes that are no UTF-8 replaced by
// U+FFFD.
bool put_label(std::string& out, std::string_view name, std::string_view value);

// Takes one off the front of `rest`; `value` unescaped. False at the end.
bool take_label(std::string_view& rest, std::string_view& name, std::string& value);

// The length of the UTF-8 sequence at the front, 0 when it is none.
unsigned utf8_length(std::string_view text);

}  // namespace pharos::client::detail
