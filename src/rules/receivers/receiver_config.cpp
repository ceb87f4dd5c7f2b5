// Receivers: a list of settings per kind.
#include "rules/receivers/receiver_config.hpp"

#include "rules/receivers/settings_reader.hpp"

namespace pharos::rules::receivers {
namespace {

template <class Settings, class Parse>
Status read_list(YamlSection& receiver, std::string_view key, const GlobalSettings& global,
                 std::vector<Settings>& into, Parse&& parse_one) {
  const Yaml* node = receiver.take(key);
  if (node == nullptr) return {};
  if (node->kind() != Yaml::Kind::sequence)
    return fail(node->error(std::string(key) + " must be a list"));
  for (const auto& item : node->items()) {
    auto section = TRY(YamlSection::open(item, key));
    Settings settings;
    TRY(parse_one(section, global, settings));
    TRY(section.done());
    into.push_back(std::move(settings));
  }
  return {};
}

template <class Settings>
Status read_list(YamlSection& receiver, std::string_view key, const GlobalSettings& global,
                 std::vector<Settings>& into) {
  return read_list(
      receiver, key, global, into,
      [](YamlSection& s, const GlobalSettings& g, Settings& c) { return parse(s, g, c); });
}

// f(kind, count) for every kind, in the order of sending.
template <class F>
void each_kind(const ReceiverConfig& r, F&& f) {
  f("webhook", r.webhook.size());
  f("email", r.email.size());
  f("pagerduty", r.pagerduty.size());
  f("opsgenie", r.opsgenie.size());
  f("wechat", r.wechat.size());
  f("slack", r.slack.size());
  f("victorops", r.victorops.size());
  f("pushover", r.pushover.size());
  f("sns", r.sns.size());
  f("telegram", r.telegram.size());
  f("discord", r.discord.size());
  f("webex", r.webex.size());
  f("msteams", r.msteams.size());
  f("msteamsv2", r.msteamsv2.size());
  f("jira", r.jira.size());
  f("rocketchat", r.rocketchat.size());
  f("mattermost", r.mattermost.size());
  f("pharos_webhook", r.templated.size());
  f("oncall", r.oncall.size());
}

}  // namespace

std::size_t ReceiverConfig::integrations() const {
  std::size_t n = 0;
  each_kind(*this, [&](std::string_view, std::size_t count) { n += count; });
  return n;
}

std::vector<std::string> ReceiverConfig::integration_names() const {
  std::vector<std::string> names;
  each_kind(*this, [&](std::string_view kind, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      names.push_back(std::string(kind) + "[" + std::to_string(i) + "]");
  });
  return names;
}

Result<std::shared_ptr<const ReceiverConfig>> parse_receiver(const Yaml& node,
                                                             const GlobalSettings& global) {
  auto s = TRY(YamlSection::open(node, "receiver"));
  auto r = std::make_shared<ReceiverConfig>();
  r->allow_link_local = global.allow_link_local;
  TRY(s.read("name", r->name));
  if (r->name.empty()) return fail(node.error("missing name in receiver"));
  TRY(read_map(s, "labels", r->labels));
  if (const auto label = r->labels.find("name");
      label != r->labels.end() && label->second != r->name)
    return fail(node.error("receiver label \"name\" must match receiver name " + go_quote(r->name) +
                           ", got " + go_quote(label->second)));
  TRY(read_list(s, "webhook_configs", global, r->webhook));
  TRY(read_list(s, "email_configs", global, r->email));
  TRY(read_list(s, "pagerduty_configs", global, r->pagerduty));
  TRY(read_list(s, "opsgenie_configs", global, r->opsgenie));
  TRY(read_list(s, "wechat_configs", global, r->wechat));
  TRY(read_list(s, "slack_configs", global, r->slack));
  TRY(read_list(s, "victorops_configs", global, r->victorops));
  TRY(read_list(s, "pushover_configs", global, r->pushover));
  TRY(read_list(s, "sns_configs", global, r->sns));
  TRY(read_list(s, "telegram_configs", global, r->telegram));
  TRY(read_list(s, "discord_configs", global, r->discord));
  TRY(read_list(s, "webex_configs", global, r->webex));
  for (const bool v2 : {false, true})
    TRY(read_list(s, v2 ? "msteamsv2_configs" : "msteams_configs", global,
                  v2 ? r->msteamsv2 : r->msteams,
                  [v2](YamlSection& one, const GlobalSettings& g, MsteamsSettings& c) {
                    return parse_msteams(one, g, c, v2);
                  }));
  TRY(read_list(s, "jira_configs", global, r->jira));
  TRY(read_list(s, "rocketchat_configs", global, r->rocketchat));
  TRY(read_list(s, "mattermost_configs", global, r->mattermost));
  TRY(read_list(s, "pharos_webhook_configs", global, r->templated));
  TRY(read_list(s, "oncall_configs", global, r->oncall));
  TRY(s.done());
  return std::shared_ptr<const ReceiverConfig>(std::move(r));
}

}  // namespace pharos::rules::receivers
