// Alertmanager's webhook, version 4.
//
//   {"receiver","status","alerts":[{"status","labels","annotations","startsAt","endsAt",
//    "generatorURL","fingerprint"}],"groupLabels","commonLabels","commonAnnotations","externalURL",
//    "version":"4","groupKey","truncatedAlerts"[,"routeLabels"]}
//
// With max_alerts, what is common is common to the alerts that are sent.
#include "rules/receivers/sender.hpp"
#include "rules/template_functions.hpp"

namespace pharos::rules::receivers {
namespace {

constexpr Time kGoZero = from_unix_millis(-62135596800000);  // 0001-01-01

void put_labels(codec::JsonWriter& json, std::string_view key, const Labels& labels) {
  json.key(key).begin_object();
  for (const auto label : labels) put(json, label.name, label.value);
  json.end_object();
}
void put_time(codec::JsonWriter& json, std::string_view key, Time t) {
  json.key(key).value(detail::format_layout(t, "2006-01-02T15:04:05.999999999Z07:00"));
}

std::string payload(const notify::Notification& n, std::uint64_t alerts_max) {
  std::span<const Alert> alerts = n.alerts;
  if (alerts_max > 0 && alerts.size() > alerts_max) alerts = alerts.first(alerts_max);
  bool firing = false;
  for (const auto& alert : alerts) firing = firing || !alert.resolved_at(n.now);
  std::string out;
  codec::JsonWriter json(out);
  json.begin_object();
  put(json, "receiver", quote_regex(n.receiver));
  put(json, "status", firing ? "firing" : "resolved");
  json.key("alerts").begin_array();
  for (const auto& alert : alerts) {
    const bool resolved = alert.resolved_at(n.now);
    json.begin_object();
    put(json, "status", resolved ? "resolved" : "firing");
    put_labels(json, "labels", alert.labels);
    put_labels(json, "annotations", alert.annotations);
    put_time(json, "startsAt", alert.starts_at);
    put_time(json, "endsAt", resolved ? alert.ends_at : kGoZero);
    put(json, "generatorURL", alert.generator_url);
    put(json, "fingerprint", fingerprint_text(alert.labels));
    json.end_object();
  }
  json.end_array();
  put_labels(json, "groupLabels", n.group_labels);
  put_labels(json, "commonLabels", common_labels(alerts));
  put_labels(json, "commonAnnotations", common_annotations(alerts));
  put(json, "externalURL", n.external_url);
  put(json, "version", "4");
  put(json, "groupKey", n.group_key);
  json.key("truncatedAlerts").value(static_cast<std::uint64_t>(n.alerts.size() - alerts.size()));
  return out;  // left open for what follows
}

class Webhook final : public HttpIntegration {
 public:
  Webhook(const WebhookSettings& settings, const Place& place)
      : HttpIntegration("webhook", place.index, settings, place.options, place.allow_link_local),
        settings_(settings) {}

 private:
  Millis own_timeout() const override { return settings_.timeout; }

  notify::SendOutcome deliver(const notify::Notification& n, Texts& texts,
                              Sender& sender) override {
    auto url = settings_.url.read();
    if (!url) return retry(url.error().message);
    net::ClientRequest request;
    request.method = "POST";
    request.url = texts(*url);
    request.headers = {{"Content-Type", "application/json"}};
    if (!n.idempotency_key.empty())
      request.headers.emplace_back("Idempotency-Key", n.idempotency_key);
    std::string own;
    if (!settings_.payload.empty()) own = texts(settings_.payload);
    if (!own.empty()) {
      request.body = std::move(own);
    } else {
      request.body = payload(n, settings_.max_alerts);
      if (!n.route_labels.empty()) {
        request.body += ",\"routeLabels\":{";
        bool first = true;
        for (const auto label : n.route_labels) {
          if (!first) request.body += ',';
          first = false;
          request.body += json_text(label.name) + ':' +
                          json_text(texts("{{ routeLabels " + go_quote(label.name) + " }}"));
        }
        request.body += '}';
      }
      request.body += "}\n";
    }
    return sender.exchange(std::move(request));
  }

  const WebhookSettings settings_;
};

}  // namespace

Made make_webhook(const WebhookSettings& settings, const Place& place) {
  return std::make_unique<Webhook>(settings, place);
}

}  // namespace pharos::rules::receivers
