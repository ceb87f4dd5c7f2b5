// Where the rules' alerts go: the Alertmanager of this process, and the others of the
// configuration.
#pragma once
#include <memory>
#include <mutex>
#include <vector>

#include "model/relabel.hpp"
#include "rules/alert.hpp"
#include "rules/sender/alert_sender.hpp"

namespace pharos::server {

// Thread-safe. `own` and `sender` outlive it. Labels that name this server (external_labels) are
// added where an alert has none of that name, then alert_relabel_configs apply.
class AlertDelivery final : public rules::AlertSink {
 public:
  AlertDelivery(rules::AlertSink& own, rules::sender::AlertSender& sender)
      : own_(own), sender_(sender) {}
  void set_config(Labels external_labels, std::vector<RelabelRule> alert_relabel);
  Status deliver(std::span<const rules::Alert> alerts) override;

 private:
  struct Config {
    Labels external_labels;
    std::vector<RelabelRule> alert_relabel;
  };
  rules::AlertSink& own_;
  rules::sender::AlertSender& sender_;
  std::mutex mutex_;
  std::shared_ptr<const Config> config_ = std::make_shared<Config>();  // guarded by mutex_
};

}  // namespace pharos::server
