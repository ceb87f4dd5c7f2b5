#include "server/alert_series.hpp"

#include "base/log.hpp"
#include "base/metric.hpp"
#include "base/threads.hpp"
#include "rules/evaluation/rule_access.hpp"

namespace pharos::server {
namespace {

using rules::notify::AlertTransition;

constexpr std::string_view kName = "pharos_alert_active";
constexpr Millis kWriteEvery = std::chrono::seconds(1);  // at most

struct Stats {
  Counter left_out{"pharos_alert_series_left_out_total",
                   "Alerts without a series pharos_alert_active, because too many were active."};
  Counter refused{"pharos_alert_series_refused_total",
                  "Samples of pharos_alert_active that the store did not take."};
};
Stats& stats() {
  static Stats* const stats = new Stats;
  return *stats;
}

std::vector<rules::RuleSample> samples(const std::map<std::uint64_t, Labels>& series,
                                       double value) {
  std::vector<rules::RuleSample> out;
  out.reserve(series.size());
  for (const auto& [id, labels] : series) out.push_back({labels, value, nullptr});
  return out;
}

}  // namespace

AlertSeries::AlertSeries(Appender& appender, const Clock& clock, Limits limits)
    : appender_(appender), clock_(clock), limits_(limits) {}

void AlertSeries::begin(const Labels& labels) {
  const auto id = rules::fingerprint(labels);
  if (active_.contains(id)) return;
  if (active_.size() >= limits_.alerts_max) {
    stats().left_out.add();
    return;
  }
  LabelsBuilder series(labels);
  series.set(kMetricName, kName);
  const auto& added = active_.emplace(id, series.build()).first->second;
  ended_.erase(id);
  // Past the bound it waits for the next write of all.
  if (begun_.size() < limits_.alerts_max) begun_.emplace(id, added);
}

void AlertSeries::start(const rules::notify::Alertmanager& alertmanager) {
  // The question about receivers comes for each alert: it ends the list at what is wanted at most.
  rules::notify::AlertQuery query;
  query.wants_receiver = [left = limits_.alerts_max](const std::string&) mutable {
    return left > 0 && left-- > 0;
  };
  const auto known = alertmanager.alerts(query);
  {
    const std::lock_guard lock(mutex_);
    for (const auto& view : known) begin(view.alert.labels);
  }
  thread_ = start_thread("alert-series", [this](std::stop_token stop) {
    auto next = clock_.monotonic() + limits_.interval;
    while (clock_.sleep_for(kWriteEvery, stop)) {
      const auto now = clock_.monotonic();
      write(now >= next);
      if (now >= next) next = now + limits_.interval;
    }
  });
}

void AlertSeries::stop() {
  if (!thread_.joinable()) return;
  thread_ = {};  // asks it to stop, and joins
  write(false);
}

void AlertSeries::observe(std::span<const AlertTransition> transitions) {
  const std::lock_guard lock(mutex_);
  for (const auto& transition : transitions) {
    if (transition.kind == AlertTransition::Kind::firing) {
      begin(transition.alert.labels);
      continue;
    }
    const auto found = active_.find(rules::fingerprint(transition.alert.labels));
    if (found == active_.end()) continue;
    // Past the bound its series ends by itself, five minutes later.
    if (ended_.size() < limits_.alerts_max) ended_.emplace(found->first, std::move(found->second));
    active_.erase(found);
  }
}

void AlertSeries::write(bool all) {
  std::map<std::uint64_t, Labels> held, over;
  UnixMillis at = 0;
  {
    const std::lock_guard lock(mutex_);
    held.swap(begun_);
    over.swap(ended_);
    if (all) held.insert(active_.begin(), active_.end());
    if (held.empty() && over.empty()) return;
    // Room for both: what began and ended since the last time has a sample, and its end after it.
    at = written_ = std::max(to_unix_millis(clock_.now()), written_ + 2);
  }
  const auto put = [&](UnixMillis time, const std::vector<rules::RuleSample>& batch) {
    if (batch.empty()) return;
    const auto outcome = rules::write_rule_samples(appender_, from_unix_millis(time), batch);
    if (outcome && outcome->refused.empty()) return;
    stats().refused.add(static_cast<double>(outcome ? outcome->refused.size() : batch.size()));
    log::warn("series of active alerts are not written",
              {{"error", outcome ? outcome->reason : outcome.error().message}});
  };
  put(at, samples(held, 1));
  put(at + 1, samples(over, stale_nan()));
}

}  // namespace pharos::server
