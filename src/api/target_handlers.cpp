#include <algorithm>

#include "api/handlers.hpp"
#include "api/parameters.hpp"
#include "query/promql/ast.hpp"

namespace pharos::api {
namespace {

std::string_view word(Health health) {
  switch (health) {
    case Health::up: return "up";
    case Health::down: return "down";
    case Health::unknown: break;
  }
  return "unknown";
}

std::string time_text(const std::optional<Time>& time) {
  return time ? format_time(*time) : "0001-01-01T00:00:00Z";  // Go's zero time
}

void put_active(codec::JsonWriter& writer, const ActiveTarget& target) {
  writer.begin_object().key("discoveredLabels");
  put_labels(writer, target.discovered);
  writer.key("labels");
  put_labels(writer, target.labels);
  writer.key("scrapePool").value(std::string_view(target.scrape_pool));
  writer.key("scrapeUrl").value(std::string_view(target.scrape_url));
  writer.key("globalUrl").value(std::string_view(target.global_url));
  writer.key("lastError").value(std::string_view(target.last_error));
  writer.key("lastScrape").value(std::string_view(time_text(target.last_scrape)));
  writer.key("lastScrapeDuration").value(target.last_scrape_seconds);
  writer.key("health").value(word(target.health));
  writer.key("scrapeInterval").value(std::string_view(format_duration(target.interval)));
  writer.key("scrapeTimeout").value(std::string_view(format_duration(target.timeout))).end_object();
}

net::Response targets(const Context& context, const net::Request& request) {
  const auto form = TRY_PARSED(read_form(request));
  const auto state = form.get("state");
  const auto pool = form.get("scrapePool");
  const bool show_active = state.empty() || state == "any" || state == "active";
  const bool show_dropped = state.empty() || state == "any" || state == "dropped";
  const auto all = context.services.targets ? context.services.targets() : Targets{};
  Answer answer;
  auto& writer = answer.data().begin_object();
  writer.key("activeTargets").begin_array();
  for (const auto& target : all.active)
    if (show_active && (pool.empty() || target.scrape_pool == pool)) put_active(writer, target);
  writer.end_array().key("droppedTargets").begin_array();
  for (const auto& target : all.dropped) {
    if (!show_dropped || (!pool.empty() && target.scrape_pool != pool)) continue;
    writer.begin_object().key("discoveredLabels");
    put_labels(writer, target.discovered);
    writer.key("scrapePool").value(std::string_view(target.scrape_pool)).end_object();
  }
  writer.end_array().key("droppedTargetCounts");
  if (show_dropped) {
    writer.begin_object();
    for (const auto& [name, count] : all.dropped_counts)
      if (pool.empty() || name == pool) writer.key(name).value(count);
    writer.end_object();
  } else {
    writer.null();
  }
  writer.end_object();
  return std::move(answer).finish();
}

net::Response scrape_pools(const Context& context) {
  auto pools =
      context.services.scrape_pools ? context.services.scrape_pools() : std::vector<std::string>();
  std::ranges::sort(pools);
  Answer answer;
  auto& writer = answer.data().begin_object().key("scrapePools").begin_array();
  for (const auto& pool : pools) writer.value(std::string_view(pool));
  writer.end_array().end_object();
  return std::move(answer).finish();
}

net::Response target_metadata(const Context& context, const net::Request& request) {
  const auto form = TRY_PARSED(read_form(request));
  std::size_t limit = std::string::npos;
  if (const auto text = form.get("limit"); !text.empty()) {
    const auto n = parse_integer(text);
    if (!n) return respond(bad_data("limit must be a number"));
    if (*n >= 0) limit = static_cast<std::size_t>(*n);
  }
  std::vector<Matcher> matchers;
  if (const auto text = form.get("match_target"); !text.empty()) {
    auto parsed = query::promql::parse_metric_selector(text);
    if (!parsed) return respond(bad_parameter("match_target", parsed.error().message));
    matchers = std::move(*parsed);
  }
  const auto metric = form.get("metric");
  const auto all = context.services.target_metadata ? context.services.target_metadata()
                                                    : std::vector<TargetMetadata>();
  Answer answer;
  auto& writer = answer.data().begin_array();
  for (const auto& [target, entry] : all) {
    if (limit == 0) break;
    if (!matches_all(matchers, target) || (!metric.empty() && entry.family != metric)) continue;
    if (limit != std::string::npos) --limit;
    writer.begin_object().key("target");
    put_labels(writer, target);
    if (metric.empty()) writer.key("metric").value(std::string_view(entry.family));
    writer.key("type").value(name(entry.type)).key("help").value(std::string_view(entry.help));
    writer.key("unit").value(std::string_view(entry.unit)).end_object();
  }
  writer.end_array();
  return std::move(answer).finish();
}

net::Response alertmanagers(const Context& context) {
  const auto [active, dropped] =
      context.services.alertmanagers
          ? context.services.alertmanagers()
          : std::pair<std::vector<std::string>, std::vector<std::string>>();
  Answer answer;
  auto& writer = answer.data().begin_object();
  const auto list = [&](std::string_view key, const std::vector<std::string>& urls) {
    writer.key(key).begin_array();
    for (const auto& url : urls)
      writer.begin_object().key("url").value(std::string_view(url)).end_object();
    writer.end_array();
  };
  list("activeAlertmanagers", active);
  list("droppedAlertmanagers", dropped);
  writer.end_object();
  return std::move(answer).finish();
}

}  // namespace

void add_target_handlers(Routes& routes) {
  const auto& context = routes.context();
  routes.api("GET", "/targets", [context](const net::Request& r) { return targets(*context, r); });
  routes.api("GET", "/scrape_pools",
             [context](const net::Request&) { return scrape_pools(*context); });
  routes.api("GET", "/targets/metadata",
             [context](const net::Request& r) { return target_metadata(*context, r); });
  routes.api("GET", "/alertmanagers",
             [context](const net::Request&) { return alertmanagers(*context); });
}

}  // namespace pharos::api
