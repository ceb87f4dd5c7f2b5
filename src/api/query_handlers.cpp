#include <algorithm>
#include <map>

#include "api/handlers.hpp"
#include "api/parameters.hpp"
#include "api/query_cost.hpp"
#include "api/result_json.hpp"
#include "query/promql/ast.hpp"
#include "query/promql/json.hpp"

namespace pharos::api {
namespace {

using query::QueryRequest;

// Prometheus' bound on the points of one series: a week by minutes, a year by hours.
constexpr std::int64_t kPointsMax = 11'000;

// What instant and range queries share.
Parsed<QueryRequest> common_request(const net::Request& request, const net::Form& form) {
  QueryRequest out;
  out.expr = form.get("query");
  out.source = "api " + request.peer;
  out.cancelled = request.cancelled;
  const auto timeout = timeout_parameter(form);
  if (!timeout) return std::unexpected(timeout.error());
  out.timeout = *timeout;
  if (const auto text = form.get("lookback_delta"); !text.empty()) {
    const auto lookback = parse_api_duration(text);
    if (!lookback)
      return std::unexpected(
          bad_data("error parsing lookback delta duration: " + lookback.error().message));
    if (lookback->count() > 0) out.lookback = *lookback;
  }
  return out;
}

net::Response run(const Context& context, const net::Form& form, const QueryRequest& request,
                  std::size_t limit) {
  if (!context.services.querier || !context.services.run_query)
    return respond({503, "unavailable", "the query engine is not ready"});
  const auto querier = context.services.querier();
  auto output = context.services.run_query(*querier, request);
  if (!output) {
    // The engine's `invalid` is what Prometheus finds while it prepares the query.
    if (output.error().code == Errc::invalid)
      return respond(bad_parameter("query", output.error().message));
    return respond(failure_of(output.error()));
  }
  Answer answer;
  answer.warnings = std::move(output->annotations.warnings);
  answer.infos = std::move(output->annotations.infos);
  if (truncate(output->value, limit)) answer.warnings.emplace_back(kTruncated);
  const bool stats = !form.get("stats").empty();
  if (form.get("stats") != "all") output->stats.samples_per_step.clear();
  put_query_result(answer.data(), output->value, stats ? &output->stats : nullptr, request,
                   context.services.workers.get());
  return std::move(answer).finish();
}

net::Response instant_query(const Context& context, const net::Request& request) {
  const auto form = TRY_PARSED(read_form(request));
  const auto limit = TRY_PARSED(limit_parameter(form));
  const auto now = to_unix_millis(context.services.clock->now());
  const auto time = TRY_PARSED(time_parameter(form, "time", now));
  auto wanted = TRY_PARSED(common_request(request, form));
  wanted.start_ms = wanted.end_ms = time;
  return run(context, form, wanted, limit);
}

net::Response range_query(const Context& context, const net::Request& request) {
  const auto form = TRY_PARSED(read_form(request));
  const auto limit = TRY_PARSED(limit_parameter(form));
  const auto start = parse_api_time(form.get("start"));
  if (!start) return respond(bad_parameter("start", start.error().message));
  const auto end = parse_api_time(form.get("end"));
  if (!end) return respond(bad_parameter("end", end.error().message));
  if (*end < *start)
    return respond(bad_parameter("end", "end timestamp must not be before start time"));
  const auto step = parse_api_duration(form.get("step"));
  if (!step) return respond(bad_parameter("step", step.error().message));
  if (step->count() <= 0)
    return respond(bad_parameter(
        "step",
        "zero or negative query resolution step widths are not accepted. Try a positive integer"));
  if ((*end - *start) / *step > kPointsMax)
    return respond(bad_data(
        "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query "
        "resolution (?step=XX)"));
  auto wanted = TRY_PARSED(common_request(request, form));
  wanted.start_ms = to_unix_millis(*start);
  wanted.end_ms = to_unix_millis(*end);
  wanted.step_ms = step->count();
  return run(context, form, wanted, limit);
}

Result<query::promql::NodePtr> parse(const Context& context, const net::Form& form) {
  return query::promql::parse(form.get("query"), {.compat = context.options.query_compat});
}

net::Response format_query(const Context& context, const net::Request& request) {
  const auto form = TRY_PARSED(read_form(request));
  const auto expr = parse(context, form);
  if (!expr) return respond(bad_parameter("query", expr.error().message));
  Answer answer;
  answer.data().value(std::string_view(query::promql::prettify(**expr)));
  return std::move(answer).finish();
}

net::Response parse_query(const Context& context, const net::Request& request) {
  const auto form = TRY_PARSED(read_form(request));
  const auto expr = parse(context, form);
  if (!expr) return respond(bad_parameter("query", expr.error().message));
  Answer answer;
  answer.data().raw(query::promql::to_json(**expr));
  return std::move(answer).finish();
}

// With start, end and step as of a range query; without: an instant query at `time`.
net::Response cost_of_query(const Context& context, const net::Request& request) {
  const auto form = TRY_PARSED(read_form(request));
  const auto expr = parse(context, form);
  if (!expr) return respond(bad_parameter("query", expr.error().message));
  const auto now = to_unix_millis(context.services.clock->now());
  auto start = TRY_PARSED(time_parameter(form, "time", now));
  auto end = start;
  std::int64_t step_ms = 0;
  if (form.find("start") || form.find("end") || form.find("step")) {
    const auto range = TRY_PARSED(range_parameters(form));
    start = range.from_ms;
    end = range.to_ms;
    const auto step = parse_api_duration(form.get("step"));
    if (!step) return respond(bad_parameter("step", step.error().message));
    if (start == kTimeMin || end == kTimeMax)
      return respond(bad_data("a range has a start, an end and a step"));
    if (step->count() <= 0 || end < start)
      return respond(bad_parameter("step", "expected a positive step and an end after the start"));
    step_ms = step->count();
  }
  if (!context.services.querier) return respond({503, "unavailable", "the store is not ready"});
  const auto querier = context.services.querier();
  const auto cost =
      query_cost(*querier, **expr, start, end, step_ms, context.options.lookback.count(), 60'000);
  if (!cost) return respond(failure_of(cost.error()));
  Answer answer;
  auto& writer = answer.data().begin_object();
  writer.key("selectors").value(cost->selectors).key("series").value(cost->series);
  writer.key("steps").value(cost->steps).key("samples").value(cost->samples);
  writer.key("estimatedMilliseconds").value(cost->milliseconds).end_object();
  return std::move(answer).finish();
}

void collect_selectors(const query::promql::Node& node, std::vector<std::vector<Matcher>>& out) {
  if (node.kind == query::promql::NodeKind::selector) out.push_back(node.matchers);
  for (const auto& child : node.children)
    if (child) collect_selectors(*child, out);
}

net::Response query_exemplars(const Context& context, const net::Request& request) {
  const auto form = TRY_PARSED(read_form(request));
  const auto range = TRY_PARSED(range_parameters(form));
  if (range.to_ms < range.from_ms)
    return respond(bad_data("end timestamp must not be before start timestamp"));
  const auto expr = parse(context, form);
  if (!expr) return respond(bad_data(expr.error().message));
  std::vector<std::vector<Matcher>> selectors;
  collect_selectors(**expr, selectors);
  if (selectors.empty()) {  // as Prometheus answers a query without any selector
    net::Response response;
    response.status = 204;
    return response;
  }
  std::map<Labels, std::vector<Exemplar>> found;
  const auto querier = context.services.querier ? context.services.querier() : nullptr;
  for (const auto& selector : selectors) {
    if (!querier) break;
    auto series = querier->exemplars(selector, range.from_ms, range.to_ms);
    if (!series) return respond({422, "execution", series.error().message});
    for (auto& one : *series) found.try_emplace(one.labels, std::move(one.exemplars));
  }
  Answer answer;
  auto& writer = answer.data().begin_array();
  for (const auto& [labels, exemplars] : found) {
    writer.begin_object().key("seriesLabels");
    put_labels(writer, labels);
    writer.key("exemplars").begin_array();
    for (const auto& exemplar : exemplars) {
      writer.begin_object().key("labels");
      put_labels(writer, exemplar.labels);
      writer.key("value")
          .sample_value(exemplar.value)
          .key("timestamp")
          .unix_seconds(exemplar.t_ms)
          .end_object();
    }
    writer.end_array().end_object();
  }
  writer.end_array();
  return std::move(answer).finish();
}

}  // namespace

void add_query_handlers(Routes& routes) {
  const auto& context = routes.context();
  routes.quick_get_and_post(
      "/query", [context](const net::Request& r) { return instant_query(*context, r); });
  routes.quick_get_and_post("/query_range",
                            [context](const net::Request& r) { return range_query(*context, r); });
  routes.get_and_post("/query_exemplars",
                      [context](const net::Request& r) { return query_exemplars(*context, r); });
  routes.quick_get_and_post("/format_query",
                            [context](const net::Request& r) { return format_query(*context, r); });
  routes.quick_get_and_post(
      "/query_cost", [context](const net::Request& r) { return cost_of_query(*context, r); });
  routes.quick_get_and_post("/parse_query",
                            [context](const net::Request& r) { return parse_query(*context, r); });
}

}  // namespace pharos::api
