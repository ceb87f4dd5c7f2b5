#include "api/api.hpp"

#include <mutex>
#include <optional>

#include "api/answer.hpp"
#include "api/handlers.hpp"
#include "base/metric.hpp"
#include "model/matcher.hpp"

namespace pharos::api {
namespace {

struct Stats {
  Counter requests{"pharos_api_requests_total",
                   "Requests answered, by route and status code.",
                   {"handler", "code"}};
  Distribution seconds{"prometheus_http_request_duration_seconds",
                       "Histogram of latencies for HTTP requests.",
                       {0.1, 0.2, 0.4, 1, 3, 8, 20, 60, 120},
                       {"handler"}};
};
Stats& stats() {
  static Stats* const stats = new Stats;
  return *stats;
}

// The counter of a route's good answers, kept: finding one by its labels takes a lock and makes texts.
struct Succeeded {
  std::once_flag once;
  std::optional<Counter> counter;
};

net::Handler counted(const Clock& clock, std::string path, net::Handler handler) {
  return [&clock, path, handler = std::move(handler), seconds = stats().seconds.with({path}),
          succeeded = std::make_shared<Succeeded>()](const net::Request& request) mutable {
    const auto begin = clock.monotonic();
    auto response = handler(request);
    seconds.observe(std::chrono::duration<double>(clock.monotonic() - begin).count());
    if (response.status == 200) {
      std::call_once(succeeded->once,
                     [&] { succeeded->counter = stats().requests.with({path, "200"}); });
      succeeded->counter->add();
    } else {
      stats().requests.with({path, std::to_string(response.status)}).add();
    }
    return response;
  };
}

net::Response not_ready() {
  return net::Response::text(503, "Service Unavailable");
}

}  // namespace

Routes::Routes(net::Router& router, ContextPtr context)
    : router_(router), context_(std::move(context)) {}

Status Routes::set_cors(const std::string& pattern) {
  auto regex = TRY(Regex::compile(pattern));
  auto gate = TRY(ChangeGate::open(context_->options));
  gate_ = std::make_shared<const ChangeGate>(std::move(gate));
  const bool any = pattern == ".*";
  cors_ = std::make_shared<const std::function<void(const net::Request&, net::Response&)>>(
      [regex, any](const net::Request& request, net::Response& response) {
        const auto origin = request.headers.get("Origin");
        if (origin.empty()) return;
        response.headers.set("Access-Control-Allow-Headers",
                             "Accept, Authorization, Content-Type, Origin");
        response.headers.set("Access-Control-Allow-Methods", "GET, POST, OPTIONS");
        response.headers.set("Access-Control-Expose-Headers", "Date");
        response.headers.set("Vary", "Origin");
        if (any) {
          response.headers.set("Access-Control-Allow-Origin", "*");
        } else if (regex.full_match(origin)) {  // one that is named may change things, too
          response.headers.set("Access-Control-Allow-Origin", origin);
          response.headers.set("Access-Control-Allow-Methods",
                               "GET, POST, PUT, PATCH, DELETE, OPTIONS");
          response.headers.set("Access-Control-Allow-Headers",
                               "Accept, Authorization, Content-Type, If-Match, If-None-Match, Origin");
          response.headers.set("Access-Control-Expose-Headers", "Date, ETag");
        }
      });
  return {};
}

// Holds a handler back until the server is ready, where it must wait, and lets other origins read
// its answers.
net::Handler Routes::guard(net::Handler handler, bool needs_ready) const {
  return [context = context_, cors = cors_, needs_ready,
          handler = std::move(handler)](const net::Request& request) {
    const bool wait = needs_ready && context->services.ready && !context->services.ready();
    auto response = wait ? not_ready() : handler(request);
    if (cors) (*cors)(request, response);
    return response;
  };
}

// What a browser asks before it sends a request of another origin.
void Routes::add_preflight(const std::string& full, int status) {
  if (router_.find("OPTIONS", full).pattern == full) return;  // of another method
  router_.add("OPTIONS", full, [cors = cors_, status](const net::Request& request) {
    net::Response response;
    response.status = status;
    if (cors) (*cors)(request, response);
    return response;
  });
}

void Routes::add_api(std::string_view method, std::string_view path, net::Handler handler,
                     bool needs_ready, net::RouteOptions options) {
  options.body_max = context_->options.query_body_max;
  options.handler_timeout = request_time(path);
  auto guarded = guard(std::move(handler), needs_ready);
  const auto full = context_->options.route_prefix + "/api/v1" + std::string(path);
  router_.add(method, full,
              counted(*context_->services.clock, "/api/v1" + std::string(path), std::move(guarded)),
              options);
  add_preflight(full);
}

// The engine ends a query itself, with a better answer; compactions and snapshots take what they
// take, and a month of a hundred rules takes minutes.
Millis Routes::request_time(std::string_view path) const {
  if (path == "/backtest") return std::chrono::minutes(30);
  if (path.starts_with("/admin/")) return std::chrono::hours(6);
  return context_->options.query_timeout + std::chrono::minutes(1);
}

void Routes::api(std::string_view method, std::string_view path, net::Handler handler) {
  add_api(method, path, std::move(handler), true);
}
void Routes::while_starting(std::string_view method, std::string_view path, net::Handler handler) {
  add_api(method, path, std::move(handler), false);
}
void Routes::below_api(std::string_view method, std::string_view path, net::Handler handler,
                       std::uint64_t body_max) {
  auto guarded = guard(std::move(handler), true);
  const auto name = "/api" + std::string(path);
  const auto full = context_->options.route_prefix + name;
  router_.add(method, full, counted(*context_->services.clock, name, std::move(guarded)),
              {.body_max = body_max});
  add_preflight(full);
}
void Routes::streaming(std::string_view method, std::string_view path, net::Handler handler) {
  add_api(method, path, std::move(handler), true, {.own_thread = true});
}
void Routes::quick(std::string_view method, std::string_view path, net::Handler handler) {
  add_api(method, path, std::move(handler), true, {.quick = true});
}
void Routes::quick_get_and_post(std::string_view path, net::Handler handler) {
  quick("GET", path, handler);
  quick("POST", path, std::move(handler));
}
net::Handler Routes::changing(net::Handler handler, Refused refused) const {
  return [gate = gate_, refused, handler = std::move(handler)](const net::Request& request) {
    if (const auto why = gate->refusal(request)) return refused(*why);
    return handler(request);
  };
}
net::Handler Routes::own_pages(net::Handler handler) const {
  return [gate = gate_, handler = std::move(handler)](const net::Request& request) {
    if (const auto why = gate->foreign(request)) return respond(Failure{403, "forbidden", *why});
    return handler(request);
  };
}
void Routes::change(std::string_view method, std::string_view path, net::Handler handler) {
  api(method, path, changing(std::move(handler), [](const std::string& why) {
        return respond(Failure{403, "forbidden", why});
      }));
}
void Routes::get_and_post(std::string_view path, net::Handler handler) {
  api("GET", path, handler);
  api("POST", path, std::move(handler));
}
void Routes::alertmanager(std::string_view method, std::string_view path, net::Handler handler,
                          std::uint64_t body_max) {
  auto guarded = guard(std::move(handler), true);
  const auto name = "/api/v2" + std::string(path);
  const auto counting = counted(*context_->services.clock, name, std::move(guarded));
  for (const std::string_view base : {"", "/alertmanager"}) {
    const auto full = context_->options.route_prefix + std::string(base) + name;
    router_.add(method, full, counting, {.body_max = body_max});
    add_preflight(full, 200);  // as Alertmanager answers
  }
}
void Routes::put_and_post(std::string_view path, net::Handler handler) {
  api("PUT", path, handler);
  api("POST", path, std::move(handler));
}

void Routes::plain(std::string_view method, std::string_view path, net::Handler handler,
                   bool needs_ready) {
  if (needs_ready)
    handler = [context = context_, handler = std::move(handler)](const net::Request& request) {
      return context->services.ready && !context->services.ready() ? not_ready() : handler(request);
    };
  router_.add(method, context_->options.route_prefix + std::string(path),
              counted(*context_->services.clock, std::string(path), std::move(handler)));
}

Status install(net::Router& router, Services services, Options options) {
  while (options.route_prefix.ends_with('/')) options.route_prefix.pop_back();
  const auto cors_origin = options.cors_origin;
  Routes routes(router, std::make_shared<const Context>(std::move(services), std::move(options)));
  TRY(routes.set_cors(cors_origin));
  add_query_handlers(routes);
  add_series_handlers(routes);
  add_target_handlers(routes);
  add_rule_handlers(routes);
  add_alertmanager(routes);
  add_insight_handlers(routes);
  add_rule_editing(routes);
  add_oncall(routes);
  add_status_handlers(routes);
  add_admin_handlers(routes);
  add_server_handlers(routes);
  add_federation(routes);
  add_live(routes);
  add_grafana(routes);
  if (routes.context()->options.ui.empty()) {
    add_page(routes);
  } else {
    TRY(add_ui(routes, router));
  }
  return {};
}

}  // namespace pharos::api
