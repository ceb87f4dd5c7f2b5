// Which alerts the Alertmanager has, as series in the own store: `pharos_alert_active` is 1 while
// an alert is active, whoever reported it, and ends when it ends.
#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <thread>

#include "base/clock.hpp"
#include "model/appender.hpp"
#include "rules/notify/alertmanager.hpp"

namespace pharos::server {

// Thread-safe. observe() only takes note; one thread writes. `appender` and `clock` outlive it.
class AlertSeries {
 public:
  struct Limits {
    std::size_t alerts_max = 10'000;  // active ones; more are left out and counted
    Millis interval = std::chrono::minutes(1);
  };
  AlertSeries(Appender& appender, const Clock& clock) : AlertSeries(appender, clock, Limits{}) {}
  AlertSeries(Appender& appender, const Clock& clock, Limits limits);
  ~AlertSeries() { stop(); }

  // Those that were active before this process began are taken up.
  void start(const rules::notify::Alertmanager& alertmanager);
  void stop();
  // For AlertmanagerOptions::observe.
  void observe(std::span<const rules::notify::AlertTransition> transitions);
  // Writes what has come and, when `all`, every active alert again; what the thread does.
  void write(bool all);

 private:
  void begin(const Labels& labels);  // mutex_ held

  Appender& appender_;
  const Clock& clock_;
  const Limits limits_;
  std::mutex mutex_;
  // Guarded by mutex_; series by the fingerprint of their alert.
  std::map<std::uint64_t, Labels> active_, begun_, ended_;  // the latter two since the last write
  UnixMillis written_ = 0;                                  // time of the last write
  std::jthread thread_;
};

}  // namespace pharos::server
