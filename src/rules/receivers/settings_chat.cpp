// Settings of chat services: Slack, WeChat, Telegram, Discord, Webex, Teams, Rocket.Chat,
// Mattermost.
#include "rules/receivers/settings_reader.hpp"

namespace pharos::rules::receivers {

namespace {

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

}  // namespace

namespace {

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

}  // namespace

namespace {

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

}  // namespace

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

namespace {

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

}  // namespace

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

}  // namespace pharos::rules::receivers
