// The schedules in force: those of the configuration with the overrides and calendars that people
// added by hand, which are durable.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/database.hpp"
#include "rules/oncall/oncall_config.hpp"

namespace pharos::rules::oncall {

// Thread-safe. `database` outlives it.
class Rota {
 public:
  static Result<std::unique_ptr<Rota>> open(Database& database);

  void set_config(std::shared_ptr<const OnCallConfig> config);
  std::vector<std::string> schedules() const;
  std::vector<std::string> on_call(const std::string& schedule, Time at) const;  // unknown: nobody
  // Errc::not_found for an unknown schedule.
  Result<std::vector<Shift>> shifts(const std::string& schedule, Time from, Time to) const;
  // With everything added by hand.
  Result<Schedule> schedule(const std::string& name) const;

  // Durable on return. Errc::not_found: no such schedule or user; Errc::limit.
  Result<std::string> add_override(const std::string& schedule, Override change);
  Status remove_override(const std::string& id);
  // Replaces what was imported for this schedule before; empty text removes it. Events in it.
  Result<std::size_t> import_calendar(const std::string& schedule, std::string_view text);

 private:
  explicit Rota(Database& database) : database_(database) {}
  Status load();
  bool known_user(const std::string& name) const;
  const Schedule* find(const std::string& name) const;

  Database& database_;
  mutable std::mutex mutex_;
  std::shared_ptr<const OnCallConfig> config_;
  struct Added {
    std::vector<Override> overrides;
    std::vector<CalendarEvent> events;
    std::string calendar;
  };
  std::map<std::string, Added> added_;  // by schedule
  std::vector<Schedule> in_force_;
  void rebuild();
};

}  // namespace pharos::rules::oncall
