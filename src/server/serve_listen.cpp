// The ports of a running server, and what answers there.
#include "api/api.hpp"
#include "api/change_gate.hpp"
#include "base/log.hpp"
#include "ingest/remote_read.hpp"
#include "ingest/remote_write.hpp"
#include "net/web_config.hpp"
#include "server/outside_url.hpp"
#include "server/serve_impl.hpp"

namespace pharos::server {

Result<std::shared_ptr<net::Router>> Server::Impl::make_router() {
  auto router = std::make_shared<net::Router>();
  api::Options options{
      .admin_api = flags.enable_admin_api,
      .lifecycle = flags.enable_lifecycle,
      .route_prefix = prefix,
      .cors_origin = flags.cors_origin,
      .ui = api::ui_assets(),
      .base_path = flags.external_url.empty() ? prefix : path_of_url(flags.external_url),
      .external_url = flags.external_url,
      .own_hosts = flags.allowed_hosts,
      .read_only = flags.read_only,
      .query_compat = flags.query_compat,
      .page_title = flags.page_title};
  for (auto& name : api::names_of_machine(hostname())) options.own_hosts.push_back(std::move(name));
  if (auto v = parse_duration(flags.lookback_delta)) options.lookback = *v;
  TRY(api::install(*router, services(), options));
  router->set_prefix(prefix);
  ingest::register_remote_read(*router, store->querier(),
                               [this] { return current()->config.global.external_labels; });
  if (flags.remote_write_receiver) ingest::register_remote_write(*router, store, series_cache);
  if (flags.otlp_receiver) {
    otlp = std::make_shared<ingest::OtlpReceiver>(store, series_cache, loaded->config.otlp,
                                                  store->querier());
    ingest::register_otlp(*router, otlp);
  }
  const ingest::PushgatewayConfig push{.interval = loaded->config.global.scrape_interval,
                                       .admin = flags.enable_admin_api};
  pushgateway = TRY(ingest::Pushgateway::open(disk, store, clock, push));
  ingest::register_pushgateway(*router, pushgateway, push);
  return router;
}

Status Server::Impl::listen() {
  prefix = clean_prefix(flags.route_prefix.empty() ? path_of_url(flags.external_url)
                                                   : flags.route_prefix);
  const std::shared_ptr<const net::Router> router = TRY(make_router());
  bool guarded = false, tls = false;
  for (const auto& address : flags.listen) {
    net::HttpServerConfig config{.listen = address};
    config.connections_max = flags.max_connections;
    if (auto v = parse_duration(flags.read_timeout)) config.idle_timeout = *v;
    if (!flags.web_config_file.empty()) TRY(net::apply_web_config(flags.web_config_file, config));
    guarded = static_cast<bool>(config.gate);
    tls = config.tls.has_value();
    auto server = net::HttpServer::start(std::move(config), router, requests, clock);
    if (!server) return fail(std::move(server).error().in("--web.listen-address " + address));
    servers.push_back(std::move(*server));
  }
  if (flags.otlp_receiver) {
    TRY(listen_otlp(flags.otlp_grpc_listen, flags.otlp_grpc_given, "--otlp.grpc.listen-address"));
    TRY(listen_otlp(flags.otlp_http_listen, flags.otlp_http_given, "--otlp.http.listen-address"));
  }
  const std::string scheme = tls ? "https" : "http", port = std::to_string(servers[0]->port());
  external_url = flags.external_url.empty() ? scheme + "://" + hostname() + ":" + port + prefix
                                            : flags.external_url;
  // With no file the server watches itself; behind a password it cannot.
  if (flags.config_file.empty() && !guarded)
    own_job = "scrape_configs:\n  - job_name: pharos\n    scheme: " + scheme +
              "\n    metrics_path: " + prefix + "/metrics\n" +
              (tls ? "    tls_config:\n      insecure_skip_verify: true\n" : "") +
              "    static_configs:\n      - targets: ['127.0.0.1:" + port + "']\n";
  return {};
}

// A side port that nobody asked for may be taken by a collector on the same host: then it is left
// out.
Status Server::Impl::listen_otlp(const std::string& address, bool configured,
                                 std::string_view flag) {
  if (address.empty() || address == "off") return {};
  auto router = std::make_shared<net::Router>();
  ingest::register_otlp(*router, otlp);
  net::HttpServerConfig config{.listen = address, .loops = 1};
  config.connections_max = flags.max_connections;
  auto server = net::HttpServer::start(std::move(config), std::move(router), requests, clock);
  if (server) {
    servers.push_back(std::move(*server));
    return {};
  }
  if (configured) return fail(std::move(server).error().in(std::string(flag) + " " + address));
  log::warn("default side port is taken, OTLP is on the main port only",
            {{"address", address}, {"flag", flag}, {"error", server.error().message}});
  return {};
}

}  // namespace pharos::server
