// What the integrations share (internal to receivers/): expanding texts, requests and what their
// answers mean, limits on lengths.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/json.hpp"
#include "net/http_client.hpp"
#include "rules/notify/notification.hpp"
#include "rules/receivers/integrations.hpp"

namespace pharos::rules::receivers {

// The texts of one notification. A template that fails costs its text, not the notification: the
// principal ones become plain texts that name the error, the others are empty.
class Texts {
 public:
  Texts(const NotificationTemplates& templates, const notify::Notification& notification);

  std::string operator()(std::string_view text);  // "" when it fails
  std::string subject(std::string_view text);     // one line
  std::string body(std::string_view text);
  std::string html(std::string_view text);  // a body, escaped by context
  StringMap all(const StringMap& texts);

  // Shows in templates beside Alertmanager's fields.
  void set(const std::string& field, std::string value);
  const std::string& error() const { return error_; }

 private:
  std::string failed(const Error& error);
  const NotificationTemplates& templates_;
  const notify::Notification& notification_;
  TemplateData& data();

  std::optional<TemplateData> data_;  // made when a template first asks for it
  std::string error_;
};

// Shortened with an ellipsis to so many code points, or bytes, as Alertmanager does.
std::string limit_runes(std::string text, std::size_t runes_max);
std::string limit_bytes(std::string text, std::size_t bytes_max);
std::size_t count_runes(std::string_view text);

// Stable for the life of the group; what receivers deduplicate by. 64 hexadecimal digits.
std::string group_key_hash(const notify::Notification& notification);

// JSON as Go writes it.
std::string json_text(std::string_view text);
// `key` with a text; put_some leaves an empty one out.
void put(codec::JsonWriter& json, std::string_view key, std::string_view text);
void put_some(codec::JsonWriter& json, std::string_view key, std::string_view text);
void put_map(codec::JsonWriter& json, std::string_view key, const StringMap& map);
std::string indexed_path(const codec::Json& json, std::string_view path);  // "result.0.sys_id"

std::vector<std::string> split_list(std::string_view text);  // by commas; "" is none

notify::SendOutcome failed(std::string error, int status = 0);
notify::SendOutcome retry(std::string error, int status = 0);
notify::SendOutcome unconfirmed(std::string error,
                                int status);  // a retry, SendOutcome::unconfirmed

// A URL as errors may show it: without path, query and user.
std::string shown_url(std::string_view url);

// One notification's requests within its time.
class Sender {
 public:
  struct Rules {
    std::vector<int> retry_statuses;  // beside 429 and 5xx
    // Alertmanager's receivers say "unexpected status code 400" and then this of the answer.
    std::function<std::string(const net::ClientReply&)> detail;
  };

  Sender(net::HttpClient& http, std::shared_ptr<const net::ClientOptions> options, Millis timeout,
         std::stop_token stop);

  // What came of it: `reply` is set when there was an answer, whatever its status. For those who
  // need its body: one that does not come whole leaves it unconfirmed. Where the request only asks,
  // the caller takes that back.
  notify::SendOutcome exchange(net::ClientRequest request, const Rules& rules,
                               net::ClientReply& reply);
  // For those to whom the status says all: what comes after it changes nothing.
  notify::SendOutcome exchange(net::ClientRequest request, const Rules& rules = {});
  // POST with a JSON body; a newline follows it as in Go.
  notify::SendOutcome post_json(std::string url, std::string json, const Rules& rules,
                                net::ClientReply& reply);
  notify::SendOutcome post_json(std::string url, std::string json, const Rules& rules = {});
  Millis left() const;

 private:
  notify::SendOutcome judge(net::ClientRequest request, const Rules& rules,
                            net::ClientReply& reply);
  net::HttpClient& http_;
  std::shared_ptr<const net::ClientOptions> options_;
  Nanos deadline_;
  std::stop_token stop_;
};

// An integration that speaks HTTP; `deliver` is all that kinds differ in.
class HttpIntegration : public notify::Integration {
 public:
  HttpIntegration(std::string_view kind, std::size_t index, const Common& common,
                  const IntegrationOptions& options, bool allow_link_local);
  std::string_view kind() const override { return kind_; }
  std::size_t index() const override { return index_; }
  bool send_resolved() const override { return send_resolved_; }
  notify::SendOutcome send(const notify::Notification& notification, Millis timeout,
                           std::stop_token stop) override;

 protected:
  virtual notify::SendOutcome deliver(const notify::Notification& notification, Texts& texts,
                                      Sender& sender) = 0;
  virtual Millis own_timeout() const { return Millis{0}; }

 private:
  std::string kind_;
  std::size_t index_;
  bool send_resolved_;
  std::shared_ptr<net::HttpClient> http_;
  std::shared_ptr<const NotificationTemplates> templates_;
  std::shared_ptr<const net::ClientOptions> options_;
};

// The kinds (one file each); `Make` of a kind's settings.
struct Place {
  std::size_t index;
  const IntegrationOptions& options;
  bool allow_link_local;
};
using Made = std::unique_ptr<notify::Integration>;
Made make_webhook(const WebhookSettings&, const Place&);
Made make_email(const EmailSettings&, const Place&);
Made make_pagerduty(const PagerdutySettings&, const Place&);
Made make_opsgenie(const OpsgenieSettings&, const Place&);
Made make_wechat(const WechatSettings&, const Place&);
Made make_slack(const SlackSettings&, const Place&);
Made make_victorops(const VictoropsSettings&, const Place&);
Made make_pushover(const PushoverSettings&, const Place&);
Made make_sns(const SnsSettings&, const Place&);
Made make_telegram(const TelegramSettings&, const Place&);
Made make_discord(const DiscordSettings&, const Place&);
Made make_webex(const WebexSettings&, const Place&);
Made make_msteams(const MsteamsSettings&, const Place&);
Made make_msteamsv2(const MsteamsSettings&, const Place&);
Made make_jira(const JiraSettings&, const Place&, std::string_view kind = "jira");
Made make_rocketchat(const RocketchatSettings&, const Place&);
Made make_mattermost(const MattermostSettings&, const Place&);
Made make_ticket(const TemplatedSettings&, const Place&);

}  // namespace pharos::rules::receivers
