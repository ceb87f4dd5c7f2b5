#include <algorithm>
#include <charconv>
#include <cmath>

#include "api/handlers.hpp"
#include "api/parameters.hpp"
#include "base/quoted.hpp"

namespace pharos::api {
namespace {

std::string time_text(const std::optional<Time>& time) {
  return time ? format_time(*time) : "0001-01-01T00:00:00Z";
}

double seconds(Millis duration) {
  return static_cast<double>(duration.count()) / 1000;
}

// As Go writes it with %e: always with an exponent, "1e+00".
std::string exponent_text(double v) {
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v > 0 ? "+Inf" : "-Inf";
  char text[40];
  return {text, std::to_chars(text, text + sizeof text, v, std::chars_format::scientific).ptr};
}

void put_alert(codec::JsonWriter& writer, const Alert& alert) {
  writer.begin_object().key("labels");
  put_labels(writer, alert.labels);
  writer.key("annotations");
  put_labels(writer, alert.annotations);
  writer.key("state").value(std::string_view(alert.state));
  writer.key("activeAt").value(std::string_view(time_text(alert.active_at)));
  if (alert.keep_firing_since)
    writer.key("keepFiringSince").value(std::string_view(time_text(alert.keep_firing_since)));
  writer.key("value").value(std::string_view(exponent_text(alert.value))).end_object();
}

void put_rule(codec::JsonWriter& writer, const Rule& rule, bool with_alerts) {
  writer.begin_object();
  if (rule.alerting) writer.key("state").value(std::string_view(rule.state));
  writer.key("name")
      .value(std::string_view(rule.name))
      .key("query")
      .value(std::string_view(rule.query));
  if (rule.alerting)
    writer.key("duration")
        .value(seconds(rule.hold))
        .key("keepFiringFor")
        .value(seconds(rule.keep_firing));
  if (rule.alerting || !rule.labels.empty()) {
    writer.key("labels");
    put_labels(writer, rule.labels);
  }
  if (rule.alerting) {
    writer.key("annotations");
    put_labels(writer, rule.annotations);
    writer.key("alerts").begin_array();
    if (with_alerts)
      for (const auto& alert : rule.alerts) put_alert(writer, alert);
    writer.end_array();
  }
  writer.key("health").value(std::string_view(rule.health));
  if (!rule.last_error.empty()) writer.key("lastError").value(std::string_view(rule.last_error));
  writer.key("evaluationTime").value(rule.evaluation_seconds);
  writer.key("lastEvaluation").value(std::string_view(time_text(rule.last_evaluation)));
  writer.key("type").value(rule.alerting ? "alerting" : "recording").end_object();
}

struct RuleFilter {
  std::string_view type;
  std::vector<std::string_view> names, groups, files;
  std::vector<std::vector<Matcher>> selectors;

  static bool wants(const std::vector<std::string_view>& set, std::string_view word) {
    return set.empty() || std::ranges::find(set, word) != set.end();
  }
  bool wants(const RuleGroup& group) const {
    return wants(groups, group.name) && wants(files, group.file);
  }
  bool wants(const Rule& rule) const {
    if (!type.empty() && (type == "alert") != rule.alerting) return false;
    if (!wants(names, rule.name)) return false;
    return selectors.empty() || std::ranges::any_of(selectors, [&](const auto& matchers) {
             return matches_all(matchers, rule.labels);
           });
  }
};

net::Response rules(const Context& context, const net::Request& request) {
  const auto form = TRY_PARSED(read_form(request));
  RuleFilter filter;
  filter.names = form.all("rule_name[]");
  filter.groups = form.all("rule_group[]");
  filter.files = form.all("file[]");
  auto selectors = parse_selectors(form);
  if (!selectors) return respond(bad_data(selectors.error().message));
  filter.selectors = std::move(*selectors);
  filter.type = form.get("type");
  if (!filter.type.empty() && filter.type != "alert" && filter.type != "record")
    return respond(bad_parameter("type", "not supported value " + quoted(filter.type)));
  bool with_alerts = true;
  if (const auto text = form.get("exclude_alerts"); !text.empty()) {
    const auto exclude = parse_bool(text);
    if (!exclude)
      return respond(bad_parameter("exclude_alerts",
                                   "error converting exclude_alerts: strconv.ParseBool: parsing " +
                                       quoted(text) + ": invalid syntax"));
    with_alerts = !*exclude;
  }
  std::size_t group_limit = std::string::npos;
  const auto token = form.get("group_next_token");
  if (const auto text = form.get("group_limit"); !text.empty()) {
    const auto n = parse_integer(text);
    if (!n || *n <= 0)
      return respond(bad_parameter("group_limit", "group_limit must be a positive number"));
    group_limit = static_cast<std::size_t>(*n);
  } else if (!token.empty()) {
    return respond(bad_parameter(
        "group_limit", "group_limit needs to be set in order to paginate over the groups"));
  }

  auto groups = context.services.rules ? context.services.rules() : std::vector<RuleGroup>();
  const auto key = [](const RuleGroup& group) { return group.file + ";" + group.name; };
  std::ranges::sort(groups, {}, key);
  Answer answer;
  auto& writer = answer.data().begin_object().key("groups").begin_array();
  std::string next;
  std::size_t shown = 0;
  for (const auto& group : groups) {
    if (!filter.wants(group) || (!token.empty() && key(group) < token)) continue;
    const bool any =
        std::ranges::any_of(group.rules, [&](const Rule& rule) { return filter.wants(rule); });
    if (!any && !(filter.names.empty() && filter.selectors.empty() && filter.type.empty()))
      continue;
    if (shown++ == group_limit) {
      next = key(group);
      break;
    }
    writer.begin_object()
        .key("name")
        .value(std::string_view(group.name))
        .key("file")
        .value(std::string_view(group.file));
    writer.key("rules").begin_array();
    for (const auto& rule : group.rules)
      if (filter.wants(rule)) put_rule(writer, rule, with_alerts);
    writer.end_array()
        .key("interval")
        .value(seconds(group.interval))
        .key("limit")
        .value(group.limit);
    writer.key("evaluationTime").value(group.evaluation_seconds);
    writer.key("lastEvaluation")
        .value(std::string_view(time_text(group.last_evaluation)))
        .end_object();
  }
  writer.end_array();
  if (!next.empty()) writer.key("groupNextToken").value(std::string_view(next));
  writer.end_object();
  return std::move(answer).finish();
}

net::Response alerts(const Context& context) {
  const auto groups = context.services.rules ? context.services.rules() : std::vector<RuleGroup>();
  Answer answer;
  auto& writer = answer.data().begin_object().key("alerts").begin_array();
  for (const auto& group : groups)
    for (const auto& rule : group.rules)
      for (const auto& alert : rule.alerts) put_alert(writer, alert);
  writer.end_array().end_object();
  return std::move(answer).finish();
}

// Ours: the page that an alert's runbook_url names, as Markdown.
net::Response runbook(const Context& context, const net::Request& request) {
  const auto& find = context.services.runbook;
  if (!find) return respond({404, "not_found", "this server has no runbooks"});
  auto page = find(request.param("name"));
  if (!page) return respond(failure_of(page.error()));
  auto response = net::Response::text(200, std::move(*page));
  response.headers.set("Content-Type", "text/markdown; charset=utf-8");
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("Cache-Control", "no-cache");
  return response;
}

}  // namespace

void add_rule_handlers(Routes& routes) {
  const auto& context = routes.context();
  routes.api("GET", "/rules", [context](const net::Request& r) { return rules(*context, r); });
  routes.api("GET", "/runbooks/:name",
             [context](const net::Request& r) { return runbook(*context, r); });
  routes.api("GET", "/alerts", [context](const net::Request&) { return alerts(*context); });
}

}  // namespace pharos::api
