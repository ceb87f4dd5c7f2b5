// Dashboards, their versions, folders, stars and playlists in state.db.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/database.hpp"
#include "base/result.hpp"
#include "dashboards/dashboard.hpp"

namespace pharos::dashboards {

struct Folder {
  std::int64_t id = 0, version = 1;
  std::string uid, title, parent_uid;
  Time created{}, updated{};
};

// All of a board but its JSON.
struct DashboardInfo {
  std::int64_t id = 0, version = 0;
  std::string uid, title, slug, folder_uid;
  std::vector<std::string> tags;
  Time created{}, updated{};
  std::string provisioned;  // file it comes from, "" for one that was saved by hand
  bool editable = true;     // provisioned ones may be locked
  std::string source_hash;  // of the file's text when it was taken last
  bool starred = false;
};
struct StoredDashboard {
  DashboardInfo info;
  std::string json;  // with its id, uid and version
};
struct DashboardVersion {
  std::int64_t id = 0, dashboard_id = 0, version = 0, parent = 0, restored_from = 0;
  std::string uid, message;
  Time created{};
};

struct SaveDashboard {
  Dashboard dashboard;
  std::optional<std::string> folder_uid;  // none: where it is; new ones go to the top
  std::string message;
  bool overwrite = false;
  std::string provisioned, source_hash;  // by the provisioner only: the file
  bool editable = true;
  std::int64_t restored_from = 0;
};

struct SearchDashboards {
  std::string text;                            // in the title, without case
  std::vector<std::string> tags;               // all of them
  std::vector<std::string> uids, folder_uids;  // any of them; "general" is the top
  std::vector<std::int64_t> ids;               // any of these boards
  bool descending = false;                     // by title, from z to a
  bool starred = false;
  bool boards = true, folders = true;
  std::size_t limit = 1'000, page = 1;
};
struct Found {
  bool is_folder = false;
  DashboardInfo board;  // of a folder: id, uid, title
  std::string folder_title;
};

struct PlaylistItem {
  std::string type, value, title;
};
struct Playlist {
  std::string uid, name;
  std::string interval;  // a duration: how long each board is shown
  std::vector<PlaylistItem> items;
  std::int64_t version = 0;  // counts changes, from 1
  Time updated{};
};

// Thread-safe. Errors: Errc::not_found, Errc::conflict for a version that is not the stored one,
// Errc::denied for what a file owns, Errc::invalid, Errc::limit; with Grafana's words where it has
// some.
class DashboardStore {
 public:
  static Result<std::unique_ptr<DashboardStore>> open(Database& database, const Clock& clock);

  // Called after each change, outside of locks: "saved" or "deleted", uid, version.
  using Observe =
      std::function<void(std::string_view action, const std::string& uid, std::int64_t version)>;
  void observe(Observe observe);

  Result<DashboardInfo> save(SaveDashboard wanted);
  Result<StoredDashboard> get(const std::string& uid) const;
  Result<std::int64_t> id_of(const std::string& uid) const;  // 0: there is no such board
  // `owner`: the file of a provisioned board, which nobody else may delete.
  Result<DashboardInfo> remove(const std::string& uid, const std::string& owner = "");
  Result<std::vector<DashboardInfo>> list() const;  // by title
  Result<std::vector<Found>> search(const SearchDashboards& wanted) const;

  Result<std::vector<DashboardVersion>> versions(
      const std::string& uid, std::size_t limit,
      std::int64_t before_version) const;  // newest first
  Result<std::pair<DashboardVersion, std::string>> version(const std::string& uid,
                                                           std::int64_t number) const;
  Result<DashboardInfo> restore(const std::string& uid, std::int64_t number);
  // What the board of a file was made from, without a new version.
  Status set_source_hash(const std::string& uid, const std::string& hash);

  Result<Folder> add_folder(Folder folder);
  Result<Folder> change_folder(const std::string& uid, const std::string& title,
                               std::optional<std::int64_t> version);  // none: whichever it is
  Result<Folder> move_folder(const std::string& uid, const std::string& parent);  // "": to the top
  Result<Folder> folder(const std::string& uid) const;
  Result<Folder> folder_titled(const std::string& title);  // made when there is none
  Result<std::vector<Folder>> folders() const;
  Result<Folder> remove_folder(const std::string& uid);  // with what is in it

  Status star(const std::string& uid, bool on);
  Result<std::vector<std::string>> stars() const;

  // With a version, Errc::conflict when that is not the stored one; with 0 whichever it is.
  Result<Playlist> put_playlist(Playlist playlist, bool must_exist);
  Result<Playlist> playlist(const std::string& uid) const;
  Result<std::vector<Playlist>> playlists() const;
  Result<std::vector<Playlist>> playlist_versions(const std::string& uid) const;  // newest first
  Status remove_playlist(const std::string& uid);

 private:
  DashboardStore(Database& database, const Clock& clock) : database_(database), clock_(clock) {}
  void tell(std::string_view action, const std::string& uid, std::int64_t version) const;
  Status save_in(Database& db, SaveDashboard& wanted, DashboardInfo& out);
  Status add_folder_in(Database& db, Folder& folder);

  Database& database_;
  const Clock& clock_;
  mutable std::mutex observe_mutex_;
  Observe observe_;  // guarded by observe_mutex_
};

}  // namespace pharos::dashboards
