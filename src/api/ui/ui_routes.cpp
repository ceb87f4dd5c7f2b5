// Where the web UI answers: every GET below the route prefix that no handler knows.
#include "api/handlers.hpp"
#include "api/ui/ui_files.hpp"

namespace pharos::api {

Status add_ui(Routes& routes, net::Router& router) {
  const auto& options = routes.context()->options;
  const auto files = TRY(UiFiles::open(options.ui, options.base_path, options.page_title));
  routes.plain("GET", "/",
               [files](const net::Request& request) { return files->serve(request, "/"); });
  router.set_fallback([files, prefix = options.route_prefix](const net::Request& request) {
    std::string_view path = request.path;
    if (!path.starts_with(prefix)) return net::Response::text(404, "404 page not found\n");
    path.remove_prefix(prefix.size());
    if (path.empty()) {  // relative addresses need the slash
      auto response = net::Response::text(302, "");
      response.headers.set("Location", prefix + "/");
      return response;
    }
    if (path.front() != '/' || is_api_path(path))
      return net::Response::text(404, "404 page not found\n");
    return files->serve(request, path);
  });
  return {};
}

}  // namespace pharos::api
