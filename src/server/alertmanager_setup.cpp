#include "server/alertmanager_setup.hpp"

#include "net/digest.hpp"
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

Result<rules::notify::AlertmanagerConfig> load_alertmanager_config(const std::string& path,
                                                                   std::uint64_t* hash) {
  const auto text = TRY(read_text_file(path));
  auto config = TRY(rules::notify::parse_alertmanager_config(text, path));
  const auto templates =
      TRY(rules::receivers::NotificationTemplates::load(config.template_patterns));
  (void)templates;  // read again by the receivers that use them
  if (hash != nullptr) *hash = config_hash(text);
  return config;
}

std::uint64_t config_hash(std::string_view text) {
  const auto digest = net::md5(text);
  std::uint64_t out = 0;
  for (std::size_t i = 6; i-- > 0;) out = out << 8 | static_cast<unsigned char>(digest[i]);
  return out;
}

Result<rules::notify::AlertmanagerConfig> default_alertmanager_config() {
  return rules::notify::parse_alertmanager_config(kDefault, "built-in");
}

}  // namespace pharos::server
