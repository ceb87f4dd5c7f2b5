// `pharos oncall …`: schedules, acknowledgements, escalations, heartbeats of a running server.
#include <cstdlib>

#include "base/clock.hpp"
#include "server/command_client.hpp"
#include "server/config.hpp"
#include "server/oncall_flags.hpp"
#include "server/table_text.hpp"

namespace pharos::server {
namespace {

using codec::Json;
using Rows = std::vector<std::vector<std::string>>;

constexpr std::string_view kBase = "/api/v1/oncall";

template <class Body>
int with_client(const OnCallFlags& flags, Body body) {
  auto client = command_client(flags.server, flags.headers);
  if (!client) return complain(client.error().message, 2);
  const Status done = body(*client);
  return done ? 0 : complain(done.error());
}

std::string path(std::string_view rest) {
  return std::string(kBase) + std::string(rest);
}
std::string schedule_path(const std::string& name, std::string_view rest) {
  return path("/schedules/" + net::url_encode(name) + std::string(rest));
}

std::string joined(const Json& list) {
  std::string out;
  for (const auto& item : list.items()) out += (out.empty() ? "" : ", ") + item.string();
  return out.empty() ? "-" : out;
}
std::string text_or_dash(const Json& value) {
  return value.string().empty() ? "-" : value.string();
}

// The member "data" of an answer to anything but a GET of a list.
Result<Json> send(ApiClient& client, std::string method, const std::string& where,
                  std::string body = {}, std::string_view type = "application/json") {
  const auto answer = TRY(client.call(std::move(method), where, std::move(body), type));
  return answer["data"];
}

Result<std::string> range_text(const OnCallFlags& flags) {
  const auto now = system_clock().now();
  QueryText query;
  const auto from = TRY(time_argument(flags.from, now, now, "--from"));
  const auto to = TRY(time_argument(flags.to, now, now, "--to"));
  if (!flags.from.empty()) query.add("from", format_time(from));
  if (!flags.to.empty()) query.add("to", format_time(to));
  return query.text();
}

std::string own_name(const std::string& given) {
  if (!given.empty()) return given;
  const char* user = std::getenv("USER");
  return user == nullptr ? "" : user;
}

// "2h" from now on, or a time.
Result<std::string> until_text(const std::string& text) {
  if (const auto lasts = parse_duration(text)) return format_time(system_clock().now() + *lasts);
  const auto time = parse_time(text);
  if (!time) return fail(Errc::invalid, "--until: '" + text + "' is neither a duration nor a time");
  return format_time(*time);
}

Result<std::string> take_body(const OnCallFlags& flags, bool with_owner) {
  std::string body;
  codec::JsonWriter writer(body);
  writer.begin_object();
  if (!flags.escalation.empty()) writer.key("escalation").value(std::string_view(flags.escalation));
  if (!flags.words.empty()) {
    writer.key("matchers").begin_array();
    for (const auto& word : flags.words) writer.value(std::string_view(matcher_argument(word)));
    writer.end_array();
  }
  if (with_owner) {
    writer.key("owner").value(std::string_view(own_name(flags.owner)));
    writer.key("note").value(std::string_view(flags.note));
    if (!flags.until.empty()) {
      const auto until = TRY(until_text(flags.until));
      writer.key("until").value(std::string_view(until));
    }
  }
  writer.end_object();
  return body;
}

std::string taken_table(const Json& list) {
  Rows rows{{"ALERT", "OWNER", "UNTIL", "LABELS", "NOTE"}};
  for (const auto& item : list.items())
    rows.push_back({item["alert"].string(), item["owner"].string(), text_or_dash(item["until"]),
                    labels_text(item["labels"]), item["note"].string()});
  return table_text(rows);
}

}  // namespace

int run_oncall_who(const OnCallFlags& flags) {
  return with_client(flags, [&](ApiClient& client) -> Status {
    const auto found = TRY(client.get(path("/schedules")));
    Rows rows{{"SCHEDULE", "ON CALL", "NEXT", "AT", "ZONE"}};
    for (const auto& item : found.items())
      rows.push_back({item["name"].string(), joined(item["onCall"]), joined(item["next"]["users"]),
                      text_or_dash(item["next"]["at"]), item["zone"].string()});
    show(flags.output, found, table_text(rows));
    return {};
  });
}

int run_oncall_shifts(const OnCallFlags& flags) {
  return with_client(flags, [&](ApiClient& client) -> Status {
    const auto range = TRY(range_text(flags));
    const auto found = TRY(client.get(schedule_path(flags.schedule, "/shifts") + range));
    Rows rows{{"FROM", "TO", "USERS", "SOURCE"}};
    for (const auto& item : found.items())
      rows.push_back({item["from"].string(), item["to"].string(), joined(item["users"]),
                      item["source"].string()});
    show(flags.output, found, table_text(rows));
    return {};
  });
}

int run_oncall_calendar(const OnCallFlags& flags) {
  return with_client(flags, [&](ApiClient& client) -> Status {
    const auto range = TRY(range_text(flags));
    const auto text =
        TRY(client.text("GET", schedule_path(flags.schedule, "/calendar.ics") + range));
    std::fputs(text.c_str(), stdout);
    return {};
  });
}

int run_oncall_import(const OnCallFlags& flags) {
  return with_client(flags, [&](ApiClient& client) -> Status {
    auto text = TRY(read_text_file(flags.file));
    const auto made = TRY(send(client, "PUT", schedule_path(flags.schedule, "/calendar.ics"),
                               std::move(text), "text/calendar"));
    std::fputs((std::to_string(made["events"].integer()) + " events\n").c_str(), stdout);
    return {};
  });
}

int run_oncall_override(const OnCallFlags& flags) {
  return with_client(flags, [&](ApiClient& client) -> Status {
    const auto now = system_clock().now();
    const auto from = TRY(time_argument(flags.from, now, now, "--from"));
    const auto to = TRY(until_text(flags.to));
    std::string body;
    codec::JsonWriter writer(body);
    writer.begin_object().key("users").begin_array();
    for (const auto& user : flags.words) writer.value(std::string_view(user));
    writer.end_array().key("from").value(std::string_view(format_time(from)));
    writer.key("to")
        .value(std::string_view(to))
        .key("by")
        .value(std::string_view(own_name(flags.owner)))
        .end_object();
    const auto made = TRY(send(client, "POST", schedule_path(flags.schedule, "/overrides"), body));
    std::fputs((made["id"].string() + "\n").c_str(), stdout);
    return {};
  });
}

int run_oncall_remove_override(const OnCallFlags& flags) {
  return with_client(flags, [&](ApiClient& client) -> Status {
    TRY(send(client, "DELETE", path("/overrides/" + net::url_encode(flags.id))));
    return {};
  });
}

int run_oncall_escalations(const OnCallFlags& flags) {
  return with_client(flags, [&](ApiClient& client) -> Status {
    const auto found = TRY(client.get(path("/escalations")));
    Rows rows{{"ID", "POLICY", "STATE", "SINCE", "STEP", "NEXT", "OWNER", "GROUP", "TOLD"}};
    for (const auto& item : found.items())
      rows.push_back({item["id"].string(), item["policy"].string(), item["state"].string(),
                      item["startedAt"].string(), std::to_string(item["step"].integer()),
                      text_or_dash(item["nextStepAt"]), text_or_dash(item["owner"]),
                      labels_text(item["groupLabels"]), joined(item["told"])});
    show(flags.output, found, table_text(rows));
    return {};
  });
}

int run_oncall_acknowledgements(const OnCallFlags& flags) {
  return with_client(flags, [&](ApiClient& client) -> Status {
    const auto found = TRY(client.get(path("/acknowledgements")));
    show(flags.output, found, taken_table(found));
    return {};
  });
}

int run_oncall_take(const OnCallFlags& flags) {
  return with_client(flags, [&](ApiClient& client) -> Status {
    const auto body = TRY(take_body(flags, true));
    const auto taken = TRY(send(client, "POST", path("/acknowledge"), body));
    show(flags.output, taken, taken_table(taken));
    return {};
  });
}

int run_oncall_give_back(const OnCallFlags& flags) {
  return with_client(flags, [&](ApiClient& client) -> Status {
    const auto body = TRY(take_body(flags, false));
    TRY(send(client, "POST", path("/unacknowledge"), body));
    return {};
  });
}

int run_oncall_heartbeats(const OnCallFlags& flags) {
  return with_client(flags, [&](ApiClient& client) -> Status {
    const auto found = TRY(client.get(path("/heartbeats")));
    Rows rows{{"HEARTBEAT", "STATE", "LAST SEEN", "DEADLINE"}};
    for (const auto& item : found.items())
      rows.push_back({item["name"].string(), item["missed"].boolean() ? "missed" : "ok",
                      text_or_dash(item["lastSeen"]), text_or_dash(item["deadline"])});
    show(flags.output, found, table_text(rows));
    return {};
  });
}

int run_oncall_heartbeat(const OnCallFlags& flags) {
  return with_client(flags, [&](ApiClient& client) -> Status {
    TRY(send(client, "POST", path("/heartbeats/" + net::url_encode(flags.id))));
    return {};
  });
}

int run_oncall_maintenance(const OnCallFlags& flags) {
  return with_client(flags, [&](ApiClient& client) -> Status {
    const auto found = TRY(client.get(path("/maintenance")));
    Rows rows{{"WINDOW", "FROM", "TO", "MATCHERS", "COMMENT"}};
    for (const auto& item : found.items())
      for (const auto& window : item["windows"].items())
        rows.push_back({item["name"].string(), window["from"].string(), window["to"].string(),
                        joined(item["matchers"]), item["comment"].string()});
    show(flags.output, found, table_text(rows));
    return {};
  });
}

int run_oncall_test(const OnCallFlags& flags) {
  return with_client(flags, [&](ApiClient& client) -> Status {
    std::string body;
    codec::JsonWriter writer(body);
    writer.begin_object().key("labels").begin_object();
    for (const auto& word : flags.words) {
      const auto equals = word.find('=');
      if (equals == word.npos || equals == 0)
        return fail(Errc::invalid, "'" + word + "' is not a label: expected name=value");
      writer.key(std::string_view(word).substr(0, equals))
          .value(std::string_view(word).substr(equals + 1));
    }
    writer.end_object().key("by").value(std::string_view(own_name(flags.owner))).end_object();
    const auto routes = TRY(send(client, "POST", path("/test"), body));
    Rows rows{{"RECEIVER", "INTEGRATIONS", "AFTER", "SILENCED BY", "INHIBITED BY", "MUTED BY"}};
    for (const auto& item : routes.items())
      rows.push_back(
          {item["receiver"].string(), joined(item["integrations"]),
           format_duration(Millis(static_cast<std::int64_t>(item["groupWait"].real() * 1000))),
           joined(item["silencedBy"]), joined(item["inhibitedBy"]), joined(item["mutedBy"])});
    show(flags.output, routes, table_text(rows));
    return {};
  });
}

}  // namespace pharos::server
