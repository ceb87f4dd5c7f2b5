// Sections of the configuration file that only the server reads.
#pragma once
#include <string>

#include "codec/yaml.hpp"
#include "server/config.hpp"

namespace pharos::server {

Status parse_alerting(const codec::Yaml& node, NameValidation scheme, scrape::ParseContext& context,
                      Config& config);
Result<StorageConfig> parse_storage(const codec::Yaml& node);
Result<OtlpConfig> parse_otlp(const codec::Yaml& node, NameValidation scheme);
Result<std::string> parse_tracing(const codec::Yaml& node,
                                  scrape::ParseContext& context);  // the endpoint
Result<HostSection> parse_host(const codec::Yaml& node);
Result<RulesSection> parse_rules(const codec::Yaml& node, const std::filesystem::path& folder);
Result<std::vector<dashboards::ProvisionedFolder>> parse_dashboard_folders(
    const codec::Yaml& node, const std::filesystem::path& folder);

}  // namespace pharos::server
