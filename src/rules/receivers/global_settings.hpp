// The keys of `global:` that receivers inherit, and how secrets are kept and shown.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "codec/yaml_section.hpp"
#include "net/http_client.hpp"

namespace pharos::rules::receivers {

// A text that must not be shown: given inline, or in a file that is read at each use.
struct Secret {
  std::string value, file;
  bool given() const { return !value.empty() || !file.empty(); }
  Result<std::string> read() const;  // blanks around a file's content removed
};

struct GlobalSettings {
  struct Smtp {
    std::string from, hello = "localhost", host, auth_username, auth_identity;
    std::uint16_t port = 25;
    Secret auth_password, auth_secret;
    bool require_tls = true;
    std::optional<bool> implicit_tls;
    net::TlsClient tls;
  } smtp;
  Secret slack_api_url, slack_app_token;
  std::string slack_app_url = "https://slack.com/api/chat.postMessage";
  std::string pagerduty_url = "https://events.pagerduty.com/v2/enqueue";
  std::string opsgenie_api_url = "https://api.opsgenie.com/";
  Secret opsgenie_api_key;
  std::string wechat_api_url = "https://qyapi.weixin.qq.com/cgi-bin/", wechat_api_corp_id;
  Secret wechat_api_secret;
  std::string victorops_api_url =
      "https://alert.victorops.com/integrations/generic/20131114/alert/";
  Secret victorops_api_key;
  std::string telegram_api_url = "https://api.telegram.org";
  Secret telegram_bot_token;
  std::string webex_api_url = "https://webexapis.com/v1/messages";
  std::string jira_api_url;
  std::string rocketchat_api_url = "https://open.rocket.chat/";
  Secret rocketchat_token, rocketchat_token_id;
  Secret mattermost_webhook_url;
  std::shared_ptr<const net::ClientOptions> http = std::make_shared<net::ClientOptions>();
  bool allow_link_local = false;  // Pharos' own: receivers at 169.254/16, fe80::/10
  std::string base_folder;        // relative file names start here
};

// Takes those keys from `global:`; the caller takes resolve_timeout and calls done().
Result<GlobalSettings> parse_global(codec::YamlSection& section, std::string base_folder = {});

// A URL with scheme http or https and a host; texts as Alertmanager's.
Status check_url(const codec::Yaml& node, std::string_view url);
// "host:port" of a mail server.
Status split_host_port(const codec::Yaml& node, std::string& host, std::uint16_t& port);
// `key` inline or `key`_file; both: "at most one of …".
Status read_secret(codec::YamlSection& section, std::string_view key, std::string_view file_key,
                   Secret& into, const std::string& base_folder);

// The document written anew with every secret as <secret>: what may be shown to anyone.
std::string masked_text(const codec::Yaml& root);

}  // namespace pharos::rules::receivers
