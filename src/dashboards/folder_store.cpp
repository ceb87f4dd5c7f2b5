// Folders and playlists: the parts of DashboardStore that hold no boards.
#include <algorithm>

#include "base/quoted.hpp"
#include "dashboards/dashboard_rows.hpp"
#include "dashboards/dashboard_store.hpp"

namespace pharos::dashboards {
namespace {

constexpr std::int64_t kFoldersMax = 1'000, kPlaylistsMax = 1'000;
constexpr std::int64_t kPlaylistVersionsMax = 50;
constexpr std::size_t kItemsMax = 1'000, kTextMax = 1'000;
constexpr std::string_view kPlaylistColumns = "uid, name, interval, items, version, updated_ms";
constexpr Millis kIntervalMin = std::chrono::seconds(1), kIntervalMax = std::chrono::hours(24 * 7);

std::unexpected<Error> no_folder() {
  return fail(Errc::not_found, "folder not found");
}

Result<std::optional<Folder>> find_folder(Database& db, std::string_view column,
                                          const std::string& value) {
  auto row = TRY(db.prepare("SELECT " + std::string(kFolderColumns) +
                            " FROM dashboard_folders WHERE " + std::string(column) + " = ?1"));
  row.bind(1, std::string_view(value));
  if (!TRY(row.step())) return std::optional<Folder>();
  return std::optional<Folder>(folder_of(row));
}

// Two of one name in one place could not be told apart, by those who read the list and by the files
// that name theirs.
Status check_free(Database& db, const Folder& folder) {
  auto same = TRY(
      db.prepare("SELECT 1 FROM dashboard_folders WHERE title=?1 AND parent_uid=?2 AND uid<>?3"));
  same.bind_all(folder.title, folder.parent_uid, folder.uid);
  if (TRY(same.step()))
    return fail(Errc::conflict,
                "a folder with the same name already exists in the current location");
  return {};
}

Status check_title(const std::string& title) {
  if (title.find_first_not_of(" \t\r\n") == std::string::npos)
    return fail(Errc::invalid, "folder title cannot be empty");
  if (title.size() > kTextMax)
    return fail(Errc::limit, "a folder's title is longer than 1,000 bytes");
  return {};
}

Playlist playlist_of(const DatabaseStatement& row) {
  Playlist out{.uid = std::string(row.text(0)),
               .name = std::string(row.text(1)),
               .interval = std::string(row.text(2)),
               .items = {},
               .version = row.integer(4),
               .updated = from_unix_millis(row.integer(5))};
  if (const auto json = codec::Json::parse(row.text(3)))
    for (const auto& item : json->items())
      out.items.push_back({item["type"].string(), item["value"].string(), item["title"].string()});
  return out;
}

Status check_playlist(const Playlist& playlist) {
  if (playlist.name.empty()) return fail(Errc::invalid, "playlist name cannot be empty");
  if (playlist.name.size() > kTextMax || playlist.interval.size() > 40)
    return fail(Errc::limit, "a playlist's name or interval is too long");
  const auto interval = parse_duration(playlist.interval);
  if (!interval || *interval < kIntervalMin || *interval > kIntervalMax)
    return fail(Errc::invalid, "a playlist's interval is a duration from 1s to 7d, not " +
                                   quoted(playlist.interval));
  if (playlist.items.size() > kItemsMax)
    return fail(Errc::limit, "a playlist with more than 1,000 items");
  for (const auto& item : playlist.items) {
    if (item.type != "dashboard_by_uid" && item.type != "dashboard_by_tag" &&
        item.type != "dashboard_by_id")
      return fail(Errc::invalid, "a playlist item's type is dashboard_by_uid or dashboard_by_tag");
    if (item.value.empty() || item.value.size() > kTextMax || item.title.size() > kTextMax)
      return fail(Errc::invalid, "a playlist item needs a value of at most 1,000 bytes");
  }
  return {};
}

}  // namespace

// ------------------------------ folders

Status DashboardStore::add_folder_in(Database& db, Folder& folder) {
  if (TRY(find_folder(db, "uid", folder.uid)))
    return fail(Errc::conflict, "a folder/dashboard with the same uid already exists");
  TRY(check_free(db, folder));
  if (!folder.parent_uid.empty() && !TRY(find_folder(db, "uid", folder.parent_uid)))
    return no_folder();
  auto count = TRY(db.prepare("SELECT count(*) FROM dashboard_folders"));
  TRY(count.step());
  if (count.integer(0) >= kFoldersMax)
    return fail(Errc::limit, "there are 1,000 folders, as many as may be");
  folder.version = 1;
  folder.created = folder.updated = clock_.now();
  TRY(db.run(
      "INSERT INTO dashboard_folders(uid, title, parent_uid, version, created_ms, updated_ms)"
      " VALUES(?1,?2,?3,1,?4,?4)",
      folder.uid, folder.title, folder.parent_uid, to_unix_millis(folder.created)));
  folder.id = TRY(find_folder(db, "uid", folder.uid))->id;
  return {};
}

Result<Folder> DashboardStore::add_folder(Folder folder) {
  TRY(check_title(folder.title));
  TRY(check_uid(folder.uid));
  if (folder.uid == "general") return fail(Errc::invalid, "the uid general is the top's own");
  if (folder.uid.empty()) folder.uid = new_uid();
  TRY(database_.transaction([&](Database& db) { return add_folder_in(db, folder); }));
  return folder;
}

Result<Folder> DashboardStore::change_folder(const std::string& uid, const std::string& title,
                                             std::optional<std::int64_t> version) {
  TRY(check_title(title));
  Folder out;
  TRY(database_.transaction([&](Database& db) -> Status {
    const auto found = TRY(find_folder(db, "uid", uid));
    if (!found) return no_folder();
    if (version && *version != found->version)
      return fail(Errc::conflict, "the folder has been changed by someone else");
    out = *found;
    out.title = title;
    // One that shares its title from before this was refused keeps it.
    if (title != found->title) TRY(check_free(db, out));
    ++out.version;
    out.updated = clock_.now();
    return db.run("UPDATE dashboard_folders SET title=?2, version=?3, updated_ms=?4 WHERE uid=?1",
                  uid, title, out.version, to_unix_millis(out.updated));
  }));
  return out;
}

Result<Folder> DashboardStore::move_folder(const std::string& uid, const std::string& parent) {
  Folder out;
  TRY(database_.transaction([&](Database& db) -> Status {
    const auto found = TRY(find_folder(db, "uid", uid));
    if (!found) return no_folder();
    // Up from the new place: what is moved below itself would be in no place at all.
    for (std::string at = parent; !at.empty();) {
      if (at == uid) return fail(Errc::invalid, "a folder cannot be moved below itself");
      const auto above = TRY(find_folder(db, "uid", at));
      if (!above) return no_folder();
      at = above->parent_uid;
    }
    out = *found;
    out.parent_uid = parent;
    TRY(check_free(db, out));
    ++out.version;
    out.updated = clock_.now();
    return db.run(
        "UPDATE dashboard_folders SET parent_uid=?2, version=?3, updated_ms=?4 WHERE uid=?1", uid,
        parent, out.version, to_unix_millis(out.updated));
  }));
  return out;
}

Result<Folder> DashboardStore::folder(const std::string& uid) const {
  std::optional<Folder> found;
  TRY(database_.read([&](Database& db) -> Status {
    found = TRY(find_folder(db, "uid", uid));
    return {};
  }));
  if (!found) return no_folder();
  return std::move(*found);
}

Result<Folder> DashboardStore::folder_titled(const std::string& title) {
  TRY(check_title(title));
  Folder out;
  TRY(database_.transaction([&](Database& db) -> Status {
    if (const auto found = TRY(find_folder(db, "title", title))) {
      out = *found;
      return {};
    }
    out = Folder{.uid = new_uid(), .title = title};
    return add_folder_in(db, out);
  }));
  return out;
}

Result<std::vector<Folder>> DashboardStore::folders() const {
  std::vector<Folder> out;
  TRY(database_.read([&](Database& db) -> Status {
    auto rows = TRY(db.prepare("SELECT " + std::string(kFolderColumns) +
                               " FROM dashboard_folders ORDER BY lower(title), id"));
    while (TRY(rows.step())) out.push_back(folder_of(rows));
    return {};
  }));
  return out;
}

Result<Folder> DashboardStore::remove_folder(const std::string& uid) {
  Folder out;
  std::vector<std::pair<std::string, std::int64_t>> boards;  // uid, version
  TRY(database_.transaction([&](Database& db) -> Status {
    const auto found = TRY(find_folder(db, "uid", uid));
    if (!found) return no_folder();
    out = *found;
    // Those below it first; a folder's number of parents is bounded by how many there are.
    std::vector<std::string> all{uid};
    for (std::size_t i = 0; i < all.size(); ++i) {
      auto below = TRY(db.prepare("SELECT uid FROM dashboard_folders WHERE parent_uid=?1"));
      below.bind(1, std::string_view(all[i]));
      while (TRY(below.step())) all.emplace_back(below.text(0));
      auto held = TRY(
          db.prepare("SELECT 1 FROM dashboards WHERE folder_uid=?1 AND provisioned<>'' LIMIT 1"));
      held.bind(1, std::string_view(all[i]));
      if (TRY(held.step()))
        return fail(Errc::denied,
                    "the folder holds provisioned dashboards, which cannot be deleted");
    }
    for (const auto& each : all) {
      auto held = TRY(db.prepare("SELECT uid, version FROM dashboards WHERE folder_uid=?1"));
      held.bind(1, std::string_view(each));
      while (TRY(held.step())) boards.emplace_back(held.text(0), held.integer(1));
      TRY(
          db.run("DELETE FROM dashboard_versions WHERE dashboard_id IN"
                 " (SELECT id FROM dashboards WHERE folder_uid=?1)",
                 each));
      TRY(
          db.run("DELETE FROM dashboard_stars WHERE uid IN"
                 " (SELECT uid FROM dashboards WHERE folder_uid=?1)",
                 each));
      TRY(db.run("DELETE FROM dashboards WHERE folder_uid=?1", each));
      TRY(db.run("DELETE FROM dashboard_folders WHERE uid=?1", each));
    }
    return {};
  }));
  // Whoever has one of them open, or listed, follows boards and not folders.
  for (const auto& [board, version] : boards) tell("deleted", board, version);
  return out;
}

// ------------------------------ playlists

Result<Playlist> DashboardStore::put_playlist(Playlist playlist, bool must_exist) {
  TRY(check_playlist(playlist));
  TRY(check_uid(playlist.uid));
  if (playlist.uid.empty()) playlist.uid = new_uid();
  std::string items;
  codec::JsonWriter writer(items);
  writer.begin_array();
  for (const auto& item : playlist.items) {
    writer.begin_object().key("type").value(std::string_view(item.type));
    writer.key("value").value(std::string_view(item.value));
    writer.key("title").value(std::string_view(item.title)).end_object();
  }
  writer.end_array();
  playlist.updated = clock_.now();
  TRY(database_.transaction([&](Database& db) -> Status {
    auto known = TRY(db.prepare("SELECT version FROM dashboard_playlists WHERE uid=?1"));
    known.bind(1, std::string_view(playlist.uid));
    const bool exists = TRY(known.step());
    const auto stored = exists ? known.integer(0) : 0;
    if (must_exist && !exists) return fail(Errc::not_found, "Playlist not found");
    if (exists && must_exist && playlist.version != 0 && playlist.version != stored)
      return fail(Errc::conflict, "The playlist has been changed by someone else");
    playlist.version = stored + 1;
    if (!must_exist && exists)
      return fail(Errc::conflict, "a playlist with the same uid already exists");
    auto count = TRY(db.prepare("SELECT count(*) FROM dashboard_playlists"));
    TRY(count.step());
    if (!exists && count.integer(0) >= kPlaylistsMax)
      return fail(Errc::limit, "there are 1,000 playlists, as many as may be");
    for (const std::string table : {"dashboard_playlists", "dashboard_playlist_versions"})
      TRY(db.run("INSERT OR REPLACE INTO " + table + "(" + std::string(kPlaylistColumns) +
                     ") VALUES(?1,?2,?3,?4,?5,?6)",
                 playlist.uid, playlist.name, playlist.interval, items, playlist.version,
                 to_unix_millis(playlist.updated)));
    return db.run("DELETE FROM dashboard_playlist_versions WHERE uid=?1 AND version<=?2",
                  playlist.uid, playlist.version - kPlaylistVersionsMax);
  }));
  return playlist;
}

Result<Playlist> DashboardStore::playlist(const std::string& uid) const {
  std::optional<Playlist> found;
  TRY(database_.read([&](Database& db) -> Status {
    auto row = TRY(db.prepare("SELECT " + std::string(kPlaylistColumns) +
                              " FROM dashboard_playlists WHERE uid=?1"));
    row.bind(1, std::string_view(uid));
    if (TRY(row.step())) found = playlist_of(row);
    return {};
  }));
  if (!found) return fail(Errc::not_found, "Playlist not found");
  return std::move(*found);
}

Result<std::vector<Playlist>> DashboardStore::playlists() const {
  std::vector<Playlist> out;
  TRY(database_.read([&](Database& db) -> Status {
    auto rows = TRY(db.prepare("SELECT " + std::string(kPlaylistColumns) +
                               " FROM dashboard_playlists ORDER BY lower(name), uid"));
    while (TRY(rows.step())) out.push_back(playlist_of(rows));
    return {};
  }));
  return out;
}

Result<std::vector<Playlist>> DashboardStore::playlist_versions(const std::string& uid) const {
  TRY(playlist(uid));
  std::vector<Playlist> out;
  TRY(database_.read([&](Database& db) -> Status {
    auto rows =
        TRY(db.prepare("SELECT " + std::string(kPlaylistColumns) +
                       " FROM dashboard_playlist_versions WHERE uid=?1 ORDER BY version DESC"));
    rows.bind(1, std::string_view(uid));
    while (TRY(rows.step())) out.push_back(playlist_of(rows));
    return {};
  }));
  return out;
}

Status DashboardStore::remove_playlist(const std::string& uid) {
  return database_.transaction([&](Database& db) -> Status {
    auto row = TRY(db.prepare("SELECT 1 FROM dashboard_playlists WHERE uid=?1"));
    row.bind(1, std::string_view(uid));
    if (!TRY(row.step())) return fail(Errc::not_found, "Playlist not found");
    TRY(db.run("DELETE FROM dashboard_playlist_versions WHERE uid=?1", uid));
    return db.run("DELETE FROM dashboard_playlists WHERE uid=?1", uid);
  });
}

}  // namespace pharos::dashboards
