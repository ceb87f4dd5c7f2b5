// Names outside the legacy alphabet in places that only take the legacy one.
#pragma once
#include <string>
#include <string_view>

namespace pharos::api {

// "U__http_2e_status__code" → "http.status_code": `__` is `_`, `_2e_` the character U+002E. A text
// that is not escaped so comes back as it is.
std::string unescape_name(std::string_view escaped);

}  // namespace pharos::api
