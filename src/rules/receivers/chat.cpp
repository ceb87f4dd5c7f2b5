// Chats that take one flat message: Discord, Telegram, Webex.
#include <charconv>

#include "rules/receivers/sender.hpp"

namespace pharos::rules::receivers {
namespace {

class Discord final : public HttpIntegration {
 public:
  Discord(const DiscordSettings& settings, const Place& place)
      : HttpIntegration("discord", place.index, settings, place.options, place.allow_link_local),
        settings_(settings) {}

 private:
  static constexpr std::size_t kTitleRunesMax = 256, kDescriptionRunesMax = 4096,
                               kContentRunesMax = 2000;
  static constexpr int kRed = 10038562, kGreen = 3066993;

  notify::SendOutcome deliver(const notify::Notification& n, Texts& texts,
                              Sender& sender) override {
    const auto url = settings_.url.read();
    if (!url) return retry(url.error().message);
    std::string out;
    codec::JsonWriter json(out);
    json.begin_object();
    put(json, "content", limit_runes(texts(settings_.content), kContentRunesMax));
    json.key("embeds").begin_array().begin_object();
    put(json, "title", limit_runes(texts.subject(settings_.title), kTitleRunesMax));
    put(json, "description", limit_runes(texts.body(settings_.message), kDescriptionRunesMax));
    json.key("color").value(is_firing(n) ? kRed : kGreen).end_object().end_array();
    put_some(json, "username", texts(settings_.username));
    put_some(json, "avatar_url", texts(settings_.avatar_url));
    json.end_object();
    return sender.post_json(*url, std::move(out));
  }

  const DiscordSettings settings_;
};

class Telegram final : public HttpIntegration {
 public:
  Telegram(const TelegramSettings& settings, const Place& place)
      : HttpIntegration("telegram", place.index, settings, place.options, place.allow_link_local),
        settings_(settings) {}

 private:
  static constexpr std::size_t kTextRunesMax = 4096;

  Result<std::string> chat_id() const {
    if (settings_.chat_id_file.empty()) return std::to_string(settings_.chat_id);
    const auto text = TRY((Secret{"", settings_.chat_id_file}.read()));
    std::int64_t id = 0;
    const auto end = text.data() + text.size();
    if (std::from_chars(text.data(), end, id).ptr != end)
      return fail(Errc::invalid, settings_.chat_id_file + ": not a chat id");
    return text;
  }

  notify::SendOutcome deliver(const notify::Notification&, Texts& texts, Sender& sender) override {
    const auto token = settings_.bot_token.read();
    if (!token) return retry(token.error().message);
    const auto chat = chat_id();
    if (!chat) return retry(chat.error().message);
    std::string mode = settings_.parse_mode;
    std::string text =
        mode == "HTML" ? texts.html(settings_.message) : texts.body(settings_.message);
    if (count_runes(text) > kTextRunesMax) {
      // Cut markup is refused, so what has to be cut goes without.
      text = limit_runes(texts.body(settings_.message), kTextRunesMax);
      mode.clear();
    }
    std::string out;
    codec::JsonWriter json(out);
    json.begin_object();
    put(json, "chat_id", *chat);
    if (settings_.disable_notifications) put(json, "disable_notification", "true");
    put(json, "disable_web_page_preview", "true");
    if (settings_.message_thread_id != 0)
      put(json, "message_thread_id", std::to_string(settings_.message_thread_id));
    put_some(json, "parse_mode", mode);
    put(json, "text", text);
    json.end_object();
    net::ClientReply reply;
    auto outcome = sender.post_json(settings_.api_url + "/bot" + *token + "/sendMessage",
                                    std::move(out), {}, reply);
    if (outcome.kind == notify::SendOutcome::Kind::sent) return outcome;
    // {"ok":false,"error_code":429,"parameters":{"retry_after":7}}
    const auto answer = codec::Json::parse(reply.body);
    if (answer && outcome.kind == notify::SendOutcome::Kind::retry && !outcome.retry_after) {
      const auto seconds = (*answer)["parameters"]["retry_after"].integer();
      if (seconds > 0 && seconds <= 3600) outcome.retry_after = std::chrono::seconds(seconds);
    }
    return outcome;
  }

  const TelegramSettings settings_;
};

class Webex final : public HttpIntegration {
 public:
  Webex(const WebexSettings& settings, const Place& place)
      : HttpIntegration("webex", place.index, settings, place.options, place.allow_link_local),
        settings_(settings) {}

 private:
  static constexpr std::size_t kMarkdownBytesMax = 7439;

  notify::SendOutcome deliver(const notify::Notification&, Texts& texts, Sender& sender) override {
    std::string out;
    codec::JsonWriter json(out);
    json.begin_object();
    put(json, "markdown", limit_bytes(texts.body(settings_.message), kMarkdownBytesMax));
    put_some(json, "roomId", texts(settings_.room_id));
    json.end_object();
    return sender.post_json(settings_.api_url, std::move(out));
  }

  const WebexSettings settings_;
};

}  // namespace

Made make_discord(const DiscordSettings& settings, const Place& place) {
  return std::make_unique<Discord>(settings, place);
}
Made make_telegram(const TelegramSettings& settings, const Place& place) {
  return std::make_unique<Telegram>(settings, place);
}
Made make_webex(const WebexSettings& settings, const Place& place) {
  return std::make_unique<Webex>(settings, place);
}

}  // namespace pharos::rules::receivers
