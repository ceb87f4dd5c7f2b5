// Microsoft Teams: msteams is a connector's message card, msteamsv2 a workflow's adaptive card.
#include "rules/receivers/sender.hpp"

namespace pharos::rules::receivers {
namespace {

constexpr std::size_t kCardBytesMax = 28'000;  // of the whole message, by Teams

class Teams : public HttpIntegration {
 public:
  Teams(std::string_view kind, const MsteamsSettings& settings, const Place& place)
      : HttpIntegration(kind, place.index, settings, place.options, place.allow_link_local),
        settings_(settings) {}

 protected:
  notify::SendOutcome deliver(const notify::Notification& n, Texts& texts,
                              Sender& sender) override {
    const auto url = settings_.url.read();
    if (!url) return retry(url.error().message);
    const std::string title = texts.subject(settings_.title);
    std::string text = texts.body(settings_.text), out;
    for (;;) {
      out.clear();
      codec::JsonWriter json(out);
      card(json, texts, title, text, is_firing(n));
      if (out.size() <= kCardBytesMax || text.size() < 100) break;
      const std::size_t shorter = text.size() * 3 / 4;
      text = limit_bytes(std::move(text), shorter);
    }
    return sender.post_json(*url, std::move(out));
  }
  virtual void card(codec::JsonWriter& json, Texts& texts, const std::string& title,
                    const std::string& text, bool firing) const = 0;

  const MsteamsSettings settings_;
};

class MessageCard final : public Teams {
 public:
  MessageCard(const MsteamsSettings& settings, const Place& place)
      : Teams("msteams", settings, place) {}

 private:
  void card(codec::JsonWriter& json, [[maybe_unused]] Texts& texts, const std::string& title,
            const std::string& text, bool firing) const override {
    json.begin_object();
    put(json, "@context", "http://schema.org/extensions");
    put(json, "type", "MessageCard");
    put(json, "title", title);
    put(json, "summary", texts.subject(settings_.summary));
    put(json, "text", text);
    put(json, "themeColor", firing ? "8C1A1A" : "2DC72D");
    json.end_object();
  }
};

class AdaptiveCard final : public Teams {
 public:
  AdaptiveCard(const MsteamsSettings& settings, const Place& place)
      : Teams("msteamsv2", settings, place) {}

 private:
  void card(codec::JsonWriter& json, [[maybe_unused]] Texts& texts, const std::string& title,
            const std::string& text, bool firing) const override {
    json.begin_object();
    put(json, "type", "message");
    json.key("attachments").begin_array().begin_object();
    put(json, "contentType", "application/vnd.microsoft.card.adaptive");
    json.key("contentUrl").null().key("content").begin_object();
    put(json, "$schema", "http://adaptivecards.io/schemas/adaptive-card.json");
    put(json, "type", "AdaptiveCard");
    put(json, "version", "1.2");
    json.key("body").begin_array().begin_object();
    put(json, "type", "TextBlock");
    put(json, "text", title);
    put(json, "weight", "Bolder");
    put(json, "size", "Medium");
    json.key("wrap").value(true);
    put(json, "style", "heading");
    put(json, "color", firing ? "Attention" : "Good");
    json.end_object().begin_object();
    put(json, "type", "TextBlock");
    put(json, "text", text);
    json.key("wrap").value(true).end_object().end_array();
    json.key("msteams").begin_object();
    put(json, "width", "full");
    json.end_object().end_object().end_object().end_array().end_object();
  }
};

}  // namespace

Made make_msteams(const MsteamsSettings& settings, const Place& place) {
  return std::make_unique<MessageCard>(settings, place);
}
Made make_msteamsv2(const MsteamsSettings& settings, const Place& place) {
  return std::make_unique<AdaptiveCard>(settings, place);
}

}  // namespace pharos::rules::receivers
