// What clients of Grafana ask about the server itself: health, data sources, organisation, user,
// and which dashboard files are in use.
#include "api/grafana/grafana.hpp"
#include "api/grafana/grafana_answer.hpp"

namespace pharos::api::grafana {
namespace {

using codec::JsonWriter;

net::Response health(const Parts& parts, const net::Request&) {
  const auto& build = parts.context->services.build;
  const bool database = parts.boards.stars().has_value();
  std::string body;
  JsonWriter writer(body);
  writer.begin_object().key("commit").value(std::string_view(build.revision));
  writer.key("database").value(database ? "ok" : "failing");
  writer.key("version").value(std::string_view(build.version)).end_object();
  return net::Response::json(database ? 200 : 503, std::move(body));
}

// The one there is: this server.
void put_source(JsonWriter& writer, const Parts& parts) {
  writer.begin_object().key("id").value(1).key("uid").value("pharos").key("orgId").value(1);
  writer.key("name")
      .value("Pharos")
      .key("type")
      .value("prometheus")
      .key("typeName")
      .value("Prometheus");
  writer.key("typeLogoUrl").value("").key("access").value("proxy").key("url").value("");
  writer.key("user").value("").key("database").value("").key("basicAuth").value(false);
  writer.key("isDefault").value(true).key("jsonData").begin_object();
  writer.key("httpMethod").value("POST").key("prometheusType").value("Prometheus");
  if (const auto& interval = parts.context->services.scrape_interval)
    writer.key("timeInterval").value(std::string_view(format_duration(interval())));
  writer.end_object();
  writer.key("readOnly").value(true).end_object();
}

net::Response sources(const Parts& parts, const net::Request&) {
  std::string body;
  JsonWriter writer(body);
  writer.begin_array();
  put_source(writer, parts);
  writer.end_array();
  return net::Response::json(200, std::move(body));
}

net::Response source(const Parts& parts, const net::Request& request, std::string_view key) {
  const auto wanted = request.param("key");
  const bool known = key == "uid"    ? wanted == "pharos"
                     : key == "name" ? wanted == "Pharos"
                                     : wanted == "1";
  if (!known) return message(404, "Data source not found");
  std::string body;
  JsonWriter writer(body);
  put_source(writer, parts);
  return net::Response::json(200, std::move(body));
}

net::Response organisation(const Parts&, const net::Request&) {
  return net::Response::json(200, R"({"id":1,"name":"Main Org.","address":{}})");
}
net::Response user(const Parts&, const net::Request&) {
  return net::Response::json(
      200,
      R"({"id":0,"uid":"","email":"","name":"Anonymous","login":"","orgId":1,"isGrafanaAdmin":false})");
}

// Nothing is kept of it: the browser's own settings count.
net::Response preferences(const Parts&, const net::Request&) {
  return net::Response::json(
      200,
      R"({"theme":"","homeDashboardId":0,"homeDashboardUID":"","timezone":"","weekStart":"","language":""})");
}

net::Response files(const Parts& parts, const net::Request&) {
  const auto* provisioner = parts.context->services.dashboard_files;
  std::string body;
  JsonWriter writer(body);
  writer.begin_array();
  if (provisioner != nullptr)
    for (const auto& file : provisioner->files()) {
      writer.begin_object().key("path").value(std::string_view(file.path));
      writer.key("uid").value(std::string_view(file.uid));
      writer.key("title").value(std::string_view(file.title));
      writer.key("folder").value(std::string_view(file.folder));
      writer.key("error").value(std::string_view(file.error));
      writer.key("loaded").value(std::string_view(local_time(file.loaded))).end_object();
    }
  writer.end_array();
  return net::Response::json(200, std::move(body));
}

}  // namespace

void add_instance(GrafanaRoutes& routes) {
  routes.add("GET", "/health", health);
  routes.add("GET", "/datasources", sources);
  for (const char* key : {"uid", "name"})
    routes.add("GET", std::string("/datasources/") + key + "/:key",
               [key](const Parts& parts, const net::Request& r) { return source(parts, r, key); });
  routes.add("GET", "/datasources/:key",
             [](const Parts& parts, const net::Request& r) { return source(parts, r, "id"); });
  routes.add("GET", "/org", organisation);
  routes.add("GET", "/user", user);
  routes.add("GET", "/user/preferences", preferences);
  routes.add("GET", "/org/preferences", preferences);
  routes.add("GET", "/dashboards/files", files);
}

}  // namespace pharos::api::grafana
