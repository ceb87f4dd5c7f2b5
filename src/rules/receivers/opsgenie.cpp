// Opsgenie: alerts made, changed and closed by alias.
#include <algorithm>

#include "rules/receivers/sender.hpp"

namespace pharos::rules::receivers {
namespace {

constexpr std::size_t kMessageRunesMax = 130, kDescriptionRunesMax = 15'000, kNoteRunesMax = 25'000,
                      kEntityRunesMax = 512;

class Opsgenie final : public HttpIntegration {
 public:
  Opsgenie(const OpsgenieSettings& settings, const Place& place)
      : HttpIntegration("opsgenie", place.index, settings, place.options, place.allow_link_local),
        settings_(settings) {}

 private:
  static net::ClientRequest request(std::string method, std::string url, const std::string& key,
                                    std::string json) {
    net::ClientRequest r;
    r.method = std::move(method);
    r.url = std::move(url);
    r.headers = {{"Content-Type", "application/json"}, {"Authorization", "GenieKey " + key}};
    r.body = std::move(json) + "\n";
    return r;
  }

  void put_responders(codec::JsonWriter& json, Texts& texts) const {
    std::string out;
    const auto add = [&](const OpsgenieSettings::Responder& r) {
      if (r.id.empty() && r.name.empty() && r.username.empty()) return;
      if (!out.empty()) out += ',';
      codec::JsonWriter one(out);
      one.begin_object();
      put_some(one, "id", r.id);
      put_some(one, "name", r.name);
      put_some(one, "username", r.username);
      put_some(one, "type", r.type);
      one.end_object();
    };
    for (const auto& responder : settings_.responders) {
      OpsgenieSettings::Responder r{texts(responder.id), texts(responder.name),
                                    texts(responder.username), texts(responder.type)};
      if (r.type != "teams") {
        add(r);
        continue;
      }
      for (const auto& name : split_list(r.name))
        add({.id = {}, .name = name, .username = {}, .type = "team"});
    }
    if (!out.empty()) json.key("responders").raw("[" + out + "]");
  }
  static void put_list(codec::JsonWriter& json, std::string_view key, const std::string& text) {
    const auto items = split_list(text);
    if (items.empty()) return;
    json.key(key).begin_array();
    for (const auto& item : items) json.raw(json_text(item));
    json.end_array();
  }

  std::string creation(const notify::Notification& n, Texts& texts, const std::string& alias,
                       const std::string& message, const std::string& description) const {
    StringMap details;
    for (const auto label : common_labels(n.alerts))
      details.emplace(label.name, std::string(label.value));
    for (const auto& [key, value] : texts.all(settings_.details))
      details.insert_or_assign(key, value);
    std::string out;
    codec::JsonWriter json(out);
    json.begin_object();
    put(json, "alias", alias);
    put(json, "message", message);
    put_some(json, "description", description);
    put_map(json, "details", details);
    put(json, "source", texts(settings_.source));
    put_responders(json, texts);
    put_list(json, "tags", texts(settings_.tags));
    put_some(json, "note", limit_runes(texts(settings_.note), kNoteRunesMax));
    put_some(json, "priority", texts(settings_.priority));
    put_some(json, "entity", limit_runes(texts(settings_.entity), kEntityRunesMax));
    put_list(json, "actions", texts(settings_.actions));
    json.end_object();
    return out;
  }

  notify::SendOutcome deliver(const notify::Notification& n, Texts& texts,
                              Sender& sender) override {
    const auto given = settings_.api_key.read();
    if (!given) return retry(given.error().message);
    const std::string key = texts(*given), alias = group_key_hash(n);
    const std::string base = texts(settings_.api_url) + "v2/alerts";
    if (!is_firing(n)) {
      std::string out;
      codec::JsonWriter json(out);
      json.begin_object();
      put(json, "source", texts(settings_.source));
      json.end_object();
      return sender.exchange(
          request("POST", base + "/" + alias + "/close?identifierType=alias", key, std::move(out)));
    }
    const std::string message = limit_runes(texts.subject(settings_.message), kMessageRunesMax);
    const std::string description =
        limit_runes(texts.body(settings_.description), kDescriptionRunesMax);
    auto outcome = sender.exchange(
        request("POST", base, key, creation(n, texts, alias, message, description)));
    if (!settings_.update_alerts || outcome.kind != notify::SendOutcome::Kind::sent) return outcome;
    for (const auto& [field, text] :
         {std::pair{"message", &message}, std::pair{"description", &description}}) {
      outcome =
          sender.exchange(request("PUT", base + "/" + alias + "/" + field + "?identifierType=alias",
                                  key, "{" + json_text(field) + ":" + json_text(*text) + "}"));
      if (outcome.kind != notify::SendOutcome::Kind::sent) return outcome;
    }
    return outcome;
  }

  const OpsgenieSettings settings_;
};

}  // namespace

Made make_opsgenie(const OpsgenieSettings& settings, const Place& place) {
  return std::make_unique<Opsgenie>(settings, place);
}

}  // namespace pharos::rules::receivers
