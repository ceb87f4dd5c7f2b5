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
  // The silences of the server.
  struct Silences {
    std::function<Result<std::string>(notify::Silence)> set;
    std::function<Status(const std::string& id)> expire;
    std::function<Result<notify::Silence>(const std::string& id)> get;
  };
  static Result<std::unique_ptr<MaintenanceWindows>> open(Database& database);

  void set_config(std::shared_ptr<const OnCallConfig> config);
  // Makes the silences of all windows that begin within a day, changes those of windows that have
  // changed and ends those of windows that are gone. A silence that an operator has ended is left
  // alone. How many were made, changed or ended.
  std::size_t run(Time now, const Silences& silences);
  std::vector<MaintenanceView> list(Time now) const;

 private:
  explicit MaintenanceWindows(Database& database) : database_(database) {}
  Database& database_;
  mutable std::mutex mutex_;
  std::shared_ptr<const OnCallConfig> config_;
  struct Made {
    std::string silence;  // id
    std::string content;  // what the window said when the silence was last set
    Time end{};
  };
  using Key = std::pair<std::string, UnixMillis>;  // name, begin
  Status store(const Key& key, const Made& made);
  Status forget(const Key& key);
  std::map<Key, Made> made_;
};

}  // namespace pharos::rules::oncall
