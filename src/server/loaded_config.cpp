#include "server/loaded_config.hpp"

#include <cmath>
#include <filesystem>
#include <set>

#include "base/disk.hpp"
#include "codec/yaml.hpp"
#include "rules/oncall/oncall.hpp"
#include "server/alertmanager_setup.hpp"

namespace pharos::server {
namespace {

Status load_alerting(const ServeFlags& flags, LoadedConfig& loaded) {
  auto config = TRY(
      flags.alertmanager_config_file.empty()
          ? default_alertmanager_config()
          : load_alertmanager_config(flags.alertmanager_config_file, &loaded.alertmanager_hash));
  TRY(rules::oncall::OnCall::check_receivers(*loaded.config.oncall, config));
  for (auto& receiver : rules::oncall::webhook_receivers(*loaded.config.oncall))
    config.receivers.push_back(std::move(receiver));
  loaded.missing = expand_patterns(config.template_patterns).missing;
  loaded.alertmanager =
      std::make_shared<const rules::notify::AlertmanagerConfig>(std::move(config));
  return {};
}

// Rules that were written over HTTP. There is no folder before the first.
Status load_edited(const ServeFlags& flags, LoadedConfig& loaded) {
  loaded.edited_folder = loaded.config.rules.edited.empty() ? flags.storage_path + "/rules"
                                                            : loaded.config.rules.edited;
  std::error_code code;
  if (flags.agent || !std::filesystem::exists(loaded.edited_folder, code)) return {};
  const auto disk = TRY(open_real_disk(loaded.edited_folder));
  loaded.edited_rules = TRY(
      rules::edited::read_folder(*disk, loaded.edited_folder, rule_options(flags, loaded.config)));
  return {};
}

std::string canonical(const std::string& path) {
  std::error_code code;
  auto out = std::filesystem::weakly_canonical(path, code).string();
  return code ? path : out;
}

}  // namespace

rules::RuleFileOptions rule_options(const ServeFlags& flags, const Config& config) {
  return {.names = config.global.name_validation, .compat = flags.query_compat};
}

std::vector<rules::RuleGroupSpec> LoadedConfig::all_rule_groups() const {
  auto out = rule_groups;
  for (const auto& group : edited_rules) {
    out.push_back(group.spec);
    if (out.back().interval.count() == 0) out.back().interval = config.global.evaluation_interval;
  }
  return out;
}

Result<std::shared_ptr<const LoadedConfig>> load_everything(const ServeFlags& flags,
                                                            const std::string& own_job) {
  auto loaded = std::make_shared<LoadedConfig>();
  LoadOptions options;
  options.agent = flags.agent;
  if (flags.config_file.empty()) {
    loaded->config =
        TRY(parse_config("global:\n  scrape_interval: 15s\nhost:\n  enabled: true\n" + own_job,
                         "built-in", options));
    TRY(load_alerting(flags, *loaded));
    TRY(load_edited(flags, *loaded));
    return std::shared_ptr<const LoadedConfig>(std::move(loaded));
  }
  loaded->config = TRY(load_config(flags.config_file, options));
  TRY(load_alerting(flags, *loaded));
  TRY(load_edited(flags, *loaded));
  const auto options_of_rules = rule_options(flags, loaded->config);
  const auto found = expand_patterns(loaded->config.rule_files);
  loaded->missing.insert(loaded->missing.end(), found.missing.begin(), found.missing.end());
  // A pattern that finds the edited rules too must not have them evaluated twice. Whatever else lies in their
  // folder is the operator's.
  std::set<std::string> edited;
  for (const auto& group : loaded->edited_rules) edited.insert(canonical(group.spec.file));
  for (const auto& path : found.paths) {
    if (edited.contains(canonical(path))) continue;
    const auto text = TRY(read_text_file(path));
    auto file = rules::parse_rule_file(text, path, options_of_rules);
    if (!file.errors.empty()) return fail(std::move(file.errors.front()));
    for (auto& group : file.groups) {
      if (group.interval.count() == 0) group.interval = loaded->config.global.evaluation_interval;
      loaded->rule_groups.push_back(std::move(group));
    }
  }
  return std::shared_ptr<const LoadedConfig>(std::move(loaded));
}

Result<std::uint64_t> parse_size(const std::string& text, std::string_view flag) {
  const auto node = TRY(codec::Yaml::parse(text, std::string(flag)));
  auto bytes = node.bytes();
  if (!bytes)
    return fail(Errc::invalid, std::string(flag) + ": '" + text + "' is not a size such as 512MB");
  return *bytes;
}

Result<metrics::StoreConfig> store_config(const ServeFlags& flags, const StorageConfig& storage,
                                          std::uint64_t disk_bytes) {
  metrics::StoreConfig out;
  if (!flags.retention_time.empty()) out.retention_time = TRY(parse_duration(flags.retention_time));
  if (!flags.retention_size.empty())
    out.retention_bytes = TRY(parse_size(flags.retention_size, "--storage.retention.size"));
  if (flags.storage_sync == "always") out.sync = metrics::SyncMode::always;
  if (storage.retention_time && storage.retention_time->count() > 0)
    out.retention_time = *storage.retention_time;
  if (storage.retention_bytes) out.retention_bytes = *storage.retention_bytes;
  if (storage.retention_percentage && *storage.retention_percentage > 0 && disk_bytes > 0) {
    const auto share = static_cast<std::uint64_t>(static_cast<double>(disk_bytes) *
                                                  *storage.retention_percentage / 100);
    if (out.retention_bytes == 0 || share < out.retention_bytes) out.retention_bytes = share;
  }
  if (storage.sync && flags.storage_sync.empty()) out.sync = *storage.sync;
  if (storage.out_of_order_time_window) out.out_of_order_window = *storage.out_of_order_time_window;
  if (storage.max_exemplars) out.exemplars_max = *storage.max_exemplars;
  if (storage.downsample) out.downsample = *storage.downsample;
  if (storage.retention_5m) out.retention_5m = *storage.retention_5m;
  if (storage.retention_1h) out.retention_1h = *storage.retention_1h;
  out.policies = storage.policies;
  if (storage.series_max) out.series_max = *storage.series_max;
  if (storage.series_per_metric_max) out.series_per_metric_max = *storage.series_per_metric_max;
  if (storage.labels_max) out.labels_max = *storage.labels_max;
  if (storage.label_name_bytes_max) out.label_name_bytes_max = *storage.label_name_bytes_max;
  if (storage.label_value_bytes_max) out.label_value_bytes_max = *storage.label_value_bytes_max;
  if (storage.future_max) out.future_max = *storage.future_max;
  return out;
}

std::string retention_text(const metrics::StoreConfig& config) {
  std::string out = format_duration(config.retention_time);
  if (config.retention_bytes > 0) {
    double value = static_cast<double>(config.retention_bytes);
    const char* unit = "B";
    for (const char* next : {"KiB", "MiB", "GiB", "TiB"}) {
      if (value < 1024) break;
      value /= 1024;
      unit = next;
    }
    char buffer[48];
    std::snprintf(buffer, sizeof buffer, value == std::floor(value) ? " or %.0f%s" : " or %.1f%s",
                  value, unit);
    out += buffer;
  }
  return out;
}

}  // namespace pharos::server
