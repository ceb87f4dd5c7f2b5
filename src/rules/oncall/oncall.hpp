// On-call as one object: the server owns it, the HTTP API asks it, routing hands groups to it
// through receivers with `oncall_configs`, and it tells people through the receivers of
// alertmanager.yml.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/database.hpp"
#include "rules/notify/alertmanager.hpp"
#include "rules/oncall/acknowledgements.hpp"
#include "rules/oncall/escalation_book.hpp"
#include "rules/oncall/heartbeats.hpp"
#include "rules/oncall/maintenance.hpp"
#include "rules/oncall/oncall_config.hpp"
#include "rules/oncall/rota.hpp"

namespace pharos::rules::oncall {

// What an operator takes: the alerts of an escalation, alerts by fingerprint, or all that match.
struct Take {
  std::string escalation;
  std::vector<std::uint64_t> alerts;
  std::vector<Matcher> matchers;
  std::string owner, note;
  std::optional<Time> until;
};

// Thread-safe. `database` and the Alertmanager given to start() outlive it.
class OnCall {
 public:
  static Result<std::unique_ptr<OnCall>> open(Database& database, const Clock& clock);
  ~OnCall();

  // Everything in it has been validated by parse_oncall_config and check_receivers.
  void set_config(std::shared_ptr<const OnCallConfig> config);
  std::shared_ptr<const OnCallConfig> config() const;
  // Receivers that users or policies name and that `alertmanager` does not have: an error of the
  // configuration, said before it is applied.
  static Status check_receivers(const OnCallConfig& config,
                                const notify::AlertmanagerConfig& alertmanager);

  void start(notify::Alertmanager& alertmanager);
  void stop();

  // One entry of a receiver's `oncall_configs`.
  std::unique_ptr<notify::Integration> integration(std::string policy, bool send_resolved,
                                                   std::size_t index);
  // For AlertmanagerOptions::acknowledged.
  std::optional<std::string> acknowledged(const Alert& alert) const;

  // Durable on return. What was taken; Errc::not_found when nothing was there to take.
  Result<std::vector<Acknowledgement>> take(const Take& request);
  // Gives alerts back: their escalations go on. How many acknowledgements ended.
  Result<std::size_t> give_back(const Take& request);
  std::vector<Acknowledgement> acknowledgements() const;
  Result<std::vector<Taken>> taken(Interval interval) const;  // Acknowledgements::history
  std::vector<EscalationView> escalations() const;

  Rota& rota();
  std::vector<HeartbeatView> heartbeats() const;
  Status heartbeat(const std::string& name);
  std::vector<MaintenanceView> maintenance() const;

  // An alert TestPage with these labels through the real route; it ends after five minutes. Who
  // would be told by it.
  Result<std::vector<notify::RoutePreview>> test_page(const Labels& labels, const std::string& by);

 private:
  struct Impl;
  explicit OnCall(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pharos::rules::oncall
