// Maintenance windows become silences a day before they begin, so that everybody sees them coming.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/database.hpp"
#include "rules/notify/alertmanager.hpp"
#include "rules/oncall/oncall_config.hpp"

namespace pharos::rules::oncall {

struct MaintenanceView {
  Maintenance maintenance;
  std::vector<Interval> next;  // running and coming ones, the first ten
};

// Thread-safe. `database` outlives it.
class MaintenanceWindows {
 public:
  using SetSilence = std::function<Result<std::string>(notify::Silence)>;
  static Result<std::unique_ptr<MaintenanceWindows>> open(Database& database);

  void set_config(std::shared_ptr<const OnCallConfig> config);
  // Makes the silences of all windows that begin within a day. A silence that an operator has ended
  // is not made again. How many were made.
  std::size_t run(Time now, const SetSilence& set_silence);
  std::vector<MaintenanceView> list(Time now) const;

 private:
  explicit MaintenanceWindows(Database& database) : database_(database) {}
  Database& database_;
  mutable std::mutex mutex_;
  std::shared_ptr<const OnCallConfig> config_;
  std::map<std::pair<std::string, UnixMillis>, std::string> made_;  // (name, begin) → silence
};

}  // namespace pharos::rules::oncall
