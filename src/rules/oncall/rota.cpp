#include "rules/oncall/rota.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/uuid.hpp"
#include "rules/oncall/ical.hpp"

namespace pharos::rules::oncall {
namespace {

constexpr std::string_view kTables[] = {
    "CREATE TABLE oncall_overrides(id TEXT PRIMARY KEY, schedule TEXT NOT NULL, users TEXT NOT "
    "NULL,"
    " begin_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL, created_by TEXT NOT NULL);"
    "CREATE TABLE oncall_calendars(schedule TEXT PRIMARY KEY, text TEXT NOT NULL)"};
constexpr std::size_t kOverridesMax = 10'000;  // per schedule

// User names hold no line ends: the configuration is YAML scalars, but a calendar may hold
// anything.
std::string join(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : "\n") + name;
  return out;
}
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    out.emplace_back(text.substr(0, end));
    text = end == text.npos ? std::string_view() : text.substr(end + 1);
  }
  return out;
}

}  // namespace

Result<std::unique_ptr<Rota>> Rota::open(Database& database) {
  TRY(database.migrate("oncall_rota", kTables));
  auto rota = std::unique_ptr<Rota>(new Rota(database));
  TRY(rota->load());
  return rota;
}

Status Rota::load() {
  return database_.read([&](Database& db) -> Status {
    auto rows = TRY(
        db.prepare("SELECT id, schedule, users, begin_ms, end_ms, created_by FROM oncall_overrides"
                   " ORDER BY rowid"));
    while (TRY(rows.step()))
      added_[std::string(rows.text(1))].overrides.push_back(
          {.id = std::string(rows.text(0)),
           .users = split(rows.text(2)),
           .during = {from_unix_millis(rows.integer(3)), from_unix_millis(rows.integer(4))},
           .created_by = std::string(rows.text(5))});
    auto calendars = TRY(db.prepare("SELECT schedule, text FROM oncall_calendars"));
    while (TRY(calendars.step()))
      added_[std::string(calendars.text(0))].calendar = calendars.text(1);
    return {};
  });
}

// Under mutex_. Times without a zone in an imported calendar are in the schedule's own.
void Rota::rebuild() {
  in_force_.clear();
  if (!config_) return;
  for (const auto& schedule : config_->schedules) {
    auto& out = in_force_.emplace_back(schedule);
    const auto added = added_.find(schedule.name);
    if (added == added_.end()) continue;
    auto& more = added->second;
    if (!more.calendar.empty()) {
      auto events = parse_calendar(more.calendar, schedule.zone);
      if (events)
        more.events = std::move(*events);
      else
        log::error("imported calendar not used",
                   {{"schedule", schedule.name}, {"error", events.error().message}});
    }
    out.events.insert(out.events.end(), more.events.begin(), more.events.end());
    out.overrides.insert(out.overrides.end(), more.overrides.begin(), more.overrides.end());
  }
}

void Rota::set_config(std::shared_ptr<const OnCallConfig> config) {
  const std::lock_guard lock(mutex_);
  config_ = std::move(config);
  rebuild();
}

const Schedule* Rota::find(const std::string& name) const {
  const auto found = std::ranges::find(in_force_, name, &Schedule::name);
  return found == in_force_.end() ? nullptr : &*found;
}
bool Rota::known_user(const std::string& name) const {
  return config_ && std::ranges::find(config_->users, name, &User::name) != config_->users.end();
}

std::vector<std::string> Rota::schedules() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  for (const auto& schedule : in_force_) out.push_back(schedule.name);
  return out;
}

std::vector<std::string> Rota::on_call(const std::string& schedule, Time at) const {
  const std::lock_guard lock(mutex_);
  const auto* found = find(schedule);
  return found == nullptr ? std::vector<std::string>() : found->on_call(at);
}

Result<Schedule> Rota::schedule(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto* found = find(name);
  if (found == nullptr) return fail(Errc::not_found, "there is no schedule " + name);
  return *found;
}

Result<std::vector<Shift>> Rota::shifts(const std::string& schedule, Time from, Time to) const {
  if (to <= from) return fail(Errc::invalid, "the end must be after the start");
  if (to - from > std::chrono::hours(24 * 400))
    return fail(Errc::limit, "shifts are listed for 400 days at most");
  const auto found = TRY(this->schedule(schedule));
  return found.shifts(from, to);
}

Result<std::string> Rota::add_override(const std::string& schedule, Override change) {
  const std::lock_guard lock(mutex_);
  if (find(schedule) == nullptr) return fail(Errc::not_found, "there is no schedule " + schedule);
  for (const auto& user : change.users)
    if (!known_user(user)) return fail(Errc::not_found, "there is no user " + user);
  if (change.during.empty()) return fail(Errc::invalid, "the override ends before it begins");
  auto& overrides = added_[schedule].overrides;
  if (overrides.size() >= kOverridesMax)
    return fail(Errc::limit, "schedule " + schedule + " has " + std::to_string(kOverridesMax) +
                                 " overrides, the limit");
  change.id = new_uuid();
  TRY(database_.transaction([&](Database& db) {
    return db.run("INSERT INTO oncall_overrides VALUES(?1, ?2, ?3, ?4, ?5, ?6)", change.id,
                  schedule, join(change.users), to_unix_millis(change.during.begin),
                  to_unix_millis(change.during.end), change.created_by);
  }));
  auto id = change.id;
  overrides.push_back(std::move(change));
  rebuild();
  return id;
}

Status Rota::remove_override(const std::string& id) {
  const std::lock_guard lock(mutex_);
  for (auto& [schedule, added] : added_) {
    const auto found = std::ranges::find(added.overrides, id, &Override::id);
    if (found == added.overrides.end()) continue;
    TRY(database_.transaction(
        [&](Database& db) { return db.run("DELETE FROM oncall_overrides WHERE id = ?1", id); }));
    added.overrides.erase(found);
    rebuild();
    return {};
  }
  return fail(Errc::not_found, "there is no override " + id);
}

Result<std::size_t> Rota::import_calendar(const std::string& schedule, std::string_view text) {
  const std::lock_guard lock(mutex_);
  const auto* found = find(schedule);
  if (found == nullptr) return fail(Errc::not_found, "there is no schedule " + schedule);
  std::vector<CalendarEvent> events;
  if (!text.empty()) events = TRY(parse_calendar(text, found->zone));
  for (const auto& event : events)
    for (const auto& user : event.users)
      if (!known_user(user))
        return fail(Errc::invalid, "calendar event " + event.uid + ": there is no user " + user);
  TRY(database_.transaction([&](Database& db) {
    return text.empty()
               ? db.run("DELETE FROM oncall_calendars WHERE schedule = ?1", schedule)
               : db.run("INSERT OR REPLACE INTO oncall_calendars VALUES(?1, ?2)", schedule, text);
  }));
  auto& added = added_[schedule];
  added.calendar = text;
  added.events.clear();
  rebuild();
  return events.size();
}

}  // namespace pharos::rules::oncall
