// Reading receivers. Rules and texts are Alertmanager's, so that a file it refuses is refused here
// for the same reason.
#include "rules/receivers/receiver_config.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "model/labels.hpp"
#include "net/client_config.hpp"

namespace pharos::rules::receivers {
namespace {

using codec::Yaml;
using codec::YamlSection;
using Texts = std::initializer_list<std::pair<std::string_view, std::string*>>;

std::string by_template(std::string_view name) {
  return "{{ template \"" + std::string(name) + "\" . }}";
}

Status read_texts(YamlSection& section, Texts texts) {
  for (const auto& [key, into] : texts) TRY(section.read(key, *into));
  return {};
}

Status read_map(YamlSection& section, std::string_view key, StringMap& into) {
  const Yaml* node = section.take(key);
  if (node == nullptr) return {};
  if (node->kind() != Yaml::Kind::map)
    return fail(node->error(std::string(key) + " must be a map of texts"));
  for (const auto& [name, value] : node->members()) {
    std::string text;
    if (!value.is_null()) text = TRY(value.text());
    into.insert_or_assign(name.scalar(), std::move(text));
  }
  return {};
}

Status read_url(YamlSection& section, std::string_view key, std::string& into) {
  const Yaml* node = section.take(key);
  if (node == nullptr) return {};
  into = TRY(node->text());
  if (into.find("{{") != into.npos) return {};  // known when it is expanded
  return check_url(*node, into);
}

// The items of a list of maps.
template <class F>
Status each(YamlSection& section, std::string_view key, F&& parse) {
  const Yaml* node = section.take(key);
  if (node == nullptr) return {};
  if (node->kind() != Yaml::Kind::sequence)
    return fail(node->error(std::string(key) + " must be a list"));
  for (const auto& item : node->items()) {
    auto entry = TRY(YamlSection::open(item, key));
    TRY(parse(entry));
    TRY(entry.done());
  }
  return {};
}

class Reader {
 public:
  Reader(YamlSection& section, const GlobalSettings& global) : section_(section), global_(global) {}

  Status common(Common& settings, bool http = true) {
    TRY(section_.read("send_resolved", settings.send_resolved));
    if (!http) return {};
    const Yaml* node = section_.take("http_config");
    if (node == nullptr) {
      settings.http = global_.http;
      return {};
    }
    const auto shape = TRY(YamlSection::open(*node, "http_config"));
    (void)shape;
    TRY(node->only(net::client_option_keys()));
    auto options = TRY(net::parse_client_options(*node, global_.base_folder));
    // What says nothing of proxies goes the way all others go.
    if (!node->find("proxy_url") && !node->find("proxy_from_environment")) {
      options.proxy_url = global_.http->proxy_url;
      options.no_proxy = global_.http->no_proxy;
      options.proxy_from_environment = global_.http->proxy_from_environment;
      options.proxy_connect_headers = global_.http->proxy_connect_headers;
    }
    settings.http = std::make_shared<net::ClientOptions>(std::move(options));
    return {};
  }
  Status secret(std::string_view key, std::string_view file_key, Secret& into) {
    return read_secret(section_, key, file_key, into, global_.base_folder);
  }
  // A secret URL that must be given in one of the two ways.
  Status url(std::string_view key, std::string_view file_key, Secret& into, bool needed = true) {
    TRY(read_secret(section_, key, file_key, into, global_.base_folder));
    if (needed && !into.given())
      return wrong("one of " + std::string(key) + " or " + std::string(file_key) +
                   " must be configured");
    if (const Yaml* node = section_.take(key);
        node && !into.value.empty() && into.value.find("{{") == into.value.npos)
      TRY(check_url(*node, into.value));
    return {};
  }
  std::unexpected<Error> wrong(std::string what) const {
    return fail(section_.node().error(std::move(what)));
  }

 private:
  YamlSection& section_;
  const GlobalSettings& global_;
};

Status parse(YamlSection& s, const GlobalSettings& global, WebhookSettings& c) {
  Reader reader(s, global);
  TRY(reader.common(c));
  TRY(reader.url("url", "url_file", c.url));
  TRY(s.read("max_alerts", c.max_alerts));
  TRY(s.read("timeout", c.timeout));
  return read_texts(s, {{"payload", &c.payload}});
}

// "reply-to" → "Reply-To"
std::string canonical_header(std::string_view name) {
  std::string out(name);
  bool upper = true;
  for (char& c : out) {
    if (upper && c >= 'a' && c <= 'z')
      c = static_cast<char>(c - 32);
    else if (!upper && c >= 'A' && c <= 'Z')
      c = static_cast<char>(c + 32);
    upper = c == '-';
  }
  return out;
}

Status parse(YamlSection& s, const GlobalSettings& global, EmailSettings& c) {
  c.send_resolved = false;
  c.html = by_template("email.default.html");
  Reader reader(s, global);
  TRY(reader.common(c, false));
  const auto& smtp = global.smtp;
  c.from = smtp.from;
  c.hello = smtp.hello;
  c.host = smtp.host;
  c.port = smtp.port;
  c.auth_username = smtp.auth_username;
  c.auth_identity = smtp.auth_identity;
  c.auth_password = smtp.auth_password;
  c.auth_secret = smtp.auth_secret;
  c.require_tls = smtp.require_tls;
  c.implicit_tls = smtp.implicit_tls;
  c.tls = smtp.tls;
  TRY(read_texts(s, {{"to", &c.to},
                     {"from", &c.from},
                     {"hello", &c.hello},
                     {"auth_username", &c.auth_username},
                     {"auth_identity", &c.auth_identity},
                     {"html", &c.html},
                     {"text", &c.text}}));
  if (const Yaml* node = s.take("smarthost")) TRY(split_host_port(*node, c.host, c.port));
  TRY(reader.secret("auth_password", "auth_password_file", c.auth_password));
  TRY(reader.secret("auth_secret", "auth_secret_file", c.auth_secret));
  TRY(s.read("require_tls", c.require_tls));
  if (const Yaml* node = s.take("force_implicit_tls")) c.implicit_tls = TRY(node->boolean());
  if (const Yaml* node = s.take("tls_config"))
    c.tls = TRY(net::parse_tls_client(*node, global.base_folder));
  StringMap headers;
  TRY(read_map(s, "headers", headers));
  for (const auto& [name, value] : headers) {
    const auto canonical = canonical_header(name);
    if (canonical.empty() || canonical.find_first_of(" :\r\n\t") != canonical.npos)
      return reader.wrong("invalid header name " + go_quote(name) + " in email config");
    if (!c.headers.emplace(canonical, value).second)
      return reader.wrong("duplicate header " + go_quote(canonical) + " in email config");
  }
  if (const Yaml* node = s.take("threading")) {
    auto threading = TRY(YamlSection::open(*node, "threading"));
    TRY(threading.read("enabled", c.threading));
    TRY(threading.read("thread_by_date", c.thread_by_date));
    TRY(threading.done());
    if (c.thread_by_date != "daily" && c.thread_by_date != "none")
      return fail(node->error("thread_by_date must be \"daily\" or \"none\""));
  }
  if (c.to.empty()) return reader.wrong("missing to address in email config");
  if (c.host.empty()) return reader.wrong("no global SMTP smarthost set");
  if (c.from.empty()) return reader.wrong("no global SMTP from set");
  return {};
}

Status parse(YamlSection& s, const GlobalSettings& global, PagerdutySettings& c) {
  c.description = by_template("pagerduty.default.description");
  c.client = by_template("pagerduty.default.client");
  c.client_url = by_template("pagerduty.default.clientURL");
  c.url = global.pagerduty_url;
  Reader reader(s, global);
  TRY(reader.common(c));
  TRY(reader.secret("routing_key", "routing_key_file", c.routing_key));
  TRY(reader.secret("service_key", "service_key_file", c.service_key));
  TRY(read_url(s, "url", c.url));
  TRY(read_texts(s, {{"client", &c.client},
                     {"client_url", &c.client_url},
                     {"description", &c.description},
                     {"source", &c.source},
                     {"severity", &c.severity},
                     {"class", &c.class_},
                     {"component", &c.component},
                     {"group", &c.group}}));
  TRY(read_map(s, "details", c.details));
  TRY(s.read("timeout", c.timeout));
  TRY(each(s, "links", [&](YamlSection& link) {
    auto& l = c.links.emplace_back();
    return read_texts(link, {{"href", &l.href}, {"text", &l.text}});
  }));
  TRY(each(s, "images", [&](YamlSection& image) {
    auto& i = c.images.emplace_back();
    return read_texts(image, {{"src", &i.src}, {"alt", &i.alt}, {"href", &i.href}});
  }));
  if (!c.routing_key.given() && !c.service_key.given())
    return reader.wrong("missing service or routing key in PagerDuty config");
  if (c.source.empty()) c.source = c.client;
  const auto instances = [](std::string_view which) {
    return "{{ template \"pagerduty.default.instances\" .Alerts." + std::string(which) + " }}";
  };
  c.details.emplace("firing", instances("Firing"));
  c.details.emplace("resolved", instances("Resolved"));
  c.details.emplace("num_firing", "{{ .Alerts.Firing | len }}");
  c.details.emplace("num_resolved", "{{ .Alerts.Resolved | len }}");
  return {};
}

Status read_fields(YamlSection& s, std::vector<Field>& fields, std::string_view of) {
  return each(s, "fields", [&](YamlSection& field) -> Status {
    auto& f = fields.emplace_back();
    TRY(read_texts(field, {{"title", &f.title}, {"value", &f.value}}));
    if (const Yaml* node = field.take("short")) f.is_short = TRY(node->boolean());
    for (const auto& [name, text] : {std::pair{"title", &f.title}, std::pair{"value", &f.value}})
      if (text->empty())
        return fail(field.node().error("missing " + std::string(name) + " in " + std::string(of) +
                                       " field configuration"));
    return {};
  });
}

Status read_action(YamlSection& s, SlackSettings::Action& a) {
  TRY(read_texts(s, {{"type", &a.type},
                     {"text", &a.text},
                     {"url", &a.url},
                     {"style", &a.style},
                     {"name", &a.name},
                     {"value", &a.value}}));
  if (const Yaml* node = s.take("confirm")) {
    auto confirm = TRY(YamlSection::open(*node, "confirm"));
    auto& c = a.confirm.emplace();
    TRY(read_texts(confirm, {{"text", &c.text},
                             {"title", &c.title},
                             {"ok_text", &c.ok_text},
                             {"dismiss_text", &c.dismiss_text}}));
    TRY(confirm.done());
    if (c.text.empty())
      return fail(node->error("missing text in Slack confirmation configuration"));
  }
  const auto wrong = [&](std::string_view what) {
    return fail(s.node().error("missing " + std::string(what) + " in Slack action configuration"));
  };
  if (a.type.empty()) return wrong("type");
  if (a.text.empty()) return wrong("text");
  if (!a.url.empty()) {
    a.name.clear();
    a.value.clear();
    a.confirm.reset();
  } else if (a.name.empty()) {
    return wrong("name or url");
  }
  return {};
}

Status slack_address(YamlSection& s, const GlobalSettings& global, Reader& reader,
                     SlackSettings& c) {
  std::string app_url = global.slack_app_url;
  TRY(reader.url("api_url", "api_url_file", c.url, false));
  TRY(reader.secret("app_token", "app_token_file", c.app_token));
  TRY(read_url(s, "app_url", app_url));
  const bool own_token = c.app_token.given();
  if (own_token && c.url.given() && c.url.value != app_url)
    return reader.wrong(
        "at most one of app_token/app_token_file & api_url/api_url_file must be "
        "configured");
  const bool own_authorization = !c.http->auth.authorization_credentials.empty() ||
                                 !c.http->auth.authorization_credentials_file.empty();
  if (!own_token && !c.url.given() && !own_authorization) c.app_token = global.slack_app_token;
  if (c.app_token.given()) {
    c.url = Secret{app_url, ""};
  } else if (!c.url.given()) {
    c.url = global.slack_api_url;
    if (!c.url.given() && own_authorization && global.slack_app_token.given())
      c.url = Secret{app_url, ""};
  }
  if (!c.url.given())
    return reader.wrong("no Slack API URL nor App token set either inline or in a file");
  if (c.update_message && c.url.value != app_url &&
      c.url.value != "https://slack.com/api/chat.postMessage")
    return reader.wrong(
        "update_message is only possible with the Slack Web API: "
        "chat.postMessage and an app token");
  return {};
}

Status parse(YamlSection& s, const GlobalSettings& global, SlackSettings& c) {
  c.send_resolved = false;
  c.color = "{{ if eq .Status \"firing\" }}danger{{ else }}good{{ end }}";
  c.username = by_template("slack.default.username");
  c.title = by_template("slack.default.title");
  c.title_link = by_template("slack.default.titlelink");
  c.icon_emoji = by_template("slack.default.iconemoji");
  c.icon_url = by_template("slack.default.iconurl");
  c.pretext = by_template("slack.default.pretext");
  c.text = by_template("slack.default.text");
  c.fallback = by_template("slack.default.fallback");
  c.callback_id = by_template("slack.default.callbackid");
  c.footer = by_template("slack.default.footer");
  Reader reader(s, global);
  TRY(reader.common(c));
  TRY(read_texts(s, {{"channel", &c.channel},
                     {"username", &c.username},
                     {"color", &c.color},
                     {"title", &c.title},
                     {"title_link", &c.title_link},
                     {"pretext", &c.pretext},
                     {"text", &c.text},
                     {"footer", &c.footer},
                     {"fallback", &c.fallback},
                     {"callback_id", &c.callback_id},
                     {"icon_emoji", &c.icon_emoji},
                     {"icon_url", &c.icon_url},
                     {"image_url", &c.image_url},
                     {"thumb_url", &c.thumb_url},
                     {"message_text", &c.message_text}}));
  TRY(s.read("short_fields", c.short_fields));
  TRY(s.read("link_names", c.link_names));
  TRY(s.read("update_message", c.update_message));
  TRY(s.read("mrkdwn_in", c.mrkdwn_in));
  TRY(s.read("timeout", c.timeout));
  TRY(read_fields(s, c.fields, "Slack"));
  TRY(each(s, "actions",
           [&](YamlSection& action) { return read_action(action, c.actions.emplace_back()); }));
  return slack_address(s, global, reader, c);
}

Status parse(YamlSection& s, const GlobalSettings& global, OpsgenieSettings& c) {
  c.message = by_template("opsgenie.default.message");
  c.description = by_template("opsgenie.default.description");
  c.source = by_template("opsgenie.default.source");
  c.api_url = global.opsgenie_api_url;
  Reader reader(s, global);
  TRY(reader.common(c));
  TRY(reader.secret("api_key", "api_key_file", c.api_key));
  TRY(read_url(s, "api_url", c.api_url));
  if (!c.api_url.ends_with('/')) c.api_url += '/';
  TRY(read_texts(s, {{"message", &c.message},
                     {"description", &c.description},
                     {"source", &c.source},
                     {"entity", &c.entity},
                     {"actions", &c.actions},
                     {"tags", &c.tags},
                     {"note", &c.note},
                     {"priority", &c.priority}}));
  TRY(read_map(s, "details", c.details));
  TRY(s.read("update_alerts", c.update_alerts));
  TRY(each(s, "responders", [&](YamlSection& node) -> Status {
    auto& r = c.responders.emplace_back();
    TRY(read_texts(
        node, {{"id", &r.id}, {"name", &r.name}, {"username", &r.username}, {"type", &r.type}}));
    const std::string shown =
        "opsGenieConfig responder {" + r.id + " " + r.name + " " + r.username + " " + r.type + "}";
    if (r.id.empty() && r.name.empty() && r.username.empty())
      return fail(
          node.node().error(shown + " has to have at least one of id, username or name specified"));
    if (r.type.find("{{") != r.type.npos) return {};
    std::ranges::transform(r.type, r.type.begin(), [](char ch) {
      return ch >= 'A' && ch <= 'Z' ? static_cast<char>(ch + 32) : ch;
    });
    static constexpr std::array<std::string_view, 5> kTypes = {"team", "teams", "user",
                                                               "escalation", "schedule"};
    if (std::ranges::find(kTypes, std::string_view(r.type)) == kTypes.end())
      return fail(node.node().error(
          shown + " type does not match valid options ^(team|teams|user|escalation|schedule)$"));
    return {};
  }));
  if (!c.api_key.given()) c.api_key = global.opsgenie_api_key;
  if (!c.api_key.given())
    return reader.wrong("no global OpsGenie API Key set either inline or in a file");
  return {};
}

Status parse(YamlSection& s, const GlobalSettings& global, WechatSettings& c) {
  c.send_resolved = false;
  c.message = by_template("wechat.default.message");
  c.to_user = by_template("wechat.default.to_user");
  c.to_party = by_template("wechat.default.to_party");
  c.to_tag = by_template("wechat.default.to_tag");
  c.agent_id = by_template("wechat.default.agent_id");
  c.api_url = global.wechat_api_url;
  c.corp_id = global.wechat_api_corp_id;
  Reader reader(s, global);
  TRY(reader.common(c));
  TRY(reader.secret("api_secret", "api_secret_file", c.api_secret));
  TRY(read_url(s, "api_url", c.api_url));
  if (!c.api_url.ends_with('/')) c.api_url += '/';
  TRY(read_texts(s, {{"corp_id", &c.corp_id},
                     {"message", &c.message},
                     {"to_user", &c.to_user},
                     {"to_party", &c.to_party},
                     {"to_tag", &c.to_tag},
                     {"agent_id", &c.agent_id},
                     {"message_type", &c.message_type}}));
  if (c.message_type.empty()) c.message_type = "text";
  if (c.message_type != "text" && c.message_type != "markdown")
    return reader.wrong("weChat message type " + go_quote(c.message_type) +
                        " does not match valid options ^(text|markdown)$");
  if (!c.api_secret.given()) c.api_secret = global.wechat_api_secret;
  if (!c.api_secret.given())
    return reader.wrong("no global Wechat Api Secret set either inline or in a file");
  if (c.corp_id.empty()) return reader.wrong("no global Wechat CorpID set");
  return {};
}

Status parse(YamlSection& s, const GlobalSettings& global, VictoropsSettings& c) {
  c.message_type = "CRITICAL";
  c.state_message = by_template("victorops.default.state_message");
  c.entity_display_name = by_template("victorops.default.entity_display_name");
  c.monitoring_tool = by_template("victorops.default.monitoring_tool");
  c.api_url = global.victorops_api_url;
  Reader reader(s, global);
  TRY(reader.common(c));
  TRY(reader.secret("api_key", "api_key_file", c.api_key));
  TRY(read_url(s, "api_url", c.api_url));
  if (!c.api_url.ends_with('/')) c.api_url += '/';
  TRY(read_texts(s, {{"routing_key", &c.routing_key},
                     {"message_type", &c.message_type},
                     {"state_message", &c.state_message},
                     {"entity_display_name", &c.entity_display_name},
                     {"monitoring_tool", &c.monitoring_tool}}));
  TRY(read_map(s, "custom_fields", c.custom_fields));
  if (c.routing_key.empty()) return reader.wrong("missing Routing key in VictorOps config");
  for (const auto* reserved :
       {"routing_key", "message_type", "state_message", "entity_display_name", "monitoring_tool",
        "entity_id", "entity_state"})
    if (c.custom_fields.contains(reserved))
      return reader.wrong("victorOps config contains custom field " + std::string(reserved) +
                          " which cannot be used as it conflicts with the fixed/static fields");
  if (!c.api_key.given()) c.api_key = global.victorops_api_key;
  if (!c.api_key.given()) return reader.wrong("no global VictorOps API Key set");
  return {};
}

Status parse(YamlSection& s, const GlobalSettings& global, PushoverSettings& c) {
  c.title = by_template("pushover.default.title");
  c.message = by_template("pushover.default.message");
  c.url = by_template("pushover.default.url");
  c.priority = "{{ if eq .Status \"firing\" }}2{{ else }}0{{ end }}";
  Reader reader(s, global);
  TRY(reader.common(c));
  TRY(reader.secret("user_key", "user_key_file", c.user_key));
  TRY(reader.secret("token", "token_file", c.token));
  TRY(read_texts(s, {{"title", &c.title},
                     {"message", &c.message},
                     {"url", &c.url},
                     {"url_title", &c.url_title},
                     {"device", &c.device},
                     {"sound", &c.sound},
                     {"priority", &c.priority}}));
  TRY(s.read("retry", c.retry));
  TRY(s.read("expire", c.expire));
  TRY(s.read("ttl", c.ttl));
  TRY(s.read("html", c.html));
  TRY(s.read("monospace", c.monospace));
  if (!c.user_key.given())
    return reader.wrong("one of user_key or user_key_file must be configured");
  if (!c.token.given()) return reader.wrong("one of token or token_file must be configured");
  if (c.html && c.monospace)
    return reader.wrong("at most one of monospace & html must be configured");
  return {};
}

Status parse(YamlSection& s, const GlobalSettings& global, SnsSettings& c) {
  c.subject = by_template("sns.default.subject");
  c.message = by_template("sns.default.message");
  Reader reader(s, global);
  TRY(reader.common(c));
  TRY(read_texts(s, {{"api_url", &c.api_url},
                     {"topic_arn", &c.topic_arn},
                     {"phone_number", &c.phone_number},
                     {"target_arn", &c.target_arn},
                     {"subject", &c.subject},
                     {"message", &c.message}}));
  TRY(read_map(s, "attributes", c.attributes));
  if (const Yaml* node = s.take("sigv4")) {
    auto sigv4 = TRY(YamlSection::open(*node, "sigv4"));
    TRY(read_texts(sigv4, {{"region", &c.sigv4.region},
                           {"access_key", &c.sigv4.access_key},
                           {"secret_key", &c.sigv4.secret_key},
                           {"profile", &c.sigv4.profile},
                           {"role_arn", &c.sigv4.role_arn}}));
    TRY(sigv4.read("use_fips_sts_endpoint", c.sigv4.use_fips));
    TRY(sigv4.done());
    if (c.sigv4.access_key.empty() != c.sigv4.secret_key.empty())
      return fail(node->error(
          "must provide a AWS SigV4 Access key and Secret Key if credentials are specified in the "
          "SigV4 config"));
  }
  const int targets = (c.topic_arn.empty() ? 0 : 1) + (c.target_arn.empty() ? 0 : 1) +
                      (c.phone_number.empty() ? 0 : 1);
  if (targets != 1)
    return reader.wrong(
        "must provide either a Target ARN, Topic ARN, or Phone Number for SNS config");
  return {};
}

Status parse(YamlSection& s, const GlobalSettings& global, TelegramSettings& c) {
  c.message = by_template("telegram.default.message");
  c.api_url = global.telegram_api_url;
  Reader reader(s, global);
  TRY(reader.common(c));
  TRY(read_url(s, "api_url", c.api_url));
  TRY(reader.secret("bot_token", "bot_token_file", c.bot_token));
  TRY(s.read_integer("chat_id", c.chat_id));
  TRY(s.read_integer("message_thread_id", c.message_thread_id));
  TRY(read_texts(
      s,
      {{"chat_id_file", &c.chat_id_file}, {"message", &c.message}, {"parse_mode", &c.parse_mode}}));
  TRY(s.read("disable_notifications", c.disable_notifications));
  if (!c.bot_token.given()) c.bot_token = global.telegram_bot_token;
  if (!c.bot_token.given())
    return reader.wrong("missing bot_token or bot_token_file on telegram_config");
  if (c.chat_id == 0 && c.chat_id_file.empty())
    return reader.wrong("missing chat_id or chat_id_file on telegram_config");
  if (c.chat_id != 0 && !c.chat_id_file.empty())
    return reader.wrong("at most one of chat_id & chat_id_file must be configured");
  if (!c.parse_mode.empty() && c.parse_mode != "Markdown" && c.parse_mode != "MarkdownV2" &&
      c.parse_mode != "HTML")
    return reader.wrong(
        "unknown parse_mode on telegram_config, must be Markdown, MarkdownV2, HTML or empty "
        "string");
  return {};
}

Status parse(YamlSection& s, const GlobalSettings& global, DiscordSettings& c) {
  c.title = by_template("discord.default.title");
  c.message = by_template("discord.default.message");
  Reader reader(s, global);
  TRY(reader.common(c));
  TRY(reader.url("webhook_url", "webhook_url_file", c.url));
  return read_texts(s, {{"content", &c.content},
                        {"title", &c.title},
                        {"message", &c.message},
                        {"username", &c.username},
                        {"avatar_url", &c.avatar_url}});
}

Status parse(YamlSection& s, const GlobalSettings& global, WebexSettings& c) {
  c.message = by_template("webex.default.message");
  c.api_url = global.webex_api_url;
  Reader reader(s, global);
  TRY(reader.common(c));
  TRY(read_url(s, "api_url", c.api_url));
  TRY(read_texts(s, {{"message", &c.message}, {"room_id", &c.room_id}}));
  if (c.room_id.empty()) return reader.wrong("missing room_id on webex_config");
  const auto& auth = c.http->auth;
  if (auth.authorization_credentials.empty() && auth.authorization_credentials_file.empty())
    return reader.wrong("missing webex_configs.http_config.authorization");
  return {};
}

Status parse_msteams(YamlSection& s, const GlobalSettings& global, MsteamsSettings& c, bool v2) {
  const std::string kind = v2 ? "msteamsv2" : "msteams";
  c.title = by_template(kind + ".default.title");
  c.text = by_template(kind + ".default.text");
  if (!v2) c.summary = by_template("msteams.default.summary");
  Reader reader(s, global);
  TRY(reader.common(c));
  TRY(reader.url("webhook_url", "webhook_url_file", c.url));
  if (!v2) TRY(read_texts(s, {{"summary", &c.summary}}));
  return read_texts(s, {{"title", &c.title}, {"text", &c.text}});
}

// A text, or {template: text, enable_update: bool}.
Status read_updated(YamlSection& s, std::string_view key, std::string& text, bool& update) {
  const Yaml* node = s.take(key);
  if (node == nullptr) return {};
  if (node->kind() != Yaml::Kind::map) {
    text = TRY(node->text());
    return {};
  }
  auto section = TRY(YamlSection::open(*node, key));
  TRY(section.read("template", text));
  TRY(section.read("enable_update", update));
  return section.done();
}

Status parse(YamlSection& s, const GlobalSettings& global, JiraSettings& c) {
  c.summary = by_template("jira.default.summary");
  c.description = by_template("jira.default.description");
  c.priority = by_template("jira.default.priority");
  c.api_url = global.jira_api_url;
  Reader reader(s, global);
  TRY(reader.common(c));
  TRY(read_url(s, "api_url", c.api_url));
  TRY(read_updated(s, "summary", c.summary, c.update_summary));
  TRY(read_updated(s, "description", c.description, c.update_description));
  TRY(read_texts(s, {{"api_type", &c.api_type},
                     {"project", &c.project},
                     {"priority", &c.priority},
                     {"issue_type", &c.issue_type},
                     {"reopen_transition", &c.reopen_transition},
                     {"resolve_transition", &c.resolve_transition},
                     {"wont_fix_resolution", &c.wont_fix_resolution}}));
  TRY(s.read("labels", c.labels));
  TRY(s.read("reopen_duration", c.reopen_duration));
  for (const auto* key : {"fields", "custom_fields"})
    if (const Yaml* node = s.take(key)) {
      if (node->kind() != Yaml::Kind::map) return fail(node->error("fields must be a map"));
      c.fields = *node;
    }
  if (c.project.empty()) return reader.wrong("missing project in jira_config");
  if (c.issue_type.empty()) return reader.wrong("missing issue_type in jira_config");
  if (c.api_type != "auto" && c.api_type != "cloud" && c.api_type != "datacenter")
    return reader.wrong("unknown api_type on jira_config, must be cloud, datacenter, or auto");
  if (c.api_url.empty()) return reader.wrong("no global Jira Cloud URL set");
  return {};
}

Status parse(YamlSection& s, const GlobalSettings& global, RocketchatSettings& c) {
  c.send_resolved = false;
  c.color = "{{ if eq .Status \"firing\" }}red{{ else }}green{{ end }}";
  c.emoji = by_template("rocketchat.default.emoji");
  c.icon_url = by_template("rocketchat.default.iconurl");
  c.text = by_template("rocketchat.default.text");
  c.title = by_template("rocketchat.default.title");
  c.title_link = by_template("rocketchat.default.titlelink");
  c.api_url = global.rocketchat_api_url;
  Reader reader(s, global);
  TRY(reader.common(c));
  TRY(read_url(s, "api_url", c.api_url));
  TRY(reader.secret("token", "token_file", c.token));
  TRY(reader.secret("token_id", "token_id_file", c.token_id));
  TRY(read_texts(s, {{"channel", &c.channel},
                     {"color", &c.color},
                     {"title", &c.title},
                     {"title_link", &c.title_link},
                     {"text", &c.text},
                     {"emoji", &c.emoji},
                     {"icon_url", &c.icon_url},
                     {"image_url", &c.image_url},
                     {"thumb_url", &c.thumb_url}}));
  TRY(s.read("short_fields", c.short_fields));
  TRY(s.read("link_names", c.link_names));
  TRY(each(s, "fields", [&](YamlSection& field) -> Status {
    auto& f = c.fields.emplace_back();
    TRY(read_texts(field, {{"title", &f.title}, {"value", &f.value}}));
    if (const Yaml* node = field.take("short")) f.is_short = TRY(node->boolean());
    return {};
  }));
  TRY(each(s, "actions", [&](YamlSection& action) -> Status {
    auto& a = c.actions.emplace_back();
    TRY(read_texts(action, {{"type", &a.type},
                            {"text", &a.text},
                            {"url", &a.url},
                            {"image_url", &a.image_url},
                            {"webview_height_ratio", &a.webview_height_ratio},
                            {"msg", &a.msg},
                            {"msg_processing_type", &a.msg_processing_type}}));
    TRY(action.read("is_webview", a.is_webview));
    return action.read("msg_in_chat_window", a.msg_in_chat_window);
  }));
  if (!c.token.given()) c.token = global.rocketchat_token;
  if (!c.token_id.given()) c.token_id = global.rocketchat_token_id;
  if (!c.token.given())
    return reader.wrong("no global Rocketchat Token set either inline or in a file");
  if (!c.token_id.given())
    return reader.wrong("no global Rocketchat TokenID set either inline or in a file");
  return {};
}

Status read_attachment(YamlSection& s, MattermostSettings::Attachment& a) {
  TRY(read_texts(s, {{"fallback", &a.fallback},
                     {"color", &a.color},
                     {"pretext", &a.pretext},
                     {"text", &a.text},
                     {"author_name", &a.author_name},
                     {"author_link", &a.author_link},
                     {"author_icon", &a.author_icon},
                     {"title", &a.title},
                     {"title_link", &a.title_link},
                     {"thumb_url", &a.thumb_url},
                     {"footer", &a.footer},
                     {"footer_icon", &a.footer_icon},
                     {"image_url", &a.image_url}}));
  return read_fields(s, a.fields, "Mattermost");
}

Status parse(YamlSection& s, const GlobalSettings& global, MattermostSettings& c) {
  c.username = by_template("mattermost.default.username");
  c.main.color = by_template("mattermost.default.color");
  c.main.text = by_template("mattermost.default.text");
  c.main.title = by_template("mattermost.default.title");
  c.main.title_link = by_template("mattermost.default.titlelink");
  c.main.fallback = by_template("mattermost.default.fallback");
  Reader reader(s, global);
  TRY(reader.common(c));
  TRY(reader.url("webhook_url", "webhook_url_file", c.url, false));
  TRY(read_attachment(s, c.main));
  TRY(read_texts(s, {{"channel", &c.channel},
                     {"username", &c.username},
                     {"icon_url", &c.icon_url},
                     {"icon_emoji", &c.icon_emoji},
                     {"type", &c.type},
                     {"message_text", &c.message_text}}));
  TRY(each(s, "attachments",
           [&](YamlSection& a) { return read_attachment(a, c.attachments.emplace_back()); }));
  if (const Yaml* node = s.take("props")) {
    auto props = TRY(YamlSection::open(*node, "props"));
    TRY(props.read("card", c.props_card));
    TRY(props.done());
  }
  if (const Yaml* node = s.take("priority")) {
    auto priority = TRY(YamlSection::open(*node, "priority"));
    auto& p = c.priority.emplace();
    TRY(priority.read("priority", p.priority));
    TRY(priority.read("requested_ack", p.requested_ack));
    TRY(priority.read("persistent_notifications", p.persistent_notifications));
    TRY(priority.done());
  }
  if (!c.url.given()) c.url = global.mattermost_webhook_url;
  if (!c.url.given())
    return reader.wrong("no global Mattermost Webhook URL set either inline or in a file");
  return {};
}

Status read_request(YamlSection& s, std::string_view key, TemplatedSettings::Request& r) {
  const Yaml* node = s.take(key);
  if (node == nullptr) return {};
  auto section = TRY(YamlSection::open(*node, key));
  TRY(read_texts(section, {{"method", &r.method}, {"body", &r.body}}));
  TRY(read_url(section, "url", r.url));
  TRY(read_map(section, "headers", r.headers));
  TRY(section.done());
  if (r.url.empty()) return fail(node->error(std::string(key) + ": missing url"));
  for (const auto& [name, value] : r.headers)
    if (name.empty() || name.find_first_of(" :\r\n\t") != name.npos)
      return fail(node->error("invalid header name " + go_quote(name)));
  return {};
}

Status parse(YamlSection& s, const GlobalSettings& global, TemplatedSettings& c) {
  Reader reader(s, global);
  c.title = by_template("__subject");
  c.text = by_template("__text_alert_list");
  TRY(reader.common(c));
  TRY(read_texts(s, {{"preset", &c.preset},
                     {"project", &c.project},
                     {"id_path", &c.id_path},
                     {"title", &c.title},
                     {"text", &c.text}}));
  TRY(read_url(s, "base_url", c.base_url));
  TRY(read_request(s, "search", c.search));
  TRY(read_request(s, "create", c.create));
  TRY(read_request(s, "update", c.update));
  TRY(read_request(s, "resolve", c.resolve));
  TRY(s.read("timeout", c.timeout));
  if (const Yaml* node = s.take("retry_statuses")) {
    if (node->kind() != Yaml::Kind::sequence)
      return fail(node->error("retry_statuses must be a list of HTTP statuses"));
    for (const auto& item : node->items()) {
      const auto status = TRY(item.integer());
      if (status < 100 || status > 599)
        return fail(item.error(std::to_string(status) + " is not an HTTP status"));
      c.retry_statuses.push_back(static_cast<int>(status));
    }
  }
  static constexpr std::array<std::string_view, 3> kPresets = {"servicenow", "jira", "github"};
  if (c.preset.empty()) {
    if (!c.create.given()) return reader.wrong("pharos_webhook_configs: create is missing");
    if (c.search.given() && c.id_path.empty())
      return reader.wrong("pharos_webhook_configs: search needs id_path");
  } else {
    if (std::ranges::find(kPresets, std::string_view(c.preset)) == kPresets.end())
      return reader.wrong("unknown preset " + go_quote(c.preset) +
                          ", must be servicenow, jira or github");
    if (c.preset == "github" && c.base_url.empty()) c.base_url = "https://api.github.com";
    if (c.preset == "servicenow" && c.project.empty()) c.project = "incident";
    if (c.base_url.empty()) return reader.wrong("preset " + c.preset + " needs base_url");
    if (c.project.empty()) return reader.wrong("preset " + c.preset + " needs project");
    while (c.base_url.ends_with('/')) c.base_url.pop_back();
  }
  return {};
}

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
  TRY(s.done());
  return std::shared_ptr<const ReceiverConfig>(std::move(r));
}

}  // namespace pharos::rules::receivers
