// Receivers from YAML, and notifications to send to them; for tests.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "codec/json.hpp"
#include "codec/yaml_section.hpp"
#include "rules/receivers/integrations.hpp"
#include "rules/receivers/recorder_test.hpp"

namespace pharos::rules::receivers {

using notify::Notification;
using notify::SendOutcome;
using testing::HasSubstr;

inline std::string file_text(const std::string& name) {
  std::ifstream in(std::string(PHAROS_SOURCE_FOLDER) + "/tests/receivers/" + name,
                   std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline IntegrationOptions options() {
  IntegrationOptions o;
  static const std::shared_ptr<net::HttpClient> http = net::HttpClient::create();
  o.http = http;
  o.templates = *NotificationTemplates::create();
  return o;
}

inline std::vector<std::unique_ptr<notify::Integration>> make(
    const std::string& receiver_yaml, const IntegrationOptions& o = options(),
    const std::string& global_yaml = "{}") {
  const auto node = codec::Yaml::parse(receiver_yaml, "receiver.yml");
  const auto global_node = codec::Yaml::parse(global_yaml, "global.yml");
  if (!node || !global_node) {
    ADD_FAILURE() << (node ? global_node.error().message : node.error().message);
    return {};
  }
  auto section = *codec::YamlSection::open(*global_node, "global");
  const auto global = parse_global(section);
  const auto config = parse_receiver(*node, *global);
  if (!config) {
    ADD_FAILURE() << config.error().message;
    return {};
  }
  auto made = make_integrations(**config, o);
  if (!made) {
    ADD_FAILURE() << made.error().message;
    return {};
  }
  return std::move(*made);
}

inline Alert alert(const codec::Json& json) {
  Alert a;
  LabelsBuilder labels, annotations;
  for (const auto& [k, v] : json["labels"].members()) labels.set(k, v.string());
  for (const auto& [k, v] : json["annotations"].members()) annotations.set(k, v.string());
  a.labels = labels.build();
  a.annotations = annotations.build();
  a.starts_at = *parse_time(json["startsAt"].string());
  a.generator_url = json["generatorURL"].string();
  return a;
}

// The notification of one phase of the recorded scenarios: both fire, the second is resolved, both
// are.
inline Notification phase_of(const codec::Json& alerts, std::size_t phase) {
  Notification n;
  n.receiver = "all";
  n.now = *parse_time("2026-01-02T06:00:00Z");
  n.external_url = "http://am.example.org:9093/x";
  n.alerts = {alert(alerts.items()[0]), alert(alerts.items()[1])};
  if (phase >= 1) n.alerts[1].ends_at = *parse_time("2026-01-02T04:00:00Z");
  if (phase >= 2) n.alerts[0].ends_at = *parse_time("2026-01-02T05:00:00Z");
  const std::vector<std::string> by{"alertname", "weird.label"};
  n.group_labels = n.alerts[0].labels.keep(by);
  std::string key = "{}:{";
  for (const auto label : n.group_labels)
    key += (key.size() > 4 ? ", " : "") + std::string(label.name) + "=" + go_quote(label.value);
  n.group_key = key + "}";
  return n;
}

inline Notification firing() {
  const auto alerts = codec::Json::parse(file_text("alerts.json"));
  auto n = phase_of(alerts->items()[0]["alerts"], 0);
  n.idempotency_key = "0123-4567";
  return n;
}
inline Notification resolved() {
  const auto alerts = codec::Json::parse(file_text("alerts.json"));
  auto n = phase_of(alerts->items()[0]["alerts"], 2);
  n.idempotency_key = "0123-4568";
  return n;
}
inline SendOutcome send(const std::vector<std::unique_ptr<notify::Integration>>& made,
                        const Notification& n) {
  if (made.size() != 1) return {.kind = SendOutcome::Kind::failed, .error = "not one integration"};
  return made[0]->send(n, std::chrono::seconds(10), {});
}
inline codec::Json body_of(const net::Request& request) {
  const auto json = codec::Json::parse(request.body);
  EXPECT_TRUE(json) << request.body;
  return json ? *json : codec::Json{};
}

// Methods and paths.
inline std::vector<std::string> steps(std::vector<net::Request> requests) {
  std::vector<std::string> out;
  for (const auto& r : requests) out.push_back(r.method + " " + r.path);
  return out;
}

}  // namespace pharos::rules::receivers
