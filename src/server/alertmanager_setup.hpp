// alertmanager.yml with everything it names read: what a reload hands to the Alertmanager.
#pragma once
#include <memory>
#include <string>

#include "rules/notify/config.hpp"

namespace pharos::server {

Result<rules::notify::AlertmanagerConfig> load_alertmanager_config(const std::string& path);

// What routes alerts while no alertmanager.yml is given: one route, grouped by alert name, to a
// receiver that tells nobody. Alerts, groups and silences show all the same.
Result<rules::notify::AlertmanagerConfig> default_alertmanager_config();

}  // namespace pharos::server
