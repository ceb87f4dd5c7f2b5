#include "rules/edited/rule_history.hpp"

namespace pharos::rules::edited {
namespace {

constexpr std::string_view kTables[] = {
    "CREATE TABLE rule_revisions(id INTEGER PRIMARY KEY AUTOINCREMENT, saved_ms INTEGER NOT NULL,"
    " space TEXT NOT NULL, name TEXT NOT NULL, message TEXT NOT NULL, removed INTEGER NOT NULL,"
    " text TEXT NOT NULL)",
    "CREATE INDEX rule_revisions_by_group ON rule_revisions(space, name, id)"};
constexpr const char* kSelect =
    "SELECT id, saved_ms, space, name, message, removed, text FROM rule_revisions ";

Revision revision_of(const DatabaseStatement& row) {
  Revision out;
  out.id = row.integer(0);
  out.saved = from_unix_millis(row.integer(1));
  out.space = row.text(2);
  out.group = row.text(3);
  out.message = row.text(4);
  out.removed = row.integer(5) != 0;
  out.text = row.text(6);
  return out;
}

}  // namespace

Result<RuleHistory> RuleHistory::open(Database& database) {
  TRY(database.migrate("edited_rules", kTables));
  return RuleHistory(database);
}

Status RuleHistory::add_in(Database& db, const Revision& revision) {
  TRY(
      db.run("INSERT INTO rule_revisions(saved_ms, space, name, message, removed, text)"
             " VALUES(?1,?2,?3,?4,?5,?6)",
             to_unix_millis(revision.saved), revision.space, revision.group, revision.message,
             revision.removed, revision.text));
  TRY(
      db.run("DELETE FROM rule_revisions WHERE space=?1 AND name=?2 AND id NOT IN (SELECT id FROM"
             " rule_revisions WHERE space=?1 AND name=?2 ORDER BY id DESC LIMIT ?3)",
             revision.space, revision.group, kRevisionsMax));
  return db.run(
      "DELETE FROM rule_revisions WHERE id <= (SELECT id FROM rule_revisions ORDER BY id DESC"
      " LIMIT 1 OFFSET ?1)",
      kRevisionsOfAllMax);
}

Result<std::vector<Revision>> RuleHistory::list(const std::string& space,
                                                const std::string& group) const {
  std::vector<Revision> out;
  TRY(database_->read([&](Database& db) -> Status {
    auto rows =
        TRY(db.prepare(std::string(kSelect) + "WHERE space=?1 AND name=?2 ORDER BY id DESC"));
    rows.bind_all(space, group);
    while (TRY(rows.step())) out.push_back(revision_of(rows));
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
