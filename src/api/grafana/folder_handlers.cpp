// /api/folders.
#include "api/grafana/grafana.hpp"
#include "api/grafana/grafana_answer.hpp"

namespace pharos::api::grafana {
namespace {

using codec::Json;
using codec::JsonWriter;
using dashboards::Folder;

// What a folder lies in, from the top down.
std::vector<const Folder*> above(const Folder& folder, const std::vector<Folder>& all) {
  std::vector<const Folder*> out;
  for (auto at = folder.parent_uid; !at.empty() && out.size() < all.size();) {
    const auto found = std::ranges::find(all, at, &Folder::uid);
    if (found == all.end()) break;
    out.insert(out.begin(), &*found);
    at = found->parent_uid;
  }
  return out;
}

// `all`: to name what it lies in; none: that is left out.
void put_folder(JsonWriter& writer, const Folder& folder, bool whole,
                const std::vector<Folder>& all) {
  writer.begin_object().key("id").value(folder.id);
  writer.key("uid").value(std::string_view(folder.uid));
  writer.key("title").value(std::string_view(folder.title));
  if (!folder.parent_uid.empty())
    writer.key("parentUid").value(std::string_view(folder.parent_uid));
  if (whole) {
    const auto url = "/dashboards/f/" + folder.uid + "/" + dashboards::slug_of(folder.title);
    writer.key("url").value(std::string_view(url)).key("hasAcl").value(false);
    for (const char* may : {"canSave", "canEdit", "canAdmin", "canDelete"})
      writer.key(may).value(true);
    writer.key("createdBy").value("Anonymous");
    writer.key("created").value(std::string_view(local_time(folder.created)));
    writer.key("updatedBy").value("Anonymous");
    writer.key("updated").value(std::string_view(local_time(folder.updated)));
    writer.key("version").value(folder.version);
    if (const auto parents = above(folder, all); !parents.empty()) {
      writer.key("parents").begin_array();
      for (const auto* parent : parents) put_folder(writer, *parent, true, {});
      writer.end_array();
    }
  }
  writer.end_object();
}

net::Response folder_answer(const Parts& parts, const Folder& folder) {
  std::string body;
  JsonWriter writer(body);
  if (folder.parent_uid.empty()) {
    put_folder(writer, folder, true, {});
  } else {
    const auto all = TRY_GRAFANA(parts.boards.folders());
    put_folder(writer, folder, true, all);
  }
  return net::Response::json(200, std::move(body));
}

net::Response list(const Parts& parts, const net::Request& request) {
  const auto form = TRY_GRAFANA(query_of(request));
  const auto limit = TRY_GRAFANA(integer_of(form, "limit", 1'000, 1, 1'000));
  const auto page = TRY_GRAFANA(integer_of(form, "page", 1, 1, 1'000'000));
  const auto parent = form.get("parentUid");
  std::string body;
  JsonWriter writer(body);
  writer.begin_array();
  std::int64_t at = 0;
  for (const auto& folder : TRY_GRAFANA(parts.boards.folders())) {
    if (folder.parent_uid != parent) continue;
    if (at >= (page - 1) * limit && at < page * limit) put_folder(writer, folder, false, {});
    ++at;
  }
  writer.end_array();
  return net::Response::json(200, std::move(body));
}

net::Response add(const Parts& parts, const net::Request& request) {
  const Json body = TRY_GRAFANA(read_body(request, {{"uid", Json::Kind::string},
                                                    {"title", Json::Kind::string},
                                                    {"parentUid", Json::Kind::string}}));
  Folder folder;
  folder.uid = body["uid"].string();
  folder.title = body["title"].string();
  folder.parent_uid = body["parentUid"].string();
  return folder_answer(parts, TRY_GRAFANA(parts.boards.add_folder(std::move(folder))));
}

net::Response get(const Parts& parts, const net::Request& request) {
  return folder_answer(parts, TRY_GRAFANA(parts.boards.folder(std::string(request.param("uid")))));
}

net::Response get_by_id(const Parts& parts, const net::Request& request) {
  const auto id = parse_integer(request.param("id"));
  if (!id) return message(400, "id is invalid");
  const auto all = TRY_GRAFANA(parts.boards.folders());
  const auto found = std::ranges::find(all, *id, &Folder::id);
  if (found == all.end()) return message(404, "folder not found", "not-found");
  return folder_answer(parts, *found);
}

net::Response counts(const Parts& parts, const net::Request& request) {
  const auto folder = TRY_GRAFANA(parts.boards.folder(std::string(request.param("uid"))));
  const auto all = TRY_GRAFANA(parts.boards.folders());
  const auto boards = TRY_GRAFANA(parts.boards.list());
  std::string body;
  JsonWriter writer(body);
  writer.begin_object().key("alertrule").value(0).key("librarypanel").value(0);
  writer.key("dashboard")
      .value(static_cast<std::int64_t>(
          std::ranges::count(boards, folder.uid, &dashboards::DashboardInfo::folder_uid)));
  writer.key("folder")
      .value(static_cast<std::int64_t>(std::ranges::count(all, folder.uid, &Folder::parent_uid)))
      .end_object();
  return net::Response::json(200, std::move(body));
}

net::Response move(const Parts& parts, const net::Request& request) {
  const Json body = TRY_GRAFANA(read_body(request, {{"parentUid", Json::Kind::string}}));
  return folder_answer(parts, TRY_GRAFANA(parts.boards.move_folder(
                                  std::string(request.param("uid")), body["parentUid"].string())));
}

net::Response change(const Parts& parts, const net::Request& request) {
  const Json body = TRY_GRAFANA(read_body(request, {{"title", Json::Kind::string},
                                                    {"version", Json::Kind::integer},
                                                    {"overwrite", Json::Kind::boolean}}));
  std::optional<std::int64_t> version;
  if (!body["overwrite"].boolean()) version = body["version"].integer();
  return folder_answer(parts,
                       TRY_GRAFANA(parts.boards.change_folder(std::string(request.param("uid")),
                                                              body["title"].string(), version)));
}

net::Response remove(const Parts& parts, const net::Request& request) {
  const auto folder = TRY_GRAFANA(parts.boards.remove_folder(std::string(request.param("uid"))));
  std::string body;
  JsonWriter writer(body);
  writer.begin_object().key("message").value("Folder deleted");
  writer.key("id").value(folder.id).key("title").value(std::string_view(folder.title)).end_object();
  return net::Response::json(200, std::move(body));
}

}  // namespace

void add_folders(GrafanaRoutes& routes) {
  routes.add("GET", "/folders", list);
  routes.add("POST", "/folders", add);
  routes.add("GET", "/folders/id/:id", get_by_id);
  routes.add("GET", "/folders/:uid", get);
  routes.add("GET", "/folders/:uid/counts", counts);
  routes.add("POST", "/folders/:uid/move", move);
  routes.add("PUT", "/folders/:uid", change);
  routes.add("DELETE", "/folders/:uid", remove);
}

}  // namespace pharos::api::grafana
