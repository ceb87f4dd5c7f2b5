// Samples of other stores and files into ours.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/appender.hpp"

namespace pharos::server {

struct ImportReport {
  std::uint64_t series = 0, samples = 0, rejected = 0;
  std::vector<std::string> reasons;  // the first ten
};

// A Prometheus data or snapshot folder, or one block of it.
Result<ImportReport> import_blocks(const std::string& folder, Appender& appender);
// OpenMetrics text with timestamps, as `promtool tsdb create-blocks-from openmetrics` takes it.
Result<ImportReport> import_openmetrics(const std::string& file, Appender& appender);
Result<ImportReport> import_openmetrics_text(std::string_view page, Appender& appender);

}  // namespace pharos::server
