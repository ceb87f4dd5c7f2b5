// A configuration with everything it names read: what a reload swaps as one.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "api/services.hpp"
#include "rules/edited/rule_folder.hpp"
#include "rules/notify/config.hpp"
#include "rules/rule_file.hpp"
#include "server/config.hpp"
#include "server/flags.hpp"

namespace pharos::server {

struct LoadedConfig {
  Config config;
  std::vector<rules::RuleGroupSpec> rule_groups;  // of the operator's files
  std::string edited_folder;                      // of rules written over HTTP
  std::vector<rules::edited::Group> edited_rules;
  std::vector<std::string> missing;  // rule and template files named without a pattern
  std::shared_ptr<const rules::notify::AlertmanagerConfig> alertmanager;
  std::uint64_t alertmanager_hash = 0;  // of its file as it is; 0: built in

  std::vector<rules::RuleGroupSpec> all_rule_groups() const;  // the edited ones last
};

// How rule files of this configuration are read.
rules::RuleFileOptions rule_options(const ServeFlags& flags, const Config& config);

// The file of --config.file with its rule files, or the default when there is none. `own_targets`
// is the YAML of the job that watches this process, used by the default only.
Result<std::shared_ptr<const LoadedConfig>> load_everything(const ServeFlags& flags,
                                                            const std::string& own_job);

// The store's configuration out of flags and file; the file wins, as in Prometheus. `disk_bytes`:
// size of the disk.
Result<metrics::StoreConfig> store_config(const ServeFlags& flags, const StorageConfig& storage,
                                          std::uint64_t disk_bytes);
std::string retention_text(const metrics::StoreConfig& config);  // "15d", "15d or 10GiB"

// "512MB" → bytes, as the size flags take it.
Result<std::uint64_t> parse_size(const std::string& text, std::string_view flag);

}  // namespace pharos::server
