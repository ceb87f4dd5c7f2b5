// Counters that every discovery kind bumps; Prometheus' names.
#pragma once
#include "base/metric.hpp"

namespace pharos::scrape {

struct DiscoveryStats {
  Counter refresh_failures{"prometheus_sd_refresh_failures_total",
                           "Number of refresh failures for the given SD mechanism.",
                           {"mechanism", "config"}};
  Counter file_read_errors{"prometheus_sd_file_read_errors_total",
                           "The number of File-SD read errors."};
  Counter http_failures{"prometheus_sd_http_failures_total",
                        "Number of HTTP service discovery refresh failures."};
  Counter dns_lookups{"prometheus_sd_dns_lookups_total", "The number of DNS-SD lookups."};
  Counter dns_lookup_failures{"prometheus_sd_dns_lookup_failures_total",
                              "The number of DNS-SD lookup failures."};
};
DiscoveryStats& discovery_stats();

}  // namespace pharos::scrape
