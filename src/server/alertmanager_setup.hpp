// alertmanager.yml with everything it names read: what a reload hands to the Alertmanager.
#pragma once
#include <memory>
#include <string>

#include "rules/notify/config.hpp"

namespace pharos::server {

// `hash`, when given, is set to config_hash() of the file.
Result<rules::notify::AlertmanagerConfig> load_alertmanager_config(const std::string& path,
                                                                   std::uint64_t* hash = nullptr);
// As Alertmanager's metric `alertmanager_config_hash` has it: the first 48 bits of the MD5.
std::uint64_t config_hash(std::string_view text);

// What routes alerts while no alertmanager.yml is given: one route, grouped by alert name, to a
// receiver that tells nobody. Alerts, groups and silences show all the same.
Result<rules::notify::AlertmanagerConfig> default_alertmanager_config();

}  // namespace pharos::server
