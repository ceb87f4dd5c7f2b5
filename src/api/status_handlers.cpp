#include <limits>
#include <thread>

#include "api/handlers.hpp"
#include "api/live/hub.hpp"
#include "api/parameters.hpp"
#include "base/process.hpp"
#include "base/quoted.hpp"

namespace pharos::api {
namespace {

net::Response config(const Context& context) {
  Answer answer;
  const auto yaml = context.services.config_yaml ? context.services.config_yaml() : std::string();
  answer.data().begin_object().key("yaml").value(std::string_view(yaml)).end_object();
  return std::move(answer).finish();
}

net::Response flags(const Context& context) {
  Answer answer;
  auto& writer = answer.data().begin_object();
  if (context.services.flags)
    for (const auto& [name, value] : context.services.flags())
      writer.key(name).value(std::string_view(value));
  writer.end_object();
  return std::move(answer).finish();
}

// What Prometheus shows on top of its page; who was told of alerts is /api/v1/deliveries.
net::Response notices(const Context& context) {
  Answer answer;
  auto& writer = answer.data().begin_array();
  const auto info = context.services.runtime ? context.services.runtime() : RuntimeInfo{};
  if (!info.reload_succeeded)
    writer.begin_object()
        .key("text")
        .value("Configuration reload has failed.")
        .key("date")
        .value(std::string_view(format_time(info.last_reload_failure)))
        .key("active")
        .value(true)
        .end_object();
  writer.end_array();
  return std::move(answer).finish();
}

// Prometheus' keys; those of the Go runtime carry what comes nearest here.
net::Response runtime_info(const Context& context) {
  const auto info = context.services.runtime ? context.services.runtime() : RuntimeInfo{};
  const auto usage = read_process_usage();
  Answer answer;
  auto& writer = answer.data().begin_object();
  writer.key("startTime").value(std::string_view(format_time(info.start_time)));
  writer.key("CWD").value(std::string_view(info.working_folder));
  writer.key("hostname").value(std::string_view(info.hostname));
  writer.key("serverTime").value(std::string_view(format_time(context.services.clock->now())));
  writer.key("reloadConfigSuccess").value(info.reload_succeeded);
  writer.key("lastConfigTime").value(std::string_view(format_time(info.last_reload)));
  if (!info.last_reload_error.empty())
    writer.key("lastConfigError").value(std::string_view(info.last_reload_error));
  writer.key("readOnly").value(context.options.read_only);  // ours: why the UI offers no changes
  writer.key("corruptionCount").value(info.corruption_count);
  writer.key("goroutineCount").value(usage ? usage->threads : std::uint64_t{0});
  writer.key("GOMAXPROCS").value(static_cast<std::uint64_t>(std::thread::hardware_concurrency()));
  writer.key("GOMEMLIMIT").value(std::numeric_limits<std::int64_t>::max());
  writer.key("GOGC").value("").key("GODEBUG").value("");
  writer.key("storageRetention").value(std::string_view(info.storage_retention)).end_object();
  return std::move(answer).finish();
}

net::Response build_info(const Context& context) {
  const auto& build = context.services.build;
  Answer answer;
  auto& writer = answer.data().begin_object();
  writer.key("application").value("Pharos");
  writer.key("version")
      .value(std::string_view(build.version))
      .key("revision")
      .value(std::string_view(build.revision));
  writer.key("branch")
      .value(std::string_view(build.branch))
      .key("buildUser")
      .value(std::string_view(build.build_user));
  writer.key("buildDate").value(std::string_view(build.build_date));
  writer.key("goVersion").value(std::string_view(build.compiler)).end_object();
  return std::move(answer).finish();
}

void put_entries(codec::JsonWriter& writer, std::string_view key,
                 const std::vector<metrics::CardinalityEntry>& entries) {
  writer.key(key).begin_array();
  for (const auto& entry : entries)
    writer.begin_object()
        .key("name")
        .value(std::string_view(entry.name))
        .key("value")
        .value(entry.value)
        .end_object();
  writer.end_array();
}

net::Response tsdb(const Context& context, const net::Request& request) {
  const auto form = TRY_PARSED(read_form(request));
  std::size_t limit = 10;
  if (const auto text = form.get("limit"); !text.empty()) {
    const auto n = parse_integer(text);
    if (!n || *n < 1) return respond(bad_data("limit must be a positive number"));
    limit = static_cast<std::size_t>(std::min<std::int64_t>(*n, 10'000));
  }
  if (context.services.store == nullptr) return respond({503, "unavailable", "TSDB not ready"});
  const auto statistics = context.services.store->statistics(limit);
  Answer answer;
  auto& writer = answer.data().begin_object().key("headStats").begin_object();
  writer.key("numSeries")
      .value(statistics.series)
      .key("numLabelPairs")
      .value(statistics.label_pairs);
  writer.key("chunkCount").value(statistics.chunks).key("minTime").value(statistics.min_ms);
  writer.key("maxTime").value(statistics.max_ms).end_object();
  put_entries(writer, "seriesCountByMetricName", statistics.series_by_metric);
  put_entries(writer, "labelValueCountByLabelName", statistics.values_by_label);
  put_entries(writer, "memoryInBytesByLabelName", statistics.bytes_by_label);
  put_entries(writer, "seriesCountByLabelValuePair", statistics.series_by_pair);
  writer.end_object();
  return std::move(answer).finish();
}

net::Response wal_replay(const Context& context) {
  const auto replay = context.services.wal_replay ? context.services.wal_replay() : WalReplay{};
  Answer answer;
  answer.data().begin_object().key("min").value(replay.min).key("max").value(replay.max);
  answer.data().key("current").value(replay.current).end_object();
  return std::move(answer).finish();
}

// Which parts of the API and language are there: {"category":{"feature":true,…},…}.
net::Response features(const Context& context) {
  auto all = context.services.features ? context.services.features()
                                       : std::map<std::string, std::map<std::string, bool>>();
  auto& api = all["api"];
  api.emplace("admin", context.options.admin_api);
  api.emplace("lifecycle", context.options.lifecycle);
  for (const auto* name : {"exclude_alerts", "label_values_match", "query_stats", "query_warnings",
                           "rule_group_pagination", "query_list"})
    api.emplace(name, true);
  Answer answer;
  auto& writer = answer.data().begin_object();
  for (const auto& [category, names] : all) {
    writer.key(category).begin_object();
    for (const auto& [feature, enabled] : names) writer.key(feature).value(enabled);
    writer.end_object();
  }
  writer.end_object();
  return std::move(answer).finish();
}

// Live queries come by at every step; each is one row with what its steps cost, not one per step.
void put_live_queries(codec::JsonWriter& writer, const live::Hub* hub) {
  const auto seconds = [](Nanos n) { return std::chrono::duration<double>(n).count(); };
  writer.key("live").begin_array();
  for (const auto& query : hub ? hub->queries() : std::vector<live::FollowedQuery>()) {
    writer.begin_object().key("query").value(std::string_view(query.expr));
    writer.key("stepSeconds").value(static_cast<double>(query.step_ms) / 1000);
    writer.key("followers").value(static_cast<std::uint64_t>(query.followers));
    writer.key("evaluations").value(query.evaluations).key("failures").value(query.failures);
    writer.key("skipped").value(query.skipped).key("samples").value(query.samples);
    writer.key("elapsedSeconds").value(seconds(query.latest));
    writer.key("totalSeconds").value(seconds(query.spent));
    if (!query.error.empty()) writer.key("error").value(std::string_view(query.error));
    writer.end_object();
  }
  writer.end_array();
}

net::Response queries(const Context& context) {
  Answer answer;
  auto& writer = answer.data().begin_object().key("queries").begin_array();
  const auto records =
      context.services.queries ? context.services.queries() : std::vector<query::QueryRecord>();
  for (const auto& record : records) {
    writer.begin_object().key("id").value(record.id).key("query").value(
        std::string_view(record.expr));
    writer.key("source")
        .value(std::string_view(record.source))
        .key("state")
        .value(std::string_view(record.state));
    writer.key("start").unix_seconds(record.start_ms).key("end").unix_seconds(record.end_ms);
    writer.key("stepSeconds").value(static_cast<double>(record.step_ms) / 1000);
    writer.key("began").value(std::string_view(format_time(record.began)));
    writer.key("elapsedSeconds").value(std::chrono::duration<double>(record.elapsed).count());
    writer.key("samples").value(record.samples).key("peakBytes").value(record.bytes_peak);
    if (!record.error.empty()) writer.key("error").value(std::string_view(record.error));
    writer.end_object();
  }
  writer.end_array();
  put_live_queries(writer, context.services.live);
  writer.end_object();
  return std::move(answer).finish();
}

void put_load(codec::JsonWriter& writer, const ConfigLoad& load, bool whole) {
  writer.begin_object().key("id").value(load.id);
  writer.key("at").value(std::string_view(format_time(load.at)));
  writer.key("ok").value(load.error.empty()).key("error").value(std::string_view(load.error));
  if (whole) {
    writer.key("yaml").value(std::string_view(load.yaml));
    writer.key("alertmanager").value(std::string_view(load.alertmanager));
  }
  writer.end_object();
}

net::Response config_loads(const Context& context) {
  const auto loads = context.services.config_loads();
  if (!loads) return respond(failure_of(loads.error()));
  Answer answer;
  auto& writer = answer.data().begin_array();
  for (const auto& load : *loads) put_load(writer, load, false);
  writer.end_array();
  return std::move(answer).finish();
}

// One that was loaded, by its number, or the files as they are now.
net::Response config_text(const Context& context, std::string_view id) {
  const auto number = parse_integer(id);
  if (!number && id != "file") return respond(bad_parameter("id", "expected a number, or file"));
  const auto load =
      number ? context.services.config_load(*number) : context.services.config_on_disk();
  if (!load && load.error().code == Errc::not_found)
    return respond({404, "not_found", load.error().message});
  if (!load) return respond(failure_of(load.error()));
  Answer answer;
  put_load(answer.data(), *load, true);
  return std::move(answer).finish();
}

net::Response kill_query(const Context& context, const net::Request& request) {
  const auto text = request.param("id");
  const auto id = parse_integer(text);
  if (!id || *id < 0)
    return respond(bad_parameter("id", quoted(text) + " is not the number of a query"));
  if (!context.services.kill_query || !context.services.kill_query(static_cast<std::uint64_t>(*id)))
    return respond({404, "not_found", "no running query has the number " + std::to_string(*id)});
  Answer answer;
  answer.data().begin_object().key("id").value(*id).key("killed").value(true).end_object();
  return std::move(answer).finish();
}

}  // namespace

void add_status_handlers(Routes& routes) {
  const auto& context = routes.context();
  routes.api("GET", "/status/config", [context](const net::Request&) { return config(*context); });
  if (context->services.config_loads) {
    routes.api("GET", "/status/config/loads",
               [context](const net::Request&) { return config_loads(*context); });
    routes.api("GET", "/status/config/loads/:id", [context](const net::Request& request) {
      return config_text(*context, request.param("id"));
    });
  }
  routes.api("GET", "/status/flags", [context](const net::Request&) { return flags(*context); });
  routes.api("GET", "/status/runtimeinfo",
             [context](const net::Request&) { return runtime_info(*context); });
  routes.api("GET", "/status/buildinfo",
             [context](const net::Request&) { return build_info(*context); });
  routes.api("GET", "/status/tsdb", [context](const net::Request& r) { return tsdb(*context, r); });
  routes.while_starting("GET", "/status/walreplay",
                        [context](const net::Request&) { return wal_replay(*context); });
  routes.api("GET", "/features", [context](const net::Request&) { return features(*context); });
  routes.api("GET", "/notifications", [context](const net::Request&) { return notices(*context); });
  routes.api("GET", "/status/queries",
             [context](const net::Request&) { return queries(*context); });
  routes.change("POST", "/status/queries/:id/kill",
                [context](const net::Request& r) { return kill_query(*context, r); });
}

}  // namespace pharos::api
