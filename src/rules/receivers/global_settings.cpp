#include "rules/receivers/global_settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <sstream>

#include "model/labels.hpp"
#include "net/client_config.hpp"
#include "net/digest.hpp"
#include "net/url.hpp"

namespace pharos::rules::receivers {
namespace {

using codec::Yaml;
using codec::YamlSection;

constexpr std::size_t kSecretBytesMax = 1 << 20;

Status read_url(YamlSection& section, std::string_view key, std::string& into, bool slash = false) {
  if (const Yaml* node = section.take(key)) {
    const auto url = TRY(node->text());
    TRY(check_url(*node, url));
    into = url;
  }
  if (slash && !into.empty() && !into.ends_with('/')) into += '/';
  return {};
}

Status parse_smtp(YamlSection& section, GlobalSettings& global) {
  auto& smtp = global.smtp;
  TRY(section.read("smtp_from", smtp.from));
  TRY(section.read("smtp_hello", smtp.hello));
  if (const Yaml* node = section.take("smtp_smarthost"))
    TRY(split_host_port(*node, smtp.host, smtp.port));
  TRY(section.read("smtp_auth_username", smtp.auth_username));
  TRY(section.read("smtp_auth_identity", smtp.auth_identity));
  TRY(read_secret(section, "smtp_auth_password", "smtp_auth_password_file", smtp.auth_password,
                  global.base_folder));
  TRY(read_secret(section, "smtp_auth_secret", "smtp_auth_secret_file", smtp.auth_secret,
                  global.base_folder));
  TRY(section.read("smtp_require_tls", smtp.require_tls));
  if (const Yaml* node = section.take("smtp_force_implicit_tls"))
    smtp.implicit_tls = TRY(node->boolean());
  if (const Yaml* node = section.take("smtp_tls_config"))
    smtp.tls = TRY(net::parse_tls_client(*node, global.base_folder));
  return {};
}

Status parse_slack(YamlSection& section, GlobalSettings& global) {
  TRY(read_secret(section, "slack_api_url", "slack_api_url_file", global.slack_api_url,
                  global.base_folder));
  if (const Yaml* node = section.take("slack_api_url"); node && !global.slack_api_url.value.empty())
    TRY(check_url(*node, global.slack_api_url.value));
  TRY(read_secret(section, "slack_app_token", "slack_app_token_file", global.slack_app_token,
                  global.base_folder));
  TRY(read_url(section, "slack_app_url", global.slack_app_url));
  // A webhook's URL and a token exclude each other; the Web API's own URL does not.
  if (global.slack_app_token.given() && global.slack_api_url.given() &&
      global.slack_api_url.value != global.slack_app_url)
    return fail(section.node().error(
        "at most one of slack_app_token/slack_app_token_file & slack_api_url/slack_api_url_file "
        "must be configured"));
  return {};
}

// Keys whose values are secret wherever they stand.
constexpr std::array<std::string_view, 27> kSecretKeys = {"smtp_auth_password",
                                                          "smtp_auth_secret",
                                                          "auth_password",
                                                          "auth_secret",
                                                          "slack_api_url",
                                                          "slack_app_token",
                                                          "app_token",
                                                          "opsgenie_api_key",
                                                          "api_key",
                                                          "wechat_api_secret",
                                                          "api_secret",
                                                          "victorops_api_key",
                                                          "telegram_bot_token",
                                                          "bot_token",
                                                          "rocketchat_token",
                                                          "rocketchat_token_id",
                                                          "token",
                                                          "token_id",
                                                          "mattermost_webhook_url",
                                                          "webhook_url",
                                                          "service_key",
                                                          "routing_key",
                                                          "user_key",
                                                          "secret_key",
                                                          "password",
                                                          "bearer_token",
                                                          "client_secret"};

bool is_secret(std::string_view key, std::string_view list) {
  if (key == "routing_key") return list != "victorops_configs";
  if (std::ranges::find(kSecretKeys, key) != kSecretKeys.end()) return true;
  if (key == "credentials" || key == "key" || key == "secrets") return true;
  if (key == "api_url") return list == "slack_configs";
  return key == "url" && (list == "webhook_configs" || list == "pharos_webhook_configs");
}

// Words that mean a boolean or nothing when they are not quoted.
bool is_word(std::string_view text) {
  static constexpr std::array<std::string_view, 11> kWords = {
      "true", "false", "null", "~", "yes", "no", "on", "off", "True", "False", "Null"};
  return std::ranges::find(kWords, text) != kWords.end();
}

bool plain(const std::string& text) {
  if (text.empty() || is_word(text)) return false;
  if (!std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.' || c == '/' || c == '<' || c == '>';
      }))
    return false;
  return text[0] != '-' && text[0] != '>' && text[0] != '.';
}

bool is_negative_number(std::string_view text) {
  return text.size() > 1 && text[0] == '-' && text[1] >= '0' && text[1] <= '9' &&
         text.find_first_not_of("0123456789.eE+-_", 1) == text.npos;
}

void put_scalar(std::string& out, const Yaml& node) {
  const auto& text = node.scalar();
  const bool number = !text.empty() && text[0] >= '0' && text[0] <= '9';
  // What was written as a boolean or a negative number must be read as one again.
  const bool typed = !node.quoted() && (is_word(text) || is_negative_number(text));
  if (typed || (plain(text) && !(node.quoted() && number)))
    out += text;
  else if (!is_utf8(text))  // Go's \xfb would be read as a character, and be another key's
    out += "!!binary \"" + net::base64(text) + "\"";
  else
    out += go_quote(text);  // a double-quoted YAML scalar understands Go's escapes
}

// A key beyond YAML's 1,024 characters of a simple key is written the long way.
void put_key(std::string& out, const Yaml& key, std::size_t indent) {
  constexpr std::size_t kSimpleMax = 1'000;
  std::string text;
  put_scalar(text, key);
  if (text.size() <= kSimpleMax)
    out += text;
  else
    out += "? " + text + '\n' + std::string(indent, ' ');
  out += ':';
}

void put(std::string& out, const Yaml& node, std::size_t indent, std::string_view list);

void put_members(std::string& out, const Yaml& node, std::size_t indent, std::string_view list,
                 bool first_inline) {
  bool first = true;
  for (const auto& [key, value] : node.members()) {
    if (!first || !first_inline) out.append(indent, ' ');
    first = false;
    put_key(out, key, indent);
    const std::string_view name = key.scalar();
    if (is_secret(name, list) && !value.is_null()) {
      // An empty secret is shown empty, as it says that there is none.
      const bool none = value.kind() == Yaml::Kind::scalar && value.scalar().empty();
      out += none ? " \"\"\n" : " <secret>\n";
      continue;
    }
    put(out, value, indent, name.ends_with("_configs") ? name : list);
  }
}

// After "key:": what follows, with its line's end.
void put(std::string& out, const Yaml& node, std::size_t indent, std::string_view list) {
  switch (node.kind()) {
    case Yaml::Kind::null: out += '\n'; return;
    case Yaml::Kind::scalar:
      out += ' ';
      put_scalar(out, node);
      out += '\n';
      return;
    case Yaml::Kind::map:
      if (node.members().empty()) {
        out += " {}\n";
        return;
      }
      out += '\n';
      put_members(out, node, indent + 2, list, false);
      return;
    case Yaml::Kind::sequence:
      if (node.items().empty()) {
        out += " []\n";
        return;
      }
      out += '\n';
      for (const auto& item : node.items()) {
        out.append(indent, ' ');
        out += '-';
        if (item.kind() == Yaml::Kind::map && !item.members().empty()) {
          out += ' ';
          put_members(out, item, indent + 2, list, true);
        } else {
          put(out, item, indent + 2, list);
        }
      }
  }
}

}  // namespace

Result<std::string> Secret::read() const {
  if (file.empty()) return value;
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(Errc::io, "cannot read " + file);
  std::string text(kSecretBytesMax, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  const auto blank = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
  while (!text.empty() && blank(text.back())) text.pop_back();
  text.erase(0, static_cast<std::size_t>(std::ranges::find_if_not(text, blank) - text.begin()));
  return text;
}

Status check_url(const Yaml& node, std::string_view url) {
  if (url == "<secret>") return {};  // a shown configuration that is read again
  const auto parts = net::split_url(url);
  if (!parts.is_http())
    return fail(node.error("unsupported scheme " + go_quote(parts.scheme) + " for URL"));
  if (parts.host.empty()) return fail(node.error("missing host for URL"));
  if (url.find_first_of(" \t\r\n") != url.npos) return fail(node.error("invalid character in URL"));
  return {};
}

Status split_host_port(const Yaml& node, std::string& host, std::uint16_t& port) {
  const auto text = TRY(node.text());
  if (text.empty()) return {};
  const auto colon = text.rfind(':');
  if (colon == text.npos || (text[0] == '[' && text.find(']') > colon))
    return fail(node.error("address " + text + ": missing port in address"));
  const auto digits = std::string_view(text).substr(colon + 1);
  if (digits.empty())
    return fail(node.error("address " + go_quote(text) + ": port cannot be empty"));
  unsigned number = 0;
  const auto end = digits.data() + digits.size();
  if (std::from_chars(digits.data(), end, number).ptr != end || number == 0 || number > 65535)
    return fail(node.error("address " + go_quote(text) + ": invalid port " + go_quote(digits)));
  host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  port = static_cast<std::uint16_t>(number);
  return {};
}

Status read_secret(YamlSection& section, std::string_view key, std::string_view file_key,
                   Secret& into, const std::string& base_folder) {
  Secret found;
  TRY(section.read(key, found.value));
  TRY(section.read(file_key, found.file));
  if (!found.value.empty() && !found.file.empty())
    return fail(section.node().error("at most one of " + std::string(key) + " & " +
                                     std::string(file_key) + " must be configured"));
  if (!found.file.empty() && !base_folder.empty() && !found.file.starts_with('/'))
    found.file = base_folder + '/' + found.file;
  if (found.given()) into = std::move(found);
  return {};
}

Result<GlobalSettings> parse_global(YamlSection& section, std::string base_folder) {
  GlobalSettings global;
  global.base_folder = std::move(base_folder);
  const auto& folder = global.base_folder;
  TRY(parse_smtp(section, global));
  TRY(parse_slack(section, global));
  TRY(read_url(section, "pagerduty_url", global.pagerduty_url));
  TRY(read_url(section, "opsgenie_api_url", global.opsgenie_api_url, true));
  TRY(read_secret(section, "opsgenie_api_key", "opsgenie_api_key_file", global.opsgenie_api_key,
                  folder));
  TRY(read_url(section, "wechat_api_url", global.wechat_api_url, true));
  TRY(section.read("wechat_api_corp_id", global.wechat_api_corp_id));
  TRY(read_secret(section, "wechat_api_secret", "wechat_api_secret_file", global.wechat_api_secret,
                  folder));
  TRY(read_url(section, "victorops_api_url", global.victorops_api_url, true));
  TRY(read_secret(section, "victorops_api_key", "victorops_api_key_file", global.victorops_api_key,
                  folder));
  TRY(read_url(section, "telegram_api_url", global.telegram_api_url));
  TRY(read_secret(section, "telegram_bot_token", "telegram_bot_token_file",
                  global.telegram_bot_token, folder));
  TRY(read_url(section, "webex_api_url", global.webex_api_url));
  TRY(read_url(section, "jira_api_url", global.jira_api_url));
  TRY(read_url(section, "rocketchat_api_url", global.rocketchat_api_url));
  TRY(read_secret(section, "rocketchat_token", "rocketchat_token_file", global.rocketchat_token,
                  folder));
  TRY(read_secret(section, "rocketchat_token_id", "rocketchat_token_id_file",
                  global.rocketchat_token_id, folder));
  TRY(read_secret(section, "mattermost_webhook_url", "mattermost_webhook_url_file",
                  global.mattermost_webhook_url, folder));
  if (const Yaml* node = section.take("mattermost_webhook_url");
      node && !global.mattermost_webhook_url.value.empty())
    TRY(check_url(*node, global.mattermost_webhook_url.value));
  if (const Yaml* node = section.take("http_config")) {
    auto http = YamlSection::open(*node, "http_config");
    if (!http) return fail(http.error());
    TRY(node->only(net::client_option_keys()));
    auto options = TRY(net::parse_client_options(*node, folder));
    global.http = std::make_shared<net::ClientOptions>(std::move(options));
  }
  TRY(section.read("pharos_allow_link_local", global.allow_link_local));
  return global;
}

std::string masked_text(const Yaml& root) {
  std::string out;
  if (root.kind() == Yaml::Kind::map) put_members(out, root, 0, {}, false);
  return out;
}

}  // namespace pharos::rules::receivers
