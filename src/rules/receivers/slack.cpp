// Slack: an incoming webhook, or chat.postMessage of the Web API with a bot token.
#include "base/log.hpp"
#include "rules/receivers/receiver_memory.hpp"
#include "rules/receivers/sender.hpp"

namespace pharos::rules::receivers {
namespace {

constexpr std::size_t kTitleRunesMax = 1024;

void put_fields(codec::JsonWriter& json, const std::vector<Field>& fields, bool is_short,
                Texts& texts) {
  if (fields.empty()) return;
  json.key("fields").begin_array();
  for (const auto& field : fields) {
    json.begin_object();
    put_some(json, "title", texts(field.title));
    put_some(json, "value", texts(field.value));
    json.key("short").value(field.is_short.value_or(is_short));
    json.end_object();
  }
  json.end_array();
}

class Slack final : public HttpIntegration {
 public:
  Slack(const SlackSettings& settings, const Place& place)
      : HttpIntegration("slack", place.index, settings, place.options, place.allow_link_local),
        settings_(settings),
        memory_(place.options.memory) {}

 private:
  struct Message {
    std::string channel, ts;
  };
  Millis own_timeout() const override { return settings_.timeout; }

  void put_actions(codec::JsonWriter& json, Texts& texts) const {
    if (settings_.actions.empty()) return;
    json.key("actions").begin_array();
    for (const auto& action : settings_.actions) {
      json.begin_object();
      put_some(json, "type", texts(action.type));
      put_some(json, "text", texts(action.text));
      put_some(json, "url", texts(action.url));
      put_some(json, "style", texts(action.style));
      put_some(json, "name", texts(action.name));
      put_some(json, "value", texts(action.value));
      if (action.confirm) {
        json.key("confirm").begin_object();
        put_some(json, "text", texts(action.confirm->text));
        put_some(json, "title", texts(action.confirm->title));
        put_some(json, "ok_text", texts(action.confirm->ok_text));
        put_some(json, "dismiss_text", texts(action.confirm->dismiss_text));
        json.end_object();
      }
      json.end_object();
    }
    json.end_array();
  }

  std::string message(Texts& texts, const std::string& channel, const std::string& ts) const {
    const auto& c = settings_;
    std::string out;
    codec::JsonWriter json(out);
    json.begin_object();
    put_some(json, "channel", channel);
    put_some(json, "username", texts(c.username));
    put_some(json, "icon_emoji", texts(c.icon_emoji));
    put_some(json, "icon_url", texts(c.icon_url));
    if (c.link_names) json.key("link_names").value(true);
    put_some(json, "text", texts(c.message_text));
    json.key("attachments").begin_array().begin_object();
    put_some(json, "title", limit_runes(texts.subject(c.title), kTitleRunesMax));
    put_some(json, "title_link", texts(c.title_link));
    put_some(json, "pretext", texts(c.pretext));
    put(json, "text", texts.body(c.text));
    put(json, "fallback", texts.subject(c.fallback));
    put(json, "callback_id", texts(c.callback_id));
    put_fields(json, c.fields, c.short_fields, texts);
    put_actions(json, texts);
    put_some(json, "image_url", texts(c.image_url));
    put_some(json, "thumb_url", texts(c.thumb_url));
    put(json, "footer", texts(c.footer));
    put_some(json, "color", texts(c.color));
    json.key("mrkdwn_in").begin_array();
    if (c.mrkdwn_in.empty()) json.value("fallback").value("pretext").value("text");
    for (const auto& part : c.mrkdwn_in) json.raw(json_text(part));
    json.end_array().end_object().end_array();
    put_some(json, "ts", ts);
    json.end_object();
    return out;
  }

  // An error may come with status 200.
  static notify::SendOutcome judged(notify::SendOutcome outcome, const net::ClientReply& reply,
                                    const std::string& channel) {
    if (outcome.kind != notify::SendOutcome::Kind::sent) {
      outcome.error = "channel " + go_quote(channel) + ": " + outcome.error;
      return outcome;
    }
    const std::string where = "channel " + go_quote(channel) + ": ";
    if (!reply.headers.get("Content-Type").starts_with("application/json")) {
      if (reply.body == "ok") return outcome;
      return failed(
          where + "received an error response from Slack: " + limit_bytes(reply.body, 1000),
          reply.status);
    }
    const auto json = codec::Json::parse(reply.body);
    if (!json) return unconfirmed(where + "could not unmarshal JSON response", reply.status);
    if ((*json)["ok"].boolean()) return outcome;
    const auto& error = (*json)["error"].string();
    const std::string text = where + "error response from Slack: " + error;
    const bool passing = error == "ratelimited" || error == "rate_limited" ||
                         error == "internal_error" || error == "fatal_error" ||
                         error == "service_unavailable" || error == "request_timeout";
    return passing ? retry(text, reply.status) : failed(text, reply.status);
  }

  notify::SendOutcome deliver(const notify::Notification& n, Texts& texts,
                              Sender& sender) override {
    auto url = settings_.url.read();
    if (!url) return retry(url.error().message);
    const auto token = settings_.app_token.read();
    if (!token) return retry(token.error().message);
    const std::string channel = texts(settings_.channel);
    const auto known = settings_.update_message ? find(n, channel) : std::nullopt;
    net::ClientRequest request;
    request.method = "POST";
    request.url = known ? updating(*url) : *url;
    request.headers = {{"Content-Type", "application/json"}};
    if (!token->empty()) request.headers.emplace_back("Authorization", "Bearer " + *token);
    request.body = message(texts, known ? known->channel : channel, known ? known->ts : "") + "\n";
    net::ClientReply reply;
    auto outcome = judged(sender.exchange(std::move(request), {}, reply), reply, channel);
    if (settings_.update_message && outcome.kind == notify::SendOutcome::Kind::sent)
      remember(n, channel, reply);
    return outcome;
  }

  static std::string updating(std::string url) {
    constexpr std::string_view kPost = "chat.postMessage";
    if (url.ends_with(kPost)) url.replace(url.size() - kPost.size(), kPost.size(), "chat.update");
    return url;
  }
  // What is remembered of a group: the id of the channel, a space, the message's.
  std::string memory_key(const notify::Notification& n, const std::string& channel) const {
    constexpr char kBetween = '\x1e';
    return std::string(kind()) + "[" + std::to_string(index()) + "]" + kBetween + n.receiver +
           kBetween + channel + kBetween + n.group_key;
  }
  std::optional<Message> find(const notify::Notification& n, const std::string& channel) const {
    const auto found = memory_ ? memory_->find(memory_key(n, channel)) : std::nullopt;
    if (!found) return std::nullopt;
    const auto space = found->rfind(' ');
    if (space == found->npos) return std::nullopt;
    return Message{found->substr(0, space), found->substr(space + 1)};
  }
  void remember(const notify::Notification& n, const std::string& channel,
                const net::ClientReply& reply) const {
    const auto json = codec::Json::parse(reply.body);
    if (!memory_ || !json || (*json)["ts"].string().empty()) return;
    const auto& id = (*json)["channel"].string();
    const auto status = memory_->put(memory_key(n, channel),
                                     (id.empty() ? channel : id) + " " + (*json)["ts"].string());
    if (!status)
      log::warn("after a restart a Slack message will not be updated but repeated",
                {{"receiver", n.receiver}, {"error", status.error().message}});
  }

  const SlackSettings settings_;
  const std::shared_ptr<ReceiverMemory> memory_;
};

}  // namespace

Made make_slack(const SlackSettings& settings, const Place& place) {
  return std::make_unique<Slack>(settings, place);
}

}  // namespace pharos::rules::receivers
