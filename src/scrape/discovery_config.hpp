// Parts of reading discovery sections that more than one file needs.
#pragma once
#include <string>
#include <string_view>

#include "codec/yaml.hpp"
#include "scrape/discovery.hpp"

namespace pharos::scrape {

// http or https with a host; Prometheus' texts without the place.
Status check_http_url(std::string_view url);

Result<KubernetesDiscoveryConfig> parse_kubernetes_discovery(const codec::Yaml& node,
                                                             const std::string& folder);

}  // namespace pharos::scrape
