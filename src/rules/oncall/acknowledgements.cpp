#include "rules/oncall/acknowledgements.hpp"

#include <functional>

#include "rules/stored_alert.hpp"

namespace pharos::rules::oncall {
namespace {

constexpr std::string_view kTables[] = {
    "CREATE TABLE oncall_acknowledgements(alert INTEGER PRIMARY KEY, labels BLOB NOT NULL, owner "
    "TEXT NOT NULL,"
    " note TEXT NOT NULL, at_ms INTEGER NOT NULL, until_ms INTEGER)",
    "CREATE TABLE oncall_taken(id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, alert INTEGER NOT "
    "NULL, owner TEXT NOT NULL);"
    "CREATE INDEX oncall_taken_at ON oncall_taken(at_ms)"};
constexpr std::size_t kEntriesMax = 1'000'000;
constexpr std::int64_t kHistoryMax = 100'000;
constexpr Millis kHistoryKept = std::chrono::hours(24 * 30);

}  // namespace

Result<std::unique_ptr<Acknowledgements>> Acknowledgements::open(Database& database) {
  TRY(database.migrate("oncall_acknowledgements", kTables));
  auto out = std::unique_ptr<Acknowledgements>(new Acknowledgements(database));
  TRY(database.read([&](Database& db) -> Status {
    auto rows = TRY(db.prepare(
        "SELECT alert, labels, owner, note, at_ms, until_ms FROM oncall_acknowledgements"));
    while (TRY(rows.step())) {
      codec::Cursor labels(rows.text(1));
      Acknowledgement entry{.alert = static_cast<std::uint64_t>(rows.integer(0)),
                            .labels = take_labels(labels),
                            .owner = std::string(rows.text(2)),
                            .note = std::string(rows.text(3)),
                            .at = from_unix_millis(rows.integer(4))};
      if (!rows.is_null(5)) entry.until = from_unix_millis(rows.integer(5));
      out->entries_[entry.alert] = std::move(entry);
    }
    return {};
  }));
  return out;
}

Status Acknowledgements::add(std::vector<Acknowledgement> entries) {
  const std::lock_guard changing(changing_);
  {
    const std::lock_guard lock(mutex_);
    if (entries_.size() + entries.size() > kEntriesMax)
      return fail(Errc::limit,
                  "there are " + std::to_string(kEntriesMax) + " acknowledgements, the limit");
  }
  TRY(database_.transaction([&](Database& db) -> Status {
    for (const auto& entry : entries) {
      std::string labels;
      put_labels(labels, entry.labels);
      auto insert = TRY(db.prepare(
          "INSERT OR REPLACE INTO oncall_acknowledgements VALUES(?1, ?2, ?3, ?4, ?5, ?6)"));
      insert.bind(1, static_cast<std::int64_t>(entry.alert)).bind_blob(2, labels);
      insert.bind(3, entry.owner).bind(4, entry.note).bind(5, to_unix_millis(entry.at));
      if (entry.until) insert.bind(6, to_unix_millis(*entry.until));
      TRY(insert.run());
      TRY(db.run("INSERT INTO oncall_taken(at_ms, alert, owner) VALUES(?1, ?2, ?3)",
                 to_unix_millis(entry.at), static_cast<std::int64_t>(entry.alert), entry.owner));
    }
    return {};
  }));
  const std::lock_guard lock(mutex_);
  for (auto& entry : entries) {
    const auto alert = entry.alert;
    entries_[alert] = std::move(entry);
  }
  return {};
}

Result<std::size_t> Acknowledgements::remove(const std::vector<std::uint64_t>& alerts) {
  const std::lock_guard changing(changing_);
  TRY(database_.transaction([&](Database& db) -> Status {
    for (const auto alert : alerts)
      TRY(db.run("DELETE FROM oncall_acknowledgements WHERE alert = ?1",
                 static_cast<std::int64_t>(alert)));
    return {};
  }));
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const auto alert : alerts) count += entries_.erase(alert);
  return count;
}

std::optional<Acknowledgement> Acknowledgements::find(const Alert& alert, Time now) const {
  const std::lock_guard lock(mutex_);
  if (entries_.empty()) return std::nullopt;
  const auto found = entries_.find(fingerprint(alert.labels));
  if (found == entries_.end()) return std::nullopt;
  const auto& entry = found->second;
  if (entry.until && *entry.until <= now) return std::nullopt;
  if (alert.starts_at > entry.at) return std::nullopt;
  return entry;
}

bool Acknowledgements::empty() const {
  const std::lock_guard lock(mutex_);
  return entries_.empty();
}

std::vector<Acknowledgement> Acknowledgements::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<Acknowledgement> out;
  for (const auto& [alert, entry] : entries_) out.push_back(entry);
  return out;
}

Result<std::vector<Taken>> Acknowledgements::history(Interval interval) const {
  std::vector<Taken> out;
  TRY(database_.read([&](Database& db) -> Status {
    auto rows =
        TRY(db.prepare("SELECT at_ms, alert, owner FROM oncall_taken WHERE at_ms >= ?1 AND "
                       "at_ms < ?2 ORDER BY at_ms, id"));
    rows.bind_all(to_unix_millis(interval.begin), to_unix_millis(interval.end));
    while (TRY(rows.step()))
      out.push_back({.at = from_unix_millis(rows.integer(0)),
                     .alert = static_cast<std::uint64_t>(rows.integer(1)),
                     .owner = std::string(rows.text(2))});
    return {};
  }));
  return out;
}

Status Acknowledgements::sweep(Time now, const std::function<bool(std::uint64_t)>& alive) {
  TRY(database_.transaction([&](Database& db) {
    return db.run(
        "DELETE FROM oncall_taken WHERE at_ms < ?1 OR id <= (SELECT max(id) FROM "
        "oncall_taken) - ?2",
        to_unix_millis(now - kHistoryKept), kHistoryMax);
  }));
  std::vector<std::uint64_t> gone;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [alert, entry] : entries_)
      if ((entry.until && *entry.until <= now) || !alive(alert)) gone.push_back(alert);
  }
  if (gone.empty()) return {};
  const auto removed = remove(gone);
  return removed ? Status{} : Status{std::unexpect, removed.error()};
}

}  // namespace pharos::rules::oncall
