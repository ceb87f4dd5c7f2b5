// /api/dashboards, /api/search and /api/user/stars.
#include <algorithm>

#include "api/grafana/grafana.hpp"
#include "api/grafana/grafana_answer.hpp"
#include "base/quoted.hpp"

namespace pharos::api::grafana {
namespace {

using codec::Json;
using codec::JsonWriter;
using dashboards::DashboardInfo;
using dashboards::DashboardVersion;

constexpr std::int64_t kVersionMax = std::numeric_limits<std::int64_t>::max();

std::string url_of(const DashboardInfo& board) {
  return "/d/" + board.uid + "/" + board.slug;
}
std::string folder_url(const std::string& uid, const std::string& title) {
  return uid.empty() ? std::string() : "/dashboards/f/" + uid + "/" + dashboards::slug_of(title);
}

net::Response saved(const DashboardInfo& board) {
  std::string body;
  JsonWriter writer(body);
  writer.begin_object().key("id").value(board.id).key("uid").value(std::string_view(board.uid));
  writer.key("folderUid").value(std::string_view(board.folder_uid));
  writer.key("slug").value(std::string_view(board.slug)).key("status").value("success");
  writer.key("url").value(std::string_view(url_of(board)));
  writer.key("version").value(board.version).end_object();
  return net::Response::json(200, std::move(body));
}

net::Response save(const Parts& parts, const net::Request& request) {
  const Json body = TRY_GRAFANA(read_body(request, {{"message", Json::Kind::string},
                                                    {"overwrite", Json::Kind::boolean},
                                                    {"folderUid", Json::Kind::string},
                                                    {"folderId", Json::Kind::integer}}));
  const Json* board = body.find("dashboard");
  // The resource of schema v2 comes without that wrapping: let it be named for what it is.
  if (board == nullptr && body.find("apiVersion") != nullptr) board = &body;
  if (board == nullptr) return message(400, "bad request data: no dashboard");
  dashboards::SaveDashboard wanted;
  wanted.dashboard = TRY_GRAFANA(dashboards::read_dashboard(Json(*board)));
  wanted.message = body["message"].string();
  wanted.overwrite = body["overwrite"].boolean();
  // A request that names no folder means the top, as Grafana reads it.
  wanted.folder_uid = body["folderUid"].string();
  if (wanted.folder_uid->empty() && body["folderId"].integer() > 0) {
    const auto folders = TRY_GRAFANA(parts.boards.folders());
    const auto found =
        std::ranges::find(folders, body["folderId"].integer(), &dashboards::Folder::id);
    if (found == folders.end()) return message(400, "Folder not found");
    wanted.folder_uid = found->uid;
  }
  if (!wanted.folder_uid->empty() && *wanted.folder_uid != "general")
    if (const auto folder = parts.boards.folder(*wanted.folder_uid);
        !folder && folder.error().code == Errc::not_found)
      return message(400, "Folder not found");
  return saved(TRY_GRAFANA(parts.boards.save(std::move(wanted))));
}

void put_meta(JsonWriter& writer, const Parts& parts, const DashboardInfo& board) {
  std::string title = "General";
  std::int64_t folder_id = 0;
  if (!board.folder_uid.empty())
    if (const auto folder = parts.boards.folder(board.folder_uid)) {
      title = folder->title;
      folder_id = folder->id;
    }
  const bool provisioned = !board.provisioned.empty(), locked = parts.context->options.read_only;
  const bool editable = !locked && (!provisioned || board.editable);
  writer.begin_object().key("type").value("db");
  for (const char* may : {"canSave", "canEdit", "canAdmin"}) writer.key(may).value(editable);
  writer.key("canStar").value(!locked).key("canDelete").value(!locked && !provisioned);
  writer.key("slug").value(std::string_view(board.slug));
  writer.key("url").value(std::string_view(url_of(board)));
  writer.key("expires").value("0001-01-01T00:00:00Z");
  writer.key("created").value(std::string_view(local_time(board.created)));
  writer.key("updated").value(std::string_view(local_time(board.updated)));
  writer.key("updatedBy").value("Anonymous").key("createdBy").value("Anonymous");
  writer.key("version")
      .value(board.version)
      .key("hasAcl")
      .value(false)
      .key("isFolder")
      .value(false);
  writer.key("isStarred").value(board.starred);
  writer.key("folderId").value(folder_id);
  writer.key("folderUid").value(std::string_view(board.folder_uid));
  writer.key("folderTitle").value(std::string_view(title));
  writer.key("folderUrl").value(std::string_view(folder_url(board.folder_uid, title)));
  writer.key("provisioned").value(provisioned);
  writer.key("provisionedExternalId").value(std::string_view(board.provisioned)).end_object();
}

net::Response get(const Parts& parts, const net::Request& request) {
  const auto board = TRY_GRAFANA(parts.boards.get(std::string(request.param("uid"))));
  std::string body;
  JsonWriter writer(body);
  writer.begin_object().key("meta");
  put_meta(writer, parts, board.info);
  writer.key("dashboard").raw(board.json).end_object();
  return net::Response::json(200, std::move(body));
}

net::Response remove(const Parts& parts, const net::Request& request) {
  const auto board = TRY_GRAFANA(parts.boards.remove(std::string(request.param("uid"))));
  std::string body;
  JsonWriter writer(body);
  writer.begin_object().key("title").value(std::string_view(board.title));
  writer.key("message").value(std::string_view("Dashboard " + board.title + " deleted"));
  writer.key("uid").value(std::string_view(board.uid)).key("id").value(board.id).end_object();
  return net::Response::json(200, std::move(body));
}

// ------------------------------ versions

void put_version(JsonWriter& writer, const DashboardVersion& version, const std::string* json) {
  writer.begin_object().key("id").value(version.id);
  writer.key("dashboardId").value(version.dashboard_id);
  writer.key("dashboardUID").value(std::string_view(version.uid));
  writer.key("uid").value(std::string_view(version.uid));
  writer.key("parentVersion").value(version.parent);
  writer.key("restoredFrom").value(version.restored_from);
  writer.key("version").value(version.version);
  writer.key("created").value(std::string_view(local_time(version.created)));
  writer.key("createdBy").value("Anonymous");
  writer.key("message").value(std::string_view(version.message));
  if (json != nullptr) writer.key("data").raw(*json);
  writer.end_object();
}

net::Response versions(const Parts& parts, const net::Request& request) {
  const auto form = TRY_GRAFANA(query_of(request));
  const auto limit = TRY_GRAFANA(integer_of(form, "limit", 50, 1, 1'000));
  // What was given as continueToken is the version before which to go on.
  const auto before = TRY_GRAFANA(integer_of(form, "continueToken", kVersionMax, 0, kVersionMax));
  const auto start = TRY_GRAFANA(integer_of(form, "start", 0, 0, 1'000));
  auto found = TRY_GRAFANA(parts.boards.versions(std::string(request.param("uid")),
                                                 static_cast<std::size_t>(limit + start), before));
  found.erase(found.begin(), found.begin() + std::min<std::ptrdiff_t>(start, std::ssize(found)));
  std::string body;
  JsonWriter writer(body);
  const bool more = std::ssize(found) == limit && found.back().parent > 0;
  writer.begin_object().key("continueToken");
  writer.value(std::string_view(more ? std::to_string(found.back().version) : std::string()));
  writer.key("versions").begin_array();
  for (const auto& version : found) put_version(writer, version, nullptr);
  writer.end_array().end_object();
  return net::Response::json(200, std::move(body));
}

net::Response version(const Parts& parts, const net::Request& request) {
  const auto number = parse_integer(request.param("version"));
  if (!number) return message(400, "the version is not a number");
  const auto found = TRY_GRAFANA(parts.boards.version(std::string(request.param("uid")), *number));
  std::string body;
  JsonWriter writer(body);
  put_version(writer, found.first, &found.second);
  return net::Response::json(200, std::move(body));
}

net::Response restore(const Parts& parts, const net::Request& request) {
  const Json body = TRY_GRAFANA(read_body(request));
  if (body["version"].kind() != Json::Kind::integer)
    return message(400, "bad request data: no version");
  return saved(TRY_GRAFANA(
      parts.boards.restore(std::string(request.param("uid")), body["version"].integer())));
}

// ------------------------------ search and stars

std::vector<std::string> texts_of(const net::Form& form, std::string_view name) {
  std::vector<std::string> out;
  for (const std::string_view text : form.all(name)) {
    std::string_view rest = text;
    while (!rest.empty()) {  // some clients join them with commas
      const auto one = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), one.size() + 1));
      if (!one.empty()) out.emplace_back(one);
    }
  }
  return out;
}

// Numbers are ids of before uids: 0 is the top.
Result<std::vector<std::int64_t>> ids_of(const net::Form& form, std::string_view name) {
  std::vector<std::int64_t> out;
  for (const auto& text : texts_of(form, name)) {
    const auto id = parse_integer(text);
    if (!id)
      return fail(Errc::invalid, std::string(name) + ": " + quoted(text) + " is not a number");
    out.push_back(*id);
  }
  return out;
}

net::Response search(const Parts& parts, const net::Request& request) {
  const auto form = TRY_GRAFANA(query_of(request));
  dashboards::SearchDashboards wanted;
  wanted.text = form.get("query");
  for (const auto tag : form.all("tag"))
    if (!tag.empty()) wanted.tags.emplace_back(tag);
  wanted.uids = texts_of(form, "dashboardUIDs");
  for (auto& uid : texts_of(form, "dashboardUID")) wanted.uids.push_back(std::move(uid));
  wanted.ids = TRY_GRAFANA(ids_of(form, "dashboardIds"));
  wanted.folder_uids = texts_of(form, "folderUIDs");
  const auto folders = TRY_GRAFANA(parts.boards.folders());
  for (const auto id : TRY_GRAFANA(ids_of(form, "folderIds"))) {
    const auto found = std::ranges::find(folders, id, &dashboards::Folder::id);
    wanted.folder_uids.push_back(id == 0                  ? "general"
                                 : found == folders.end() ? std::to_string(id) + " is none"
                                                          : found->uid);
  }
  wanted.starred = form.get("starred") == "true";
  const auto type = form.get("type");
  if (!type.empty() && type != "dash-db" && type != "dash-folder")
    return message(400, "type is dash-db or dash-folder");
  wanted.boards = type != "dash-folder";
  wanted.folders = type != "dash-db";
  const auto sort = form.get("sort");
  if (!sort.empty() && sort != "alpha-asc" && sort != "alpha-desc")
    return message(400, "sort is alpha-asc or alpha-desc");
  wanted.descending = sort == "alpha-desc";
  wanted.limit = static_cast<std::size_t>(TRY_GRAFANA(integer_of(form, "limit", 1'000, 1, 5'000)));
  wanted.page = static_cast<std::size_t>(TRY_GRAFANA(integer_of(form, "page", 1, 1, 1'000'000)));
  const auto found = TRY_GRAFANA(parts.boards.search(wanted));
  std::string body;
  JsonWriter writer(body);
  writer.begin_array();
  for (const auto& one : found) {
    const auto& board = one.board;
    writer.begin_object().key("id").value(board.id);
    writer.key("uid").value(std::string_view(board.uid));
    writer.key("title").value(std::string_view(board.title));
    writer.key("uri").value(std::string_view("db/" + board.slug));
    writer.key("url").value(
        std::string_view(one.is_folder ? folder_url(board.uid, board.title) : url_of(board)));
    writer.key("slug").value("").key("type").value(one.is_folder ? "dash-folder" : "dash-db");
    writer.key("tags").begin_array();
    for (const auto& tag : board.tags) writer.value(std::string_view(tag));
    writer.end_array().key("isStarred").value(board.starred);
    if (!board.folder_uid.empty()) {
      const auto in = std::ranges::find(folders, board.folder_uid, &dashboards::Folder::uid);
      writer.key("folderId").value(in == folders.end() ? 0 : in->id);
      writer.key("folderUid").value(std::string_view(board.folder_uid));
      writer.key("folderTitle").value(std::string_view(one.folder_title));
      writer.key("folderUrl")
          .value(std::string_view(folder_url(board.folder_uid, one.folder_title)));
    }
    if (!one.is_folder) writer.key("provisioned").value(!board.provisioned.empty());
    writer.key("sortMeta").value(0).end_object();
  }
  writer.end_array();
  return net::Response::json(200, std::move(body));
}

net::Response tags(const Parts& parts, const net::Request&) {
  std::map<std::string, std::int64_t> counts;
  for (const auto& board : TRY_GRAFANA(parts.boards.list()))
    for (const auto& tag : board.tags) ++counts[tag];
  std::string body;
  JsonWriter writer(body);
  writer.begin_array();
  for (const auto& [tag, count] : counts)
    writer.begin_object()
        .key("term")
        .value(std::string_view(tag))
        .key("count")
        .value(count)
        .end_object();
  writer.end_array();
  return net::Response::json(200, std::move(body));
}

net::Response stars(const Parts& parts, const net::Request&) {
  std::string body;
  JsonWriter writer(body);
  writer.begin_array();
  for (const auto& uid : TRY_GRAFANA(parts.boards.stars())) writer.value(std::string_view(uid));
  writer.end_array();
  return net::Response::json(200, std::move(body));
}

net::Response set_star(const Parts& parts, const net::Request& request, bool on) {
  TRY_GRAFANA(parts.boards.star(std::string(request.param("uid")), on));
  return message(200, on ? "Dashboard starred!" : "Dashboard unstarred");
}

}  // namespace

void add_boards(GrafanaRoutes& routes) {
  routes.add("POST", "/dashboards/db", save);
  routes.add("GET", "/dashboards/uid/:uid", get);
  routes.add("DELETE", "/dashboards/uid/:uid", remove);
  routes.add("GET", "/dashboards/uid/:uid/versions", versions);
  routes.add("GET", "/dashboards/uid/:uid/versions/:version", version);
  routes.add("POST", "/dashboards/uid/:uid/restore", restore);
  routes.add("GET", "/dashboards/tags", tags);
  routes.add("GET", "/search", search);
  routes.add("GET", "/user/stars", stars);
  routes.add("POST", "/user/stars/dashboard/uid/:uid",
             [](const Parts& parts, const net::Request& r) { return set_star(parts, r, true); });
  routes.add("DELETE", "/user/stars/dashboard/uid/:uid",
             [](const Parts& parts, const net::Request& r) { return set_star(parts, r, false); });
}

}  // namespace pharos::api::grafana
