// The whole configuration file: a prometheus.yml, with Pharos' own sections added to the same YAML.
#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "dashboards/provisioner.hpp"
#include "ingest/otlp_config.hpp"
#include "metrics/store.hpp"
#include "rules/oncall/oncall_config.hpp"
#include "scrape/config.hpp"
#include "server/config_remote.hpp"

namespace pharos::server {

struct AlertmanagerConfig {
  std::string scheme = "http", path_prefix;
  Millis timeout = std::chrono::seconds(10);
  std::shared_ptr<const net::ClientOptions> http;
  std::vector<scrape::DiscoveryConfig> discovery;
  std::vector<RelabelRule> relabel, alert_relabel;
  std::string fingerprint;  // equal for entries that mean the same
};

using OtlpConfig = ingest::OtlpConfig;

// `storage`: what is not given leaves the flag's or the store's default.
struct StorageConfig {
  std::optional<Millis> out_of_order_time_window;
  std::optional<Millis> retention_time;
  std::optional<std::uint64_t> retention_bytes;
  std::optional<double> retention_percentage;  // of the disk that holds the store, 0..100
  std::optional<std::uint64_t> max_exemplars;
  // Pharos' own keys.
  std::optional<metrics::SyncMode> sync;
  std::optional<bool> downsample;
  std::optional<Millis> retention_5m, retention_1h;
  std::vector<metrics::RetentionPolicy> policies;
  std::optional<std::uint64_t> series_max, series_per_metric_max;
  std::optional<std::uint32_t> labels_max, label_name_bytes_max, label_value_bytes_max;
  std::optional<Millis> future_max;
};

// `host`: the collector of this machine's own metrics.
struct HostSection {
  bool enabled = false;
  Millis interval = std::chrono::seconds(1);
};

// `rules`: how alert state comes back after a restart, and whether new samples are looked at at
// once.
struct RulesSection {
  bool durable = true;  // `restore: durable`; else `prometheus`
  bool evaluate_on_ingest = true;
  bool self_alerts = true;  // the built-in alerts about this process
  bool watchdog = false;    // and one that always fires
  std::string edited;       // folder of rules written over HTTP; "": in the data folder
};

struct Config {
  scrape::GlobalConfig global;
  std::vector<std::string> rule_files;     // patterns, resolved against the file's folder
  std::vector<scrape::ScrapeConfig> jobs;  // those of scrape_config_files included
  std::vector<RelabelRule> alert_relabel;
  std::vector<AlertmanagerConfig> alertmanagers;
  std::vector<RemoteWriteConfig> remote_write;
  std::vector<RemoteReadConfig> remote_read;
  StorageConfig storage;
  OtlpConfig otlp;
  std::string otlp_text;  // changes when the section does
  HostSection host;
  RulesSection rules;
  std::vector<dashboards::ProvisionedFolder> dashboards;
  std::shared_ptr<const rules::oncall::OnCallConfig> oncall =
      std::make_shared<const rules::oncall::OnCallConfig>();
  std::string tracing_endpoint;  // validated; spans are not exported by this version

  std::string text;  // YAML as shown by status/config: secrets masked
};

struct LoadOptions {
  bool agent = false;  // --agent: no alerting, rules or remote read
  // Reads a file that the configuration names (scrape_config_files); tests bring their own.
  std::function<Result<std::string>(const std::string& path)> read_file;
  std::function<std::vector<std::string>(const std::string& pattern)> expand;
};

// Errc::invalid: `file:line:column: what, why, nearest known key`. Errc::unsupported: the file is
// right but asks for something that is known and not part of Pharos; every other mistake of the
// file is reported before it.
Result<Config> parse_config(std::string_view text, const std::string& file,
                            const LoadOptions& options = {});
Result<Config> load_config(const std::string& file, const LoadOptions& options = {});
// What `pharos serve` runs with no file: this host and this process.
Config default_config();

// File names that a pattern with '*', '?' or '[…]' names, sorted; one without is itself when it
// exists.
std::vector<std::string> expand_pattern(const std::string& pattern);
// Of several patterns: a file that more than one of them finds is there once.
struct ExpandedPatterns {
  std::vector<std::string> paths;
  std::vector<std::string> missing;  // those that are no pattern but a name, of no file
};
ExpandedPatterns expand_patterns(const std::vector<std::string>& patterns);
Result<std::string> read_text_file(const std::string& path);

}  // namespace pharos::server
