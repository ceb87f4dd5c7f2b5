#include "server/alertmanager_setup.hpp"

#include "rules/receivers/notification_templates.hpp"
#include "server/config.hpp"

namespace pharos::server {
namespace {

constexpr std::string_view kDefault = R"(route:
  receiver: default
  group_by: [alertname]
  group_wait: 10s
receivers:
  - name: default
)";

}  // namespace

Result<rules::notify::AlertmanagerConfig> load_alertmanager_config(const std::string& path) {
  const auto text = TRY(read_text_file(path));
  auto config = TRY(rules::notify::parse_alertmanager_config(text, path));
  const auto templates =
      TRY(rules::receivers::NotificationTemplates::load(config.template_patterns));
  (void)templates;  // read again by the receivers that use them
  return config;
}

Result<rules::notify::AlertmanagerConfig> default_alertmanager_config() {
  return rules::notify::parse_alertmanager_config(kDefault, "built-in");
}

}  // namespace pharos::server
