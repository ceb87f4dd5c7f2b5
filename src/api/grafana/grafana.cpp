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
  routes_.below_api(
      method, path,
      [parts = parts_, handler = std::move(handler)](const net::Request& request) {
        return handler(parts, request);
      },
      dashboards::kDashboardBytesMax + 64 * 1024);
}

}  // namespace grafana
}  // namespace pharos::api
