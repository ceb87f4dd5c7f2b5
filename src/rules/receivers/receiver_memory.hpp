// What receivers remember from one notification to the next, over restarts too: the message of a
// group that is to be changed.
#pragma once
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/database.hpp"

namespace pharos::rules::receivers {

// Thread-safe. Texts by key; of more than `entries_max` the ones written longest ago go.
class ReceiverMemory {
 public:
  static constexpr std::size_t kEntriesMax = 10'000;
  // Reads what the database has. `database` outlives it.
  static Result<std::shared_ptr<ReceiverMemory>> open(Database& database, const Clock& clock,
                                                      std::size_t entries_max = kEntriesMax);

  std::optional<std::string> find(const std::string& key) const;
  // Durable on return. On error it is remembered until a restart.
  Status put(const std::string& key, std::string text);

 private:
  struct Entry {
    std::string text;
    UnixMillis at = 0;
  };
  ReceiverMemory(Database& database, const Clock& clock, std::size_t entries_max)
      : database_(database), clock_(clock), entries_max_(entries_max) {}
  Database& database_;
  const Clock& clock_;
  const std::size_t entries_max_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;  // guarded by mutex_
};

}  // namespace pharos::rules::receivers
