#include "rules/oncall/heartbeats.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/metric.hpp"

namespace pharos::rules::oncall {
namespace {

constexpr std::string_view kTables[] = {
    "CREATE TABLE oncall_heartbeats(name TEXT PRIMARY KEY, since_ms INTEGER NOT NULL, last_seen_ms "
    "INTEGER,"
    " missed_ms INTEGER)"};
constexpr Millis kRepeat = std::chrono::minutes(1);     // a missed one is reported again
constexpr Millis kAlertLife = std::chrono::minutes(5);  // and times out this long after
constexpr Millis kDayMax = std::chrono::hours(24 * 370);

struct Stats {
  Counter calls{"pharos_oncall_heartbeats_total", "Calls of heartbeats."};
  Gauge missed{"pharos_oncall_heartbeats_missed", "Heartbeats that are overdue."};
};
Stats& stats() {
  static Stats instance;
  return instance;
}

Alert alert_of(const Heartbeat& heartbeat, Time starts, Time ends, Time now) {
  LabelsBuilder labels, annotations;
  labels.set("alertname", "HeartbeatMissed");
  labels.set("severity", "warning");
  for (const auto& [name, value] : heartbeat.labels) labels.set(name, value);
  labels.set("heartbeat", heartbeat.name);
  annotations.set("summary", heartbeat.name + " has not called in");
  for (const auto& [name, value] : heartbeat.annotations) annotations.set(name, value);
  return {.labels = labels.build(),
          .annotations = annotations.build(),
          .starts_at = starts,
          .ends_at = ends,
          .updated_at = now};
}

}  // namespace

Result<std::unique_ptr<Heartbeats>> Heartbeats::open(Database& database) {
  TRY(database.migrate("oncall_heartbeats", kTables));
  auto out = std::unique_ptr<Heartbeats>(new Heartbeats(database));
  TRY(database.read([&](Database& db) -> Status {
    auto rows =
        TRY(db.prepare("SELECT name, since_ms, last_seen_ms, missed_ms FROM oncall_heartbeats"));
    while (TRY(rows.step())) {
      auto& state = out->states_[std::string(rows.text(0))];
      state.since = from_unix_millis(rows.integer(1));
      if (!rows.is_null(2)) state.last_seen = from_unix_millis(rows.integer(2));
      if (!rows.is_null(3)) state.missed_at = from_unix_millis(rows.integer(3));
    }
    return {};
  }));
  return out;
}

// The first moment after the last call (or since it is known) by which it must have called again.
Time Heartbeats::deadline(const Heartbeat& heartbeat, const State& state) {
  const Time last = state.last_seen.value_or(state.since);
  if (!heartbeat.recurrence) return last + heartbeat.every + heartbeat.grace;
  // A call a little early, within the grace, counts for the occurrence that comes.
  const auto from = (state.last_seen ? last + heartbeat.grace : last) + Millis(1);
  const auto next =
      heartbeat.recurrence->occurrences(heartbeat.start, heartbeat.zone, from, from + kDayMax, 1);
  return next.empty() ? Time::max() : next[0] + heartbeat.grace;
}

void Heartbeats::set_config(std::shared_ptr<const OnCallConfig> config, Time now) {
  const std::lock_guard lock(mutex_);
  for (const auto& heartbeat : config->heartbeats) {
    if (states_.contains(heartbeat.name)) continue;
    const auto stored = database_.transaction([&](Database& db) {
      return db.run("INSERT INTO oncall_heartbeats(name, since_ms) VALUES(?1, ?2)", heartbeat.name,
                    to_unix_millis(now));
    });
    // Then it is new once more after a restart.
    if (!stored)
      log::warn("a new heartbeat is not in the database",
                {{"heartbeat", heartbeat.name}, {"error", stored.error().message}});
    states_[heartbeat.name].since = now;
  }
  config_ = std::move(config);
}

Status Heartbeats::call_in(const std::string& name, Time now) {
  const std::lock_guard lock(mutex_);
  if (!config_ ||
      std::ranges::find(config_->heartbeats, name, &Heartbeat::name) == config_->heartbeats.end())
    return fail(Errc::not_found, "there is no heartbeat " + name);
  TRY(database_.transaction([&](Database& db) {
    return db.run(
        "INSERT INTO oncall_heartbeats(name, since_ms, last_seen_ms) VALUES(?1, ?2, ?2) "
        "ON CONFLICT(name) DO UPDATE SET last_seen_ms = ?2",
        name, to_unix_millis(now));
  }));
  states_[name].last_seen = now;
  stats().calls.add();
  return {};
}

std::vector<HeartbeatView> Heartbeats::list(Time now) const {
  const std::lock_guard lock(mutex_);
  std::vector<HeartbeatView> out;
  if (!config_) return out;
  for (const auto& heartbeat : config_->heartbeats) {
    const auto& state = states_.at(heartbeat.name);
    const auto by = deadline(heartbeat, state);
    out.push_back({heartbeat, state.last_seen, by, by <= now});
  }
  return out;
}

std::vector<Alert> Heartbeats::due(Time now, Time& next) {
  const std::lock_guard lock(mutex_);
  std::vector<Alert> out;
  if (!config_) return out;
  std::size_t missed = 0;
  for (const auto& heartbeat : config_->heartbeats) {
    auto& state = states_[heartbeat.name];
    const auto by = deadline(heartbeat, state);
    const auto remember = [&](std::optional<Time> missed_at) {
      // Not stored on a full disk: then it is only said again after a restart.
      (void)database_.transaction([&](Database& db) -> Status {
        auto update =
            TRY(db.prepare("UPDATE oncall_heartbeats SET missed_ms = ?2 WHERE name = ?1"));
        update.bind(1, heartbeat.name);
        if (missed_at) update.bind(2, to_unix_millis(*missed_at));
        return update.run();
      });
      state.missed_at = missed_at;
    };
    if (by <= now) {
      ++missed;
      if (!state.missed_at) remember(by);
      out.push_back(alert_of(heartbeat, *state.missed_at, now + kAlertLife, now));
      next = std::min(next, now + kRepeat);
    } else {
      if (state.missed_at) {
        out.push_back(alert_of(heartbeat, *state.missed_at, now, now));
        remember(std::nullopt);
      }
      next = std::min(next, by);
    }
  }
  stats().missed.set(static_cast<double>(missed));
  return out;
}

}  // namespace pharos::rules::oncall
