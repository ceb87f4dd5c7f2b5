// Settings of paging and ticket services: PagerDuty, Opsgenie, VictorOps, Pushover, SNS, Jira.
#include "rules/receivers/settings_reader.hpp"

namespace pharos::rules::receivers {

Status parse(YamlSection& s, const GlobalSettings& global, PagerdutySettings& c) {
  c.description = by_template("pagerduty.default.description");
  c.client = by_template("pagerduty.default.client");
  c.client_url = by_template("pagerduty.default.clientURL");
  c.url = global.pagerduty_url;
  Reader reader(s, global);
  TRY(reader.common(c));
  TRY(reader.secret("routing_key", "routing_key_file", c.routing_key));
  TRY(reader.secret("service_key", "service_key_file", c.service_key));
  TRY(read_url(s, "url", c.url));
  TRY(read_texts(s, {{"client", &c.client},
                     {"client_url", &c.client_url},
                     {"description", &c.description},
                     {"source", &c.source},
                     {"severity", &c.severity},
                     {"class", &c.class_},
                     {"component", &c.component},
                     {"group", &c.group}}));
  TRY(read_map(s, "details", c.details));
  TRY(s.read("timeout", c.timeout));
  TRY(each(s, "links", [&](YamlSection& link) {
    auto& l = c.links.emplace_back();
    return read_texts(link, {{"href", &l.href}, {"text", &l.text}});
  }));
  TRY(each(s, "images", [&](YamlSection& image) {
    auto& i = c.images.emplace_back();
    return read_texts(image, {{"src", &i.src}, {"alt", &i.alt}, {"href", &i.href}});
  }));
  if (!c.routing_key.given() && !c.service_key.given())
    return reader.wrong("missing service or routing key in PagerDuty config");
  if (c.source.empty()) c.source = c.client;
  const auto instances = [](std::string_view which) {
    return "{{ template \"pagerduty.default.instances\" .Alerts." + std::string(which) + " }}";
  };
  c.details.emplace("firing", instances("Firing"));
  c.details.emplace("resolved", instances("Resolved"));
  c.details.emplace("num_firing", "{{ .Alerts.Firing | len }}");
  c.details.emplace("num_resolved", "{{ .Alerts.Resolved | len }}");
  return {};
}

Status parse(YamlSection& s, const GlobalSettings& global, OpsgenieSettings& c) {
  c.message = by_template("opsgenie.default.message");
  c.description = by_template("opsgenie.default.description");
  c.source = by_template("opsgenie.default.source");
  c.api_url = global.opsgenie_api_url;
  Reader reader(s, global);
  TRY(reader.common(c));
  TRY(reader.secret("api_key", "api_key_file", c.api_key));
  TRY(read_url(s, "api_url", c.api_url));
  if (!c.api_url.ends_with('/')) c.api_url += '/';
  TRY(read_texts(s, {{"message", &c.message},
                     {"description", &c.description},
                     {"source", &c.source},
                     {"entity", &c.entity},
                     {"actions", &c.actions},
                     {"tags", &c.tags},
                     {"note", &c.note},
                     {"priority", &c.priority}}));
  TRY(read_map(s, "details", c.details));
  TRY(s.read("update_alerts", c.update_alerts));
  TRY(each(s, "responders", [&](YamlSection& node) -> Status {
    auto& r = c.responders.emplace_back();
    TRY(read_texts(
        node, {{"id", &r.id}, {"name", &r.name}, {"username", &r.username}, {"type", &r.type}}));
    const std::string shown =
        "opsGenieConfig responder {" + r.id + " " + r.name + " " + r.username + " " + r.type + "}";
    if (r.id.empty() && r.name.empty() && r.username.empty())
      return fail(
          node.node().error(shown + " has to have at least one of id, username or name specified"));
    if (r.type.find("{{") != r.type.npos) return {};
    std::ranges::transform(r.type, r.type.begin(), [](char ch) {
      return ch >= 'A' && ch <= 'Z' ? static_cast<char>(ch + 32) : ch;
    });
    static constexpr std::array<std::string_view, 5> kTypes = {"team", "teams", "user",
                                                               "escalation", "schedule"};
    if (std::ranges::find(kTypes, std::string_view(r.type)) == kTypes.end())
      return fail(node.node().error(
          shown + " type does not match valid options ^(team|teams|user|escalation|schedule)$"));
    return {};
  }));
  if (!c.api_key.given()) c.api_key = global.opsgenie_api_key;
  if (!c.api_key.given())
    return reader.wrong("no global OpsGenie API Key set either inline or in a file");
  return {};
}

Status parse(YamlSection& s, const GlobalSettings& global, VictoropsSettings& c) {
  c.message_type = "CRITICAL";
  c.state_message = by_template("victorops.default.state_message");
  c.entity_display_name = by_template("victorops.default.entity_display_name");
  c.monitoring_tool = by_template("victorops.default.monitoring_tool");
  c.api_url = global.victorops_api_url;
  Reader reader(s, global);
  TRY(reader.common(c));
  TRY(reader.secret("api_key", "api_key_file", c.api_key));
  TRY(read_url(s, "api_url", c.api_url));
  if (!c.api_url.ends_with('/')) c.api_url += '/';
  TRY(read_texts(s, {{"routing_key", &c.routing_key},
                     {"message_type", &c.message_type},
                     {"state_message", &c.state_message},
                     {"entity_display_name", &c.entity_display_name},
                     {"monitoring_tool", &c.monitoring_tool}}));
  TRY(read_map(s, "custom_fields", c.custom_fields));
  if (c.routing_key.empty()) return reader.wrong("missing Routing key in VictorOps config");
  for (const auto* reserved :
       {"routing_key", "message_type", "state_message", "entity_display_name", "monitoring_tool",
        "entity_id", "entity_state"})
    if (c.custom_fields.contains(reserved))
      return reader.wrong("victorOps config contains custom field " + std::string(reserved) +
                          " which cannot be used as it conflicts with the fixed/static fields");
  if (!c.api_key.given()) c.api_key = global.victorops_api_key;
  if (!c.api_key.given()) return reader.wrong("no global VictorOps API Key set");
  return {};
}

Status parse(YamlSection& s, const GlobalSettings& global, PushoverSettings& c) {
  c.title = by_template("pushover.default.title");
  c.message = by_template("pushover.default.message");
  c.url = by_template("pushover.default.url");
  c.priority = "{{ if eq .Status \"firing\" }}2{{ else }}0{{ end }}";
  Reader reader(s, global);
  TRY(reader.common(c));
  TRY(reader.secret("user_key", "user_key_file", c.user_key));
  TRY(reader.secret("token", "token_file", c.token));
  TRY(read_texts(s, {{"title", &c.title},
                     {"message", &c.message},
                     {"url", &c.url},
                     {"url_title", &c.url_title},
                     {"device", &c.device},
                     {"sound", &c.sound},
                     {"priority", &c.priority}}));
  TRY(s.read("retry", c.retry));
  TRY(s.read("expire", c.expire));
  TRY(s.read("ttl", c.ttl));
  TRY(s.read("html", c.html));
  TRY(s.read("monospace", c.monospace));
  if (!c.user_key.given())
    return reader.wrong("one of user_key or user_key_file must be configured");
  if (!c.token.given()) return reader.wrong("one of token or token_file must be configured");
  if (c.html && c.monospace)
    return reader.wrong("at most one of monospace & html must be configured");
  return {};
}

Status parse(YamlSection& s, const GlobalSettings& global, SnsSettings& c) {
  c.subject = by_template("sns.default.subject");
  c.message = by_template("sns.default.message");
  Reader reader(s, global);
  TRY(reader.common(c));
  TRY(read_texts(s, {{"api_url", &c.api_url},
                     {"topic_arn", &c.topic_arn},
                     {"phone_number", &c.phone_number},
                     {"target_arn", &c.target_arn},
                     {"subject", &c.subject},
                     {"message", &c.message}}));
  TRY(read_map(s, "attributes", c.attributes));
  if (const Yaml* node = s.take("sigv4")) {
    auto sigv4 = TRY(YamlSection::open(*node, "sigv4"));
    TRY(read_texts(sigv4, {{"region", &c.sigv4.region},
                           {"access_key", &c.sigv4.access_key},
                           {"secret_key", &c.sigv4.secret_key},
                           {"profile", &c.sigv4.profile},
                           {"role_arn", &c.sigv4.role_arn}}));
    TRY(sigv4.read("use_fips_sts_endpoint", c.sigv4.use_fips));
    TRY(sigv4.done());
    if (c.sigv4.access_key.empty() != c.sigv4.secret_key.empty())
      return fail(node->error(
          "must provide a AWS SigV4 Access key and Secret Key if credentials are specified in the "
          "SigV4 config"));
  }
  const int targets = (c.topic_arn.empty() ? 0 : 1) + (c.target_arn.empty() ? 0 : 1) +
                      (c.phone_number.empty() ? 0 : 1);
  if (targets != 1)
    return reader.wrong(
        "must provide either a Target ARN, Topic ARN, or Phone Number for SNS config");
  return {};
}

namespace {

// A text, or {template: text, enable_update: bool}.
Status read_updated(YamlSection& s, std::string_view key, std::string& text, bool& update) {
  const Yaml* node = s.take(key);
  if (node == nullptr) return {};
  if (node->kind() != Yaml::Kind::map) {
    text = TRY(node->text());
    return {};
  }
  auto section = TRY(YamlSection::open(*node, key));
  TRY(section.read("template", text));
  TRY(section.read("enable_update", update));
  return section.done();
}

}  // namespace

Status parse(YamlSection& s, const GlobalSettings& global, JiraSettings& c) {
  c.summary = by_template("jira.default.summary");
  c.description = by_template("jira.default.description");
  c.priority = by_template("jira.default.priority");
  c.api_url = global.jira_api_url;
  Reader reader(s, global);
  TRY(reader.common(c));
  TRY(read_url(s, "api_url", c.api_url));
  TRY(read_updated(s, "summary", c.summary, c.update_summary));
  TRY(read_updated(s, "description", c.description, c.update_description));
  TRY(read_texts(s, {{"api_type", &c.api_type},
                     {"project", &c.project},
                     {"priority", &c.priority},
                     {"issue_type", &c.issue_type},
                     {"reopen_transition", &c.reopen_transition},
                     {"resolve_transition", &c.resolve_transition},
                     {"wont_fix_resolution", &c.wont_fix_resolution}}));
  TRY(s.read("labels", c.labels));
  TRY(s.read("reopen_duration", c.reopen_duration));
  for (const auto* key : {"fields", "custom_fields"})
    if (const Yaml* node = s.take(key)) {
      if (node->kind() != Yaml::Kind::map) return fail(node->error("fields must be a map"));
      c.fields = *node;
    }
  if (c.project.empty()) return reader.wrong("missing project in jira_config");
  if (c.issue_type.empty()) return reader.wrong("missing issue_type in jira_config");
  if (c.api_type != "auto" && c.api_type != "cloud" && c.api_type != "datacenter")
    return reader.wrong("unknown api_type on jira_config, must be cloud, datacenter, or auto");
  if (c.api_url.empty()) return reader.wrong("no global Jira Cloud URL set");
  return {};
}

}  // namespace pharos::rules::receivers
