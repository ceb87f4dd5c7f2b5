#include "model/sample.hpp"

#include <array>

#include "model/appender.hpp"

namespace pharos {
namespace {
constexpr std::array<std::string_view, 8> kTypeNames = {
    "unknown", "counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset",
};
}  // namespace

std::string_view name(MetricType type) {
  const auto i = static_cast<std::size_t>(type);
  return i < kTypeNames.size() ? kTypeNames[i] : kTypeNames[0];
}

MetricType parse_metric_type(std::string_view text) {
  for (std::size_t i = 1; i < kTypeNames.size(); ++i)
    if (kTypeNames[i] == text) return static_cast<MetricType>(i);
  return MetricType::unknown;
}

std::string_view name(RejectReason reason) {
  switch (reason) {
    case RejectReason::unknown_ref: return "unknown series reference";
    case RejectReason::out_of_order: return "out of order sample";
    case RejectReason::too_old: return "too old sample";
    case RejectReason::out_of_bounds: return "out of bounds";
    case RejectReason::duplicate: return "duplicate sample for timestamp";
    case RejectReason::series_limit: return "series limit reached";
    case RejectReason::invalid: return "invalid sample";
  }
  return "rejected";
}

std::string_view family_of(std::string_view name, MetricType type) {
  const auto without = [&](std::initializer_list<std::string_view> suffixes) {
    for (const auto suffix : suffixes)
      if (name.size() > suffix.size() && name.ends_with(suffix)) return name.substr(0, name.size() - suffix.size());
    return name;
  };
  switch (type) {
    case MetricType::histogram: return without({"_bucket", "_count", "_sum"});
    case MetricType::gauge_histogram: return without({"_bucket", "_gcount", "_gsum"});
    case MetricType::summary: return without({"_count", "_sum"});
    default: return name;
  }
}

}  // namespace pharos
