#include "api/grafana/grafana.hpp"

#include "api/grafana/grafana_answer.hpp"

namespace pharos::api {

void add_grafana(Routes& routes) {
  const auto& services = routes.context()->services;
  if (services.boards == nullptr || services.annotations == nullptr) return;
  grafana::GrafanaRoutes all(routes, {*services.boards, *services.annotations, routes.context()});
  grafana::add_boards(all);
  grafana::add_folders(all);
  grafana::add_annotations(all);
  grafana::add_playlists(all);
  grafana::add_instance(all);
}

namespace grafana {

void GrafanaRoutes::add(std::string_view method, std::string_view path, Handler handler) {
  net::Handler own = [parts = parts_, handler = std::move(handler)](const net::Request& request) {
    return handler(parts, request);
  };
  if (method != "GET")  // none of these paths has a question that is posted
    own = routes_.changing(
        std::move(own), [](const std::string& why) { return message(403, why, "access-denied"); });
  // Clients write "/api/search/" too, as Grafana's own documents do.
  routes_.below_api(method, std::string(path) + "/", own,
                    dashboards::kDashboardBytesMax + 64 * 1024);
  routes_.below_api(method, path, std::move(own), dashboards::kDashboardBytesMax + 64 * 1024);
}

}  // namespace grafana
}  // namespace pharos::api
