#include "rules/backtest/backtest.hpp"

namespace pharos::rules::backtest {
namespace {

double seconds(Millis duration) {
  return static_cast<double>(duration.count()) / 1000;
}

void put_labels(codec::JsonWriter& writer, const Labels& labels) {
  writer.begin_object();
  for (const auto& [name, value] : labels) writer.key(name).value(value);
  writer.end_object();
}

void put_optional(codec::JsonWriter& writer, std::string_view key, const std::optional<Time>& t) {
  writer.key(key);
  if (t)
    writer.value(std::string_view(format_time(*t)));
  else
    writer.null();
}

void put_report(codec::JsonWriter& writer, const RuleReport& report) {
  writer.begin_object().key("group").value(std::string_view(report.group));
  writer.key("name").value(std::string_view(report.name));
  writer.key("query").value(std::string_view(report.expr));
  writer.key("duration").value(seconds(report.hold));
  writer.key("evaluations").value(report.evaluations).key("fired").value(report.fired);
  writer.key("pendingOnly").value(report.pending_only);
  writer.key("firingSeconds").value(seconds(report.firing_time));
  writer.key("failures").value(report.failures);
  writer.key("lastError").value(std::string_view(report.error)).key("episodes").begin_array();
  for (const auto& episode : report.episodes) {
    writer.begin_object().key("labels");
    put_labels(writer, episode.labels);
    writer.key("annotations");
    put_labels(writer, episode.annotations);
    writer.key("activeAt").value(std::string_view(format_time(episode.active_at)));
    writer.key("firedAt").value(std::string_view(format_time(episode.fired_at)));
    put_optional(writer, "resolvedAt", episode.resolved_at);
    writer.key("value").sample_value(episode.value).end_object();
  }
  writer.end_array().end_object();
}

}  // namespace

void put_reports(codec::JsonWriter& writer, std::span<const RuleReport> reports,
                 Interval evaluated) {
  writer.begin_object();
  writer.key("evaluatedFrom").value(std::string_view(format_time(evaluated.begin)));
  writer.key("evaluatedTo").value(std::string_view(format_time(evaluated.end)));
  writer.key("rules").begin_array();
  for (const auto& report : reports) put_report(writer, report);
  writer.end_array().end_object();
}

}  // namespace pharos::rules::backtest
