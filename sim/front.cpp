#include "sim/front.hpp"

#include <algorithm>
#include <cmath>

#include "base/clock.hpp"
#include "codec/json.hpp"
#include "sim/controls.hpp"

namespace pharos::sim {
namespace {

net::Response refuse(const Error& error) {
  std::string body;
  codec::JsonWriter out(body);
  out.begin_object().key("status").value("error").key("error").value(error.message).end_object();
  const int status = error.code == Errc::not_found  ? 404
                     : error.code == Errc::conflict ? 409
                     : error.code == Errc::limit    ? 429
                                                    : 400;
  return net::Response::json(status, std::move(body));
}

net::Response accept() {
  return net::Response::json(200, R"({"status":"success"})");
}

net::Response page(Driver& driver, const net::Request& request) {
  const bool openmetrics =
      request.headers.get("Accept").find("application/openmetrics-text") != std::string_view::npos;
  net::Response response;
  double slow = 0;
  const bool known = driver.with([&](World& world) {
    auto* found = world.find_page(request.path);
    if (!found) return false;
    slow = found->scrape_seconds;
    if (!found->reachable) {
      response = net::Response::text(503, "this target does not answer now\n");
    } else {
      found->write(response.body, openmetrics ? Page::Format::openmetrics : Page::Format::text);
    }
    return true;
  });
  if (known && slow > 0.05)  // such a target answers late; who leaves frees the thread
    (void)system_clock().sleep_for(
        std::chrono::milliseconds(std::lround(std::min(slow, 15.0) * 1000)), request.cancelled);
  if (!known) return net::Response::text(404, "there is no such page: /sd lists them\n");
  if (response.status == 200)
    response.headers.set("Content-Type",
                         openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                     : "text/plain; version=0.0.4; charset=utf-8");
  return response;
}

net::Response schedule(Driver& driver, const net::Request& request) {
  const auto body = codec::Json::parse(request.body);
  if (!body) return refuse(body.error());
  return driver.with([&](World& world) {
    auto faults = parse_faults(*body, world.fleet());
    if (!faults) return refuse(faults.error());
    if (auto status = world.faults().add(std::move(*faults), world.seconds()); !status)
      return refuse(status.error());
    return accept();
  });
}

net::Response act(Driver& driver, const net::Request& request) {
  const auto body = codec::Json::parse(request.body);
  if (!body) return refuse(body.error());
  const auto status = driver.with([&](World& world) { return control(world, *body); });
  return status ? accept() : refuse(status.error());
}

}  // namespace

std::string discovery_json(const World& world, const std::string& address) {
  std::string body;
  codec::JsonWriter out(body);
  out.begin_array();
  for (const auto& page : world.pages()) {
    const auto& target = page->target();
    out.begin_object()
        .key("targets")
        .begin_array()
        .value(address)
        .end_array()
        .key("labels")
        .begin_object();
    out.key("__metrics_path__")
        .value(target.path)
        .key("job")
        .value(target.job)
        .key("region")
        .value(target.region);
    out.key("node").value(target.node).key("version").value(target.version);
    out.end_object().end_object();
  }
  out.end_array();
  return body;
}

std::shared_ptr<net::Router> make_front(Driver& driver, std::string address) {
  auto router = std::make_shared<net::Router>();
  const auto pages = [&driver](const net::Request& request) { return page(driver, request); };
  router->add("GET", "/region/:region/node/:node/metrics", pages);
  router->add("GET", "/region/:region/metrics", pages);
  router->add("GET", "/service/:name/:member/metrics", pages);
  router->add("GET", "/fleet/metrics", pages);
  router->add("GET", "/sd", [&driver, address](const net::Request& request) {
    const std::string host = address.empty() ? std::string(request.headers.get("Host")) : address;
    return net::Response::json(
        200, driver.with([&](World& world) { return discovery_json(world, host); }));
  });
  router->add("GET", "/faults", [](const net::Request&) {
    std::string body;
    codec::JsonWriter out(body);
    write_fault_kinds(out);
    return net::Response::json(200, std::move(body));
  });
  router->add("POST", "/faults",
              [&driver](const net::Request& request) { return schedule(driver, request); });
  router->add("GET", "/truth", [&driver](const net::Request&) {
    std::string body;
    codec::JsonWriter out(body);
    driver.with([&](World& world) { world.faults().write_truth(out, world.config().start); });
    return net::Response::json(200, std::move(body));
  });
  router->add("POST", "/control",
              [&driver](const net::Request& request) { return act(driver, request); });
  return router;
}

}  // namespace pharos::sim
