// Chats that took over Slack's attachments: Mattermost and Rocket.Chat.
#include "rules/receivers/sender.hpp"
#include "rules/text_case.hpp"

namespace pharos::rules::receivers {
namespace {

constexpr std::size_t kTitleRunesMax = 1024;
constexpr std::size_t kMattermostTextRunesMax = 16383;

void put_fields(codec::JsonWriter& json, const std::vector<Field>& fields, bool is_short,
                Texts& texts) {
  if (fields.empty()) return;
  json.key("fields").begin_array();
  for (const auto& field : fields) {
    json.begin_object();
    json.key("short").value(field.is_short.value_or(is_short));
    put_some(json, "title", texts(field.title));
    put_some(json, "value", texts(field.value));
    json.end_object();
  }
  json.end_array();
}

class Mattermost final : public HttpIntegration {
 public:
  Mattermost(const MattermostSettings& settings, const Place& place)
      : HttpIntegration("mattermost", place.index, settings, place.options, place.allow_link_local),
        settings_(settings) {}

 private:
  static void put_attachment(codec::JsonWriter& json, const MattermostSettings::Attachment& a,
                             Texts& texts) {
    json.begin_object();
    put_some(json, "fallback", texts.subject(a.fallback));
    put_some(json, "color", texts(a.color));
    put_some(json, "pretext", texts(a.pretext));
    put_some(json, "text", limit_runes(texts.body(a.text), kMattermostTextRunesMax));
    put_some(json, "author_name", texts(a.author_name));
    put_some(json, "author_link", texts(a.author_link));
    put_some(json, "author_icon", texts(a.author_icon));
    put_some(json, "title", texts.subject(a.title));
    put_some(json, "title_link", texts(a.title_link));
    put_fields(json, a.fields, false, texts);
    put_some(json, "thumb_url", texts(a.thumb_url));
    put_some(json, "footer", texts(a.footer));
    put_some(json, "footer_icon", texts(a.footer_icon));
    put_some(json, "image_url", texts(a.image_url));
    json.end_object();
  }

  // An acknowledgement can be asked for above standard, persistence for urgent only.
  void put_priority(codec::JsonWriter& json, Texts& texts) const {
    if (!settings_.priority || settings_.priority->priority.empty()) return;
    std::string level = detail::lower_case(texts(settings_.priority->priority));
    if (level != "urgent" && level != "important") level = "standard";
    json.key("priority").begin_object();
    put(json, "priority", level);
    if (settings_.priority->requested_ack && level != "standard")
      json.key("requested_ack").value(true);
    if (settings_.priority->persistent_notifications && level == "urgent")
      json.key("persistent_notifications").value(true);
    json.end_object();
  }

  notify::SendOutcome deliver(const notify::Notification&, Texts& texts, Sender& sender) override {
    const auto& c = settings_;
    const auto url = c.url.read();
    if (!url) return retry(url.error().message);
    std::string out;
    codec::JsonWriter json(out);
    json.begin_object();
    put_some(json, "channel", texts(c.channel));
    put_some(json, "username", texts(c.username));
    put_some(json, "text", limit_runes(texts(c.message_text), kMattermostTextRunesMax));
    put_some(json, "icon_url", texts(c.icon_url));
    put_some(json, "icon_emoji", texts(c.icon_emoji));
    json.key("attachments").begin_array();
    // Given attachments stand instead of the one of the flat keys.
    if (c.attachments.empty()) put_attachment(json, c.main, texts);
    for (const auto& attachment : c.attachments) put_attachment(json, attachment, texts);
    json.end_array();
    put_some(json, "type", texts(c.type));
    if (!c.props_card.empty()) {
      json.key("props").begin_object();
      put(json, "card", texts(c.props_card));
      json.end_object();
    }
    put_priority(json, texts);
    json.end_object();
    return sender.post_json(*url, std::move(out));
  }

  const MattermostSettings settings_;
};

class Rocketchat final : public HttpIntegration {
 public:
  Rocketchat(const RocketchatSettings& settings, const Place& place)
      : HttpIntegration("rocketchat", place.index, settings, place.options, place.allow_link_local),
        settings_(settings) {}

 private:
  void put_actions(codec::JsonWriter& json, Texts& texts) const {
    if (settings_.actions.empty()) return;
    json.key("actions").begin_array();
    for (const auto& a : settings_.actions) {
      json.begin_object();
      put_some(json, "type", texts(a.type));
      put_some(json, "text", texts(a.text));
      put_some(json, "url", texts(a.url));
      put_some(json, "image_url", texts(a.image_url));
      json.key("is_webview").value(a.is_webview);
      put_some(json, "webview_height_ratio", texts(a.webview_height_ratio));
      put_some(json, "msg", texts(a.msg));
      json.key("msg_in_chat_window").value(a.msg_in_chat_window);
      put_some(json, "msg_processing_type", texts(a.msg_processing_type));
      json.end_object();
    }
    json.end_array();
  }

  notify::SendOutcome deliver(const notify::Notification&, Texts& texts, Sender& sender) override {
    const auto& c = settings_;
    const auto token = c.token.read(), id = c.token_id.read();
    if (!token) return retry(token.error().message);
    if (!id) return retry(id.error().message);
    net::ClientRequest request;
    request.method = "POST";
    request.url = c.api_url + (c.api_url.ends_with('/') ? "" : "/") + "api/v1/chat.postMessage";
    request.headers = {
        {"Content-Type", "application/json"}, {"X-Auth-Token", *token}, {"X-User-Id", *id}};
    const std::string channel = texts(c.channel);
    codec::JsonWriter json(request.body);
    json.begin_object();
    put_some(json, "channel", channel);
    put_some(json, "emoji", texts(c.emoji));
    put_some(json, "avatar", texts(c.icon_url));
    json.key("attachments").begin_array().begin_object();
    put_some(json, "title", limit_runes(texts.subject(c.title), kTitleRunesMax));
    put_some(json, "title_link", texts(c.title_link));
    put_some(json, "text", texts.body(c.text));
    put_some(json, "image_url", texts(c.image_url));
    put_some(json, "thumb_url", texts(c.thumb_url));
    put_some(json, "color", texts(c.color));
    put_fields(json, c.fields, c.short_fields, texts);
    put_actions(json, texts);
    json.end_object().end_array().end_object();
    request.body += '\n';
    net::ClientReply reply;
    auto outcome = sender.exchange(std::move(request), {}, reply);
    if (outcome.kind != notify::SendOutcome::Kind::sent) return outcome;
    const auto answer = codec::Json::parse(reply.body);
    if (!answer)
      return unconfirmed("could not unmarshal JSON response of Rocket.Chat", reply.status);
    if (!(*answer)["success"].boolean())
      return failed("channel " + go_quote(channel) + ": error response from Rocket.Chat: " +
                        limit_bytes((*answer)["error"].string(), 1000),
                    reply.status);
    return outcome;
  }

  const RocketchatSettings settings_;
};

}  // namespace

Made make_mattermost(const MattermostSettings& settings, const Place& place) {
  return std::make_unique<Mattermost>(settings, place);
}
Made make_rocketchat(const RocketchatSettings& settings, const Place& place) {
  return std::make_unique<Rocketchat>(settings, place);
}

}  // namespace pharos::rules::receivers
