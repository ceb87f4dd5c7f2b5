// The typed settings of receivers, as `receivers:` of alertmanager.yml gives them: Alertmanager's
// keys, defaults and rules. Strings that hold templates are kept as written.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "codec/yaml.hpp"
#include "net/http_client.hpp"
#include "rules/receivers/global_settings.hpp"

namespace pharos::rules::receivers {

using StringMap = std::map<std::string, std::string>;

// What every kind has. `http` is never null for kinds that speak HTTP.
struct Common {
  bool send_resolved = true;
  std::shared_ptr<const net::ClientOptions> http;
};

struct WebhookSettings : Common {
  Secret url;  // may be a template
  std::uint64_t max_alerts = 0;
  Millis timeout{0};    // 0: the notification's own
  std::string payload;  // a template of the body instead of the version 4 document; "" = none
};

struct EmailSettings : Common {  // no http
  std::string to, from, hello, host;
  std::uint16_t port = 25;
  std::string auth_username, auth_identity;
  Secret auth_password, auth_secret;
  StringMap headers;  // names in canonical form
  std::string html, text;
  bool require_tls = true;
  std::optional<bool> implicit_tls;  // absent: on port 465
  net::TlsClient tls;
  bool threading = false;
  std::string thread_by_date = "daily";  // or "none"
};

struct PagerdutySettings : Common {
  struct Link {
    std::string href, text;
  };
  struct Image {
    std::string src, alt, href;
  };
  Secret routing_key, service_key;  // v2, v1
  std::string url, client, client_url, description, source, severity, class_, component, group;
  StringMap details;
  std::vector<Link> links;
  std::vector<Image> images;
  Millis timeout{0};
};

struct Field {  // of Slack, Mattermost and Rocket.Chat
  std::string title, value;
  std::optional<bool> is_short;
};

struct SlackSettings : Common {
  struct Confirmation {
    std::string text, title, ok_text, dismiss_text;
  };
  struct Action {
    std::string type, text, url, style, name, value;
    std::optional<Confirmation> confirm;
  };
  Secret url;        // of a webhook, or of the Web API when there is a token
  Secret app_token;  // sent as a bearer token
  std::string channel, username, color, title, title_link, pretext, text, footer, fallback,
      callback_id, icon_emoji, icon_url, image_url, thumb_url, message_text;
  std::vector<Field> fields;
  std::vector<Action> actions;
  std::vector<std::string> mrkdwn_in;
  bool short_fields = false, link_names = false, update_message = false;
  Millis timeout{0};
};

struct OpsgenieSettings : Common {
  struct Responder {
    std::string id, name, username, type;
  };
  Secret api_key;
  std::string api_url, message, description, source, entity, actions, tags, note, priority;
  StringMap details;
  std::vector<Responder> responders;
  bool update_alerts = false;
};

struct WechatSettings : Common {
  Secret api_secret;
  std::string api_url, corp_id, message, to_user, to_party, to_tag, agent_id, message_type = "text";
};

struct VictoropsSettings : Common {
  Secret api_key;
  std::string api_url, routing_key, message_type, state_message, entity_display_name,
      monitoring_tool;
  StringMap custom_fields;
};

struct PushoverSettings : Common {
  Secret user_key, token;
  std::string title, message, url, url_title, device, sound, priority;
  Millis retry = std::chrono::minutes(1), expire = std::chrono::hours(1), ttl{0};
  bool html = false, monospace = false;
};

struct SnsSettings : Common {
  struct SigV4 {
    std::string region, access_key, secret_key, profile, role_arn;
    bool use_fips = false;
  };
  std::string api_url, topic_arn, phone_number, target_arn, subject, message;
  SigV4 sigv4;
  StringMap attributes;
};

struct TelegramSettings : Common {
  std::string api_url, message, parse_mode = "HTML";
  Secret bot_token;
  std::int64_t chat_id = 0;
  std::string chat_id_file;
  std::int64_t message_thread_id = 0;
  bool disable_notifications = false;
};

struct DiscordSettings : Common {
  Secret url;
  std::string content, title, message, username, avatar_url;
};

struct WebexSettings : Common {
  std::string api_url, message, room_id;
};

struct MsteamsSettings : Common {  // of both kinds
  Secret url;
  std::string title, summary, text;
};

struct JiraSettings : Common {
  std::string api_url, api_type = "auto", project, summary, description, priority, issue_type,
                       reopen_transition, resolve_transition, wont_fix_resolution;
  bool update_summary = true, update_description = true;
  std::vector<std::string> labels;
  Millis reopen_duration{0};
  codec::Yaml fields;  // a map of whatever Jira wants; strings in it are templates
};

struct RocketchatSettings : Common {
  struct Action {
    std::string type, text, url, image_url, webview_height_ratio, msg, msg_processing_type;
    bool is_webview = false, msg_in_chat_window = false;
  };
  Secret token, token_id;
  std::string api_url, channel, color, title, title_link, text, emoji, icon_url, image_url,
      thumb_url;
  std::vector<Field> fields;
  std::vector<Action> actions;
  bool short_fields = false, link_names = false;
};

// Not within the settings: clang wants its initialisers known before an optional of it is.
struct MattermostPriority {
  std::string priority;
  bool requested_ack = false, persistent_notifications = false;
};

struct MattermostSettings : Common {
  struct Attachment {
    std::string fallback, color, pretext, text, author_name, author_link, author_icon, title,
        title_link, thumb_url, footer, footer_icon, image_url;
    std::vector<Field> fields;
  };
  Secret url;
  std::string channel, username, icon_url, icon_emoji, type, props_card;
  std::string message_text;  // Pharos' own: beside the attachments
  Attachment main;           // of the flat keys
  std::vector<Attachment> attachments;
  std::optional<MattermostPriority> priority;
};

// Pharos' own: requests made of templates, with presets for ticket systems.
struct TemplatedSettings : Common {
  struct Request {
    std::string method = "POST", url, body;
    StringMap headers;
    bool given() const { return !url.empty(); }
  };
  // "", "servicenow", "jira" or "github": fills in what is not given.
  std::string preset;
  std::string base_url;  // of the preset: https://x.service-now.com, https://api.github.com, …
  std::string project;   // of the preset: table, project key, owner/repository
  Request search;        // finds the open ticket of the group
  std::string id_path;   // where its id is in the answer: "result.0.sys_id"; "" items: none open
  Request create, update, resolve;  // {{ .Ticket }} is the id that the search found
  std::string title, text;          // of the ticket
  std::vector<int> retry_statuses;  // beside 429 and 5xx
  Millis timeout{0};
};

// Pharos' own: hands the group to an escalation policy of the `oncall:` section. Its integration is
// made by on-call, not by this folder.
struct OnCallSettings {
  bool send_resolved = true;
  std::string policy;
  std::string place;  // "file:line:column: "
};

struct ReceiverConfig {
  std::string name;
  StringMap labels;  // of the receiver itself, for its readers
  std::vector<WebhookSettings> webhook;
  std::vector<EmailSettings> email;
  std::vector<PagerdutySettings> pagerduty;
  std::vector<OpsgenieSettings> opsgenie;
  std::vector<WechatSettings> wechat;
  std::vector<SlackSettings> slack;
  std::vector<VictoropsSettings> victorops;
  std::vector<PushoverSettings> pushover;
  std::vector<SnsSettings> sns;
  std::vector<TelegramSettings> telegram;
  std::vector<DiscordSettings> discord;
  std::vector<WebexSettings> webex;
  std::vector<MsteamsSettings> msteams, msteamsv2;
  std::vector<JiraSettings> jira;
  std::vector<RocketchatSettings> rocketchat;
  std::vector<MattermostSettings> mattermost;
  std::vector<TemplatedSettings> templated;
  std::vector<OnCallSettings> oncall;
  bool allow_link_local = false;  // of the global settings

  std::size_t integrations() const;
  std::vector<std::string> integration_names() const;  // "webhook[0]", in the order of sending
};

// One entry of `receivers:`. Errc::invalid: `file:line:column: what`.
Result<std::shared_ptr<const ReceiverConfig>> parse_receiver(const codec::Yaml& node,
                                                             const GlobalSettings& global);

}  // namespace pharos::rules::receivers
