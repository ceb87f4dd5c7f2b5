// `pharos alert …`: alerts of a running server, what became of them, and adding one by hand.
#include "base/clock.hpp"
#include "rules/alert.hpp"
#include "rules/notify/matcher_parser.hpp"
#include "rules/sender/alert_sender.hpp"
#include "server/alert_flags.hpp"
#include "server/command_client.hpp"
#include "server/table_text.hpp"

namespace pharos::server {
namespace {

using codec::Json;
using Rows = std::vector<std::vector<std::string>>;

std::string joined(const Json& texts) {
  std::string out;
  for (const auto& text : texts.items()) out += (out.empty() ? "" : ",") + text.string();
  return out;
}

// "name=value" with a value that may be quoted; the first word of `alert add` may be a bare name.
Result<Labels> label_arguments(const std::vector<std::string>& words, bool bare_name) {
  LabelsBuilder labels;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i == 0 && bare_name && words[i].find('=') == std::string::npos) {
      labels.set("alertname", words[i]);
      continue;
    }
    auto matcher = rules::notify::parse_matcher(words[i]);
    if (!matcher || matcher->op() != MatchOp::equal)
      return fail(Errc::invalid, "expected name=value, got '" + words[i] + "'");
    labels.set(matcher->name(), matcher->value());
  }
  return labels.build();
}

Result<std::string> range_query(const AlertFlags& flags) {
  const auto now = system_clock().now();
  const auto end = TRY(time_argument(flags.end, now, now, "--end"));
  const auto start =
      TRY(time_argument(flags.start, end - std::chrono::hours(24 * 7), now, "--start"));
  QueryText query;
  query.add("start", format_time(start)).add("end", format_time(end));
  query.add("limit", std::to_string(flags.limit));
  for (const auto& word : flags.words) query.add("filter", matcher_argument(word));
  return query.text();
}

template <class Body>
int with_client(const AlertFlags& flags, Body body) {
  auto client = command_client(flags.server, flags.headers);
  if (!client) return complain(client.error().message, 2);
  const Status done = body(*client);
  return done ? 0 : complain(done.error().message, done.error().code == Errc::conflict ? 2 : 1);
}

}  // namespace

int run_alert_list(const AlertFlags& flags) {
  return with_client(flags, [&](ApiClient& client) -> Status {
    QueryText query;
    // No switch: what would be told about, as amtool shows it.
    const bool none = !flags.silenced && !flags.inhibited && !flags.active && !flags.unprocessed;
    query.add("active", none || flags.active ? "true" : "false");
    query.add("silenced", flags.silenced ? "true" : "false");
    query.add("inhibited", flags.inhibited ? "true" : "false");
    query.add("unprocessed", none || flags.unprocessed ? "true" : "false");
    if (!flags.receiver.empty()) query.add("receiver", flags.receiver);
    for (const auto& word : flags.words) query.add("filter", matcher_argument(word));
    const auto alerts = TRY(client.call("GET", "/api/v2/alerts" + query.text()));
    Rows rows{{"ALERT", "STATE", "SINCE", "RECEIVERS", "LABELS"}};
    for (const auto& alert : alerts.items()) {
      std::string receivers;
      for (const auto& receiver : alert["receivers"].items())
        receivers += (receivers.empty() ? "" : ",") + receiver["name"].string();
      rows.push_back({alert["labels"]["alertname"].string(), alert["status"]["state"].string(),
                      alert["startsAt"].string(), receivers, labels_text(alert["labels"])});
    }
    show(flags.output, alerts, table_text(rows));
    return {};
  });
}

int run_alert_add(const AlertFlags& flags) {
  return with_client(flags, [&](ApiClient& client) -> Status {
    rules::Alert alert;
    alert.labels = TRY(label_arguments(flags.words, true));
    alert.annotations = TRY(label_arguments(flags.annotations, false));
    const auto now = system_clock().now();
    if (!flags.start.empty())
      alert.starts_at = TRY(time_argument(flags.start, now, now, "--start"));
    if (!flags.end.empty()) alert.ends_at = TRY(time_argument(flags.end, now, now, "--end"));
    alert.generator_url = flags.generator_url;
    const auto body = rules::sender::alerts_json({&alert, 1});
    TRY(client.call("POST", "/api/v2/alerts", body));
    return {};
  });
}

int run_alert_history(const AlertFlags& flags) {
  return with_client(flags, [&](ApiClient& client) -> Status {
    const auto query = TRY(range_query(flags));
    const auto found = TRY(client.get("/api/v1/alerts/history" + query));
    Rows rows{{"AT", "WHAT", "ALERT", "LABELS"}};
    for (const auto& item : found.items())
      rows.push_back({item["at"].string(), item["kind"].string(),
                      item["labels"]["alertname"].string(), labels_text(item["labels"])});
    show(flags.output, found, table_text(rows));
    return {};
  });
}

int run_alert_sent(const AlertFlags& flags) {
  return with_client(flags, [&](ApiClient& client) -> Status {
    QueryText query;
    query.add("limit", std::to_string(flags.limit));
    if (!flags.words.empty()) query.add("fingerprint", flags.words.front());
    const auto found = TRY(client.get("/api/v1/deliveries" + query.text()));
    Rows rows{{"AT", "RECEIVER", "OUTCOME", "FIRING", "RESOLVED", "WHY", "GROUP"}};
    for (const auto& item : found.items()) {
      const auto& integration = item["integration"].string();
      const auto& cause = item["cause"].string();
      rows.push_back({item["at"].string(),
                      item["receiver"].string() + (integration.empty() ? "" : "/" + integration),
                      item["outcome"].string(), std::to_string(item["firing"].integer()),
                      std::to_string(item["resolved"].integer()),
                      cause.empty() ? item["reason"].string() : cause,
                      labels_text(item["groupLabels"])});
    }
    show(flags.output, found, table_text(rows));
    return {};
  });
}

int run_alert_route(const AlertFlags& flags) {
  return with_client(flags, [&](ApiClient& client) -> Status {
    const auto labels = TRY(label_arguments(flags.words, true));
    QueryText query;
    query.add("labels", labels.to_string());
    if (!flags.time.empty()) query.add("time", flags.time);
    const auto found = TRY(client.get("/api/v1/routes/preview" + query.text()));
    Rows rows{{"RECEIVER", "TOLD", "BY", "WAIT", "INTERVAL", "REPEAT", "HELD BY", "ROUTE"}};
    const auto duration = [](const Json& seconds) {
      return format_duration(Millis(static_cast<std::int64_t>(seconds.real() * 1000)));
    };
    for (const auto& item : found.items()) {
      std::string held;
      for (const auto* key : {"silencedBy", "inhibitedBy", "mutedBy"})
        if (const auto text = joined(item[key]); !text.empty())
          held += (held.empty() ? "" : " ") + std::string(key) + ":" + text;
      if (item["inactive"].boolean()) held += (held.empty() ? "" : " ") + std::string("inactive");
      rows.push_back({item["receiver"].string(), item["told"].boolean() ? "yes" : "no",
                      joined(item["integrations"]), duration(item["groupWait"]),
                      duration(item["groupInterval"]), duration(item["repeatInterval"]), held,
                      item["route"].string()});
    }
    show(flags.output, found, table_text(rows));
    return {};
  });
}

int run_alert_noise(const AlertFlags& flags) {
  return with_client(flags, [&](ApiClient& client) -> Status {
    const auto query = TRY(range_query(flags));
    const auto found = TRY(client.get("/api/v1/alerts/noise" + query));
    Rows rows{{"ALERT", "SCORE", "PAGES", "FLAPS", "BRIEF", "FIRED", "ALERTS", "MEDIAN",
               "SUPPRESSED", "ACKED", "ACKED BRIEF"}};
    const auto number = [](const Json& n) { return std::to_string(n.integer()); };
    for (const auto& item : found.items())
      rows.push_back(
          {item["alertname"].string(), number(item["score"]), number(item["pages"]),
           number(item["flaps"]), number(item["brief"]), number(item["fired"]),
           number(item["alerts"]),
           format_duration(Millis(static_cast<std::int64_t>(item["medianSeconds"].real() * 1000))),
           number(item["suppressed"]), number(item["acknowledged"]),
           number(item["acknowledgedBrief"])});
    show(flags.output, found, table_text(rows));
    return {};
  });
}

}  // namespace pharos::server
