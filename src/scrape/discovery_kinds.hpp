// One maker per discovery kind; DiscoveryRunner chooses.
#pragma once
#include <memory>
#include <string>

#include "scrape/discovery.hpp"
#include "scrape/refresh_timers.hpp"

namespace pharos::scrape {

std::unique_ptr<Discovery> make_static_discovery(StaticDiscoveryConfig config);
std::unique_ptr<Discovery> make_file_discovery(FileDiscoveryConfig config, std::string job,
                                               RefreshTimers& timers, const Clock& clock);
std::unique_ptr<Discovery> make_http_discovery(HttpDiscoveryConfig config, std::string job,
                                               RefreshTimers& timers,
                                               std::shared_ptr<net::HttpClient> client);
std::unique_ptr<Discovery> make_dns_discovery(DnsDiscoveryConfig config, std::string job,
                                              RefreshTimers& timers,
                                              std::shared_ptr<DnsResolver> resolver);

std::unique_ptr<Discovery> make_kubernetes_discovery(KubernetesDiscoveryConfig config,
                                                     std::string job, RefreshTimers& timers,
                                                     std::shared_ptr<net::HttpClient> client,
                                                     const Clock& clock);

// Names of files that a pattern matches, sorted.
std::vector<std::string> glob_files(const std::string& pattern);

// The groups of `next`, and an empty one for each source of `known` that is gone. Updates `known`.
std::vector<TargetGroup> with_removals(std::vector<TargetGroup> next,
                                       std::vector<std::string>& known);

}  // namespace pharos::scrape
