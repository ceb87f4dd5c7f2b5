// How the last reload went: for metrics, the API and the page.
#pragma once
#include <mutex>
#include <string>

#include "base/clock.hpp"
#include "base/metric.hpp"
#include "base/result.hpp"

namespace pharos::server {

class ReloadState {
 public:
  explicit ReloadState(const Clock& clock) : clock_(clock) {}
  void note(const Status& status);

  struct View {
    bool succeeded = true;
    Time last;  // the last that succeeded
    Time last_failure{};
    std::string error;
  };
  View view() const;

 private:
  const Clock& clock_;
  Gauge successful_{"prometheus_config_last_reload_successful",
                    "Whether the last configuration reload attempt was successful."};
  Gauge success_time_{"prometheus_config_last_reload_success_timestamp_seconds",
                      "Timestamp of the last successful configuration reload."};
  // Both files are loaded together, or neither is.
  Gauge alertmanager_successful_{"alertmanager_config_last_reload_successful",
                                 "Whether the last configuration reload attempt was successful."};
  Gauge alertmanager_success_time_{"alertmanager_config_last_reload_success_timestamp_seconds",
                                   "Timestamp of the last successful configuration reload."};
  Counter reloads_{"pharos_config_reloads_total",
                   "Attempts to load the configuration, by outcome.",
                   {"outcome"}};
  mutable std::mutex mutex_;
  View view_;  // guarded by mutex_
};

}  // namespace pharos::server
