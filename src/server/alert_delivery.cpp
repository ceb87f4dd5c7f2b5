#include "server/alert_delivery.hpp"

namespace pharos::server {

void AlertDelivery::set_config(Labels external_labels, std::vector<RelabelRule> alert_relabel) {
  auto config =
      std::make_shared<const Config>(Config{std::move(external_labels), std::move(alert_relabel)});
  std::lock_guard lock(mutex_);
  config_ = std::move(config);
}

Status AlertDelivery::deliver(std::span<const rules::Alert> alerts) {
  std::shared_ptr<const Config> config;
  {
    std::lock_guard lock(mutex_);
    config = config_;
  }
  std::vector<rules::Alert> out;
  out.reserve(alerts.size());
  LabelsBuilder labels;
  for (const auto& alert : alerts) {
    labels.reset(alert.labels);
    for (const auto& [name, value] : config->external_labels)
      if (labels.get(name).empty()) labels.set(name, value);
    if (!relabel(config->alert_relabel, labels)) continue;
    out.push_back(alert);
    out.back().labels = labels.build();
  }
  if (out.empty()) return {};
  // Others first: they only queue. When our own cannot take the batch it comes again, and a report
  // that is still queued there is replaced by the repeated one.
  sender_.enqueue(out);
  return own_.deliver(out);
}

}  // namespace pharos::server
