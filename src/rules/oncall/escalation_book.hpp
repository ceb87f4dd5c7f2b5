// Every running escalation with the notification it is about. Durable: what was stored goes on
// after kill -9, and a step is sent again under the same idempotency key when its outcome was not
// stored.
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
#include "rules/notify/notification.hpp"
#include "rules/oncall/oncall_config.hpp"

namespace pharos::rules::oncall {

struct EscalationView {
  Escalation escalation;
  std::vector<std::uint64_t> alerts;  // fingerprints of the firing ones
  std::vector<std::string> told;      // receivers
};

// Thread-safe. `database` outlives it.
class EscalationBook {
 public:
  struct World {
    // Durable hand-over to one receiver; the same idempotency key twice is one notification.
    std::function<Status(const std::string& receiver, notify::Notification notification)> send;
    std::function<std::vector<std::string>(const std::string& schedule, Time at)> on_call;
  };
  static Result<std::unique_ptr<EscalationBook>> open(Database& database);

  void set_world(World world);
  void set_config(std::shared_ptr<const OnCallConfig> config);

  // A flush of a group that is routed to `policy`: begins, goes on, gets worse or ends.
  // Errc::not_found for an unknown policy, Errc::limit beyond 100,000 escalations.
  Status notify(const std::string& policy, const notify::Notification& notification, Time now);
  // Runs what is due; the time of the next timer, none when there is none.
  std::optional<Time> run(Time now);

  // Ends escalations none of whose alerts is active any more for a minute and two calls: their
  // group is routed elsewhere now, so nobody else would. Who was told is told. How many.
  std::size_t end_orphans(Time now, const std::function<bool(std::uint64_t alert)>& active);

  bool empty() const;
  std::vector<EscalationView> list() const;
  // Errc::not_found. The alerts that are firing in it.
  Result<std::vector<Alert>> firing(const std::string& id) const;
  Status acknowledge(const std::string& id, const std::string& owner, const std::string& note,
                     std::optional<Time> until);
  Status unacknowledge(const std::string& id, Time now);
  // Acknowledges every escalation all of whose firing alerts `taken` knows; how many.
  std::size_t acknowledge_taken(const std::function<bool(const Alert&)>& taken,
                                const std::string& owner, const std::string& note,
                                std::optional<Time> until);

 private:
  struct Entry {
    Escalation escalation;
    notify::Notification notification;
    std::vector<std::string> told;
    Time retry_at{};                   // after a send that was not accepted
    std::optional<Time> orphan_since;  // none of its alerts has been active since
  };
  explicit EscalationBook(Database& database) : database_(database) {}
  Status load();
  Status store(const Entry& entry);
  Status erase(const std::string& id);
  Status step(Entry& entry, Time now);
  Status tell_end(const Entry& entry, const notify::Notification& notification);
  const EscalationPolicy* policy(const std::string& name) const;
  std::vector<std::string> receivers_of(const std::string& user) const;

  Database& database_;
  mutable std::mutex mutex_;
  World world_;
  std::shared_ptr<const OnCallConfig> config_;
  std::map<std::string, Entry> entries_;        // by escalation id
  std::map<std::string, std::uint64_t> turns_;  // of round robins
};

}  // namespace pharos::rules::oncall
