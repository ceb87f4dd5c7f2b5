// The groups of handlers that install() registers, one file each.
#pragma once
#include <functional>
#include <memory>
#include <string_view>

#include "api/change_gate.hpp"
#include "api/services.hpp"
#include "net/http.hpp"

namespace pharos::api {

struct Context {
  Services services;
  Options options;
};
using ContextPtr = std::shared_ptr<const Context>;

// Adds a handler under the route prefix. Wraps /api/v1 handlers in readiness and CORS.
class Routes {
 public:
  Routes(net::Router& router, ContextPtr context);
  void api(std::string_view method, std::string_view path,
           net::Handler handler);  // path below /api/v1
  void while_starting(std::string_view method, std::string_view path,
                      net::Handler handler);  // not held back by readiness
  // Of the API, for what people edit: refused as ChangeGate says.
  void change(std::string_view method, std::string_view path, net::Handler handler);
  void get_and_post(std::string_view path, net::Handler handler);  // of the API
  // Of the API, answered in well under a millisecond as a rule: on the event loop's own thread,
  // which another one replaces when it takes longer.
  void quick(std::string_view method, std::string_view path, net::Handler handler);
  void quick_get_and_post(std::string_view path, net::Handler handler);
  void put_and_post(std::string_view path, net::Handler handler);  // of the API
  void plain(std::string_view method, std::string_view path, net::Handler handler,
             bool needs_ready = false);
  // Path below /api/v2, also under /alertmanager/api/v2 where Prometheus' path_prefix may point.
  void alertmanager(std::string_view method, std::string_view path, net::Handler handler,
                    std::uint64_t body_max = 4u << 20);
  // Path below /api, for what is not Prometheus'.
  void below_api(std::string_view method, std::string_view path, net::Handler handler,
                 std::uint64_t body_max);
  // Of the API: an answer that lasts (as long as its client, or minutes), on a thread of its own.
  void streaming(std::string_view method, std::string_view path, net::Handler handler);
  // The handler behind the change gate; what may not pass gets `refused`, in the family's own
  // words.
  using Refused = net::Response (*)(const std::string& why);
  net::Handler changing(net::Handler handler, Refused refused) const;
  // Closed to pages of other origins only: what has a switch of its own.
  net::Handler own_pages(net::Handler handler) const;
  const ContextPtr& context() const { return context_; }
  // Before any handler is added. Errc::invalid when options.cors_origin does not compile.
  [[nodiscard]] Status set_cors(const std::string& pattern);

 private:
  void add_api(std::string_view method, std::string_view path, net::Handler handler,
               bool needs_ready, net::RouteOptions options = {});
  net::Handler guard(net::Handler handler, bool needs_ready) const;
  void add_preflight(const std::string& full, int status = 204);
  Millis request_time(std::string_view path) const;  // how long a handler may run

  net::Router& router_;
  ContextPtr context_;
  std::shared_ptr<const std::function<void(const net::Request&, net::Response&)>> cors_;
  std::shared_ptr<const ChangeGate> gate_;
};

void add_query_handlers(
    Routes& routes);  // query, query_range, format_query, parse_query, query_exemplars
void add_series_handlers(Routes& routes);  // series, labels, label/:name/values, metadata
void add_target_handlers(Routes& routes);  // targets, scrape_pools, targets/metadata, alertmanagers
void add_rule_handlers(Routes& routes);    // rules, alerts
void add_rule_editing(Routes& routes);     // config/v1/rules, rule_groups
void add_oncall(Routes& routes);           // /api/v1/oncall
void add_alertmanager(Routes& routes);     // Alertmanager's /api/v2
void add_insight_handlers(
    Routes& routes);  // deliveries, alerts/history, alerts/noise, previews, backtest
void add_status_handlers(Routes& routes);  // status/*, features, status/queries and its kill call
void add_admin_handlers(Routes& routes);   // admin/tsdb/*
void add_server_handlers(Routes& routes);  // /metrics, /-/*, /debug/pprof/*, /version
void add_federation(Routes& routes);       // /federate
void add_live(Routes& routes);             // /api/v1/live
void add_grafana(Routes& routes);          // Grafana's paths below /api
void add_page(Routes& routes);             // /, for builds without the web UI
// The web UI, as what answers where nothing else does. Errors as UiFiles::open.
[[nodiscard]] Status add_ui(Routes& routes, net::Router& router);

}  // namespace pharos::api
