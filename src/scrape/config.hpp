// The scrape part of a configuration file, as Prometheus 3 defines it: every key, default and rule.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "codec/yaml.hpp"
#include "model/labels.hpp"
#include "model/name_escaping.hpp"
#include "model/relabel.hpp"
#include "net/http_client.hpp"
#include "scrape/discovery.hpp"

namespace pharos::scrape {

// Forms of a metrics page that a target may be asked for, in the order of preference given.
enum class ScrapeProtocol : std::uint8_t {
  prometheus_proto,
  openmetrics_text_0_0_1,
  openmetrics_text_1_0_0,
  prometheus_text_0_0_4,
  prometheus_text_1_0_0,
};
std::string_view name(ScrapeProtocol protocol);  // "OpenMetricsText1.0.0"
std::string_view media_type(
    ScrapeProtocol protocol);  // "application/openmetrics-text;version=1.0.0"
Result<ScrapeProtocol> parse_scrape_protocol(std::string_view text);

// `global`: what a job inherits when it says nothing itself.
struct GlobalConfig {
  Millis scrape_interval = std::chrono::minutes(1);
  Millis scrape_timeout = std::chrono::seconds(10);  // cut to the interval when that is shorter
  Millis evaluation_interval = std::chrono::minutes(1);
  Millis rule_query_offset{0};
  std::vector<ScrapeProtocol> scrape_protocols;         // empty: the default order
  Labels external_labels;                               // ${VAR} expanded
  std::string query_log_file, scrape_failure_log_file;  // resolved against the file's folder
  std::uint64_t body_size_limit = 0;  // bytes, uncompressed; 0: none (so for all limits)
  std::uint64_t sample_limit = 0, target_limit = 0, label_limit = 0;
  std::uint64_t label_name_length_limit = 0, label_value_length_limit = 0, keep_dropped_targets = 0;
  NameValidation name_validation = NameValidation::utf8;
  NameEscaping name_escaping = NameEscaping::allow_utf8;
  bool name_escaping_given = false;
  bool scrape_native_histograms = false, convert_classic_histograms_to_nhcb = false;
  bool always_scrape_classic_histograms = false, extra_scrape_metrics = false;
  std::string fingerprint;  // changes when anything in the section does
};

// One job. Everything resolved: nothing is left to inherit.
struct ScrapeConfig {
  std::string job_name;
  bool honor_labels = false;
  bool honor_timestamps = true;
  bool track_timestamps_staleness = false;
  std::vector<std::pair<std::string, std::vector<std::string>>> params;
  Millis scrape_interval = std::chrono::minutes(1);
  Millis scrape_timeout = std::chrono::seconds(10);
  std::vector<ScrapeProtocol> scrape_protocols;
  std::optional<ScrapeProtocol> fallback_scrape_protocol;
  bool scrape_native_histograms = false;
  bool always_scrape_classic_histograms = false;
  bool convert_classic_histograms_to_nhcb = false;
  bool extra_scrape_metrics =
      false;  // scrape_timeout_seconds, scrape_sample_limit, scrape_body_size_bytes
  std::string scrape_failure_log_file;
  std::string metrics_path = "/metrics";
  std::string scheme = "http";
  bool enable_compression = true;
  std::uint64_t body_size_limit = 0;  // bytes, uncompressed; 0: none (so for all limits)
  std::uint64_t sample_limit = 0, target_limit = 0, label_limit = 0;
  std::uint64_t label_name_length_limit = 0, label_value_length_limit = 0;
  std::uint64_t native_histogram_bucket_limit = 0;
  double native_histogram_min_bucket_factor = 0;
  std::uint64_t keep_dropped_targets = 0;
  NameValidation name_validation = NameValidation::utf8;
  NameEscaping name_escaping = NameEscaping::allow_utf8;
  std::vector<RelabelRule> relabel, metric_relabel;
  std::shared_ptr<const net::ClientOptions> http;  // never null once parsed
  std::vector<DiscoveryConfig> discovery;          // static groups too
  // A text that changes exactly when something about the job changes: reloads keep equal jobs
  // running.
  std::string fingerprint;
};

// What the parsing of a file hands down.
struct ParseContext {
  std::filesystem::path folder;  // relative file names are joined to it
  // The first refusal of a known but unsupported part (Errc::unsupported). Kept apart, so that real
  // mistakes elsewhere in the file are reported first.
  std::optional<Error> unsupported;
};

Result<GlobalConfig> parse_global(const codec::Yaml& node, ParseContext& context);
Result<ScrapeConfig> parse_scrape_config(const codec::Yaml& node, const GlobalConfig& global,
                                         ParseContext& context);
// `scrape_configs:`, a list; job names must differ.
Result<std::vector<ScrapeConfig>> parse_scrape_configs(const codec::Yaml& node,
                                                       const GlobalConfig& global,
                                                       ParseContext& context);
// A list of rules; `what` names them in errors ("target relabeling rule").
Result<std::vector<RelabelRule>> parse_relabel_rules(const codec::Yaml& node, std::string_view what,
                                                     NameValidation scheme);
// Every *_sd_configs and static_configs member of `owner` (a job, an alertmanager group).
Result<std::vector<DiscoveryConfig>> parse_discovery(const codec::Yaml& owner,
                                                     ParseContext& context);
std::span<const std::string_view>
discovery_keys();  // "file_sd_configs", "static_configs", …; unsupported kinds too

std::string join_folder(const std::filesystem::path& folder,
                        const std::string& file);  // "" stays ""

// Expands ${NAME} and $NAME from the environment, $$ to $; unknown names become empty.
std::string expand_environment(std::string_view text);

}  // namespace pharos::scrape
