// Who has taken which alert. Durable; ends at its expiry, or when the alert is resolved.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/database.hpp"
#include "rules/alert.hpp"

namespace pharos::rules::oncall {

struct Acknowledgement {
  std::uint64_t alert = 0;  // fingerprint
  Labels labels;
  std::string owner, note;
  Time at{};
  std::optional<Time> until;
};

// That an alert was taken, also when it has been given back or is over since.
struct Taken {
  Time at{};
  std::uint64_t alert = 0;
  std::string owner;
};

// Thread-safe. find() and empty() never wait for the disk: routing asks while it holds its own
// lock. `database` outlives it.
class Acknowledgements {
 public:
  static Result<std::unique_ptr<Acknowledgements>> open(Database& database);

  // Replaces earlier ones of the same alerts. Errc::limit beyond 1 million.
  Status add(std::vector<Acknowledgement> entries);
  // How many there were.
  Result<std::size_t> remove(const std::vector<std::uint64_t>& alerts);
  // In force for this alert at `now`: not expired, and the alert has not begun anew since.
  std::optional<Acknowledgement> find(const Alert& alert, Time now) const;
  std::vector<Acknowledgement> all() const;
  bool empty() const;
  // Oldest first, of 30 days and the newest 100,000.
  Result<std::vector<Taken>> history(Interval interval) const;
  // Forgets what expired, and what `alive` does not know any more.
  Status sweep(Time now, const std::function<bool(std::uint64_t alert)>& alive);

 private:
  explicit Acknowledgements(Database& database) : database_(database) {}
  Database& database_;
  std::mutex changing_;  // one change at a time; taken before mutex_, held over the disk
  mutable std::mutex mutex_;
  std::map<std::uint64_t, Acknowledgement> entries_;  // guarded by mutex_
};

}  // namespace pharos::rules::oncall
