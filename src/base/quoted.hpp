// Text in quotes, as Go's %q writes it: the form in which Prometheus' messages show user input.
#pragma once
#include <string>
#include <string_view>

namespace pharos {

// "a\nb" for a line break; invalid UTF-8 as \xNN, other unprintable characters as \x or \u.
std::string quoted(std::string_view text);

// Length of the well-formed UTF-8 sequence at the front of `text`, 0 when it is malformed or empty.
std::size_t utf8_length(std::string_view text);
bool valid_utf8(std::string_view text);

}  // namespace pharos
