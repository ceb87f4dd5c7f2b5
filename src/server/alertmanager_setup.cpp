#include "server/alertmanager_setup.hpp"

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
  return rules::notify::parse_alertmanager_config(text, path);
}

Result<rules::notify::AlertmanagerConfig> default_alertmanager_config() {
  return rules::notify::parse_alertmanager_config(kDefault, "built-in");
}

}  // namespace pharos::server
