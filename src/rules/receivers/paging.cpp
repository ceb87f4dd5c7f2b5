// Pagers with a simple API: VictorOps (Splunk On-Call) and Pushover.
#include <algorithm>

#include "rules/receivers/sender.hpp"
#include "rules/template_functions.hpp"

namespace pharos::rules::receivers {
namespace {

class Victorops final : public HttpIntegration {
 public:
  Victorops(const VictoropsSettings& settings, const Place& place)
      : HttpIntegration("victorops", place.index, settings, place.options, place.allow_link_local),
        settings_(settings) {}

 private:
  static constexpr std::size_t kMessageRunesMax = 20480;

  notify::SendOutcome deliver(const notify::Notification& n, Texts& texts,
                              Sender& sender) override {
    const auto& c = settings_;
    const auto key = c.api_key.read();
    if (!key) return retry(key.error().message);
    std::string type = texts(c.message_type);
    const bool known = type == "INFO" || type == "WARNING" || type == "CRITICAL";
    if (!is_firing(n))
      type = "RECOVERY";
    else if (!known)
      type = "CRITICAL";
    StringMap body = texts.all(c.custom_fields);
    body["message_type"] = type;
    body["entity_id"] = group_key_hash(n);
    body["entity_display_name"] = texts.subject(c.entity_display_name);
    body["state_message"] = limit_runes(texts.body(c.state_message), kMessageRunesMax);
    body["monitoring_tool"] = texts(c.monitoring_tool);
    std::string out = "{";
    for (const auto& [name, value] : body)
      out += (out.size() == 1 ? "" : ",") + json_text(name) + ":" + json_text(value);
    return sender.post_json(c.api_url + *key + "/" + texts(c.routing_key), out + "}");
  }

  const VictoropsSettings settings_;
};

class Pushover final : public HttpIntegration {
 public:
  Pushover(const PushoverSettings& settings, const Place& place)
      : HttpIntegration("pushover", place.index, settings, place.options, place.allow_link_local),
        settings_(settings),
        url_(place.options.pushover_url) {}

 private:
  static constexpr std::size_t kTitleRunesMax = 250, kMessageRunesMax = 1024, kUrlRunesMax = 512;
  static constexpr Millis kRetryMin = std::chrono::seconds(30), kExpireMax = std::chrono::hours(3);

  notify::SendOutcome deliver(const notify::Notification&, Texts& texts, Sender& sender) override {
    const auto& c = settings_;
    const auto user = c.user_key.read(), token = c.token.read();
    if (!user) return retry(user.error().message);
    if (!token) return retry(token.error().message);
    std::string form;
    const auto add = [&form](std::string_view name, std::string_view value) {
      if (value.empty()) return;
      form += (form.empty() ? "" : "&") + std::string(name) + "=" + detail::query_escape(value);
    };
    const auto seconds = [](Millis span) { return std::to_string(span.count() / 1000); };
    std::string message = c.html ? texts.html(c.message) : texts.body(c.message);
    message = limit_runes(std::move(message), kMessageRunesMax);
    // Pushover refuses a message of blanks.
    if (message.find_first_not_of(" \t\r\n") == message.npos) message = "(no details)";
    const std::string priority = texts(c.priority);
    add("token", texts(*token));
    add("user", texts(*user));
    add("title", limit_runes(texts.subject(c.title), kTitleRunesMax));
    add("message", message);
    add("url", limit_runes(texts(c.url), kUrlRunesMax));
    add("url_title", texts(c.url_title));
    add("priority", priority);
    add("retry", seconds(std::max(c.retry, kRetryMin)));
    add("expire", seconds(std::min(c.expire, kExpireMax)));
    if (c.ttl > Millis{0}) add("ttl", seconds(c.ttl));
    add("device", texts(c.device));
    add("sound", texts(c.sound));
    if (c.html) add("html", "1");
    if (c.monospace) add("monospace", "1");
    net::ClientRequest request;
    request.method = "POST";
    request.url = url_;
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = std::move(form);
    return sender.exchange(std::move(request));
  }

  const PushoverSettings settings_;
  const std::string url_;
};

}  // namespace

Made make_victorops(const VictoropsSettings& settings, const Place& place) {
  return std::make_unique<Victorops>(settings, place);
}
Made make_pushover(const PushoverSettings& settings, const Place& place) {
  return std::make_unique<Pushover>(settings, place);
}

}  // namespace pharos::rules::receivers
