// On-call under /api/v1/oncall: schedules and shifts, overrides, calendars, acknowledgements,
// escalations, heartbeats, maintenance windows, test pages.
#include <algorithm>
#include <charconv>
#include <cstdio>

#include "api/handlers.hpp"
#include "api/parameters.hpp"
#include "rules/notify/matcher_parser.hpp"
#include "rules/oncall/ical.hpp"
#include "rules/oncall/oncall.hpp"

namespace pharos::api {
namespace {

using namespace rules::oncall;
using codec::Json;
using codec::JsonWriter;

constexpr Millis kShiftsDefault = std::chrono::hours(24 * 14);
constexpr Millis kCalendarDefault = std::chrono::hours(24 * 90);
constexpr double kSecondsMax = 253'402'300'799;  // the end of the year 9999

net::Response refuse(const Error& error) {
  switch (error.code) {
    case Errc::invalid: return respond(bad_data(error.message));
    case Errc::not_found: return respond(Failure{404, "not_found", error.message});
    case Errc::conflict: return respond(Failure{409, "conflict", error.message});
    case Errc::limit: return respond(Failure{422, "limit", error.message});
    case Errc::unavailable: return respond(Failure{503, "unavailable", error.message});
    default: return respond(failure_of(error));
  }
}

// Runs a handler that gives an answer or an error, when there is an on-call at all.
template <class Body>
net::Handler with_oncall(const ContextPtr& context, Body body) {
  return [context, body](const net::Request& request) -> net::Response {
    if (context->services.oncall == nullptr)
      return respond(Failure{503, "unavailable", "on-call is not running"});
    Result<net::Response> response = body(*context->services.oncall, *context, request);
    return response ? std::move(*response) : refuse(response.error());
  };
}

void put_time(JsonWriter& out, std::string_view key, const std::optional<Time>& time) {
  out.key(key);
  if (time)
    out.value(std::string_view(format_time(*time)));
  else
    out.null();
}
void put_names(JsonWriter& out, const std::vector<std::string>& names) {
  out.begin_array();
  for (const auto& name : names) out.value(std::string_view(name));
  out.end_array();
}
std::string alert_id(std::uint64_t fingerprint) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(fingerprint));
  return text;
}

// A body is one JSON object with known members only.
Result<Json> read_object(const net::Request& request,
                         std::initializer_list<std::string_view> known) {
  auto json = TRY(Json::parse(request.body));
  if (json.kind() != Json::Kind::object)
    return fail(Errc::invalid, "the body must be a JSON object");
  const std::vector<std::string_view> names(known);
  for (const auto& [name, value] : json.members()) {
    if (std::ranges::find(names, name) != names.end()) continue;
    const auto near = codec::nearest(name, names);
    return fail(Errc::invalid,
                "unknown member '" + name + "'" +
                    (near.empty() ? "" : ", did you mean '" + std::string(near) + "'?"));
  }
  return json;
}

Result<std::vector<std::string>> names_of(const Json& json, std::string_view member) {
  std::vector<std::string> out;
  const auto& list = json[member];
  if (list.is_null()) return out;
  if (list.kind() != Json::Kind::array)
    return fail(Errc::invalid, std::string(member) + " must be a list of texts");
  for (const auto& item : list.items()) {
    if (item.kind() != Json::Kind::string)
      return fail(Errc::invalid, std::string(member) + " must be a list of texts");
    out.push_back(item.string());
  }
  return out;
}

Result<std::optional<Time>> time_of(const Json& json, std::string_view member) {
  const auto& value = json[member];
  if (value.is_null()) return std::optional<Time>();
  const std::string what(member);
  Time time{};
  if (value.kind() == Json::Kind::string) {
    auto parsed = parse_time(value.string());
    if (!parsed) return fail(std::move(parsed).error().in(member));
    time = *parsed;
  } else if (value.kind() == Json::Kind::integer || value.kind() == Json::Kind::real) {
    const auto seconds = value.real();
    if (!(seconds >= 0 && seconds <= kSecondsMax))
      return fail(Errc::invalid, what + " is not a time in seconds since 1970");
    time = from_unix_millis(static_cast<std::int64_t>(seconds * 1000));
  } else {
    return fail(Errc::invalid, what + " must be a time, as a text or in seconds");
  }
  if (time < Time{} || time > from_unix_millis(static_cast<std::int64_t>(kSecondsMax) * 1000))
    return fail(Errc::invalid, what + " is not a time between 1970 and 9999");
  return std::optional<Time>(time);
}

Result<std::string> text_of(const Json& json, std::string_view member) {
  const auto& value = json[member];
  if (!value.is_null() && value.kind() != Json::Kind::string)
    return fail(Errc::invalid, std::string(member) + " must be a text");
  return value.string();
}

void put_escalation(JsonWriter& out, const EscalationView& view) {
  const auto& e = view.escalation;
  out.begin_object().key("id").value(std::string_view(e.id));
  out.key("policy").value(std::string_view(e.policy));
  out.key("state").value(name(e.state));
  out.key("groupKey").value(std::string_view(e.group_key));
  out.key("groupLabels");
  put_labels(out, e.group_labels);
  put_time(out, "startedAt", e.started_at);
  out.key("step")
      .value(static_cast<std::uint64_t>(e.step))
      .key("round")
      .value(static_cast<std::uint64_t>(e.round));
  put_time(out, "nextStepAt",
           e.state == Escalation::State::running ? std::optional(e.due) : std::nullopt);
  out.key("owner").value(std::string_view(e.owner)).key("note").value(std::string_view(e.note));
  put_time(out, "acknowledgedUntil", e.acknowledged_until);
  out.key("told");
  put_names(out, view.told);
  out.key("alerts").begin_array();
  for (const auto alert : view.alerts) out.value(std::string_view(alert_id(alert)));
  out.end_array().end_object();
}

void put_acknowledgement(JsonWriter& out, const Acknowledgement& entry) {
  out.begin_object().key("alert").value(std::string_view(alert_id(entry.alert))).key("labels");
  put_labels(out, entry.labels);
  out.key("owner")
      .value(std::string_view(entry.owner))
      .key("note")
      .value(std::string_view(entry.note));
  put_time(out, "at", entry.at);
  put_time(out, "until", entry.until);
  out.end_object();
}

Result<Take> read_take(const net::Request& request) {
  const auto json =
      TRY(read_object(request, {"escalation", "alerts", "matchers", "owner", "note", "until"}));
  Take out;
  out.escalation = TRY(text_of(json, "escalation"));
  out.owner = TRY(text_of(json, "owner"));
  out.note = TRY(text_of(json, "note"));
  const auto alerts = TRY(names_of(json, "alerts"));
  for (const auto& text : alerts) {
    std::uint64_t id = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), id, 16);
    if (code != std::errc() || end != text.data() + text.size())
      return fail(Errc::invalid, "alerts: '" + text + "' is not a fingerprint");
    out.alerts.push_back(id);
  }
  const auto matchers = TRY(names_of(json, "matchers"));
  for (const auto& text : matchers) out.matchers.push_back(TRY(rules::notify::parse_matcher(text)));
  out.until = TRY(time_of(json, "until"));
  return out;
}

Result<Interval> read_range(const net::Request& request, Time now, Millis otherwise) {
  const auto form = read_form(request);
  if (!form) return fail(Errc::invalid, form.error().message);
  const auto from = time_parameter(*form, "from", to_unix_millis(now));
  if (!from) return fail(Errc::invalid, from.error().message);
  const auto to =
      time_parameter(*form, "to", std::clamp(*from, kTimeMin, kTimeMax) + otherwise.count());
  if (!to) return fail(Errc::invalid, to.error().message);
  const auto at = [](UnixMillis t_ms) {
    return from_unix_millis(std::clamp(t_ms, kTimeMin, kTimeMax));
  };
  return Interval{at(*from), at(*to)};
}

Result<net::Response> schedules(OnCall& oncall, const Context& context, const net::Request&) {
  const Time now = context.services.clock->now();
  Answer answer;
  auto& out = answer.data().begin_array();
  for (const auto& name : oncall.rota().schedules()) {
    const auto schedule = oncall.rota().schedule(name);
    if (!schedule) continue;
    out.begin_object().key("name").value(std::string_view(name));
    out.key("zone").value(std::string_view(schedule->zone.name())).key("onCall");
    put_names(out, schedule->on_call(now));
    const auto shifts = schedule->shifts(now, now + kShiftsDefault, 100);
    const auto next =
        std::ranges::find_if(shifts, [&](const Shift& shift) { return shift.during.begin > now; });
    out.key("next");
    if (next == shifts.end()) {
      out.null();
    } else {
      out.begin_object()
          .key("at")
          .value(std::string_view(format_time(next->during.begin)))
          .key("users");
      put_names(out, next->users);
      out.end_object();
    }
    out.key("overrides").begin_array();
    for (const auto& change : schedule->overrides) {
      out.begin_object().key("id").value(std::string_view(change.id)).key("users");
      put_names(out, change.users);
      put_time(out, "from", change.during.begin);
      put_time(out, "to", change.during.end);
      out.key("by").value(std::string_view(change.created_by)).end_object();
    }
    out.end_array().end_object();
  }
  out.end_array();
  return std::move(answer).finish();
}

Result<net::Response> shifts(OnCall& oncall, const Context& context, const net::Request& request) {
  const auto range = TRY(read_range(request, context.services.clock->now(), kShiftsDefault));
  const auto list =
      TRY(oncall.rota().shifts(std::string(request.param("name")), range.begin, range.end));
  Answer answer;
  auto& out = answer.data().begin_array();
  for (const auto& shift : list) {
    out.begin_object();
    put_time(out, "from", shift.during.begin);
    put_time(out, "to", shift.during.end);
    out.key("users");
    put_names(out, shift.users);
    out.key("source").value(std::string_view(shift.source)).end_object();
  }
  out.end_array();
  return std::move(answer).finish();
}

Result<net::Response> calendar(OnCall& oncall, const Context& context,
                               const net::Request& request) {
  const Time now = context.services.clock->now();
  const auto range = TRY(read_range(request, now, kCalendarDefault));
  const std::string name(request.param("name"));
  const auto list = TRY(oncall.rota().shifts(name, range.begin, range.end));
  net::Response response;
  response.status = 200;
  response.headers.set("Content-Type", "text/calendar; charset=utf-8");
  response.body = write_calendar(name, list, now);
  return response;
}

Result<net::Response> import_calendar(OnCall& oncall, const Context&, const net::Request& request) {
  const auto events =
      TRY(oncall.rota().import_calendar(std::string(request.param("name")), request.body));
  Answer answer;
  answer.data().begin_object().key("events").value(static_cast<std::uint64_t>(events)).end_object();
  return std::move(answer).finish();
}

Result<net::Response> add_override(OnCall& oncall, const Context&, const net::Request& request) {
  const auto json = TRY(read_object(request, {"users", "from", "to", "by"}));
  Override change;
  change.users = TRY(names_of(json, "users"));
  const auto from = TRY(time_of(json, "from"));
  const auto to = TRY(time_of(json, "to"));
  if (!from || !to) return fail(Errc::invalid, "from and to are needed");
  change.during = {*from, *to};
  change.created_by = TRY(text_of(json, "by"));
  const auto id =
      TRY(oncall.rota().add_override(std::string(request.param("name")), std::move(change)));
  Answer answer;
  answer.data().begin_object().key("id").value(std::string_view(id)).end_object();
  return std::move(answer).finish();
}

net::Response done() {
  Answer answer;
  answer.data().null();
  return std::move(answer).finish();
}

Result<net::Response> heartbeats(OnCall& oncall, const Context&, const net::Request&) {
  Answer answer;
  auto& out = answer.data().begin_array();
  for (const auto& view : oncall.heartbeats()) {
    out.begin_object().key("name").value(std::string_view(view.heartbeat.name));
    out.key("missed").value(view.missed);
    put_time(out, "lastSeen", view.last_seen);
    put_time(out, "deadline",
             view.deadline == Time::max() ? std::nullopt : std::optional(view.deadline));
    out.end_object();
  }
  out.end_array();
  return std::move(answer).finish();
}

Result<net::Response> maintenance(OnCall& oncall, const Context&, const net::Request&) {
  Answer answer;
  auto& out = answer.data().begin_array();
  for (const auto& view : oncall.maintenance()) {
    out.begin_object().key("name").value(std::string_view(view.maintenance.name));
    out.key("comment")
        .value(std::string_view(view.maintenance.comment))
        .key("matchers")
        .begin_array();
    for (const auto& matcher : view.maintenance.matchers)
      out.value(std::string_view(matcher.to_string()));
    out.end_array().key("windows").begin_array();
    for (const auto& window : view.next) {
      out.begin_object();
      put_time(out, "from", window.begin);
      put_time(out, "to", window.end);
      out.end_object();
    }
    out.end_array().end_object();
  }
  out.end_array();
  return std::move(answer).finish();
}

Result<net::Response> test_page(OnCall& oncall, const Context&, const net::Request& request) {
  const auto json = TRY(read_object(request, {"labels", "by"}));
  LabelsBuilder labels;
  const auto& wanted = json["labels"];
  if (!wanted.is_null() && wanted.kind() != Json::Kind::object)
    return fail(Errc::invalid, "labels must be an object of texts");
  const auto by = TRY(text_of(json, "by"));
  for (const auto& [name, value] : wanted.members()) {
    if (value.kind() != Json::Kind::string) return fail(Errc::invalid, "labels must be texts");
    labels.set(name, value.string());
  }
  const auto routes = TRY(oncall.test_page(labels.build(), by));
  Answer answer;
  auto& out = answer.data().begin_array();
  for (const auto& route : routes) {
    out.begin_object().key("receiver").value(std::string_view(route.receiver));
    out.key("integrations");
    put_names(out, route.integrations);
    out.key("silencedBy");
    put_names(out, route.silenced_by);
    out.key("inhibitedBy");
    put_names(out, route.inhibited_by);
    out.key("mutedBy");
    put_names(out, route.muted_by);
    out.key("groupWait").value(static_cast<double>(route.group_wait.count()) / 1000).end_object();
  }
  out.end_array();
  return std::move(answer).finish();
}

}  // namespace

void add_oncall(Routes& routes) {
  const auto& context = routes.context();
  routes.api("GET", "/oncall/schedules", with_oncall(context, schedules));
  routes.api("GET", "/oncall/schedules/:name/shifts", with_oncall(context, shifts));
  routes.api("GET", "/oncall/schedules/:name/calendar.ics", with_oncall(context, calendar));
  routes.change("PUT", "/oncall/schedules/:name/calendar.ics",
                with_oncall(context, import_calendar));
  routes.change("POST", "/oncall/schedules/:name/overrides", with_oncall(context, add_override));
  routes.change("DELETE", "/oncall/overrides/:id",
                with_oncall(context,
                            [](OnCall& oncall, const Context&,
                               const net::Request& request) -> Result<net::Response> {
                              TRY(oncall.rota().remove_override(std::string(request.param("id"))));
                              return done();
                            }));
  routes.api(
      "GET", "/oncall/escalations",
      with_oncall(context,
                  [](OnCall& oncall, const Context&, const net::Request&) -> Result<net::Response> {
                    Answer answer;
                    answer.data().begin_array();
                    for (const auto& view : oncall.escalations())
                      put_escalation(answer.data(), view);
                    answer.data().end_array();
                    return std::move(answer).finish();
                  }));
  const auto list_taken = [](const std::vector<Acknowledgement>& entries) {
    Answer answer;
    answer.data().begin_array();
    for (const auto& entry : entries) put_acknowledgement(answer.data(), entry);
    answer.data().end_array();
    return std::move(answer).finish();
  };
  routes.api("GET", "/oncall/acknowledgements",
             with_oncall(
                 context,
                 [=](OnCall& oncall, const Context&, const net::Request&) -> Result<net::Response> {
                   return list_taken(oncall.acknowledgements());
                 }));
  routes.change("POST", "/oncall/acknowledge",
                with_oncall(context,
                            [=](OnCall& oncall, const Context&,
                                const net::Request& request) -> Result<net::Response> {
                              const auto take = TRY(read_take(request));
                              const auto taken = TRY(oncall.take(take));
                              return list_taken(taken);
                            }));
  routes.change("POST", "/oncall/unacknowledge",
                with_oncall(context,
                            [](OnCall& oncall, const Context&,
                               const net::Request& request) -> Result<net::Response> {
                              const auto take = TRY(read_take(request));
                              TRY(oncall.give_back(take));
                              return done();
                            }));
  routes.api("GET", "/oncall/heartbeats", with_oncall(context, heartbeats));
  // A job calls in with whatever its tool sends.
  for (const std::string_view method : {"GET", "POST", "PUT"})
    routes.api(method, "/oncall/heartbeats/:name",
               with_oncall(context,
                           [](OnCall& oncall, const Context&,
                              const net::Request& request) -> Result<net::Response> {
                             TRY(oncall.heartbeat(std::string(request.param("name"))));
                             return done();
                           }));
  routes.api("GET", "/oncall/maintenance", with_oncall(context, maintenance));
  routes.change("POST", "/oncall/test", with_oncall(context, test_page));
}

}  // namespace pharos::api
