#include "rules/receivers/integrations.hpp"

#include <mutex>

#include "rules/receivers/sender.hpp"

namespace pharos::rules::receivers {

Result<std::vector<std::unique_ptr<notify::Integration>>> make_integrations(
    const ReceiverConfig& receiver, const IntegrationOptions& options) {
  std::vector<std::unique_ptr<notify::Integration>> out;
  const auto add = [&](const auto& list, auto&& make) {
    for (std::size_t i = 0; i < list.size(); ++i)
      out.push_back(make(list[i], Place{i, options, receiver.allow_link_local}));
  };
  add(receiver.webhook, make_webhook);
  add(receiver.email, make_email);
  add(receiver.pagerduty, make_pagerduty);
  add(receiver.opsgenie, make_opsgenie);
  add(receiver.wechat, make_wechat);
  add(receiver.slack, make_slack);
  add(receiver.victorops, make_victorops);
  add(receiver.pushover, make_pushover);
  add(receiver.sns, make_sns);
  add(receiver.telegram, make_telegram);
  add(receiver.discord, make_discord);
  add(receiver.webex, make_webex);
  add(receiver.msteams, make_msteams);
  add(receiver.msteamsv2, make_msteamsv2);
  add(receiver.jira, [](const JiraSettings& s, const Place& place) { return make_jira(s, place); });
  add(receiver.rocketchat, make_rocketchat);
  add(receiver.mattermost, make_mattermost);
  add(receiver.templated, make_ticket);
  if (!receiver.oncall.empty() && !options.oncall)
    return fail(Errc::invalid, "receiver " + go_quote(receiver.name) +
                                   ": oncall_configs need on-call, which is not configured");
  for (std::size_t i = 0; i < receiver.oncall.size(); ++i)
    out.push_back(options.oncall(receiver.oncall[i], i));
  return out;
}

notify::Alertmanager::MakeIntegrations integration_maker(IntegrationOptions options) {
  struct Shared {
    std::mutex mutex;
    IntegrationOptions options;  // guarded by mutex
  };
  const auto shared = std::make_shared<Shared>();
  shared->options = std::move(options);
  return [shared](const ReceiverConfig& receiver, const notify::AlertmanagerConfig& config)
             -> Result<std::vector<std::unique_ptr<notify::Integration>>> {
    std::lock_guard lock(shared->mutex);
    const bool first = config.receivers.empty() || config.receivers.front().get() == &receiver;
    if (first || !shared->options.templates)
      shared->options.templates = TRY(NotificationTemplates::load(config.template_patterns));
    return make_integrations(receiver, shared->options);
  };
}

}  // namespace pharos::rules::receivers
