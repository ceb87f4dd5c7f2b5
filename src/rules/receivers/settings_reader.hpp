// What the readers of receiver settings share (internal to receivers/): one `parse` per kind, by
// Alertmanager's rules and texts, so that a file it refuses is refused here for the same reason.
#pragma once
#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "codec/yaml_section.hpp"
#include "model/labels.hpp"
#include "net/client_config.hpp"
#include "rules/receivers/receiver_config.hpp"

namespace pharos::rules::receivers {

using codec::Yaml;
using codec::YamlSection;
using Texts = std::initializer_list<std::pair<std::string_view, std::string*>>;

inline std::string by_template(std::string_view name) {
  return "{{ template \"" + std::string(name) + "\" . }}";
}

inline Status read_texts(YamlSection& section, Texts texts) {
  for (const auto& [key, into] : texts) TRY(section.read(key, *into));
  return {};
}

inline Status read_map(YamlSection& section, std::string_view key, StringMap& into) {
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

inline Status read_url(YamlSection& section, std::string_view key, std::string& into) {
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

// Each takes its keys from `s`; the caller refuses the rest.
Status parse(YamlSection& s, const GlobalSettings& global, WebhookSettings& c);
Status parse(YamlSection& s, const GlobalSettings& global, EmailSettings& c);
Status parse(YamlSection& s, const GlobalSettings& global, PagerdutySettings& c);
Status parse(YamlSection& s, const GlobalSettings& global, OpsgenieSettings& c);
Status parse(YamlSection& s, const GlobalSettings& global, WechatSettings& c);
Status parse(YamlSection& s, const GlobalSettings& global, SlackSettings& c);
Status parse(YamlSection& s, const GlobalSettings& global, VictoropsSettings& c);
Status parse(YamlSection& s, const GlobalSettings& global, PushoverSettings& c);
Status parse(YamlSection& s, const GlobalSettings& global, SnsSettings& c);
Status parse(YamlSection& s, const GlobalSettings& global, TelegramSettings& c);
Status parse(YamlSection& s, const GlobalSettings& global, DiscordSettings& c);
Status parse(YamlSection& s, const GlobalSettings& global, WebexSettings& c);
Status parse(YamlSection& s, const GlobalSettings& global, JiraSettings& c);
Status parse(YamlSection& s, const GlobalSettings& global, RocketchatSettings& c);
Status parse(YamlSection& s, const GlobalSettings& global, MattermostSettings& c);
Status parse(YamlSection& s, const GlobalSettings& global, TemplatedSettings& c);
Status parse(YamlSection& s, const GlobalSettings& global, OnCallSettings& c);
Status parse_msteams(YamlSection& s, const GlobalSettings& global, MsteamsSettings& c, bool v2);

}  // namespace pharos::rules::receivers
