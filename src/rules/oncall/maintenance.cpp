#include "rules/oncall/maintenance.hpp"

#include "base/log.hpp"

namespace pharos::rules::oncall {
namespace {

constexpr std::string_view kTables[] = {
    "CREATE TABLE oncall_maintenance(name TEXT NOT NULL, begin_ms INTEGER NOT NULL, silence TEXT "
    "NOT NULL,"
    " PRIMARY KEY(name, begin_ms))"};
constexpr Millis kAhead = std::chrono::hours(24);
constexpr Millis kRemembered = std::chrono::hours(24 * 400);  // longest window and more
constexpr std::size_t kWindowsMax = 1'000;                    // per entry and run

std::vector<Interval> windows(const Maintenance& entry, Time from, Time to, std::size_t limit) {
  std::vector<Interval> out;
  std::vector<Time> starts;
  if (entry.recurrence)
    starts =
        entry.recurrence->occurrences(entry.start, entry.zone, from - entry.duration, to, limit);
  else
    starts = {entry.zone.instant(entry.start)};
  for (const Time start : starts)
    if (start + entry.duration > from && start < to) out.push_back({start, start + entry.duration});
  return out;
}

}  // namespace

Result<std::unique_ptr<MaintenanceWindows>> MaintenanceWindows::open(Database& database) {
  TRY(database.migrate("oncall_maintenance", kTables));
  auto out = std::unique_ptr<MaintenanceWindows>(new MaintenanceWindows(database));
  TRY(database.read([&](Database& db) -> Status {
    auto rows = TRY(db.prepare("SELECT name, begin_ms, silence FROM oncall_maintenance"));
    while (TRY(rows.step()))
      out->made_[{std::string(rows.text(0)), rows.integer(1)}] = rows.text(2);
    return {};
  }));
  return out;
}

void MaintenanceWindows::set_config(std::shared_ptr<const OnCallConfig> config) {
  const std::lock_guard lock(mutex_);
  config_ = std::move(config);
}

std::size_t MaintenanceWindows::run(Time now, const SetSilence& set_silence) {
  const std::lock_guard lock(mutex_);
  if (!config_) return 0;
  std::size_t count = 0;
  for (const auto& entry : config_->maintenance) {
    for (const auto& window : windows(entry, now, now + kAhead, kWindowsMax)) {
      const std::pair key{entry.name, to_unix_millis(window.begin)};
      if (made_.contains(key)) continue;
      notify::Silence silence;
      silence.matchers = entry.matchers;
      silence.starts_at = std::max(window.begin, now);
      silence.ends_at = window.end;
      silence.created_by = "maintenance " + entry.name;
      silence.comment = entry.comment.empty() ? "maintenance window " + entry.name : entry.comment;
      const auto id = set_silence(std::move(silence));
      Status stored;
      if (id) {
        stored = database_.transaction([&](Database& db) -> Status {
          TRY(db.run("INSERT OR REPLACE INTO oncall_maintenance VALUES(?1, ?2, ?3)", key.first,
                     key.second, *id));
          return db.run("DELETE FROM oncall_maintenance WHERE begin_ms < ?1",
                        to_unix_millis(now - kRemembered));
        });
        made_[key] = *id;
        ++count;
      }
      if (!id || !stored)
        log::error(
            "maintenance window not kept",
            {{"name", entry.name}, {"error", id ? stored.error().message : id.error().message}});
    }
  }
  std::erase_if(made_, [&](const auto& item) {
    return item.first.second < to_unix_millis(now - kRemembered);
  });
  return count;
}

std::vector<MaintenanceView> MaintenanceWindows::list(Time now) const {
  const std::lock_guard lock(mutex_);
  std::vector<MaintenanceView> out;
  if (!config_) return out;
  for (const auto& entry : config_->maintenance)
    out.push_back({entry, windows(entry, now, now + kRemembered, 10)});
  return out;
}

}  // namespace pharos::rules::oncall
