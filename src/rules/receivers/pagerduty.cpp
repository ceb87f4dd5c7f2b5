// PagerDuty: Events API v2 with a routing key, v1 with a service key.
#include <algorithm>
#include <array>

#include "rules/receivers/sender.hpp"

namespace pharos::rules::receivers {
namespace {

constexpr std::size_t kSummaryRunesMax = 1024;
constexpr std::size_t kEventBytesMax = 512'000;

// "status: message: error, error" of an error's answer.
std::string error_detail(const net::ClientReply& reply) {
  const auto json = codec::Json::parse(reply.body);
  if (!json) return reply.body;
  std::string out = (*json)["status"].string() + ": " + (*json)["message"].string();
  bool first = true;
  for (const auto& error : (*json)["errors"].items()) {
    out += (first ? ": " : ", ") + error.string();
    first = false;
  }
  return out;
}

class Pagerduty final : public HttpIntegration {
 public:
  Pagerduty(const PagerdutySettings& settings, const Place& place)
      : HttpIntegration("pagerduty", place.index, settings, place.options, place.allow_link_local),
        settings_(settings),
        v1_url_(place.options.pagerduty_v1_url) {}

 private:
  Millis own_timeout() const override { return settings_.timeout; }

  // PagerDuty refuses an event of any other severity.
  std::string severity(Texts& texts) const {
    static constexpr std::array<std::string_view, 4> kKnown = {"critical", "error", "warning",
                                                               "info"};
    std::string given = texts(settings_.severity);
    const bool known = std::ranges::find(kKnown, std::string_view(given)) != kKnown.end();
    return known ? given : "error";
  }

  std::string event(Texts& texts, std::string_view key, std::string_view dedup_key,
                    std::string_view action, const StringMap& details) const {
    const auto& c = settings_;
    std::string out;
    codec::JsonWriter json(out);
    json.begin_object();
    put_some(json, "routing_key", key);
    put_some(json, "dedup_key", dedup_key);
    put(json, "event_action", action);
    json.key("payload").begin_object();
    put(json, "summary", limit_runes(texts.subject(c.description), kSummaryRunesMax));
    put(json, "source", texts(c.source));
    put(json, "severity", severity(texts));
    put_some(json, "class", texts(c.class_));
    put_some(json, "component", texts(c.component));
    put_some(json, "group", texts(c.group));
    put_map(json, "custom_details", details);
    json.end_object();
    put_some(json, "client", texts(c.client));
    put_some(json, "client_url", texts(c.client_url));
    std::string images, links;
    for (const auto& image : c.images) {
      const auto src = texts(image.src);
      if (src.empty()) continue;
      images += (images.empty() ? "" : ",") + ("{\"src\":" + json_text(src)) +
                ",\"alt\":" + json_text(texts(image.alt)) +
                ",\"href\":" + json_text(texts(image.href)) + "}";
    }
    for (const auto& link : c.links) {
      const auto href = texts(link.href);
      if (href.empty()) continue;
      links += (links.empty() ? "" : ",") + ("{\"href\":" + json_text(href)) +
               ",\"text\":" + json_text(texts(link.text)) + "}";
    }
    if (!images.empty()) json.key("images").raw("[" + images + "]");
    if (!links.empty()) json.key("links").raw("[" + links + "]");
    json.end_object();
    return out;
  }

  std::string event_v1(Texts& texts, std::string_view key, std::string_view incident,
                       std::string_view action, const StringMap& details) const {
    std::string out;
    codec::JsonWriter json(out);
    json.begin_object();
    put(json, "service_key", key);
    put(json, "incident_key", incident);
    put(json, "event_type", action);
    put(json, "description", limit_runes(texts.subject(settings_.description), kSummaryRunesMax));
    put_some(json, "client", texts(settings_.client));
    put_some(json, "client_url", texts(settings_.client_url));
    put_map(json, "details", details);
    json.end_object();
    return out;
  }

  notify::SendOutcome deliver(const notify::Notification& n, Texts& texts,
                              Sender& sender) override {
    const bool v1 = settings_.service_key.given();
    const auto key = (v1 ? settings_.service_key : settings_.routing_key).read();
    if (!key) return retry(key.error().message);
    const std::string_view action = is_firing(n) ? "trigger" : "resolve";
    const auto dedup_key = group_key_hash(n);
    const auto make = [&](const StringMap& details) {
      return v1 ? event_v1(texts, *key, dedup_key, action, details)
                : event(texts, *key, dedup_key, action, details);
    };
    auto body = make(texts.all(settings_.details));
    if (body.size() > kEventBytesMax)
      body = make({{"error",
                    "Custom details have been removed because the original event exceeds the "
                    "maximum size of 512KB"}});
    Sender::Rules rules{.retry_statuses = {}, .detail = error_detail};
    if (v1) rules.retry_statuses.push_back(403);  // v1's way to say "too many"
    return sender.post_json(v1 ? v1_url_ : settings_.url, std::move(body), rules);
  }

  const PagerdutySettings settings_;
  const std::string v1_url_;
};

}  // namespace

Made make_pagerduty(const PagerdutySettings& settings, const Place& place) {
  return std::make_unique<Pagerduty>(settings, place);
}

}  // namespace pharos::rules::receivers
