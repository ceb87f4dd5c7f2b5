#include <array>

#include "scrape/config.hpp"

namespace pharos::scrape {
namespace {

struct ProtocolText {
  ScrapeProtocol protocol;
  std::string_view name, media_type;
};
// In the order in which Prometheus lists them in its error.
constexpr std::array<ProtocolText, 5> kProtocols{{
    {ScrapeProtocol::openmetrics_text_0_0_1, "OpenMetricsText0.0.1",
     "application/openmetrics-text;version=0.0.1"},
    {ScrapeProtocol::openmetrics_text_1_0_0, "OpenMetricsText1.0.0",
     "application/openmetrics-text;version=1.0.0"},
    {ScrapeProtocol::prometheus_proto, "PrometheusProto",
     "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"},
    {ScrapeProtocol::prometheus_text_0_0_4, "PrometheusText0.0.4", "text/plain;version=0.0.4"},
    {ScrapeProtocol::prometheus_text_1_0_0, "PrometheusText1.0.0", "text/plain;version=1.0.0"},
}};

}  // namespace

std::string_view name(ScrapeProtocol protocol) {
  for (const auto& p : kProtocols)
    if (p.protocol == protocol) return p.name;
  return "";
}

std::string_view media_type(ScrapeProtocol protocol) {
  for (const auto& p : kProtocols)
    if (p.protocol == protocol) return p.media_type;
  return "";
}

Result<ScrapeProtocol> parse_scrape_protocol(std::string_view text) {
  for (const auto& p : kProtocols)
    if (p.name == text) return p.protocol;
  std::string known;
  for (const auto& p : kProtocols) known += (known.empty() ? "" : " ") + std::string(p.name);
  return fail(Errc::invalid,
              "unknown scrape protocol " + std::string(text) + ", supported: [" + known + "]");
}

}  // namespace pharos::scrape
