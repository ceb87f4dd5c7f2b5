// OpenTelemetry names to Prometheus names, as Prometheus 3's otlptranslator maps them
// (opentelemetry-specification, compatibility/prometheus_and_openmetrics.md).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "ingest/otlp_config.hpp"

namespace pharos::ingest {

enum class OtlpKind : std::uint8_t { gauge, counter, up_down_counter, histogram, exponential_histogram, summary };

// "http.server.duration", "ms", histogram → "http_server_duration_milliseconds". Errc::invalid when nothing is left.
Result<std::string> otlp_metric_name(std::string_view name, std::string_view unit, OtlpKind kind, const OtlpConfig& config);
// "By/s" → "bytes_per_second", for metadata.
std::string otlp_unit_name(std::string_view unit);
// "http.route" → "http_route", "0x" → "key_0x". Errc::invalid when nothing is left.
Result<std::string> otlp_label_name(std::string_view name, const OtlpConfig& config);

}  // namespace pharos::ingest
