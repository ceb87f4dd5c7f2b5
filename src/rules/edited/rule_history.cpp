#include "rules/edited/rule_history.hpp"

#include <limits>

namespace pharos::rules::edited {
namespace {

constexpr std::string_view kTables[] = {
    "CREATE TABLE rule_revisions(id INTEGER PRIMARY KEY AUTOINCREMENT, saved_ms INTEGER NOT NULL,"
    " space TEXT NOT NULL, name TEXT NOT NULL, message TEXT NOT NULL, removed INTEGER NOT NULL,"
    " text TEXT NOT NULL)",
    "CREATE INDEX rule_revisions_by_group ON rule_revisions(space, name, id)",
    "ALTER TABLE rule_revisions ADD COLUMN from_space TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE rule_revisions ADD COLUMN from_name TEXT NOT NULL DEFAULT ''"};
constexpr const char* kSelect =
    "SELECT id, saved_ms, space, name, message, removed, text, from_space, from_name FROM "
    "rule_revisions ";
// A group that went to and fro between names; beyond that its history ends.
constexpr int kNamesMax = 20;

Revision revision_of(const DatabaseStatement& row) {
  Revision out;
  out.id = row.integer(0);
  out.saved = from_unix_millis(row.integer(1));
  out.space = row.text(2);
  out.group = row.text(3);
  out.message = row.text(4);
  out.removed = row.integer(5) != 0;
  out.text = row.text(6);
  out.from_space = row.text(7);
  out.from_group = row.text(8);
  return out;
}

}  // namespace

Result<RuleHistory> RuleHistory::open(Database& database) {
  TRY(database.migrate("edited_rules", kTables));
  return RuleHistory(database);
}

Status RuleHistory::add_in(Database& db, const Revision& revision) {
  TRY(
      db.run("INSERT INTO rule_revisions(saved_ms, space, name, message, removed, text,"
             " from_space, from_name) VALUES(?1,?2,?3,?4,?5,?6,?7,?8)",
             to_unix_millis(revision.saved), revision.space, revision.group, revision.message,
             revision.removed, revision.text, revision.from_space, revision.from_group));
  TRY(
      db.run("DELETE FROM rule_revisions WHERE space=?1 AND name=?2 AND id NOT IN (SELECT id FROM"
             " rule_revisions WHERE space=?1 AND name=?2 ORDER BY id DESC LIMIT ?3)",
             revision.space, revision.group, kRevisionsMax));
  return db.run(
      "DELETE FROM rule_revisions WHERE id <= (SELECT id FROM rule_revisions ORDER BY id DESC"
      " LIMIT 1 OFFSET ?1)",
      kRevisionsOfAllMax);
}

Result<std::vector<Revision>> RuleHistory::list(const std::string& space, const std::string& group,
                                                bool* cut) const {
  std::vector<Revision> out;
  std::size_t bytes = 0;
  TRY(database_->read([&](Database& db) -> Status {
    auto name = std::pair(space, group);
    std::int64_t before = std::numeric_limits<std::int64_t>::max();
    for (int names = 0; names < kNamesMax && !name.second.empty(); ++names) {
      auto rows = TRY(db.prepare(std::string(kSelect) +
                                 "WHERE space=?1 AND name=?2 AND id<?3 ORDER BY id DESC"));
      rows.bind_all(name.first, name.second, before);
      name.second.clear();
      while (name.second.empty() && TRY(rows.step())) {
        auto one = revision_of(rows);
        bytes += one.text.size() + one.message.size();
        if (bytes > kHistoryBytesMax && !out.empty()) {
          if (cut != nullptr) *cut = true;
          return {};
        }
        // What lies before a rename was another group of this name.
        if (!one.from_group.empty()) {
          name = {one.from_space, one.from_group};
          before = one.id;
        }
        out.push_back(std::move(one));
      }
    }
    return {};
  }));
  return out;
}

Result<Revision> RuleHistory::get(std::int64_t id) const {
  Revision out;
  TRY(database_->read([&](Database& db) -> Status {
    auto row = TRY(db.prepare(std::string(kSelect) + "WHERE id=?1"));
    row.bind(1, id);
    if (!TRY(row.step())) return fail(Errc::not_found, "there is no such revision any more");
    out = revision_of(row);
    return {};
  }));
  return out;
}

Result<std::map<std::pair<std::string, std::string>, Revision>> RuleHistory::newest() const {
  std::map<std::pair<std::string, std::string>, Revision> out;
  TRY(database_->read([&](Database& db) -> Status {
    auto rows = TRY(db.prepare(std::string(kSelect) +
                               "WHERE id IN (SELECT max(id) FROM rule_revisions GROUP BY space,"
                               " name)"));
    while (TRY(rows.step())) {
      auto one = revision_of(rows);
      auto key = std::make_pair(one.space, one.group);
      out.insert_or_assign(std::move(key), std::move(one));
    }
    return {};
  }));
  return out;
}

}  // namespace pharos::rules::edited
