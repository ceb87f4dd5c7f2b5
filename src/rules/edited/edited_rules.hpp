// Rules that are written over HTTP: one file a group in a folder of the server's own, a history in
// state.db, in force at once.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/commit.hpp"
#include "base/database.hpp"
#include "base/disk.hpp"
#include "base/result.hpp"
#include "rules/edited/rule_folder.hpp"
#include "rules/edited/rule_history.hpp"

namespace pharos::rules::edited {

struct GroupName {
  std::string space, group;
};

struct SaveGroup {
  std::string space, text, message;
  // Of the text this one was made from. None: whichever it is; must_be_new: there is none yet.
  std::optional<std::string> version;
  bool must_be_new = false;
  // The group that this one replaces under another name, in the same act; the version is that
  // one's, and there must be none of the new name. The group's own name: an ordinary save.
  std::optional<GroupName> renames = {};
};

// Thread-safe. A save that returned is on the disk and in force; one that failed changed nothing.
// Errors: Errc::invalid with every mistake and its place; Errc::conflict when the stored version is
// another, or a file that would be written over is not what was loaded; Errc::not_found;
// Errc::limit; Errc::io.
class EditedRules {
 public:
  struct World {  // all outlive this
    Database& database;
    const Clock& clock;
    std::mutex&
        gate;  // one change of rules or configuration at a time; held by each call that changes
    // The folder as a disk, made when it is not there.
    std::function<Result<std::shared_ptr<Disk>>(const std::string& folder)> open_folder;
    // All edited groups, checked and ready to be evaluated in place of those before. Under the
    // gate.
    std::function<Result<Commit>(const std::vector<Group>& groups)> prepare;
    std::function<RuleFileOptions()> options;
  };
  static Result<std::unique_ptr<EditedRules>> open(World world);

  // What a configuration brought, already in force; called with the gate held. What the files say
  // and the history does not know (they were changed by hand) becomes a revision.
  void adopt(std::string folder, std::vector<Group> groups);

  std::vector<Group> groups() const;
  std::string folder() const;
  Result<Group> get(const std::string& space, const std::string& group) const;

  Result<Group> save(const SaveGroup& wanted);
  // What save would say of this text; nothing is written.
  Result<Group> check(const std::string& space, std::string_view text) const;
  Status remove(const std::string& space, const std::string& group,
                const std::optional<std::string>& version = {}, const std::string& message = {});
  Status remove_all(const std::string& space);  // Errc::not_found when there are none

  // Newest first. `cut`: told when older ones are left out, as RuleHistory::list does.
  Result<std::vector<Revision>> history(const std::string& space, const std::string& group,
                                        bool* cut = nullptr) const {
    return history_.list(space, group, cut);
  }
  // Makes a revision what is in force again, the removal of a group included. `version`: of what is
  // in force now, "" for no group. Gives the group, or none. `renamed`: the group that has the
  // revision in its history under a name of before; it gets that name back.
  Result<std::optional<Group>> restore(std::int64_t revision,
                                       const std::optional<std::string>& version,
                                       const std::optional<GroupName>& renamed = {});

 private:
  EditedRules(World world, RuleHistory history)
      : world_(std::move(world)), history_(std::move(history)) {}
  // Under the gate.
  Result<Group> put(Group group, const std::string& message,
                    const std::optional<GroupName>& renames = {});
  Status take(const std::string& space, const std::string& group, const std::string& message);
  // The text as a group of the file that `stored` has, when others laid that out.
  Result<Group> read(const std::string& space, std::string_view text, const Group* stored) const;
  struct Change {
    Revision revision;
    std::string file;  // what the group's file will hold, unless it goes
  };
  Status write(const std::vector<Change>& changes);
  // Errc::conflict when the group's file is not what it was when it was read or written here.
  Status check_file(Disk& disk, const std::string& space, const std::string& group,
                    bool to_be_removed) const;
  void publish(std::vector<Group> groups);

  const World world_;
  RuleHistory history_;
  mutable std::mutex mutex_;
  std::string folder_;         // guarded by mutex_
  std::vector<Group> groups_;  // guarded by mutex_; sorted
};

}  // namespace pharos::rules::edited
