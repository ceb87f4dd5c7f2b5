// Alerting put together: the Alertmanager of this process, on-call, the sender to other
// Alertmanagers and their discovery, and the built-in alerts about this process.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/commit.hpp"
#include "base/database.hpp"
#include "base/metric.hpp"
#include "rules/notify/alertmanager.hpp"
#include "rules/oncall/oncall.hpp"
#include "server/alert_delivery.hpp"
#include "server/alert_series.hpp"
#include "server/alertmanager_targets.hpp"
#include "server/flags.hpp"
#include "server/loaded_config.hpp"
#include "server/self_watch.hpp"

namespace pharos::server {

// Thread-safe after open(). What `world` names outlives it.
class AlertService {
 public:
  struct World {
    Database& database;
    const Clock& clock;
    std::shared_ptr<net::HttpClient> client;
    std::function<std::shared_ptr<Querier>()> querier;
    Appender& appender;  // of the series about alerts
    // Told of alerts that began or ended, outside of locks.
    std::function<void(std::span<const rules::notify::AlertTransition>)> observe = {};
  };
  static Result<std::unique_ptr<AlertService>> open(World world, const ServeFlags& flags,
                                                    std::string external_url);
  ~AlertService();

  // What can fail is done; the rest is the commit. The first one starts routing.
  Result<Commit> prepare(std::shared_ptr<const LoadedConfig> loaded);
  // After the rules: what they found last is still taken, and sent on as far as time allows.
  void stop();

  rules::AlertSink& sink() { return *delivery_; }
  rules::notify::Alertmanager& alertmanager() { return *alertmanager_; }
  rules::oncall::OnCall& oncall() { return *oncall_; }
  // Other Alertmanagers: active, dropped.
  std::pair<std::vector<std::string>, std::vector<std::string>> urls() const {
    return targets_->urls();
  }

 private:
  AlertService(World world, const ServeFlags& flags, std::string external_url);
  // None: the one there is stays.
  Result<std::unique_ptr<SelfWatch>> next_watch(const RulesSection& section);
  void apply(const Config& config, std::unique_ptr<SelfWatch> watch);

  World world_;
  std::string external_url_;
  bool drain_queue_;
  bool started_ = false;
  Gauge config_hash_{"alertmanager_config_hash",
                     "Hash of the currently loaded alertmanager "
                     "configuration."};
  // In the order of their making; destroyed the other way round.
  AlertSeries series_;
  std::unique_ptr<rules::oncall::OnCall> oncall_;
  std::unique_ptr<rules::notify::Alertmanager> alertmanager_;
  std::unique_ptr<rules::sender::AlertSender> sender_;
  std::unique_ptr<AlertmanagerTargets> targets_;
  std::unique_ptr<AlertDelivery> delivery_;
  std::unique_ptr<SelfWatch> self_watch_;
};

}  // namespace pharos::server
