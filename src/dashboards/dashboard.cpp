#include "dashboards/dashboard.hpp"

#include <algorithm>
#include <charconv>

#include "base/uuid.hpp"

namespace pharos::dashboards {
namespace {

using codec::Json;
using codec::JsonWriter;

// Where schema v2 shows: the resource's apiVersion, or its own parts in a bare spec.
Status refuse_schema_v2(const Json& json) {
  const auto& api_version = json["apiVersion"].string();
  const bool resource = api_version.starts_with("dashboard.grafana.app/");
  const auto& spec = resource && json["spec"].kind() == Json::Kind::object ? json["spec"] : json;
  const bool parts =
      spec["elements"].kind() == Json::Kind::object && spec["layout"].kind() == Json::Kind::object;
  if (!parts && !(resource && api_version.starts_with("dashboard.grafana.app/v2"))) return {};
  return fail(Errc::unsupported, "dashboard schema v2" +
                                     (resource ? " (" + api_version + ")" : std::string()) +
                                     " is not supported: export the dashboard as classic JSON");
}

std::string place_of(std::string_view text, std::size_t at) {
  at = std::min(at, text.size());
  const auto before = text.substr(0, at);
  const auto line = 1 + std::ranges::count(before, '\n');
  const auto begin = before.rfind('\n');
  const auto column = begin == before.npos ? at + 1 : at - begin;
  return std::to_string(line) + ":" + std::to_string(column);
}

// "JSON: byte 12: what" → 12 and "what".
std::pair<std::size_t, std::string_view> place_in_message(std::string_view message) {
  constexpr std::string_view kBegin = "JSON: byte ";
  std::size_t at = 0;
  if (!message.starts_with(kBegin)) return {0, message};
  message.remove_prefix(kBegin.size());
  const auto [end, code] = std::from_chars(message.data(), message.data() + message.size(), at);
  message.remove_prefix(static_cast<std::size_t>(end - message.data()));
  if (message.starts_with(": ")) message.remove_prefix(2);
  return {at, message};
}

}  // namespace

Status check_size(std::string_view json) {
  if (json.size() > kDashboardBytesMax)
    return fail(Errc::limit, "a dashboard of " + std::to_string(json.size()) +
                                 " bytes, the limit is " + std::to_string(kDashboardBytesMax));
  // Commas and brackets in texts count too: the bound is far from any real board.
  const auto values = static_cast<std::size_t>(
      std::ranges::count_if(json, [](char c) { return c == ',' || c == '[' || c == '{'; }));
  if (values > kValuesMax)
    return fail(Errc::limit, "a dashboard of more than " + std::to_string(kValuesMax) + " values");
  return {};
}

Status check_uid(std::string_view uid) {
  if (uid.size() > kUidMax) return fail(Errc::invalid, "uid too long, max 40 characters");
  const bool fine = std::ranges::all_of(uid, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
  if (!fine) return fail(Errc::invalid, "uid contains illegal characters");
  return {};
}

std::string new_uid() {
  auto uid = new_uuid();
  std::erase(uid, '-');
  return uid.substr(0, 14);
}

Result<Dashboard> read_dashboard(Json json) {
  if (json.kind() != Json::Kind::object)
    return fail(Errc::invalid, "the dashboard is not an object");
  TRY(refuse_schema_v2(json));
  Dashboard out;
  out.title = json["title"].string();
  const auto text = out.title.find_first_not_of(" \t\r\n");
  if (text == std::string::npos) return fail(Errc::invalid, std::string(kTitleEmpty));
  if (out.title.size() > kTitleMax)
    return fail(Errc::limit, "a dashboard's title is longer than 5,000 bytes");
  out.uid = json["uid"].string();
  TRY(check_uid(out.uid));
  out.id = std::max<std::int64_t>(0, json["id"].integer());
  out.version = std::max<std::int64_t>(0, json["version"].integer());
  for (const auto& tag : json["tags"].items()) {
    if (tag.kind() != Json::Kind::string || tag.string().empty()) continue;
    if (std::ranges::find(out.tags, tag.string()) == out.tags.end())
      out.tags.push_back(tag.string());
    if (out.tags.size() > kTagsMax) return fail(Errc::limit, "a dashboard with more than 200 tags");
  }
  out.json = std::move(json);
  return out;
}

Result<Dashboard> parse_dashboard(std::string_view text, const std::string& path) {
  if (auto fits = check_size(text); !fits) return fail(std::move(fits).error().in(path));
  auto json = Json::parse(text);
  if (!json) {
    const auto [at, what] = place_in_message(json.error().message);
    return fail(Errc::invalid, path + ":" + place_of(text, at) + ": " + std::string(what));
  }
  const bool wrapped =
      json->find("title") == nullptr && (*json)["dashboard"].kind() == Json::Kind::object;
  auto board = read_dashboard(wrapped ? Json((*json)["dashboard"]) : std::move(*json));
  if (!board) return fail(std::move(board).error().in(path + ":1:1"));
  return board;
}

void put_json(JsonWriter& writer, const Json& json) {
  switch (json.kind()) {
    case Json::Kind::null: writer.null(); break;
    case Json::Kind::boolean: writer.value(json.boolean()); break;
    case Json::Kind::integer: writer.value(json.integer()); break;
    case Json::Kind::real: writer.value(json.real()); break;
    case Json::Kind::string: writer.value(std::string_view(json.string())); break;
    case Json::Kind::array:
      writer.begin_array();
      for (const auto& item : json.items()) put_json(writer, item);
      writer.end_array();
      break;
    case Json::Kind::object:
      writer.begin_object();
      for (const auto& [key, value] : json.members()) {
        writer.key(key);
        put_json(writer, value);
      }
      writer.end_object();
      break;
  }
}

std::string dashboard_text(const Json& json, std::int64_t id, const std::string& uid,
                           std::int64_t version) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object().key("id").value(id).key("uid").value(std::string_view(uid));
  writer.key("version").value(version);
  for (const auto& [key, value] : json.members()) {
    if (key == "id" || key == "uid" || key == "version") continue;
    writer.key(key);
    put_json(writer, value);
  }
  writer.end_object();
  return out;
}

std::string slug_of(std::string_view title) {
  std::string out;
  for (const char c : title) {
    const char low = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    const bool kept = (low >= 'a' && low <= 'z') || (low >= '0' && low <= '9') || low == '_';
    if (kept)
      out += low;
    else if (!out.empty() && out.back() != '-')
      out += '-';
    if (out.size() >= 80) break;
  }
  while (out.ends_with('-')) out.pop_back();
  return out.empty() ? "dashboard" : out;
}

}  // namespace pharos::dashboards
