// /api/annotations: what was posted, and the alerts of the alert history as regions.
#include <algorithm>
#include <span>
#include <unordered_map>

#include "api/grafana/grafana.hpp"
#include "api/grafana/grafana_answer.hpp"

namespace pharos::api::grafana {
namespace {

using codec::Json;
using codec::JsonWriter;
using dashboards::Annotation;
using rules::notify::AlertTransition;

constexpr std::int64_t kLimitMax = 5'000;
constexpr UnixMillis kTimeLast = 253'402'300'799'999;
constexpr std::size_t kTransitionsMax = 100'000;
constexpr Millis kAlertRange = std::chrono::hours(24 * 7);

std::string text_of(const Json& json) {
  std::string out;
  JsonWriter writer(out);
  dashboards::put_json(writer, json);
  return out;
}

// A list; or one text, with commas between as some clients send, or blanks as Graphite has them.
Result<std::vector<std::string>> tags_of(const Json& json, std::string_view between = ",") {
  std::vector<std::string> out;
  if (!json.is_null() && json.kind() != Json::Kind::array && json.kind() != Json::Kind::string)
    return fail(Errc::invalid, "bad request data: byte " + std::to_string(json.offset()) +
                                   ": tags must be a list of texts, or a text");
  for (const auto& tag : json.items()) out.push_back(tag.string());
  std::string_view rest = json.string();
  while (!rest.empty()) {
    auto one = rest.substr(0, rest.find_first_of(between));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (!one.empty()) out.emplace_back(one);
  }
  return out;
}

Result<Json> read_mark(const net::Request& request) {
  return read_body(request, {{"text", Json::Kind::string},
                             {"time", Json::Kind::integer},
                             {"timeEnd", Json::Kind::integer},
                             {"dashboardUID", Json::Kind::string},
                             {"dashboardId", Json::Kind::integer},
                             {"panelId", Json::Kind::integer},
                             {"data", Json::Kind::object}});
}

// The board of an id of before uids. Errc::not_found.
Result<std::string> uid_of_board(const Parts& parts, std::int64_t id) {
  const auto boards = TRY(parts.boards.list());
  const auto found = std::ranges::find(boards, id, &dashboards::DashboardInfo::id);
  if (found == boards.end()) return fail(Errc::not_found, "Dashboard not found");
  return found->uid;
}

// Ids of boards by uid, for the marks that have one.
std::unordered_map<std::string, std::int64_t> board_ids(const Parts& parts,
                                                        std::span<const Annotation> marks) {
  std::unordered_map<std::string, std::int64_t> out;
  if (std::ranges::all_of(marks, &std::string::empty, &Annotation::dashboard_uid)) return out;
  if (const auto boards = parts.boards.list())
    for (const auto& board : *boards) out.emplace(board.uid, board.id);
  return out;
}

Result<std::int64_t> id_of(const net::Request& request) {
  const auto id = parse_integer(request.param("id"));
  if (!id || *id <= 0) return fail(Errc::invalid, "annotationId is invalid");
  return *id;
}

net::Response done(std::string_view text, std::int64_t id) {
  std::string body;
  JsonWriter writer(body);
  writer.begin_object().key("message").value(text).key("id").value(id).end_object();
  return net::Response::json(200, std::move(body));
}

struct Alert {
  UnixMillis begin_ms = 0, end_ms = 0;  // end 0: still firing
  AlertTransition transition;
};

// Firing alerts as regions, newest first.
Result<std::vector<Alert>> alerts_between(const Parts& parts, UnixMillis from_ms,
                                          UnixMillis to_ms) {
  std::vector<Alert> out;
  auto* manager = parts.context->services.alertmanager;
  if (manager == nullptr) return out;
  const Interval range{from_unix_millis(from_ms), from_unix_millis(to_ms + 1)};
  if (range.end <= range.begin) return out;
  auto transitions = TRY(manager->history({}, range, kTransitionsMax));
  std::unordered_map<std::uint64_t, std::size_t> open;
  for (auto& transition : transitions) {
    const auto key = rules::fingerprint(transition.alert.labels);
    const auto at = to_unix_millis(transition.at);
    if (transition.kind == AlertTransition::Kind::firing) {
      open[key] = out.size();
      out.push_back({.begin_ms = at, .transition = std::move(transition)});
    } else if (const auto found = open.find(key); found != open.end()) {
      out[found->second].end_ms = at;
      open.erase(found);
    } else {  // it began before the range
      const auto begin = to_unix_millis(transition.alert.starts_at);
      out.push_back(
          {.begin_ms = std::min(begin, at), .end_ms = at, .transition = std::move(transition)});
    }
  }
  std::ranges::sort(out, std::greater(), &Alert::begin_ms);
  return out;
}

void put_alert(JsonWriter& writer, const Alert& alert, UnixMillis now_ms) {
  const auto& labels = alert.transition.alert.labels;
  const auto& notes = alert.transition.alert.annotations;
  const bool firing = alert.end_ms == 0;
  writer.begin_object().key("id").value(0).key("alertId").value(0);
  writer.key("alertName").value(labels.get("alertname"));
  writer.key("dashboardId").value(0).key("dashboardUID").value("").key("panelId").value(0);
  writer.key("userId")
      .value(0)
      .key("login")
      .value("")
      .key("email")
      .value("")
      .key("avatarUrl")
      .value("");
  writer.key("newState").value(firing ? "Alerting" : "Normal");
  writer.key("prevState").value(firing ? "Normal" : "Alerting");
  writer.key("created")
      .value(alert.begin_ms)
      .key("updated")
      .value(firing ? alert.begin_ms : alert.end_ms);
  writer.key("time")
      .value(alert.begin_ms)
      .key("timeEnd")
      .value(firing ? std::max(now_ms, alert.begin_ms) : alert.end_ms);
  std::string text(notes.get("summary"));
  if (text.empty()) text = labels.get("alertname");
  writer.key("text").value(std::string_view(text)).key("tags").begin_array().value("alert");
  if (const auto severity = labels.get("severity"); !severity.empty()) writer.value(severity);
  writer.end_array().key("data").begin_object().key("labels");
  put_labels(writer, labels);
  writer.end_object().end_object();
}

net::Response find(const Parts& parts, const net::Request& request) {
  const auto form = TRY_GRAFANA(query_of(request));
  const auto now = to_unix_millis(parts.context->services.clock->now());
  const auto to = TRY_GRAFANA(integer_of(form, "to", 0, 0, kTimeLast));
  const auto from = TRY_GRAFANA(integer_of(form, "from", 0, 0, kTimeLast));
  const auto limit = TRY_GRAFANA(integer_of(form, "limit", 100, 1, kLimitMax));
  const auto type = form.get("type");
  if (!type.empty() && type != "alert" && type != "annotation")
    return message(400, "type is alert or annotation");
  dashboards::FindAnnotations wanted;
  if (from > 0) wanted.from_ms = from;
  if (to > 0) wanted.to_ms = to;
  for (const auto tag : form.all("tags"))
    if (!tag.empty()) wanted.tags.emplace_back(tag);
  wanted.any_tag = form.get("matchAny") == "true";
  wanted.limit = static_cast<std::size_t>(limit);
  if (const auto uid = form.find("dashboardUID"))
    wanted.dashboard_uid = std::string(*uid);
  else if (const auto id = TRY_GRAFANA(integer_of(form, "dashboardId", 0, 0, kTimeLast)); id > 0)
    wanted.dashboard_uid = TRY_GRAFANA(uid_of_board(parts, id));
  if (const auto id = TRY_GRAFANA(integer_of(form, "panelId", 0, 0, kTimeLast)); id > 0)
    wanted.panel_id = id;

  std::vector<Annotation> own;
  if (type != "alert") own = TRY_GRAFANA(parts.annotations.find(wanted));
  std::vector<Alert> alerts;
  // Alerts belong to no board and have no tags that anybody gave them.
  const bool narrowed = !wanted.tags.empty() || wanted.dashboard_uid || wanted.panel_id;
  if (type == "alert" || (type.empty() && !narrowed)) {
    const auto end = to > 0 ? to : now;
    const auto begin = from > 0 ? from : std::max<UnixMillis>(0, end - kAlertRange.count());
    alerts = TRY_GRAFANA(alerts_between(parts, begin, end));
  }
  const auto ids = board_ids(parts, own);
  const auto board_id = [&](const Annotation& mark) {
    const auto found = ids.find(mark.dashboard_uid);
    return found == ids.end() ? 0 : found->second;
  };
  std::string body;
  JsonWriter writer(body);
  writer.begin_array();
  std::size_t a = 0, b = 0;
  for (std::int64_t n = 0; n < limit && (a < own.size() || b < alerts.size()); ++n) {
    const bool take_own =
        b == alerts.size() || (a < own.size() && own[a].time_ms >= alerts[b].begin_ms);
    if (take_own) {
      writer.raw(annotation_json(own[a], board_id(own[a])));
      ++a;
    } else {
      put_alert(writer, alerts[b++], now);
    }
  }
  writer.end_array();
  return net::Response::json(200, std::move(body));
}

net::Response get(const Parts& parts, const net::Request& request) {
  const auto id = TRY_GRAFANA(id_of(request));
  const auto found = TRY_GRAFANA(parts.annotations.get(id));
  const auto board = TRY_GRAFANA(parts.boards.id_of(found.dashboard_uid));
  return net::Response::json(200, annotation_json(found, board));
}

net::Response add(const Parts& parts, const net::Request& request) {
  const Json body = TRY_GRAFANA(read_mark(request));
  Annotation wanted;
  wanted.text = body["text"].string();
  wanted.tags = TRY_GRAFANA(tags_of(body["tags"]));
  wanted.time_ms = body["time"].integer();
  wanted.time_end_ms = body["timeEnd"].integer();
  wanted.dashboard_uid = body["dashboardUID"].string();
  if (const auto id = body["dashboardId"].integer(); wanted.dashboard_uid.empty() && id > 0)
    wanted.dashboard_uid = TRY_GRAFANA(uid_of_board(parts, id));
  wanted.panel_id = std::max<std::int64_t>(0, body["panelId"].integer());
  if (const auto& data = body["data"]; data.kind() == Json::Kind::object)
    wanted.data = text_of(data);
  if (!wanted.dashboard_uid.empty()) TRY_GRAFANA(parts.boards.get(wanted.dashboard_uid));
  return done("Annotation added", TRY_GRAFANA(parts.annotations.add(std::move(wanted))).id);
}

// Graphite's events: {"what","tags","when" (seconds),"data"}.
net::Response add_graphite(const Parts& parts, const net::Request& request) {
  const Json body = TRY_GRAFANA(read_body(
      request,
      {{"what", Json::Kind::string}, {"when", Json::Kind::integer}, {"data", Json::Kind::string}}));
  Annotation wanted;
  wanted.text = body["what"].string();
  if (wanted.text.empty()) return message(400, "what field should not be empty");
  if (const auto& data = body["data"].string(); !data.empty()) wanted.text += "\n" + data;
  wanted.tags = TRY_GRAFANA(tags_of(body["tags"], ", "));
  const auto when = body["when"].integer();
  if (when < 0 || when > kTimeLast / 1000) return message(400, "when is seconds since 1970");
  wanted.time_ms = when * 1000;
  return done("Graphite annotation added",
              TRY_GRAFANA(parts.annotations.add(std::move(wanted))).id);
}

net::Response change(const Parts& parts, const net::Request& request, bool whole) {
  const auto id = TRY_GRAFANA(id_of(request));
  const Json body = TRY_GRAFANA(read_mark(request));
  dashboards::AnnotationChange wanted;
  if (const auto* text = body.find("text"); text != nullptr || whole)
    wanted.text = text != nullptr ? text->string() : std::string();
  if (body.find("tags") != nullptr || whole) wanted.tags = TRY_GRAFANA(tags_of(body["tags"]));
  if (const auto time = body["time"].integer(); time != 0) wanted.time_ms = time;
  if (const auto end = body["timeEnd"].integer(); end != 0) wanted.time_end_ms = end;
  if (const auto& data = body["data"]; data.kind() == Json::Kind::object)
    wanted.data = text_of(data);
  TRY_GRAFANA(parts.annotations.change(id, wanted));
  return message(200, whole ? "Annotation updated" : "Annotation patched");
}

net::Response remove(const Parts& parts, const net::Request& request) {
  const auto id = TRY_GRAFANA(id_of(request));
  TRY_GRAFANA(parts.annotations.remove(id));
  return message(200, "Annotation deleted");
}

net::Response tags(const Parts& parts, const net::Request& request) {
  const auto form = TRY_GRAFANA(query_of(request));
  const auto limit = TRY_GRAFANA(integer_of(form, "limit", 100, 1, 10'000));
  const auto found =
      TRY_GRAFANA(parts.annotations.tags(form.get("tag"), static_cast<std::size_t>(limit)));
  std::string body;
  JsonWriter writer(body);
  writer.begin_object().key("result").begin_object().key("tags").begin_array();
  for (const auto& [tag, count] : found)
    writer.begin_object()
        .key("tag")
        .value(std::string_view(tag))
        .key("count")
        .value(count)
        .end_object();
  writer.end_array().end_object().end_object();
  return net::Response::json(200, std::move(body));
}

}  // namespace

std::string annotation_json(const Annotation& annotation, std::int64_t dashboard_id) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object()
      .key("id")
      .value(annotation.id)
      .key("alertId")
      .value(0)
      .key("alertName")
      .value("");
  writer.key("dashboardId").value(dashboard_id);
  writer.key("dashboardUID").value(std::string_view(annotation.dashboard_uid));
  writer.key("panelId").value(annotation.panel_id).key("userId").value(0);
  writer.key("newState").value("").key("prevState").value("");
  writer.key("created").value(annotation.created_ms).key("updated").value(annotation.updated_ms);
  writer.key("time").value(annotation.time_ms).key("timeEnd").value(annotation.time_end_ms);
  writer.key("text").value(std::string_view(annotation.text)).key("tags").begin_array();
  for (const auto& tag : annotation.tags) writer.value(std::string_view(tag));
  writer.end_array().key("login").value("").key("email").value("").key("avatarUrl").value("");
  writer.key("data").raw(annotation.data).end_object();
  return out;
}

void add_annotations(GrafanaRoutes& routes) {
  routes.add("GET", "/annotations", find);
  routes.add("POST", "/annotations", add);
  routes.add("POST", "/annotations/graphite", add_graphite);
  routes.add("GET", "/annotations/tags", tags);
  routes.add("GET", "/annotations/:id", get);
  routes.add("PUT", "/annotations/:id",
             [](const Parts& parts, const net::Request& r) { return change(parts, r, true); });
  routes.add("PATCH", "/annotations/:id",
             [](const Parts& parts, const net::Request& r) { return change(parts, r, false); });
  routes.add("DELETE", "/annotations/:id", remove);
}

}  // namespace pharos::api::grafana
