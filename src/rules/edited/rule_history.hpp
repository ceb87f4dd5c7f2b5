// What edited rules were before: every save and removal, in state.db.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/database.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace pharos::rules::edited {

struct Revision {
  std::int64_t id = 0;  // grows with time, over all groups
  Time saved{};
  std::string space, group, message;
  bool removed = false;  // the group went; its text is "" then
  std::string text;
  std::string from_space,
      from_group;  // of a group that was renamed with this save: its name before
};

inline constexpr std::int64_t kRevisionsMax = 50;           // of a group
inline constexpr std::int64_t kRevisionsOfAllMax = 10'000;  // the oldest go
inline constexpr std::size_t kHistoryBytesMax = 8u << 20;   // texts and messages of one list

// As thread-safe as its database, which outlives it.
class RuleHistory {
 public:
  static Result<RuleHistory> open(Database& database);

  // Within a transaction of the database.
  static Status add_in(Database& db, const Revision& revision);
  // Newest first; behind those of a group, those it has from the names it had before. What is older
  // than kHistoryBytesMax reach is left out, and `cut` says so; the newest one always comes.
  Result<std::vector<Revision>> list(const std::string& space, const std::string& group,
                                     bool* cut = nullptr) const;
  Result<Revision> get(std::int64_t id) const;  // Errc::not_found
  // The newest of each group.
  Result<std::map<std::pair<std::string, std::string>, Revision>> newest() const;

 private:
  explicit RuleHistory(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace pharos::rules::edited
