// The grouping key in a Pushgateway URL: /metrics/job/NAME{/LABEL/VALUE}, any name with "@base64".
#pragma once
#include <string_view>

#include "base/result.hpp"
#include "model/labels.hpp"

namespace pharos::ingest {

// `rest` is what follows "/metrics/job" in the path as sent: "/NAME/LABEL/VALUE" or "@base64/TkFNRQ/…".
// Errc::invalid with the Pushgateway's texts.
Result<Labels> parse_push_path(std::string_view rest);

}  // namespace pharos::ingest
