// Rules that are written over HTTP: Mimir's ruler paths (config/v1/rules), and below /api/v1 what
// an editor needs besides: rule_groups, its history, a check without a save.
#include <algorithm>
#include <charconv>

#include "api/answer.hpp"
#include "api/handlers.hpp"
#include "api/parameters.hpp"
#include "base/quoted.hpp"
#include "rules/edited/edited_rules.hpp"
#include "rules/edited/group_text.hpp"
#include "rules/lint/rule_lint.hpp"

namespace pharos::api {
namespace {

using codec::JsonWriter;
using rules::edited::EditedRules;
using rules::edited::Group;

constexpr std::string_view kYaml = "application/yaml; charset=utf-8";

int status_of(const Error& error) {
  switch (error.code) {
    case Errc::invalid: return 400;
    case Errc::denied: return 403;
    case Errc::not_found: return 404;
    case Errc::conflict: return 412;
    case Errc::limit: return 413;
    case Errc::unsupported: return 501;
    case Errc::unavailable: return 503;
    default: return 500;
  }
}

// Mimir's errors are plain text.
net::Response refuse(const Error& error) {
  return net::Response::text(status_of(error), error.message + "\n");
}
net::Response refuse_json(const Error& error) {
  const auto status = status_of(error);
  return respond(Failure{status,
                         status == 404   ? "not_found"
                         : status == 412 ? "conflict"
                         : status < 500  ? "bad_data"
                                         : "internal",
                         error.message});
}

std::string tag_of(const Group& group) {
  return '"' + group.version() + '"';
}

// If-Match: "…": the version that the change was made from.
std::optional<std::string> version_of(const net::Request& request) {
  auto text = request.headers.get("If-Match");
  if (text.empty() || text == "*") return std::nullopt;
  if (text.starts_with("W/")) text.remove_prefix(2);
  if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"'))
    text = text.substr(1, text.size() - 2);
  return std::string(text);
}

net::Response yaml(std::string text) {
  auto response = net::Response::text(200, std::move(text));
  response.headers.set("Content-Type", std::string(kYaml));
  response.headers.set("Cache-Control", "no-store");
  return response;
}

net::Response accepted() {
  return net::Response::json(202, R"({"status":"success","data":null,"errorType":"","error":""})");
}

// ------------------------------ Mimir's

// Namespaces with their groups; one of them when `space` is given.
net::Response list(const EditedRules& rules, std::string_view space) {
  std::string out;
  const std::string* before = nullptr;
  const auto groups = rules.groups();
  for (const auto& group : groups) {
    if (!space.empty() && group.space != space) continue;
    if (before == nullptr || *before != group.space) {
      codec::put_json_string(out, group.space);
      out += ":\n";
    }
    before = &group.space;
    out += rules::edited::list_item(group.text, 2);
  }
  if (out.empty()) return refuse({Errc::not_found, "no rule groups found"});
  return yaml(std::move(out));
}

net::Response get(const EditedRules& rules, const net::Request& request) {
  const auto group =
      rules.get(std::string(request.param("namespace")), std::string(request.param("group")));
  if (!group) return refuse(group.error());
  auto response = yaml(group->text);
  response.headers.set("ETag", tag_of(*group));
  return response;
}

net::Response save(EditedRules& rules, const net::Request& request) {
  const auto form = net::Form::parse(request.query);
  if (!form) return refuse(form.error());
  // A group that gets another name, or another namespace: the one it was, in the same act.
  std::optional<rules::edited::GroupName> renames;
  if (const auto old = form->get("renames"); !old.empty()) {
    const auto space = form->get("renamesNamespace");
    renames = rules::edited::GroupName{
        .space = std::string(space.empty() ? request.param("namespace") : space),
        .group = std::string(old)};
  }
  const auto group = rules.save({.space = std::string(request.param("namespace")),
                                 .text = request.body,
                                 .message = std::string(form->get("message")),
                                 .version = version_of(request),
                                 .must_be_new = request.headers.get("If-None-Match") == "*",
                                 .renames = std::move(renames)});
  if (!group) return refuse(group.error());
  auto response = accepted();
  response.headers.set("ETag", tag_of(*group));
  return response;
}

net::Response remove(EditedRules& rules, const net::Request& request) {
  const auto form = net::Form::parse(request.query);
  if (!form) return refuse(form.error());
  const auto done =
      rules.remove(std::string(request.param("namespace")), std::string(request.param("group")),
                   version_of(request), std::string(form->get("message")));
  return done ? accepted() : refuse(done.error());
}

net::Response remove_all(EditedRules& rules, const net::Request& request) {
  const auto done = rules.remove_all(std::string(request.param("namespace")));
  return done ? accepted() : refuse(done.error());
}

// ------------------------------ ours

void put_group_head(JsonWriter& writer, const Group& group) {
  writer.key("namespace").value(std::string_view(group.space));
  writer.key("group").value(std::string_view(group.name()));
  writer.key("version").value(std::string_view(group.version()));
  writer.key("file").value(std::string_view(group.spec.file));
}

net::Response listing(const Context& context) {
  const auto& rules = *context.services.edited_rules;
  Answer answer;
  auto& writer = answer.data().begin_object();
  writer.key("folder").value(std::string_view(rules.folder()));
  writer.key("readOnly").value(context.options.read_only).key("groups").begin_array();
  for (const auto& group : rules.groups()) {
    writer.begin_object();
    put_group_head(writer, group);
    writer.key("rules").value(static_cast<std::uint64_t>(group.spec.rules.size())).end_object();
  }
  writer.end_array().end_object();
  return std::move(answer).finish();
}

// Of any group that is evaluated: what an editor begins a copy with.
net::Response source(const Context& context, const net::Request& request) {
  const auto form = TRY_PARSED(read_form(request));
  const std::string file(form.get("file")), group(form.get("group"));
  const auto text = context.services.rule_group_text ? context.services.rule_group_text(file, group)
                                                     : std::optional<std::string>();
  if (!text)
    return respond(Failure{404, "not_found",
                           "no group " + quoted(group) + " of " + quoted(file) + " is evaluated"});
  Answer answer;
  answer.data().begin_object().key("text").value(std::string_view(*text)).end_object();
  return std::move(answer).finish();
}

void put_texts(JsonWriter& writer, std::string_view key,
               const std::vector<std::pair<std::string, std::string>>& texts) {
  writer.key(key).begin_object();
  for (const auto& [name, value] : texts) writer.key(name).value(std::string_view(value));
  writer.end_object();
}

std::string_view name_of(rules::NoData no_data) {
  switch (no_data) {
    case rules::NoData::resolve: return "resolve";
    case rules::NoData::hold: return "hold";
    case rules::NoData::alert: break;
  }
  return "alert";
}

// Lines are those of the text; its file has some before it.
std::uint64_t line_in(const Group& group, std::uint32_t line) {
  return line < group.line ? 0 : line - group.line + 1;
}

void put_rule(JsonWriter& writer, const Group& group, const rules::RuleSpec& rule) {
  const auto duration = [&](std::string_view key, Millis value) {
    writer.key(key).value(
        std::string_view(value.count() == 0 ? std::string() : format_duration(value)));
  };
  writer.begin_object().key("alerting").value(rule.alerting);
  writer.key("name").value(std::string_view(rule.name));
  writer.key("expr").value(std::string_view(rule.expr));
  duration("for", rule.hold);
  duration("keepFiringFor", rule.keep_firing);
  writer.key("noData").value(rule.no_data ? name_of(*rule.no_data) : std::string_view());
  writer.key("clear").value(std::string_view(rule.clear));
  writer.key("flapDamping")
      .value(std::string_view(!rule.flap_damping   ? ""
                              : *rule.flap_damping ? "true"
                                                   : "false"));
  put_texts(writer, "labels", rule.labels);
  put_texts(writer, "annotations", rule.annotations);
  writer.key("line").value(line_in(group, rule.line));
  writer.end_object();
}

void put_spec(JsonWriter& writer, const Group& whole) {
  const auto& group = whole.spec;
  writer.begin_object().key("name").value(std::string_view(group.name));
  writer.key("interval")
      .value(std::string_view(group.interval.count() == 0 ? std::string()
                                                          : format_duration(group.interval)));
  writer.key("queryOffset")
      .value(std::string_view(group.query_offset ? format_duration(*group.query_offset)
                                                 : std::string()));
  writer.key("limit").value(group.limit);
  writer.key("noData").value(group.no_data ? name_of(*group.no_data) : std::string_view());
  writer.key("flapDamping")
      .value(std::string_view(!group.flap_damping   ? ""
                              : *group.flap_damping ? "true"
                                                    : "false"));
  put_texts(writer, "labels", group.labels);
  writer.key("rules").begin_array();
  for (const auto& rule : group.rules) put_rule(writer, whole, rule);
  writer.end_array().end_object();
}

// "rules:3:5: what" → its parts; 0 where there is no place.
void put_error(JsonWriter& writer, std::string_view message) {
  std::uint64_t line = 0, column = 0;
  std::string_view what = message;
  if (message.starts_with("rules:")) {
    const char* const end = message.data() + message.size();
    const auto first = std::from_chars(message.data() + 6, end, line);
    if (first.ec == std::errc{} && first.ptr != end && *first.ptr == ':') {
      const auto second = std::from_chars(first.ptr + 1, end, column);
      if (second.ec == std::errc{} && std::string_view(second.ptr, end).starts_with(": "))
        what = std::string_view(second.ptr + 2, end);
    }
  }
  writer.begin_object().key("line").value(line).key("column").value(column);
  writer.key("message").value(what).end_object();
}

// The body is a group; nothing is saved.
net::Response check(const Context& context, const net::Request& request) {
  const auto& rules = *context.services.edited_rules;
  const auto form = net::Form::parse(request.query);
  if (!form) return respond(bad_data(form.error().message));
  std::string space(form->get("namespace"));
  if (space.empty()) space = "edited";
  const auto group = rules.check(space, request.body);
  Answer answer;
  auto& writer = answer.data().begin_object().key("errors").begin_array();
  if (!group) {
    std::string_view rest = group.error().message;
    while (!rest.empty()) {
      auto end = rest.find("\nrules:");
      end = std::min(end, rest.size());
      put_error(writer, rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  writer.end_array().key("warnings").begin_array();
  if (group)
    for (const auto& finding : rules::lint::look_at({group->spec})) {
      writer.begin_object().key("line").value(line_in(*group, finding.line));
      writer.key("rule").value(std::string_view(finding.rule));
      writer.key("check").value(std::string_view(finding.check));
      writer.key("cannotFire").value(finding.cannot_fire);
      writer.key("message").value(std::string_view(finding.what)).end_object();
    }
  writer.end_array().key("group");
  if (group)
    put_spec(writer, *group);
  else
    writer.null();
  writer.end_object();
  return std::move(answer).finish();
}

net::Response history(const EditedRules& rules, const net::Request& request) {
  const auto form = TRY_PARSED(read_form(request));
  bool cut = false;
  const auto found =
      rules.history(std::string(form.get("namespace")), std::string(form.get("group")), &cut);
  if (!found) return refuse_json(found.error());
  Answer answer;
  if (cut)
    answer.warnings.emplace_back(
        "the history is longer than an answer may be (8 MiB): older "
        "revisions than these are left out");
  auto& writer = answer.data().begin_array();
  for (const auto& revision : *found) {
    writer.begin_object().key("id").value(revision.id);
    writer.key("savedAt").value(std::string_view(format_time(revision.saved)));
    writer.key("message").value(std::string_view(revision.message));
    writer.key("removed").value(revision.removed);
    writer.key("namespace").value(std::string_view(revision.space));
    writer.key("group").value(std::string_view(revision.group));
    writer.key("text").value(std::string_view(revision.text)).end_object();
  }
  writer.end_array();
  return std::move(answer).finish();
}

net::Response restore(EditedRules& rules, const net::Request& request) {
  const auto form = TRY_PARSED(read_form(request));
  const auto id = parse_integer(form.get("id"));
  if (!id) return respond(bad_parameter("id", "expected the number of a revision"));
  std::optional<std::string> version;
  if (const auto given = form.find("version")) version = std::string(*given);
  std::optional<rules::edited::GroupName> renamed;
  if (const auto now = form.get("group"); !now.empty())
    renamed = rules::edited::GroupName{.space = std::string(form.get("namespace")),
                                       .group = std::string(now)};
  const auto group = rules.restore(*id, version, renamed);
  if (!group) return refuse_json(group.error());
  Answer answer;
  auto& writer = answer.data().begin_object();
  if (*group) put_group_head(writer, **group);
  writer.end_object();
  return std::move(answer).finish();
}

}  // namespace

void add_rule_editing(Routes& routes) {
  const auto context = routes.context();
  auto* const rules = context->services.edited_rules;
  if (rules == nullptr) return;
  const Routes::Refused refused = [](const std::string& why) {
    return net::Response::text(403, why + "\n");
  };
  using net::Request;
  // mimirtool and Grafana ask below /prometheus, where Mimir has its API.
  for (const std::string base : {"/config/v1/rules", "/prometheus/config/v1/rules"}) {
    const auto space = base + "/:namespace", group = space + "/:group";
    routes.plain(
        "GET", base, [rules](const Request&) { return list(*rules, ""); }, true);
    routes.plain(
        "GET", space,
        [rules](const Request& request) { return list(*rules, request.param("namespace")); }, true);
    routes.plain(
        "GET", group, [rules](const Request& request) { return get(*rules, request); }, true);
    const auto change = [&](std::string_view method, const std::string& path, auto handler) {
      routes.plain(method, path,
                   routes.changing(
                       [rules, handler](const Request& r) { return handler(*rules, r); }, refused),
                   true);
    };
    change("POST", space, save);
    change("DELETE", space, remove_all);
    change("DELETE", group, remove);
  }
  routes.api("GET", "/rule_groups", [context](const Request&) { return listing(*context); });
  routes.api("GET", "/rule_groups/source",
             [context](const Request& request) { return source(*context, request); });
  routes.api("POST", "/rule_groups/check",
             [context](const Request& request) { return check(*context, request); });
  routes.api("GET", "/rule_groups/history",
             [rules](const Request& request) { return history(*rules, request); });
  routes.change("POST", "/rule_groups/restore",
                [rules](const Request& request) { return restore(*rules, request); });
}

}  // namespace pharos::api
