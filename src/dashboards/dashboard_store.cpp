#include "dashboards/dashboard_store.hpp"

#include <algorithm>

#include "codec/compress.hpp"
#include "dashboards/dashboard_rows.hpp"

namespace pharos::dashboards {
namespace {

constexpr std::int64_t kDashboardsMax = 10'000, kVersionsMax = 50, kStarsMax = 10'000;
constexpr int kZstdLevel = 3;

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

Result<std::optional<DashboardInfo>> find_info(Database& db, std::string_view column,
                                               const std::string& uid, std::int64_t id) {
  auto row = TRY(db.prepare("SELECT " + std::string(kInfoColumns) + " FROM dashboards d WHERE d." +
                            std::string(column) + " = ?1"));
  if (column == "uid")
    row.bind(1, std::string_view(uid));
  else
    row.bind(1, id);
  if (!TRY(row.step())) return std::optional<DashboardInfo>();
  return std::optional<DashboardInfo>(info_of(row));
}

Result<std::int64_t> count(Database& db, std::string_view sql) {
  auto row = TRY(db.prepare(sql));
  TRY(row.step());
  return row.integer(0);
}

std::unexpected<Error> not_found() {
  return fail(Errc::not_found, "Dashboard not found");
}

// The board that this one replaces; none when it is new.
Result<std::optional<DashboardInfo>> replaced_by(Database& db, const Dashboard& board) {
  std::optional<DashboardInfo> by_uid, by_id;
  if (!board.uid.empty()) by_uid = TRY(find_info(db, "uid", board.uid, 0));
  if (board.id > 0) by_id = TRY(find_info(db, "id", "", board.id));
  if (board.id > 0 && !by_id && !by_uid) return not_found();
  if (by_uid && by_id && by_uid->id != by_id->id)
    return fail(Errc::invalid, "A dashboard with the same uid already exists");
  return by_uid ? by_uid : by_id;
}

DashboardVersion version_of(const DatabaseStatement& row) {
  DashboardVersion out;
  out.id = row.integer(0);
  out.dashboard_id = row.integer(1);
  out.version = row.integer(2);
  out.parent = row.integer(3);
  out.restored_from = row.integer(4);
  out.created = from_unix_millis(row.integer(5));
  out.message = row.text(6);
  return out;
}
constexpr std::string_view kVersionColumns =
    "id, dashboard_id, version, parent, restored_from, created_ms, message";

}  // namespace

Result<std::unique_ptr<DashboardStore>> DashboardStore::open(Database& database,
                                                             const Clock& clock) {
  TRY(database.migrate("dashboards", dashboard_tables()));
  return std::unique_ptr<DashboardStore>(new DashboardStore(database, clock));
}

void DashboardStore::observe(Observe observe) {
  std::lock_guard lock(observe_mutex_);
  observe_ = std::move(observe);
}
void DashboardStore::tell(std::string_view action, const std::string& uid,
                          std::int64_t version) const {
  Observe observe;
  {
    std::lock_guard lock(observe_mutex_);
    observe = observe_;
  }
  if (observe) observe(action, uid, version);
}

// ------------------------------ boards

Status DashboardStore::save_in(Database& db, SaveDashboard& wanted, DashboardInfo& out) {
  auto& board = wanted.dashboard;
  const auto before = TRY(replaced_by(db, board));
  if (before && !wanted.overwrite && board.version != before->version)
    return fail(Errc::conflict, "The dashboard has been changed by someone else");
  if (before && !before->provisioned.empty() && before->provisioned != wanted.provisioned) {
    if (!wanted.provisioned.empty())
      return fail(Errc::conflict, "the uid \"" + before->uid + "\" is that of the board in " + before->provisioned);
    if (!before->editable) return fail(Errc::denied, "Cannot save provisioned dashboard");
  }
  if (!before && TRY(count(db, "SELECT count(*) FROM dashboards")) >= kDashboardsMax)
    return fail(Errc::limit, "there are 10,000 dashboards, as many as may be");

  out = before.value_or(DashboardInfo{});
  out.folder_uid = wanted.folder_uid.value_or(out.folder_uid);
  if (out.folder_uid == "general") out.folder_uid.clear();
  if (!out.folder_uid.empty()) {
    auto row = TRY(db.prepare("SELECT 1 FROM dashboard_folders WHERE uid = ?1"));
    row.bind(1, std::string_view(out.folder_uid));
    if (!TRY(row.step())) return fail(Errc::not_found, "Folder not found");
  }
  const auto now = clock_.now();
  out.uid = !board.uid.empty() ? board.uid : before ? before->uid : new_uid();
  out.title = board.title;
  out.slug = slug_of(board.title);
  out.tags = board.tags;
  out.version = before ? before->version + 1 : 1;
  out.updated = now;
  if (!before) out.created = now;
  // A board that is changed by hand stays its file's: the next change of the file wins.
  if (!before || !wanted.provisioned.empty()) {
    out.provisioned = wanted.provisioned;
    out.editable = wanted.editable;
    out.source_hash = wanted.source_hash;
  }
  const auto tags = tags_text(out.tags);
  if (!before) {
    TRY(
        db.run("INSERT INTO dashboards(uid, title, slug, folder_uid, tags, version, created_ms,"
               " updated_ms, provisioned, editable, source_hash, json)"
               " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,'')",
               out.uid, out.title, out.slug, out.folder_uid, tags, out.version, to_unix_millis(now),
               to_unix_millis(now), out.provisioned, out.editable, out.source_hash));
    out.id = TRY(count(db, "SELECT last_insert_rowid()"));
  }
  const auto json = dashboard_text(board.json, out.id, out.uid, out.version);
  TRY(
      db.run("UPDATE dashboards SET uid=?2, title=?3, slug=?4, folder_uid=?5, tags=?6, version=?7,"
             " updated_ms=?8, provisioned=?9, editable=?10, source_hash=?11, json=?12 WHERE id=?1",
             out.id, out.uid, out.title, out.slug, out.folder_uid, tags, out.version,
             to_unix_millis(now), out.provisioned, out.editable, out.source_hash, json));
  if (before && before->uid != out.uid)
    TRY(db.run("UPDATE OR REPLACE dashboard_stars SET uid=?2 WHERE uid=?1", before->uid, out.uid));
  const auto packed = codec::compress(codec::Compression::zstd, json, kZstdLevel);
  auto row = TRY(db.prepare(
      "INSERT INTO dashboard_versions(dashboard_id, version, parent, restored_from, created_ms,"
      " message, bytes, json) VALUES(?1,?2,?3,?4,?5,?6,?7,?8)"));
  row.bind(1, out.id).bind(2, out.version).bind(3, before ? before->version : 0);
  row.bind(4, wanted.restored_from).bind(5, static_cast<std::int64_t>(to_unix_millis(now)));
  row.bind(6, std::string_view(wanted.message));
  row.bind(7, static_cast<std::int64_t>(json.size())).bind_blob(8, packed);
  TRY(row.run());
  return db.run("DELETE FROM dashboard_versions WHERE dashboard_id=?1 AND version<=?2", out.id,
                out.version - kVersionsMax);
}

Result<DashboardInfo> DashboardStore::save(SaveDashboard wanted) {
  if (wanted.message.size() > 4'000) return fail(Errc::limit, "a message longer than 4,000 bytes");
  DashboardInfo out;
  TRY(database_.transaction([&](Database& db) { return save_in(db, wanted, out); }));
  tell("saved", out.uid, out.version);
  return out;
}

Result<StoredDashboard> DashboardStore::get(const std::string& uid) const {
  StoredDashboard out;
  TRY(database_.read([&](Database& db) -> Status {
    auto row = TRY(db.prepare("SELECT " + std::string(kInfoColumns) +
                              ", d.json FROM dashboards d WHERE d.uid = ?1"));
    row.bind(1, std::string_view(uid));
    if (!TRY(row.step())) return not_found();
    out.info = info_of(row);
    out.json = row.text(kInfoColumnCount);
    return {};
  }));
  return out;
}

Result<std::int64_t> DashboardStore::id_of(const std::string& uid) const {
  std::int64_t out = 0;
  TRY(database_.read([&](Database& db) -> Status {
    auto row = TRY(db.prepare("SELECT id FROM dashboards WHERE uid = ?1"));
    row.bind(1, std::string_view(uid));
    if (TRY(row.step())) out = row.integer(0);
    return {};
  }));
  return out;
}

Result<DashboardInfo> DashboardStore::remove(const std::string& uid, const std::string& owner) {
  DashboardInfo out;
  TRY(database_.transaction([&](Database& db) -> Status {
    const auto found = TRY(find_info(db, "uid", uid, 0));
    if (!found) return not_found();
    if (found->provisioned != owner && !found->provisioned.empty())
      return fail(Errc::denied, "provisioned dashboard cannot be deleted");
    out = *found;
    TRY(db.run("DELETE FROM dashboard_versions WHERE dashboard_id=?1", out.id));
    TRY(db.run("DELETE FROM dashboard_stars WHERE uid=?1", uid));
    return db.run("DELETE FROM dashboards WHERE id=?1", out.id);
  }));
  tell("deleted", out.uid, out.version);
  return out;
}

Result<std::vector<DashboardInfo>> DashboardStore::list() const {
  std::vector<DashboardInfo> out;
  TRY(database_.read([&](Database& db) -> Status {
    auto rows = TRY(db.prepare("SELECT " + std::string(kInfoColumns) +
                               " FROM dashboards d ORDER BY lower(d.title), d.id"));
    while (TRY(rows.step())) out.push_back(info_of(rows));
    return {};
  }));
  return out;
}

Result<std::vector<Found>> DashboardStore::search(const SearchDashboards& wanted) const {
  const auto folders = TRY(this->folders());
  const auto text = lower(wanted.text);
  const auto any_of = [](const std::vector<std::string>& list, const std::string& one) {
    return list.empty() || std::ranges::find(list, one) != list.end();
  };
  const auto folder_name = [](const std::string& uid) {
    return uid.empty() ? std::string("general") : uid;
  };
  std::vector<Found> out;
  if (wanted.folders && wanted.tags.empty() && !wanted.starred && wanted.ids.empty())
    for (const auto& folder : folders) {
      if (lower(folder.title).find(text) == std::string::npos) continue;
      if (!any_of(wanted.uids, folder.uid) ||
          !any_of(wanted.folder_uids, folder_name(folder.parent_uid)))
        continue;
      Found found{.is_folder = true};
      found.board.id = folder.id;
      found.board.uid = folder.uid;
      found.board.title = folder.title;
      found.board.slug = slug_of(folder.title);
      found.board.folder_uid = folder.parent_uid;
      const auto in = std::ranges::find(folders, folder.parent_uid, &Folder::uid);
      if (in != folders.end()) found.folder_title = in->title;
      out.push_back(std::move(found));
    }
  if (wanted.boards)
    for (auto& board : TRY(list())) {
      if (lower(board.title).find(text) == std::string::npos) continue;
      if (wanted.starred && !board.starred) continue;
      if (!any_of(wanted.uids, board.uid)) continue;
      if (!wanted.ids.empty() && std::ranges::find(wanted.ids, board.id) == wanted.ids.end())
        continue;
      if (!any_of(wanted.folder_uids, folder_name(board.folder_uid))) continue;
      const bool tagged = std::ranges::all_of(wanted.tags, [&](const auto& tag) {
        return std::ranges::find(board.tags, tag) != board.tags.end();
      });
      if (!tagged) continue;
      const auto in = std::ranges::find(folders, board.folder_uid, &Folder::uid);
      out.push_back({.board = std::move(board),
                     .folder_title = in == folders.end() ? std::string() : in->title});
    }
  if (wanted.descending) std::ranges::reverse(out);
  const auto skip = std::min(out.size(), (wanted.page - 1) * wanted.limit);
  out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(skip));
  if (out.size() > wanted.limit) out.resize(wanted.limit);
  return out;
}

// ------------------------------ versions

Result<std::vector<DashboardVersion>> DashboardStore::versions(const std::string& uid,
                                                               std::size_t limit,
                                                               std::int64_t before) const {
  std::vector<DashboardVersion> out;
  TRY(database_.read([&](Database& db) -> Status {
    const auto board = TRY(find_info(db, "uid", uid, 0));
    if (!board) return not_found();
    auto rows = TRY(db.prepare("SELECT " + std::string(kVersionColumns) +
                               " FROM dashboard_versions WHERE dashboard_id=?1 AND version<?2"
                               " ORDER BY version DESC LIMIT ?3"));
    rows.bind_all(board->id, before, limit);
    while (TRY(rows.step())) {
      out.push_back(version_of(rows));
      out.back().uid = uid;
    }
    return {};
  }));
  return out;
}

Result<std::pair<DashboardVersion, std::string>> DashboardStore::version(
    const std::string& uid, std::int64_t number) const {
  std::pair<DashboardVersion, std::string> out;
  TRY(database_.read([&](Database& db) -> Status {
    const auto board = TRY(find_info(db, "uid", uid, 0));
    if (!board) return not_found();
    auto row = TRY(db.prepare("SELECT " + std::string(kVersionColumns) +
                              ", bytes, json FROM dashboard_versions"
                              " WHERE dashboard_id=?1 AND version=?2"));
    row.bind_all(board->id, number);
    if (!TRY(row.step())) return fail(Errc::not_found, "Dashboard version not found");
    out.first = version_of(row);
    out.first.uid = uid;
    out.second =
        TRY(codec::decompress(codec::Compression::zstd, row.text(8),
                              static_cast<std::size_t>(std::max<std::int64_t>(0, row.integer(7)))));
    return {};
  }));
  return out;
}

Result<DashboardInfo> DashboardStore::restore(const std::string& uid, std::int64_t number) {
  const auto old = TRY(version(uid, number));
  auto json = TRY(codec::Json::parse(old.second));
  SaveDashboard wanted;
  wanted.dashboard = TRY(read_dashboard(std::move(json)));
  wanted.dashboard.uid = uid;
  wanted.dashboard.id = 0;
  wanted.message = "Restored from version " + std::to_string(number);
  wanted.overwrite = true;
  wanted.restored_from = number;
  return save(std::move(wanted));
}

// ------------------------------ stars

Status DashboardStore::set_source_hash(const std::string& uid, const std::string& hash) {
  return database_.transaction([&](Database& db) -> Status {
    return db.run("UPDATE dashboards SET source_hash=?2 WHERE uid=?1", uid, hash);
  });
}

Status DashboardStore::star(const std::string& uid, bool on) {
  return database_.transaction([&](Database& db) -> Status {
    if (!on) return db.run("DELETE FROM dashboard_stars WHERE uid=?1", uid);
    if (!TRY(find_info(db, "uid", uid, 0))) return not_found();
    if (TRY(count(db, "SELECT count(*) FROM dashboard_stars")) >= kStarsMax)
      return fail(Errc::limit, "there are 10,000 stars, as many as may be");
    return db.run("INSERT OR IGNORE INTO dashboard_stars VALUES(?1)", uid);
  });
}

Result<std::vector<std::string>> DashboardStore::stars() const {
  std::vector<std::string> out;
  TRY(database_.read([&](Database& db) -> Status {
    auto rows = TRY(db.prepare("SELECT uid FROM dashboard_stars ORDER BY uid"));
    while (TRY(rows.step())) out.emplace_back(rows.text(0));
    return {};
  }));
  return out;
}

}  // namespace pharos::dashboards
