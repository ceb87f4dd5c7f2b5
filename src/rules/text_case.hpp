// Upper, lower and title case of the scripts that have simple cases: Latin, Greek, Cyrillic.
#pragma once
#include <string>
#include <string_view>

namespace pharos::rules::detail {

std::string upper_case(std::string_view text);
std::string lower_case(std::string_view text);
// Each word's first letter upper, the others lower: "o'neil's big-box" → "O'neil's Big-Box".
std::string title_case(std::string_view text);

}  // namespace pharos::rules::detail
