// Makes the integrations of a receiver, ready to send.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "base/result.hpp"
#include "net/http_client.hpp"
#include "rules/notify/alertmanager.hpp"
#include "rules/notify/notification.hpp"
#include "rules/receivers/notification_templates.hpp"
#include "rules/receivers/receiver_config.hpp"
#include "rules/receivers/receiver_memory.hpp"

namespace pharos::rules::receivers {

struct IntegrationOptions {
  std::shared_ptr<net::HttpClient> http;
  std::shared_ptr<const NotificationTemplates> templates;
  std::shared_ptr<ReceiverMemory> memory;  // none: no message is ever updated
  // Of oncall_configs; absent: a receiver that has them is refused.
  std::function<std::unique_ptr<notify::Integration>(const OnCallSettings&, std::size_t index)>
      oncall;
  std::string pushover_url = "https://api.pushover.net/1/messages.json";
  std::string pagerduty_v1_url =
      "https://events.pagerduty.com/generic/2010-04-15/create_event.json";
};

// In Alertmanager's order, ours last; `index` counts within a kind.
Result<std::vector<std::unique_ptr<notify::Integration>>> make_integrations(
    const ReceiverConfig& receiver, const IntegrationOptions& options);

// What Alertmanager::open wants: reads the template files that a configuration names when it is set
// (with its first receiver), then makes the integrations of each. `options.templates` is not used.
notify::Alertmanager::MakeIntegrations integration_maker(IntegrationOptions options);

}  // namespace pharos::rules::receivers
