#include "server/self_watch.hpp"

#include <bit>
#include <set>

#include "base/log.hpp"
#include "base/metric.hpp"
#include "base/threads.hpp"
#include "model/exposition/exposition.hpp"

namespace pharos::server {
namespace {

// Windows reach a minute back, and the newest sample counts for five.
constexpr Millis kKept = std::chrono::minutes(7);

constexpr std::string_view kRules = R"(
groups:
  - name: pharos
    rules:
      - alert: PharosEvaluatorStalled
        expr: |
          time() - (prometheus_rule_group_last_evaluation_timestamp_seconds > 0)
            > on (rule_group) 3 * prometheus_rule_group_interval_seconds
        labels: {severity: critical}
        annotations:
          summary: "Rules of {{ $labels.rule_group }} were last evaluated {{ $value | humanizeDuration }} ago."
      - alert: PharosRulesFailing
        expr: increase(prometheus_rule_evaluation_failures_total[1m]) > 0
        for: 30s
        labels: {severity: warning}
        annotations:
          summary: "Rules of {{ $labels.rule_group }} fail when they are evaluated."
      - alert: PharosReceiverFailing
        expr: pharos_notify_consecutive_failures >= 3
        for: 15s
        labels: {severity: critical}
        annotations:
          summary: "Nothing gets through to receiver {{ $labels.receiver }} ({{ $labels.integration }}): its last {{ $value }} attempts failed."
      - alert: PharosNotificationQueueFull
        expr: |
          prometheus_notifications_queue_length > 0.8 * prometheus_notifications_queue_capacity
            or pharos_notify_outbox_items > 50000
        labels: {severity: critical}
        annotations:
          summary: "{{ $value }} notifications wait{{ if $labels.alertmanager }} for {{ $labels.alertmanager }}{{ end }}."
      - alert: PharosNotificationsLate
        expr: pharos_notify_outbox_oldest_seconds > 300
        for: 15s
        labels: {severity: critical}
        annotations:
          summary: "A notification has waited for {{ $value | humanizeDuration }}."
      - alert: PharosNotificationsDropped
        expr: |
          increase(prometheus_notifications_dropped_total[1m]) > 0
            or increase(pharos_notify_outbox_dropped_total[1m]) > 0
        labels: {severity: critical}
        annotations:
          summary: "Notifications were dropped{{ if $labels.alertmanager }} that were for {{ $labels.alertmanager }}{{ end }}."
      - alert: PharosRequestQueueFull
        expr: increase(pharos_http_limit_hits_total{limit="queue"}[1m]) > 0
        labels: {severity: warning}
        annotations:
          summary: "HTTP requests were refused because too many wait."
      - alert: PharosStateNotSaved
        expr: |
          increase(pharos_database_failures_total[1m]) > 0
            or increase(pharos_journal_sync_failures_total[1m]) > 0
        labels: {severity: critical}
        annotations:
          summary: "State or samples could not be written to the disk."
      - alert: PharosScrapesFailing
        expr: count by (job) (up == 0) / count by (job) (up) > 0.5
        for: 1m
        labels: {severity: warning}
        annotations:
          summary: "{{ $value | humanizePercentage }} of the targets of job {{ $labels.job }} cannot be scraped."
)";

constexpr std::string_view kWatchdog = R"(
      - alert: PharosWatchdog
        expr: vector(1)
        labels: {severity: none}
        annotations:
          summary: "Alerting works. Somebody outside should notice when this stops to come."
)";

// The metrics that the rules read from this process.
std::set<std::string> own_names() {
  return {"prometheus_rule_group_last_evaluation_timestamp_seconds",
          "prometheus_rule_group_interval_seconds",
          "prometheus_rule_evaluation_failures_total",
          "pharos_notify_consecutive_failures",
          "prometheus_notifications_queue_length",
          "prometheus_notifications_queue_capacity",
          "pharos_notify_outbox_items",
          "pharos_notify_outbox_oldest_seconds",
          "prometheus_notifications_dropped_total",
          "pharos_notify_outbox_dropped_total",
          "pharos_http_limit_hits_total",
          "pharos_database_failures_total",
          "pharos_journal_sync_failures_total"};
}

query::EngineOptions engine_options() {
  query::EngineOptions options;
  options.timeout = std::chrono::seconds(5);
  options.concurrent_max = 1;
  return options;
}

// A store that is not there: what is asked of it has no elements.
class Nothing final : public query::MemoryStore {};

}  // namespace

std::string self_watch_rules(bool watchdog) {
  return std::string(kRules) + (watchdog ? std::string(kWatchdog) : "");
}

Result<std::unique_ptr<SelfWatch>> SelfWatch::start(
    std::function<std::shared_ptr<Querier>()> querier, rules::AlertSink& sink, const Clock& clock,
    SelfWatchOptions options) {
  auto file = rules::parse_rule_file(self_watch_rules(options.watchdog), "built-in");
  if (!file.errors.empty()) return fail(file.errors.front());
  auto group = TRY(rules::RuleGroup::make(std::move(file.groups.at(0)), options.interval));
  auto out = std::unique_ptr<SelfWatch>(
      new SelfWatch(std::move(querier), sink, clock, std::move(options), std::move(group)));
  if (!out->options_.enabled) return out;
  out->thread_ = start_thread("self-watch", [watch = out.get()](std::stop_token stop) {
    while (watch->clock_.sleep_for(watch->options_.interval, stop))
      watch->round(watch->clock_.now(), metrics_text());
  });
  return out;
}

SelfWatch::SelfWatch(std::function<std::shared_ptr<Querier>()> querier, rules::AlertSink& sink,
                     const Clock& clock, SelfWatchOptions options, rules::RuleGroup group)
    : querier_(std::move(querier)),
      clock_(clock),
      options_(std::move(options)),
      group_(std::move(group)),
      engine_(engine_options(), std::make_shared<ThreadPool>("self-watch", 1), clock) {
  world_.deliver = [&sink](std::span<const rules::Alert> alerts) { return sink.deliver(alerts); };
  world_.external_url = options_.external_url;
}

void SelfWatch::stop() {
  thread_ = {};  // asks it to stop, and joins
}

void SelfWatch::sample(Time at, std::string_view own_metrics) {
  static const auto wanted = own_names();
  const auto parser = exposition::make_parser(exposition::Format::text, own_metrics);
  exposition::Entry entry;
  std::unordered_set<Labels> seen;
  for (;;) {
    const auto more = parser->next(entry);
    if (!more || !*more) break;
    if (entry.kind != exposition::EntryKind::sample) continue;
    const auto name = entry.series.substr(0, entry.series.find_first_of("{ "));
    if (!wanted.contains(std::string(name))) continue;
    auto labels = parser->labels();
    memory_.put(labels, to_unix_millis(at), entry.value);
    seen.insert(std::move(labels));
  }
  // Its last value would count for minutes yet: a group that a reload took away would look stalled.
  for (const auto& labels : seen_)
    if (!seen.contains(labels))
      memory_.put(labels, to_unix_millis(at), std::bit_cast<double>(kStaleNaNBits));
  seen_ = std::move(seen);
  memory_.drop_before(to_unix_millis(at - kKept));
}

void SelfWatch::round(Time at, std::string_view own_metrics) {
  sample(at, own_metrics);
  const auto history = querier_ ? querier_() : nullptr;
  Nothing nothing;
  Querier& base = history ? *history : static_cast<Querier&>(nothing);
  query::OverlayQuerier view(base, memory_, own_names());
  world_.query = [&](const std::string& expr, Time t) -> Result<std::vector<rules::RuleSample>> {
    query::QueryRequest request;
    request.expr = expr;
    request.start_ms = request.end_ms = to_unix_millis(t);
    request.source = "self watch";
    auto output = TRY(engine_.run(view, request));
    std::vector<rules::RuleSample> out;
    auto* vector = std::get_if<query::Vector>(&output.value);
    if (vector == nullptr) return fail(Errc::invalid, "rule result is not a vector");
    for (auto& series : vector->series)
      out.push_back({std::move(series.labels), series.points[0].value, nullptr});
    return out;
  };
  group_.evaluate(at, world_);
  for (const auto& rule : group_.rules())
    if (!rule.last_error.empty())
      log::warn("built-in rule failed", {{"rule", rule.spec().name}, {"error", rule.last_error}});
}

}  // namespace pharos::server
