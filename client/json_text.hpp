// A string as JSON writes it. Bytes that are no UTF-8 become U+FFFD: a log line is always one valid
// JSON text.
#pragma once
#include <string>
#include <string_view>

namespace pharos::client::detail {

void put_json_string(std::string& out, std::string_view text);

}  // namespace pharos::client::detail
