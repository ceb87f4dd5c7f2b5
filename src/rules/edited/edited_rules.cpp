#include "rules/edited/edited_rules.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/quoted.hpp"
#include "codec/checksum.hpp"
#include "rules/edited/group_text.hpp"

namespace pharos::rules::edited {
namespace {

constexpr std::size_t kMessageMax = 1'000;

std::unexpected<Error> no_group(const std::string& space, const std::string& group) {
  return fail(Errc::not_found,
              "there is no group " + quoted(group) + " in the namespace " + quoted(space));
}

std::unexpected<Error> taken(const Group& group) {
  return fail(Errc::conflict, "there is a group " + quoted(group.name()) + " in the namespace " +
                                  quoted(group.space) + " already");
}

auto find_in(std::vector<Group>& groups, const std::string& space, const std::string& group) {
  return std::ranges::find_if(
      groups, [&](const Group& one) { return one.space == space && one.name() == group; });
}

Status check_version(const std::optional<std::string>& wanted, const Group* stored) {
  if (!wanted) return {};
  const auto now = stored == nullptr ? std::string() : stored->version();
  if (*wanted == now) return {};
  if (stored == nullptr) return fail(Errc::conflict, "the group has been removed by someone else");
  return fail(Errc::conflict, "the group has been changed by someone else: it is version " + now);
}

}  // namespace

Result<std::unique_ptr<EditedRules>> EditedRules::open(World world) {
  auto history = TRY(RuleHistory::open(world.database));
  return std::unique_ptr<EditedRules>(new EditedRules(std::move(world), std::move(history)));
}

std::vector<Group> EditedRules::groups() const {
  const std::lock_guard lock(mutex_);
  return groups_;
}
std::string EditedRules::folder() const {
  const std::lock_guard lock(mutex_);
  return folder_;
}
void EditedRules::publish(std::vector<Group> groups) {
  const std::lock_guard lock(mutex_);
  groups_ = std::move(groups);
}

Result<Group> EditedRules::get(const std::string& space, const std::string& group) const {
  auto all = groups();
  const auto found = find_in(all, space, group);
  if (found == all.end()) return no_group(space, group);
  return std::move(*found);
}

void EditedRules::adopt(std::string folder, std::vector<Group> groups) {
  std::vector<Revision> news;
  if (auto newest = history_.newest()) {
    const auto now = world_.clock.now();
    for (const auto& group : groups) {
      const auto known = newest->find({group.space, group.name()});
      // Of a file that others laid out, servers of before knew what it says and not how.
      const auto knows = [&](const std::string& text) {
        return text == group.text || (!group.file.empty() && text == group_text(group.spec));
      };
      const bool same =
          known != newest->end() && !known->second.removed && knows(known->second.text);
      if (known != newest->end()) newest->erase(known);
      if (!same)
        news.push_back({.saved = now,
                        .space = group.space,
                        .group = group.name(),
                        .message = "changed in its file",
                        .text = group.text});
    }
    for (const auto& [key, revision] : *newest)
      if (!revision.removed)
        news.push_back({.saved = now,
                        .space = key.first,
                        .group = key.second,
                        .message = "its file is gone",
                        .removed = true,
                        .text = {}});
  }
  if (!news.empty()) {
    const auto status = world_.database.transaction([&](Database& db) -> Status {
      for (const auto& revision : news) TRY(RuleHistory::add_in(db, revision));
      return {};
    });
    if (!status)
      log::warn("history of edited rules not written", {{"error", status.error().message}});
  }
  const std::lock_guard lock(mutex_);
  folder_ = std::move(folder);
  groups_ = std::move(groups);
}

Status EditedRules::check_file(Disk& disk, const std::string& space, const std::string& group,
                               bool to_be_removed) const {
  const auto stored = get(space, group);
  const auto path = path_of(space, group);
  const auto refuse = [&](std::string_view what) {
    return fail(Errc::conflict, folder() + "/" + path + std::string(what) +
                                    ": reload the configuration first, which takes it as it is "
                                    "now, and then look at the group again");
  };
  if (!disk.exists(path)) {
    if (stored && !to_be_removed) return refuse(" was removed by other hands");
    return {};
  }
  if (!stored) return refuse(" was written by other hands and is not loaded");
  const auto bytes = TRY(disk.read(path));
  if (codec::hash64(bytes) != stored->file_hash)
    return refuse(" was changed by other hands since it was loaded");
  return {};
}

// The files are the last thing written inside the transaction: when one cannot be, the revisions go
// too. When the commit itself fails, the files go back to what they were.
Status EditedRules::write(const std::vector<Change>& changes) {
  const auto disk = TRY(world_.open_folder(folder()));
  const auto put = [&](const Revision& revision,
                       const std::optional<std::string>& contents) -> Status {
    const auto path = path_of(revision.space, revision.group);
    const auto space = file_name_of(revision.space);
    if (!contents) {
      if (!disk->exists(path)) return {};
      TRY(disk->remove(path));
      return disk->sync_dir(space);
    }
    if (!disk->exists(space)) {
      TRY(disk->make_dirs(space));
      TRY(disk->sync_dir(""));
    }
    return disk->replace(path, as_bytes(*contents));
  };
  std::vector<std::optional<std::string>> before;
  for (const auto& [revision, file] : changes) {
    TRY(check_file(*disk, revision.space, revision.group, revision.removed));
    const auto path = path_of(revision.space, revision.group);
    before.emplace_back();
    if (disk->exists(path)) before.back() = TRY(disk->read(path));
  }
  // The last one first: what a rename takes away goes when what takes its place is on the disk.
  // Killed between, there are both groups; never none.
  std::size_t at = changes.size();  // from here on files may have been touched
  auto status = world_.database.transaction([&](Database& db) -> Status {
    for (const auto& change : changes) TRY(RuleHistory::add_in(db, change.revision));
    while (at > 0) {
      const auto& [revision, file] = changes[--at];
      TRY(put(revision, revision.removed ? std::nullopt : std::optional(file)));
    }
    return {};
  });
  if (!status)
    for (; at < changes.size(); ++at) {
      const auto& revision = changes[at].revision;
      if (const auto undone = put(revision, before[at]); !undone)
        log::error("an edited rule file could not be put back",
                   {{"file", path_of(revision.space, revision.group)},
                    {"error", undone.error().message}});
    }
  return status;
}

Result<Group> EditedRules::put(Group group, const std::string& message,
                               const std::optional<GroupName>& renames) {
  auto next = groups();
  if (renames)
    if (const auto old = find_in(next, renames->space, renames->group); old != next.end())
      next.erase(old);
  if (const auto at = find_in(next, group.space, group.name()); at != next.end())
    *at = group;
  else
    next.push_back(group);
  if (next.size() > kGroupsMax)
    return fail(Errc::limit, "there are 1,000 edited groups, as many as may be");
  std::ranges::sort(next, [](const Group& a, const Group& b) {
    return std::tie(a.space, a.spec.name) < std::tie(b.space, b.spec.name);
  });
  auto commit = TRY(world_.prepare(next));
  const auto now = world_.clock.now();
  std::vector<Change> changes;
  // The removal comes first: the history of the new name has everything before itself.
  if (renames)
    changes.push_back({.revision = {.saved = now,
                                    .space = renames->space,
                                    .group = renames->group,
                                    .message = "renamed to " + group.space + "/" + group.name(),
                                    .removed = true,
                                    .text = {}},
                       .file = {}});
  changes.push_back({.revision = {.saved = now,
                                  .space = group.space,
                                  .group = group.name(),
                                  .message = message,
                                  .text = group.text,
                                  .from_space = renames ? renames->space : std::string(),
                                  .from_group = renames ? renames->group : std::string()},
                     .file = group.file.empty() ? file_of(group.text) : group.file});
  TRY(write(changes));
  commit();
  publish(std::move(next));
  return group;
}

Status EditedRules::take(const std::string& space, const std::string& group,
                         const std::string& message) {
  auto next = groups();
  const auto at = find_in(next, space, group);
  if (at == next.end()) return no_group(space, group);
  next.erase(at);
  auto commit = TRY(world_.prepare(next));
  TRY(write({{.revision = {.saved = world_.clock.now(),
                           .space = space,
                           .group = group,
                           .message = message,
                           .removed = true,
                           .text = {}},
              .file = {}}}));
  commit();
  publish(std::move(next));
  return {};
}

Result<Group> EditedRules::read(const std::string& space, std::string_view text,
                                const Group* stored) const {
  return read_group(space, text, folder(), world_.options(),
                    stored == nullptr ? std::string_view() : stored->file);
}

Result<Group> EditedRules::check(const std::string& space, std::string_view text) const {
  auto group = TRY(read(space, text, nullptr));
  const auto stored = get(space, group.name());
  if (!stored || stored->file.empty()) return group;
  return read(space, text, &*stored);
}

Result<Group> EditedRules::save(const SaveGroup& wanted) {
  if (wanted.message.size() > kMessageMax)
    return fail(Errc::limit, "a message longer than 1,000 bytes");
  const std::lock_guard lock(world_.gate);
  auto group = TRY(read(wanted.space, wanted.text, nullptr));
  const auto stored = get(group.space, group.name());
  const auto& renames = wanted.renames;
  if (renames && (renames->space != group.space || renames->group != group.name())) {
    const auto old = get(renames->space, renames->group);
    if (!old) return no_group(renames->space, renames->group);
    TRY(check_version(wanted.version, &*old));
    if (stored) return taken(group);
    if (!old->file.empty()) group = TRY(read(wanted.space, wanted.text, &*old));
    return put(std::move(group), wanted.message, renames);
  }
  if (wanted.must_be_new && stored) return taken(group);
  TRY(check_version(wanted.version, stored ? &*stored : nullptr));
  const auto is_stored = [&] { return stored && stored->text == group.text; };
  // What a file of others made of the text may be what it has.
  if (!is_stored() && stored && !stored->file.empty())
    group = TRY(read(wanted.space, wanted.text, &*stored));
  if (is_stored()) {
    const auto disk = TRY(world_.open_folder(folder()));
    TRY(check_file(*disk, group.space, group.name(), false));
    return stored;
  }
  return put(std::move(group), wanted.message);
}

Status EditedRules::remove(const std::string& space, const std::string& group,
                           const std::optional<std::string>& version, const std::string& message) {
  if (message.size() > kMessageMax) return fail(Errc::limit, "a message longer than 1,000 bytes");
  const std::lock_guard lock(world_.gate);
  const auto stored = get(space, group);
  if (!stored) return no_group(space, group);
  TRY(check_version(version, &*stored));
  return take(space, group, message);
}

Status EditedRules::remove_all(const std::string& space) {
  const std::lock_guard lock(world_.gate);
  bool found = false;
  for (const auto& group : groups())
    if (group.space == space) {
      found = true;
      TRY(take(space, group.name(), "removed with its namespace"));
    }
  if (!found) return fail(Errc::not_found, "no rule groups found");
  return {};
}

Result<std::optional<Group>> EditedRules::restore(std::int64_t id,
                                                  const std::optional<std::string>& version,
                                                  const std::optional<GroupName>& renamed) {
  const std::lock_guard lock(world_.gate);
  const auto revision = TRY(history_.get(id));
  const auto message = "as of " + format_time(revision.saved);
  const bool back =
      renamed && (renamed->space != revision.space || renamed->group != revision.group);
  const auto stored =
      back ? get(renamed->space, renamed->group) : get(revision.space, revision.group);
  TRY(check_version(version, stored ? &*stored : nullptr));
  if (revision.removed) {
    if (back) return fail(Errc::invalid, "a removal under another name cannot be restored");
    if (stored) TRY(take(revision.space, revision.group, message));
    return std::optional<Group>();
  }
  auto group = TRY(read(revision.space, revision.text, stored ? &*stored : nullptr));
  // The version was of the group as it is called now: of another one nothing is known.
  if (back && get(group.space, group.name())) return taken(group);
  if (back && stored) {
    auto moved = TRY(put(std::move(group), message, renamed));
    return std::optional<Group>(std::move(moved));
  }
  auto put_back = TRY(put(std::move(group), message));
  return std::optional<Group>(std::move(put_back));
}

}  // namespace pharos::rules::edited
