// The built-in page: one file of HTML, CSS and script, embedded as it lies beside this source.
#include <memory>
#include <string>
#include <string_view>

#include "api/handlers.hpp"

// PHAROS_PAGE_FILE is set by this folder's CMakeLists.txt, which also rebuilds this object when the
// page changes.
__asm__(
    ".section .rodata\n"
    ".global pharos_page_begin\n"
    ".global pharos_page_end\n"
    "pharos_page_begin:\n"
    ".incbin \"" PHAROS_PAGE_FILE
    "\"\n"
    "pharos_page_end:\n"
    ".byte 0\n"
    ".text\n");
extern "C" const char pharos_page_begin[], pharos_page_end[];

namespace pharos::api {
namespace {

net::Response page(const std::string& html) {
  net::Response response;
  response.headers.set("Content-Type", "text/html; charset=utf-8");
  response.headers.set("Cache-Control", "no-cache");
  // Everything is in the page: no other origin is ever asked.
  response.headers.set("Content-Security-Policy",
                       "default-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
                       "img-src 'self' data:; "
                       "frame-ancestors 'self'");
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.body = html;
  return response;
}

std::string with_title(std::string html, std::string_view title) {
  constexpr std::string_view kTitle = "<title>Pharos</title>";
  std::string escaped;
  for (const char c : title) {
    if (c == '<')
      escaped += "&lt;";
    else if (c == '&')
      escaped += "&amp;";
    else
      escaped += c;
  }
  if (const auto at = html.find(kTitle); at != html.npos)
    html.replace(at, kTitle.size(), "<title>" + escaped + "</title>");
  return html;
}

}  // namespace

void add_page(Routes& routes) {
  const auto& prefix = routes.context()->options.route_prefix;
  const std::string_view source(pharos_page_begin,
                                static_cast<std::size_t>(pharos_page_end - pharos_page_begin));
  const auto html = std::make_shared<const std::string>(
      with_title(std::string(source), routes.context()->options.page_title));
  routes.plain("GET", "/", [html](const net::Request&) { return page(*html); });
  // Links to Prometheus' own pages lead to the same places here.
  for (const auto& [path, view] : {std::pair{"/graph", "query"}, std::pair{"/query", "query"},
                                   std::pair{"/targets", "targets"}, std::pair{"/status", "status"},
                                   std::pair{"/config", "status"}, std::pair{"/flags", "status"},
                                   std::pair{"/alerts", "alerts"}, std::pair{"/rules", "alerts"},
                                   std::pair{"/service-discovery", "targets"},
                                   std::pair{"/tsdb-status", "status"}})
    routes.plain("GET", path, [to = prefix + "/#" + view](const net::Request&) {
      auto response = net::Response::text(302, "");
      response.headers.set("Location", to);
      return response;
    });
}

}  // namespace pharos::api
