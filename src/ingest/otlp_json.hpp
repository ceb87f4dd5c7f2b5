// OTLP/JSON to OTLP/protobuf: the same messages, so that there is one decoder.
#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace pharos::ingest {

// ExportMetricsServiceRequest. Errc::invalid with the path of what is wrong; unknown keys are skipped, as the OTLP
// specification asks. 64-bit integers come as numbers or strings, trace and span ids as hexadecimal.
Result<std::string> otlp_metrics_from_json(std::string_view json);

}  // namespace pharos::ingest
