// The `oncall:` section: people, schedules, escalation policies, heartbeats, maintenance windows.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "codec/yaml.hpp"
#include "rules/oncall/escalation.hpp"
#include "rules/oncall/recurrence.hpp"
#include "rules/oncall/schedule.hpp"
#include "rules/receivers/receiver_config.hpp"

namespace pharos::rules::oncall {

struct User {
  std::string name;
  std::vector<std::string> receivers;  // of alertmanager.yml, all told at once
  std::string place;                   // "file:line:column: "
};

// A job that must call in. Missed: an alert HeartbeatMissed{heartbeat="name"} with `labels`.
struct Heartbeat {
  std::string name;
  Millis every{0};                       // since the last call, or
  std::optional<Recurrence> recurrence;  // by the clock: first at `start`, in `zone`
  CivilTime start;
  TimeZone zone;
  Millis grace = std::chrono::minutes(1);
  std::vector<std::pair<std::string, std::string>> labels, annotations;
};

// Silences that begin and end by themselves.
struct Maintenance {
  std::string name, comment;
  std::vector<Matcher> matchers;
  CivilTime start;
  TimeZone zone;
  Millis duration{0};
  std::optional<Recurrence> recurrence;  // none: once
};

struct OnCallConfig {
  std::vector<User> users;
  std::vector<Schedule> schedules;
  std::vector<EscalationPolicy> policies;
  std::vector<Heartbeat> heartbeats;
  std::vector<Maintenance> maintenance;
};

// `webhook: URL` of a step is a receiver of our own making, named by its URL.
bool is_webhook(const EscalationStep& step);
// The receivers that steps with webhooks need, in Alertmanager's version 4 payload.
std::vector<std::shared_ptr<const receivers::ReceiverConfig>> webhook_receivers(
    const OnCallConfig& config);

using ReadFile = std::function<Result<std::string>(const std::string& path)>;

// Errc::invalid: `file:line:column: what`; names that are used and not defined are errors too.
// `read_file` brings the calendars that schedules name.
Result<OnCallConfig> parse_oncall_config(const codec::Yaml& section, const ReadFile& read_file);

// "2026-01-05T09:00[:30]" or "2026-01-05", a clock reading without a zone.
Result<CivilTime> parse_civil_time(std::string_view text);

}  // namespace pharos::rules::oncall
