// Understanding alerts, below /api/v1: deliveries and why something was not sent, history, routing
// and silence previews, noise, backtests.
#include <algorithm>
#include <atomic>
#include <iterator>
#include <memory>

#include "api/answer.hpp"
#include "api/handlers.hpp"
#include "api/parameters.hpp"
#include "query/promql/ast.hpp"
#include "rules/backtest/backtest.hpp"
#include "rules/noise/noise_report.hpp"
#include "rules/notify/matcher_parser.hpp"

namespace pharos::api {
namespace {

using rules::notify::Alertmanager;
using rules::notify::AlertTransition;

constexpr std::size_t kLimitDefault = 100, kLimitMax = 100'000;
constexpr Millis kRangeDefault = std::chrono::hours(24 * 7);
constexpr const char* kBacktestsFull = "4 backtests are running: try again when one has ended";
constexpr int kBacktestsMax = 4;  // at a time: each keeps the engine busy for up to minutes

void put_id(codec::JsonWriter& writer, std::uint64_t fingerprint) {
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4)
    text += "0123456789abcdef"[fingerprint >> shift & 15];
  writer.value(std::string_view(text));
}

void put_texts(codec::JsonWriter& writer, std::string_view key,
               const std::vector<std::string>& texts) {
  writer.key(key).begin_array();
  for (const auto& text : texts) writer.value(std::string_view(text));
  writer.end_array();
}

double seconds(Millis duration) {
  return static_cast<double>(duration.count()) / 1000;
}

Parsed<std::size_t> limit(const net::Form& form) {
  const auto given = limit_parameter(form);
  if (!given) return given;
  return *given == 0 ? kLimitDefault : std::min(*given, kLimitMax);
}

// start and end; the last week when they are not given.
Parsed<Interval> interval(const net::Form& form, Time now) {
  const auto range = range_parameters(form);
  if (!range) return std::unexpected(range.error());
  // Times far beyond all clocks are as good as the ends of time, and can be reckoned with.
  const auto at = [](UnixMillis t_ms) {
    return from_unix_millis(std::clamp(t_ms, kTimeMin, kTimeMax));
  };
  const auto end = range->to_ms == kTimeMax ? now : at(range->to_ms);
  const auto begin = range->from_ms == kTimeMin ? end - kRangeDefault : at(range->from_ms);
  if (end <= begin) return std::unexpected(bad_data("end timestamp must not be before start time"));
  return Interval{begin, end};
}

Parsed<std::vector<Matcher>> filters(const net::Form& form) {
  std::vector<Matcher> out;
  for (const auto text : form.all("filter")) {
    auto parsed = rules::notify::parse_matchers(text);
    if (!parsed) return std::unexpected(bad_parameter("filter", parsed.error().message));
    std::ranges::move(*parsed, std::back_inserter(out));
  }
  return out;
}

net::Response deliveries(const Alertmanager& manager, const net::Request& request) {
  const auto form = TRY_PARSED(read_form(request));
  const auto count = TRY_PARSED(limit(form));
  std::optional<std::uint64_t> alert;
  if (const auto text = form.get("fingerprint"); !text.empty()) {
    char* end = nullptr;
    const std::string digits(text);
    alert = std::strtoull(digits.c_str(), &end, 16);
    if (*end != 0 || digits.size() != 16)
      return respond(bad_parameter("fingerprint", "expected 16 hexadecimal digits"));
  }
  Answer answer;
  auto& writer = answer.data().begin_array();
  for (const auto& record : manager.deliveries(count, alert)) {
    writer.begin_object();
    writer.key("sequence").value(record.sequence);
    writer.key("at").value(std::string_view(format_time(record.at)));
    writer.key("receiver").value(std::string_view(record.receiver));
    writer.key("integration").value(std::string_view(record.integration));
    writer.key("groupKey").value(std::string_view(record.group_key)).key("groupLabels");
    put_labels(writer, record.group_labels);
    writer.key("outcome").value(std::string_view(record.outcome));
    writer.key("cause").value(std::string_view(record.cause));
    writer.key("reason").value(std::string_view(record.reason));
    writer.key("firing").value(record.firing).key("resolved").value(record.resolved);
    writer.key("attempts").value(record.attempts).key("status").value(record.status);
    writer.key("seconds").value(seconds(record.took)).key("alerts").begin_array();
    for (const auto id : record.alerts) put_id(writer, id);
    writer.end_array().end_object();
  }
  writer.end_array();
  return std::move(answer).finish();
}

std::string_view kind_text(AlertTransition::Kind kind) {
  switch (kind) {
    case AlertTransition::Kind::firing: return "firing";
    case AlertTransition::Kind::resolved: return "resolved";
    case AlertTransition::Kind::expired: break;
  }
  return "expired";
}

net::Response history(const Alertmanager& manager, const Clock& clock,
                      const net::Request& request) {
  const auto form = TRY_PARSED(read_form(request));
  const auto count = TRY_PARSED(limit(form));
  const auto range = TRY_PARSED(interval(form, clock.now()));
  const auto matchers = TRY_PARSED(filters(form));
  const auto found = manager.history(matchers, range, count);
  if (!found) return respond(failure_of(found.error()));
  Answer answer;
  auto& writer = answer.data().begin_array();
  for (const auto& transition : *found) {
    writer.begin_object().key("at").value(std::string_view(format_time(transition.at)));
    writer.key("kind").value(kind_text(transition.kind)).key("fingerprint");
    put_id(writer, rules::fingerprint(transition.alert.labels));
    writer.key("labels");
    put_labels(writer, transition.alert.labels);
    writer.key("annotations");
    put_labels(writer, transition.alert.annotations);
    writer.key("startsAt").value(std::string_view(format_time(transition.alert.starts_at)));
    writer.end_object();
  }
  writer.end_array();
  return std::move(answer).finish();
}

net::Response preview_routes(const Alertmanager& manager, const Clock& clock,
                             const net::Request& request) {
  const auto form = TRY_PARSED(read_form(request));
  const auto at = TRY_PARSED(time_parameter(form, "time", to_unix_millis(clock.now())));
  const auto labels = query::promql::parse_metric(form.get("labels"));
  if (!labels) return respond(bad_parameter("labels", labels.error().message));
  Answer answer;
  auto& writer = answer.data().begin_array();
  for (const auto& step : manager.preview(*labels, from_unix_millis(at))) {
    writer.begin_object();
    writer.key("receiver").value(std::string_view(step.receiver));
    writer.key("route").value(std::string_view(step.route_key));
    writer.key("routeId").value(std::string_view(step.route_id));
    writer.key("groupKey").value(std::string_view(step.group_key));
    writer.key("groupWait").value(seconds(step.group_wait));
    writer.key("groupInterval").value(seconds(step.group_interval));
    writer.key("repeatInterval").value(seconds(step.repeat_interval));
    put_texts(writer, "mutedBy", step.muted_by);
    put_texts(writer, "silencedBy", step.silenced_by);
    put_texts(writer, "inhibitedBy", step.inhibited_by);
    writer.key("inactive").value(step.inactive);
    put_texts(writer, "integrations", step.integrations);
    const bool told = step.muted_by.empty() && step.silenced_by.empty() &&
                      step.inhibited_by.empty() && !step.inactive && !step.integrations.empty();
    writer.key("told").value(told).end_object();
  }
  writer.end_array();
  return std::move(answer).finish();
}

net::Response preview_silence(const Alertmanager& manager, const Clock& clock,
                              const net::Request& request) {
  const auto form = TRY_PARSED(read_form(request));
  const auto range = TRY_PARSED(interval(form, clock.now()));
  const auto matchers = TRY_PARSED(filters(form));
  if (matchers.empty())
    return respond(bad_parameter("filter", "a silence needs at least one matcher"));
  const auto preview = manager.preview_silence(matchers, range);
  if (!preview) return respond(failure_of(preview.error()));
  Answer answer;
  auto& writer = answer.data().begin_object();
  writer.key("alerts").value(preview->alerts);
  writer.key("notifications").value(preview->notifications);
  writer.key("wholeNotifications").value(preview->whole).key("examples").begin_array();
  for (const auto& labels : preview->examples) put_labels(writer, labels);
  writer.end_array().end_object();
  return std::move(answer).finish();
}

net::Response noise(const Alertmanager& manager, const rules::oncall::OnCall* oncall,
                    const Clock& clock, const net::Request& request) {
  const auto form = TRY_PARSED(read_form(request));
  const auto range = TRY_PARSED(interval(form, clock.now()));
  const auto transitions = manager.history({}, range, kLimitMax);
  if (!transitions) return respond(failure_of(transitions.error()));
  auto records = manager.deliveries(kLimitMax);
  std::erase_if(records, [&](const auto& record) { return !range.contains(record.at); });
  std::vector<rules::oncall::Taken> taken;
  if (oncall != nullptr) {
    auto found = oncall->taken(range);
    if (!found) return respond(failure_of(found.error()));
    taken = std::move(*found);
  }
  Answer answer;
  auto& writer = answer.data().begin_array();
  for (const auto& row : rules::noise::report(*transitions, records, taken)) {
    writer.begin_object().key("alertname").value(std::string_view(row.alertname));
    writer.key("fired").value(row.fired).key("alerts").value(row.alerts);
    writer.key("flaps").value(row.flaps).key("brief").value(row.brief);
    writer.key("pages").value(row.pages).key("suppressed").value(row.suppressed);
    writer.key("acknowledged").value(row.acknowledged);
    writer.key("acknowledgedBrief").value(row.acknowledged_brief);
    writer.key("medianSeconds").value(seconds(row.median_duration));
    writer.key("score").value(row.score).end_object();
  }
  writer.end_array();
  return std::move(answer).finish();
}

// Counts one of the backtests that run, for as long as it lives.
struct Place {
  explicit Place(std::atomic<int>& running) : all(running), number(++all) {}
  Place(const Place&) = delete;
  ~Place() { --all; }
  std::atomic<int>& all;
  int number;
};

// The rule file is the body itself, or each field `rules` of a form is one.
net::Response backtest(const Context& context, const net::Request& request) {
  auto parsed = net::Form::parse(request.query);
  if (!parsed) return respond(bad_data(parsed.error().message));
  net::Form form = std::move(*parsed);
  std::vector<std::string> texts;
  if (request.headers.get("Content-Type").starts_with("application/x-www-form-urlencoded")) {
    // curl says so of every --data-binary: what has no such field is the file itself.
    if (auto fields = request.form(); fields && !fields->get("rules").empty()) {
      for (const auto text : fields->all("rules")) texts.emplace_back(text);
      form = std::move(*fields);
    }
  }
  if (texts.empty()) texts.push_back(request.body);
  std::vector<rules::RuleGroupSpec> groups;
  std::string all_errors;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].find_first_not_of(" \t\r\n") == std::string::npos)
      return respond(bad_data("rules is missing: expected a rule file as the body"));
    auto file =
        rules::parse_rule_file(texts[i], i == 0 ? "rules" : "rules[" + std::to_string(i) + "]");
    for (const auto& error : file.errors)
      all_errors += (all_errors.empty() ? "" : "\n") + error.message;
    std::ranges::move(file.groups, std::back_inserter(groups));
  }
  if (!all_errors.empty()) return respond(bad_data(std::move(all_errors)));
  rules::backtest::Options options;
  options.range = TRY_PARSED(interval(form, context.services.clock->now()));
  if (context.services.external_labels)
    options.external_labels = context.services.external_labels();
  if (const auto step = form.get("interval"); !step.empty()) {
    const auto parsed = parse_api_duration(step);
    if (!parsed || parsed->count() <= 0)
      return respond(bad_parameter("interval", "expected a duration above zero"));
    options.interval_default = *parsed;
  }
  if (context.services.stored_from) options.stored_from = context.services.stored_from();
  const auto querier = context.services.querier();
  const auto reports = rules::backtest::run(groups, *querier, context.services.run_query, options,
                                            request.cancelled);
  if (!reports) return respond(failure_of(reports.error()));
  Answer answer;
  rules::backtest::put_reports(answer.data(), *reports, rules::backtest::evaluated(options));
  return std::move(answer).finish();
}

}  // namespace

void add_insight_handlers(Routes& routes) {
  const auto context = routes.context();
  if (context->services.querier && context->services.run_query)
    routes.streaming(
        "POST", "/backtest",
        [context, running = std::make_shared<std::atomic<int>>(0)](const net::Request& request) {
          const Place place(*running);
          if (place.number > kBacktestsMax) return respond({503, "unavailable", kBacktestsFull});
          return backtest(*context, request);
        });
  auto* const manager = context->services.alertmanager;
  if (manager == nullptr) return;
  const Clock& clock = *context->services.clock;
  routes.api("GET", "/deliveries",
             [manager](const net::Request& request) { return deliveries(*manager, request); });
  routes.api("GET", "/alerts/history", [manager, &clock](const net::Request& request) {
    return history(*manager, clock, request);
  });
  const auto* const oncall = context->services.oncall;
  routes.api("GET", "/alerts/noise", [manager, oncall, &clock](const net::Request& request) {
    return noise(*manager, oncall, clock, request);
  });
  routes.api("GET", "/routes/preview", [manager, &clock](const net::Request& request) {
    return preview_routes(*manager, clock, request);
  });
  routes.api("GET", "/silences/preview", [manager, &clock](const net::Request& request) {
    return preview_silence(*manager, clock, request);
  });
}

}  // namespace pharos::api
