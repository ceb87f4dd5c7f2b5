// Grafana's HTTP API over the dashboards of this server.
#pragma once
#include "api/handlers.hpp"
#include "dashboards/annotation_store.hpp"
#include "dashboards/dashboard_store.hpp"
#include "dashboards/provisioner.hpp"

namespace pharos::api::grafana {

// What the handlers need; members are those of Services.
struct Parts {
  dashboards::DashboardStore& boards;
  dashboards::AnnotationStore& annotations;
  ContextPtr context;
};

// Registers below /api, with the readiness and CORS of Routes.
class GrafanaRoutes {
 public:
  GrafanaRoutes(Routes& routes, Parts parts) : routes_(routes), parts_(std::move(parts)) {}
  using Handler = std::function<net::Response(const Parts&, const net::Request&)>;
  void add(std::string_view method, std::string_view path, Handler handler);

 private:
  Routes& routes_;
  Parts parts_;
};

void add_boards(GrafanaRoutes& routes);       // dashboards/db, dashboards/uid, search, user/stars
void add_folders(GrafanaRoutes& routes);      // folders
void add_annotations(GrafanaRoutes& routes);  // annotations
void add_playlists(GrafanaRoutes& routes);    // playlists
void add_instance(GrafanaRoutes& routes);     // health, datasources, org, user

// `dashboard_id`: of the board that it is on; 0 for one that is on all of them.
std::string annotation_json(const dashboards::Annotation& annotation, std::int64_t dashboard_id);

}  // namespace pharos::api::grafana
