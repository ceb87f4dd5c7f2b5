#include "api/handlers.hpp"
#include "api/parameters.hpp"
#include "base/log.hpp"
#include "base/quoted.hpp"

namespace pharos::api {
namespace {

net::Response no_content() {
  net::Response response;
  response.status = 204;
  return response;
}

net::Response delete_series(metrics::Store& store, const net::Request& request) {
  const auto form = TRY_PARSED(read_form(request));
  if (form.all("match[]").empty()) return respond(bad_data("no match[] parameter provided"));
  const auto range = TRY_PARSED(range_parameters(form));
  const auto selectors = parse_selectors(form);
  if (!selectors) return respond(bad_parameter("match[]", selectors.error().message));
  for (const auto& selector : *selectors)
    if (const auto done = store.remove(selector, range.from_ms, range.to_ms); !done)
      return respond(failure_of(done.error()));
  return no_content();
}

net::Response clean_tombstones(metrics::Store& store, const net::Request&) {
  if (const auto done = store.clean(); !done) return respond(failure_of(done.error()));
  return no_content();
}

net::Response snapshot(metrics::Store& store, const net::Request& request) {
  const auto form = TRY_PARSED(read_form(request));
  bool skip_head = false;
  if (const auto text = form.get("skip_head"); !text.empty()) {
    const auto skip = parse_bool(text);
    if (!skip)
      return respond(bad_parameter("skip_head", "unable to parse boolean " + quoted(text)));
    skip_head = *skip;
  }
  const auto name = store.snapshot(skip_head);
  if (!name) return respond(failure_of(name.error()));
  Answer answer;
  answer.data().begin_object().key("name").value(std::string_view(*name)).end_object();
  return std::move(answer).finish();
}

// Ours: returns when the journal and the hot blocks are compacted.
net::Response compact(metrics::Store& store, const net::Request&) {
  if (const auto done = store.compact(); !done) return respond(failure_of(done.error()));
  return no_content();
}

}  // namespace

void add_admin_handlers(Routes& routes) {
  const auto& context = routes.context();
  const auto add = [&](std::string_view path,
                       net::Response (*handler)(metrics::Store&, const net::Request&)) {
    routes.put_and_post(path, routes.own_pages(
                        [context, handler, path = std::string(path)](const net::Request& request) {
                          // Prometheus' status for this one, odd as it is.
                          if (!context->options.admin_api)
                            return respond({500, "unavailable", "admin APIs disabled"});
                          if (context->services.store == nullptr)
                            return respond({503, "unavailable", "TSDB not ready"});
                          log::info("admin call", {{"path", path}, {"peer", request.peer}});
                          return handler(*context->services.store, request);
                        }));
  };
  add("/admin/tsdb/delete_series", delete_series);
  add("/admin/tsdb/clean_tombstones", clean_tombstones);
  add("/admin/tsdb/snapshot", snapshot);
  add("/admin/tsdb/compact", compact);
}

}  // namespace pharos::api
