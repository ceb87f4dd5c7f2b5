// All silences: set, changed and ended as Alertmanager does, durable before the answer.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/database.hpp"
#include "model/labels.hpp"
#include "rules/notify/matcher_index.hpp"
#include "rules/notify/silence.hpp"

namespace pharos::rules::notify {

struct SilenceLimits {
  std::uint64_t silences_max = 100'000, bytes_max = 1u << 20;  // bytes: of one
  Millis retention = std::chrono::hours(120);                  // after its end
};

// Thread-safe.
class Silences {
 public:
  Silences(Database& database, const Clock& clock, SilenceLimits limits);

  Status load();
  // The id: kept when the change leaves the past as it was, else a new one (the old is ended).
  Result<std::string> set(Silence silence);
  Status expire(const std::string& id);
  Result<Silence> get(const std::string& id) const;
  // Those that have every given matcher among their own; all without any.
  std::vector<Silence> list(std::span<const Matcher> matchers) const;
  // Ids of the silences that hold at `at` and match.
  std::vector<std::string> silencing(const Labels& labels, Time at) const;
  bool any() const;

  Status remove_old(Time now);
  struct Counts {
    std::size_t pending = 0, active = 0, expired = 0;
  };
  Counts counts(Time now) const;

 private:
  Status store(const std::vector<Silence>& changed);  // mutex_ held; then in memory
  void keep(Silence silence);                         // mutex_ held
  void forget(const std::string& id);                 // mutex_ held

  Database& database_;
  const Clock& clock_;
  const SilenceLimits limits_;
  std::mutex writing_;  // one change at a time, so that a check still holds when it is stored
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Silence>> slots_;            // guarded by mutex_; index: id in index_
  std::vector<MatcherIndex::Id> free_;                     // guarded by mutex_
  std::unordered_map<std::string, MatcherIndex::Id> ids_;  // guarded by mutex_
  MatcherIndex index_;                                     // guarded by mutex_
};

}  // namespace pharos::rules::notify
