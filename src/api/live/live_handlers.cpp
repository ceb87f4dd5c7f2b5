// /api/v1/live: opening, changing and ending live streams.
#include "api/answer.hpp"
#include "api/handlers.hpp"
#include "api/live/hub.hpp"
#include "api/live/live_request.hpp"

namespace pharos::api {
namespace {

using live::Hub;

net::Response refuse(const Error& error) {
  if (error.code != Errc::unavailable) return respond(failure_of(error));
  auto response = respond({429, "unavailable", error.message});
  response.headers.set("Retry-After", "5");
  return response;
}

net::Response open_stream(Hub& hub, const net::Request& request) {
  auto wanted = live::parse_live_request(request);
  if (!wanted) return refuse(wanted.error());
  auto lease = hub.open(std::move(*wanted));
  if (!lease) return refuse(lease.error());
  net::Response response;
  response.headers.set("Content-Type", "text/event-stream; charset=utf-8");
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("X-Accel-Buffering", "no");  // proxies are not to collect it
  response.stream = [&hub, lease = std::move(*lease), cancelled = request.cancelled](
                        const net::Response::Sink& send) { hub.serve(*lease, send, cancelled); };
  return response;
}

net::Response update_stream(Hub& hub, const net::Request& request) {
  auto wanted = live::parse_live_request(request);
  if (!wanted) return refuse(wanted.error());
  const auto queries = wanted->queries.size();
  if (const auto done = hub.update(std::string(request.param("stream")), std::move(*wanted)); !done)
    return refuse(done.error());
  Answer answer;
  answer.data()
      .begin_object()
      .key("queries")
      .value(static_cast<std::uint64_t>(queries))
      .end_object();
  return std::move(answer).finish();
}

net::Response end_stream(Hub& hub, const net::Request& request) {
  if (const auto done = hub.end(std::string(request.param("stream"))); !done)
    return refuse(done.error());
  net::Response response;
  response.status = 204;
  return response;
}

}  // namespace

void add_live(Routes& routes) {
  auto* const hub = routes.context()->services.live;
  if (hub == nullptr) return;
  for (const char* method : {"GET", "POST"})
    routes.streaming(method, "/live",
                     [hub](const net::Request& request) { return open_stream(*hub, request); });
  routes.api("PUT", "/live/:stream",
             [hub](const net::Request& request) { return update_stream(*hub, request); });
  routes.api("DELETE", "/live/:stream",
             [hub](const net::Request& request) { return end_stream(*hub, request); });
}

}  // namespace pharos::api
