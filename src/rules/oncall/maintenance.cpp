#include "rules/oncall/maintenance.hpp"

#include <algorithm>
#include <set>

#include "base/log.hpp"

namespace pharos::rules::oncall {
namespace {

constexpr std::string_view kTables[] = {
    "CREATE TABLE oncall_maintenance(name TEXT NOT NULL, begin_ms INTEGER NOT NULL,"
    " end_ms INTEGER NOT NULL, silence TEXT NOT NULL, content TEXT NOT NULL,"
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

// Changes when the silence of a window must.
std::string content_of(const Maintenance& entry) {
  std::string out = std::to_string(entry.duration.count()) + "\n" + entry.comment;
  for (const auto& matcher : entry.matchers) out += "\n" + matcher.to_string();
  return out;
}

}  // namespace

Result<std::unique_ptr<MaintenanceWindows>> MaintenanceWindows::open(Database& database) {
  TRY(database.migrate("oncall_maintenance", kTables));
  auto out = std::unique_ptr<MaintenanceWindows>(new MaintenanceWindows(database));
  TRY(database.read([&](Database& db) -> Status {
    auto rows =
        TRY(db.prepare("SELECT name, begin_ms, end_ms, silence, content FROM oncall_maintenance"));
    while (TRY(rows.step()))
      out->made_[{std::string(rows.text(0)), rows.integer(1)}] = {
          .silence = std::string(rows.text(3)),
          .content = std::string(rows.text(4)),
          .end = from_unix_millis(rows.integer(2))};
    return {};
  }));
  return out;
}

void MaintenanceWindows::set_config(std::shared_ptr<const OnCallConfig> config) {
  const std::lock_guard lock(mutex_);
  config_ = std::move(config);
}

Status MaintenanceWindows::store(const Key& key, const Made& made) {
  return database_.transaction([&](Database& db) {
    return db.run("INSERT OR REPLACE INTO oncall_maintenance VALUES(?1, ?2, ?3, ?4, ?5)", key.first,
                  key.second, to_unix_millis(made.end), made.silence, made.content);
  });
}
Status MaintenanceWindows::forget(const Key& key) {
  return database_.transaction([&](Database& db) {
    return db.run("DELETE FROM oncall_maintenance WHERE name = ?1 AND begin_ms = ?2", key.first,
                  key.second);
  });
}

std::size_t MaintenanceWindows::run(Time now, const Silences& silences) {
  const std::lock_guard lock(mutex_);
  if (!config_) return 0;
  std::size_t count = 0;
  const auto complain = [](const std::string& name, const Error& error) {
    log::error("maintenance window not kept", {{"name", name}, {"error", error.message}});
  };
  std::set<Key> wanted;
  for (const auto& entry : config_->maintenance) {
    for (const auto& window : windows(entry, now, now + kAhead, kWindowsMax)) {
      const Key key{entry.name, to_unix_millis(window.begin)};
      wanted.insert(key);
      const auto content = content_of(entry);
      const auto known = made_.find(key);
      if (known != made_.end() && known->second.content == content) continue;
      notify::Silence silence;
      if (known != made_.end()) {
        const auto now_there = silences.get(known->second.silence);
        if (!now_there || now_there->state_at(now) == notify::Silence::State::expired) continue;
        silence.id = known->second.silence;
      }
      silence.matchers = entry.matchers;
      silence.starts_at = std::max(window.begin, now);
      silence.ends_at = window.end;
      silence.created_by = "maintenance " + entry.name;
      silence.comment = entry.comment.empty() ? "maintenance window " + entry.name : entry.comment;
      auto id = silences.set(std::move(silence));
      if (!id) {
        complain(entry.name, id.error());
        continue;
      }
      const auto& made =
          made_[key] = {.silence = std::move(*id), .content = content, .end = window.end};
      if (auto stored = store(key, made); !stored) complain(entry.name, stored.error());
      ++count;
    }
  }
  // Windows that are no longer configured, and those that are long over.
  for (auto item = made_.begin(); item != made_.end();) {
    const auto& [key, made] = *item;
    const bool gone = made.end > now && !wanted.contains(key);
    if (!gone && made.end > now - kRemembered) {
      ++item;
      continue;
    }
    if (gone) {
      const auto there = silences.get(made.silence);
      if (there && there->state_at(now) != notify::Silence::State::expired) {
        if (auto ended = silences.expire(made.silence); !ended) {
          complain(key.first, ended.error());
          ++item;
          continue;
        }
        ++count;
      }
    }
    if (auto forgotten = forget(key); !forgotten) complain(key.first, forgotten.error());
    item = made_.erase(item);
  }
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
