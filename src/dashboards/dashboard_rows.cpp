#include "dashboards/dashboard_rows.hpp"

namespace pharos::dashboards {
namespace {

constexpr std::string_view kTables[] = {
    "CREATE TABLE dashboards(id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE,"
    " title TEXT NOT NULL, slug TEXT NOT NULL, folder_uid TEXT NOT NULL, tags TEXT NOT NULL,"
    " version INTEGER NOT NULL, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,"
    " provisioned TEXT NOT NULL, editable INTEGER NOT NULL, source_hash TEXT NOT NULL, json TEXT "
    "NOT NULL)",
    "CREATE TABLE dashboard_versions(id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " dashboard_id INTEGER NOT NULL, version INTEGER NOT NULL, parent INTEGER NOT NULL,"
    " restored_from INTEGER NOT NULL, created_ms INTEGER NOT NULL, message TEXT NOT NULL,"
    " bytes INTEGER NOT NULL, json BLOB NOT NULL, UNIQUE(dashboard_id, version))",
    "CREATE TABLE dashboard_folders(id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE,"
    " title TEXT NOT NULL, parent_uid TEXT NOT NULL, version INTEGER NOT NULL,"
    " created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL)",
    "CREATE TABLE dashboard_stars(uid TEXT PRIMARY KEY)",
    "CREATE TABLE dashboard_playlists(uid TEXT PRIMARY KEY, name TEXT NOT NULL,"
    " interval TEXT NOT NULL, items TEXT NOT NULL)",
    "ALTER TABLE dashboard_playlists ADD COLUMN version INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE dashboard_playlists ADD COLUMN updated_ms INTEGER NOT NULL DEFAULT 0",
    "CREATE TABLE dashboard_playlist_versions(uid TEXT NOT NULL, name TEXT NOT NULL,"
    " interval TEXT NOT NULL, items TEXT NOT NULL, version INTEGER NOT NULL,"
    " updated_ms INTEGER NOT NULL, PRIMARY KEY(uid, version)) WITHOUT ROWID",
    "INSERT INTO dashboard_playlist_versions(uid, name, interval, items, version, updated_ms)"
    " SELECT uid, name, interval, items, version, updated_ms FROM dashboard_playlists"};

}  // namespace

std::span<const std::string_view> dashboard_tables() {
  return kTables;
}

DashboardInfo info_of(const DatabaseStatement& row) {
  DashboardInfo out;
  out.id = row.integer(0);
  out.uid = row.text(1);
  out.title = row.text(2);
  out.slug = row.text(3);
  out.folder_uid = row.text(4);
  out.tags = read_tags(row.text(5));
  out.version = row.integer(6);
  out.created = from_unix_millis(row.integer(7));
  out.updated = from_unix_millis(row.integer(8));
  out.provisioned = row.text(9);
  out.editable = row.integer(10) != 0;
  out.source_hash = row.text(11);
  out.starred = row.integer(12) != 0;
  return out;
}

Folder folder_of(const DatabaseStatement& row) {
  Folder out;
  out.id = row.integer(0);
  out.uid = row.text(1);
  out.title = row.text(2);
  out.parent_uid = row.text(3);
  out.version = row.integer(4);
  out.created = from_unix_millis(row.integer(5));
  out.updated = from_unix_millis(row.integer(6));
  return out;
}

std::string tags_text(const std::vector<std::string>& tags) {
  std::string out;
  codec::JsonWriter writer(out);
  writer.begin_array();
  for (const auto& tag : tags) writer.value(std::string_view(tag));
  writer.end_array();
  return out;
}

std::vector<std::string> read_tags(std::string_view text) {
  std::vector<std::string> out;
  if (const auto json = codec::Json::parse(text))
    for (const auto& item : json->items()) out.push_back(item.string());
  return out;
}

}  // namespace pharos::dashboards
