// Jobs that must call in: an alert when one does not.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/database.hpp"
#include "rules/alert.hpp"
#include "rules/oncall/oncall_config.hpp"

namespace pharos::rules::oncall {

struct HeartbeatView {
  Heartbeat heartbeat;
  std::optional<Time> last_seen;
  Time deadline{};  // then it is missed
  bool missed = false;
};

// Thread-safe. `database` outlives it.
class Heartbeats {
 public:
  static Result<std::unique_ptr<Heartbeats>> open(Database& database);

  void set_config(std::shared_ptr<const OnCallConfig> config, Time now);
  // Durable on return. Errc::not_found.
  Status call_in(const std::string& name, Time now);
  std::vector<HeartbeatView> list(Time now) const;

  // Alerts to deliver now: the missed ones, to be repeated before they time out, and one resolved
  // for each that called in since. `next`: when to ask again at the latest.
  std::vector<Alert> due(Time now, Time& next);

 private:
  struct State {
    Time since{};  // known since
    std::optional<Time> last_seen;
    std::optional<Time> missed_at;  // an alert is out
  };
  explicit Heartbeats(Database& database) : database_(database) {}
  static Time deadline(const Heartbeat& heartbeat, const State& state);

  Database& database_;
  mutable std::mutex mutex_;
  std::shared_ptr<const OnCallConfig> config_;
  std::map<std::string, State> states_;
};

}  // namespace pharos::rules::oncall
