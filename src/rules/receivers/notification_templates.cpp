#include "rules/receivers/notification_templates.hpp"

#include <glob.h>

#include <filesystem>
#include <fstream>

#include "codec/json.hpp"
#include "rules/receivers/default_templates.hpp"

namespace pharos::rules::receivers {
namespace {

using V = TemplateValue;

constexpr std::uintmax_t kFileBytesMax = 4 << 20;
constexpr std::size_t kFilesMax = 1000;
constexpr Time kGoZero = from_unix_millis(-62135596800000);  // 0001-01-01

V kv(const Labels& labels) {
  V::Map map{.of_strings = true, .type = "template.KV"};
  for (const auto label : labels)
    map.members.emplace(label.name, V::string(std::string(label.value)));
  return V::map(std::move(map));
}
V kv(const codec::Json& object) {
  V::Map map{.of_strings = true, .type = "template.KV"};
  for (const auto& [key, value] : object.members())
    map.members.insert_or_assign(key, V::string(value.string()));
  return V::map(std::move(map));
}

struct AlertFields {
  V labels, annotations;
  Time starts_at, ends_at;
  std::string status, generator_url, fingerprint;
};
V alert_value(AlertFields a) {
  V::Map map{.order = {"Status", "Labels", "Annotations", "StartsAt", "EndsAt", "GeneratorURL",
                       "Fingerprint"},
             .is_struct = true,
             .type = "template.Alert"};
  auto& m = map.members;
  m.emplace("Status", V::string(std::move(a.status)));
  m.emplace("Labels", std::move(a.labels));
  m.emplace("Annotations", std::move(a.annotations));
  m.emplace("StartsAt", V::time(a.starts_at));
  m.emplace("EndsAt", V::time(a.ends_at));
  m.emplace("GeneratorURL", V::string(std::move(a.generator_url)));
  m.emplace("Fingerprint", V::string(std::move(a.fingerprint)));
  return V::map(std::move(map));
}

V::Map data_map() {
  return {.order = {"Receiver", "Status", "Alerts", "GroupLabels", "CommonLabels",
                    "CommonAnnotations", "ExternalURL"},
          .is_struct = true,
          .type = "*template.Data"};
}

Labels common(std::span<const Alert> alerts, Labels Alert::*member) {
  if (alerts.empty()) return {};
  LabelsBuilder builder(alerts[0].*member);
  for (const auto label : alerts[0].*member)
    for (const auto& alert : alerts.subspan(1))
      if ((alert.*member).get(label.name) != label.value) {
        builder.remove(label.name);
        break;
      }
  return builder.build();
}

Result<Time> json_time(const codec::Json& json) {
  const auto& text = json.string();
  if (text.empty() || text.starts_with("0001-01-01")) return kGoZero;
  return parse_time(text);
}

}  // namespace

bool is_firing(const notify::Notification& n) {
  for (const auto& alert : n.alerts)
    if (!alert.resolved_at(n.now)) return true;
  return false;
}
Labels common_labels(std::span<const Alert> alerts) {
  return common(alerts, &Alert::labels);
}
Labels common_annotations(std::span<const Alert> alerts) {
  return common(alerts, &Alert::annotations);
}

std::string quote_regex(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

TemplateValue notification_value(const notify::Notification& n) {
  V::List alerts;
  alerts.reserve(n.alerts.size());
  for (const auto& alert : n.alerts) {
    const bool resolved = alert.resolved_at(n.now);
    alerts.push_back(alert_value({.labels = kv(alert.labels),
                                  .annotations = kv(alert.annotations),
                                  .starts_at = alert.starts_at,
                                  .ends_at = resolved ? alert.ends_at : kGoZero,
                                  .status = resolved ? "resolved" : "firing",
                                  .generator_url = alert.generator_url,
                                  .fingerprint = fingerprint_text(alert.labels)}));
  }
  auto map = data_map();
  auto& m = map.members;
  // Quoted, because links use it as a regular expression.
  m.emplace("Receiver", V::string(quote_regex(n.receiver)));
  m.emplace("Status", V::string(is_firing(n) ? "firing" : "resolved"));
  m.emplace("Alerts", V::list(std::move(alerts), "template.Alerts"));
  m.emplace("GroupLabels", kv(n.group_labels));
  m.emplace("CommonLabels", kv(common_labels(n.alerts)));
  m.emplace("CommonAnnotations", kv(common_annotations(n.alerts)));
  m.emplace("ExternalURL", V::string(n.external_url));
  m.emplace("GroupKey", V::string(n.group_key));
  m.emplace("RouteLabels", kv(n.route_labels));
  m.emplace("Reason", V::string(n.reason));
  m.emplace("Test", V::boolean(n.test));
  m.emplace("Ticket", V::string(""));
  return V::map(std::move(map));
}

Result<TemplateValue> notification_value_from_json(std::string_view text) {
  const auto json = TRY(codec::Json::parse(text));
  V::List alerts;
  for (const auto& alert : json["alerts"].items()) {
    const Time starts_at = TRY(json_time(alert["startsAt"]));
    const Time ends_at = TRY(json_time(alert["endsAt"]));
    alerts.push_back(alert_value({.labels = kv(alert["labels"]),
                                  .annotations = kv(alert["annotations"]),
                                  .starts_at = starts_at,
                                  .ends_at = ends_at,
                                  .status = alert["status"].string(),
                                  .generator_url = alert["generatorURL"].string(),
                                  .fingerprint = alert["fingerprint"].string()}));
  }
  auto map = data_map();
  auto& m = map.members;
  m.emplace("Receiver", V::string(json["receiver"].string()));
  m.emplace("Status", V::string(json["status"].string()));
  m.emplace("Alerts", V::list(std::move(alerts), "template.Alerts"));
  m.emplace("GroupLabels", kv(json["groupLabels"]));
  m.emplace("CommonLabels", kv(json["commonLabels"]));
  m.emplace("CommonAnnotations", kv(json["commonAnnotations"]));
  m.emplace("ExternalURL", V::string(json["externalURL"].string()));
  m.emplace("GroupKey", V::string(json["groupKey"].string()));
  m.emplace("RouteLabels", kv(json["routeLabels"]));
  m.emplace("Reason", V::string(json["reason"].string()));
  m.emplace("Test", V::boolean(json["test"].boolean()));
  m.emplace("Ticket", V::string(json["ticket"].string()));
  return V::map(std::move(map));
}

Result<std::shared_ptr<const NotificationTemplates>> NotificationTemplates::create(
    std::span<const TemplateFile> files) {
  auto base = TRY(Template::parse_notification("default.tmpl", default_templates()));
  for (const auto& file : files) {
    codec::SourcePlace at;
    auto parsed = Template::parse_notification(file.name, file.text, &base, &at);
    if (!parsed) {
      const auto& path = file.path.empty() ? file.name : file.path;
      return fail(std::move(parsed).error().in(path + ":" + std::to_string(at.line) + ":" +
                                               std::to_string(at.column)));
    }
    base = std::move(*parsed);
  }
  return std::shared_ptr<const NotificationTemplates>(new NotificationTemplates(std::move(base)));
}

Result<std::shared_ptr<const NotificationTemplates>> NotificationTemplates::load(
    const std::vector<std::string>& patterns) {
  std::vector<TemplateFile> files;
  for (const auto& pattern : patterns) {
    glob_t found{};
    if (glob(pattern.c_str(), 0, nullptr, &found) != 0) {
      globfree(&found);
      continue;
    }
    const std::vector<std::string> paths(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    globfree(&found);
    for (const auto& path : paths) {
      std::error_code code;
      if (std::filesystem::is_directory(path, code)) continue;
      if (std::filesystem::file_size(path, code) > kFileBytesMax)
        return fail(Errc::limit, path + ": a template file may have 4 MiB");
      if (files.size() >= kFilesMax)
        return fail(Errc::limit, "templates: more than " + std::to_string(kFilesMax) + " files");
      std::ifstream in(path, std::ios::binary);
      if (!in) return fail(Errc::io, path + ": cannot be read");
      files.push_back({std::filesystem::path(path).filename().string(),
                       std::string(std::istreambuf_iterator<char>(in), {}), path});
    }
  }
  return create(files);
}

Result<std::string> NotificationTemplates::text(std::string_view text,
                                                const TemplateData& data) const {
  if (text.find("{{") == text.npos) return std::string(text);
  const auto parsed = TRY(Template::parse_notification("", text, &base_));
  return parsed.expand(data.dot, data.context);
}

Result<std::string> NotificationTemplates::html(std::string_view text,
                                                const TemplateData& data) const {
  if (text.find("{{") == text.npos && text.find('<') == text.npos) return std::string(text);
  const auto parsed = TRY(Template::parse_notification("", text, &base_));
  return parsed.expand_html(data.dot, data.context);
}

namespace {

struct RouteLabels {
  const NotificationTemplates* templates;
  Labels labels;
  TemplateValue dot;
  Time now;
  std::string external_url;
};

// A route's label may speak of others: each is expanded when asked for.
std::function<Result<std::string>(const std::string&)> route_label_function(RouteLabels route,
                                                                            int depth) {
  constexpr int kDepthMax = 10;
  return [route = std::move(route), depth](const std::string& name) -> Result<std::string> {
    if (depth >= kDepthMax) return fail(Errc::limit, "route label " + name + " refers to itself");
    TemplateData inner{.dot = route.dot, .context = {}};
    inner.context.now = route.now;
    inner.context.external_url = route.external_url;
    inner.context.route_label = route_label_function(route, depth + 1);
    return route.templates->text(route.labels.get(name), inner);
  };
}

}  // namespace

TemplateData NotificationTemplates::data(const notify::Notification& n) const {
  TemplateData data{.dot = notification_value(n), .context = {}};
  data.context.now = n.now;
  data.context.external_url = n.external_url;
  data.context.route_label =
      route_label_function({this, n.route_labels, data.dot, n.now, n.external_url}, 0);
  return data;
}

}  // namespace pharos::rules::receivers
