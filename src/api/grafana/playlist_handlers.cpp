// /api/playlists.
#include "api/grafana/grafana.hpp"
#include "api/grafana/grafana_answer.hpp"

namespace pharos::api::grafana {
namespace {

using codec::Json;
using codec::JsonWriter;
using dashboards::Playlist;

void put_items(JsonWriter& writer, const Playlist& playlist) {
  writer.begin_array();
  int order = 0;
  for (const auto& item : playlist.items) {
    writer.begin_object()
        .key("id")
        .value(++order)
        .key("playlistUid")
        .value(std::string_view(playlist.uid));
    writer.key("type").value(std::string_view(item.type));
    writer.key("value").value(std::string_view(item.value)).key("order").value(order);
    writer.key("title").value(std::string_view(item.title)).end_object();
  }
  writer.end_array();
}

void put_playlist(JsonWriter& writer, const Playlist& playlist, bool items) {
  writer.begin_object().key("uid").value(std::string_view(playlist.uid));
  writer.key("name").value(std::string_view(playlist.name));
  writer.key("interval").value(std::string_view(playlist.interval));
  writer.key("version").value(playlist.version);
  writer.key("updated").value(std::string_view(local_time(playlist.updated)));
  if (items) put_items(writer.key("items"), playlist);
  writer.end_object();
}

net::Response playlist_answer(const Playlist& playlist) {
  std::string body;
  JsonWriter writer(body);
  put_playlist(writer, playlist, true);
  return net::Response::json(200, std::move(body));
}

net::Response list(const Parts& parts, const net::Request& request) {
  const auto form = TRY_GRAFANA(query_of(request));
  auto left = TRY_GRAFANA(integer_of(form, "limit", 1'000, 1, 1'000));
  const auto query = form.get("query");
  std::string body;
  JsonWriter writer(body);
  writer.begin_array();
  for (const auto& playlist : TRY_GRAFANA(parts.boards.playlists())) {
    if (playlist.name.find(query) == std::string::npos || left-- <= 0) continue;
    put_playlist(writer, playlist, false);
  }
  writer.end_array();
  return net::Response::json(200, std::move(body));
}

Result<Json> read_playlist_body(const net::Request& request) {
  return read_body(request, {{"uid", Json::Kind::string},
                             {"name", Json::Kind::string},
                             {"interval", Json::Kind::string},
                             {"version", Json::Kind::integer},
                             {"items", Json::Kind::array}});
}

Playlist read_playlist(const Json& body) {
  Playlist out{.uid = body["uid"].string(),
               .name = body["name"].string(),
               .interval = body["interval"].string(),
               .items = {}};
  if (out.interval.empty()) out.interval = "5m";
  for (const auto& item : body["items"].items())
    out.items.push_back({item["type"].string(), item["value"].string(), item["title"].string()});
  return out;
}

net::Response add(const Parts& parts, const net::Request& request) {
  const Json body = TRY_GRAFANA(read_playlist_body(request));
  return playlist_answer(TRY_GRAFANA(parts.boards.put_playlist(read_playlist(body), false)));
}

net::Response change(const Parts& parts, const net::Request& request) {
  const Json body = TRY_GRAFANA(read_playlist_body(request));
  auto playlist = read_playlist(body);
  playlist.version = body["version"].integer();  // none: whichever it is, as Grafana's clients
  playlist.uid = request.param("uid");
  return playlist_answer(TRY_GRAFANA(parts.boards.put_playlist(std::move(playlist), true)));
}

net::Response get(const Parts& parts, const net::Request& request) {
  return playlist_answer(TRY_GRAFANA(parts.boards.playlist(std::string(request.param("uid")))));
}

net::Response items(const Parts& parts, const net::Request& request) {
  std::string body;
  JsonWriter writer(body);
  put_items(writer, TRY_GRAFANA(parts.boards.playlist(std::string(request.param("uid")))));
  return net::Response::json(200, std::move(body));
}

// Ours: what it was before, each time it was saved.
net::Response versions(const Parts& parts, const net::Request& request) {
  std::string body;
  JsonWriter writer(body);
  writer.begin_array();
  for (const auto& one :
       TRY_GRAFANA(parts.boards.playlist_versions(std::string(request.param("uid")))))
    put_playlist(writer, one, true);
  writer.end_array();
  return net::Response::json(200, std::move(body));
}

net::Response remove(const Parts& parts, const net::Request& request) {
  TRY_GRAFANA(parts.boards.remove_playlist(std::string(request.param("uid"))));
  return net::Response::json(200, "{}");
}

}  // namespace

void add_playlists(GrafanaRoutes& routes) {
  routes.add("GET", "/playlists", list);
  routes.add("POST", "/playlists", add);
  routes.add("GET", "/playlists/:uid", get);
  routes.add("PUT", "/playlists/:uid", change);
  routes.add("DELETE", "/playlists/:uid", remove);
  routes.add("GET", "/playlists/:uid/items", items);
  routes.add("GET", "/playlists/:uid/versions", versions);
}

}  // namespace pharos::api::grafana
