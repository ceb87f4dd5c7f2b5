// Notifications on their way: what is stored, and which may be sent now.
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "rules/notify/config.hpp"
#include "rules/notify/notification.hpp"
#include "rules/notify/notification_log.hpp"

namespace pharos::rules::notify {

// Alerts that were resolved when a group was flushed; they leave the group when every integration
// has been told.
struct FlushTicket {
  std::uint64_t group = 0;
  std::vector<std::pair<std::uint64_t, Time>> resolved;  // fingerprint, updated_at then
  std::size_t open = 0;
  bool failed = false;
};

struct OutboxItem {
  std::uint64_t id = 0;
  std::string slot;         // receiver, integration and group key: one at a time
  std::string integration;  // receiver and "webhook[0]"
  std::shared_ptr<const Notification> notification;
  AlertSet firing, resolved;  // what the log will say
  Millis timeout{0}, deduplicate{0};
  RateLimit rate_limit;
  bool send_resolved = true;
  int attempts = 0;

  // Not stored:
  Nanos next_attempt{0};
  bool released = false;  // stored, or tried to: may be sent
  bool in_flight = false;
  bool limit_recorded = false;
  int unconfirmed = 0;  // attempts that were, SendOutcome::unconfirmed
  std::string last_error;
  std::shared_ptr<FlushTicket> ticket;
};

std::string encode(const OutboxItem& item);
Result<OutboxItem> decode_outbox_item(std::string_view bytes);

struct OutboxIntegration {
  std::shared_ptr<Integration> integration;
  std::string receiver, name, key;  // name: "webhook[0]"
  std::deque<std::uint64_t> ready;
  std::size_t in_flight = 0;
  std::uint64_t failures = 0;  // attempts since the last that was sent
  // Token bucket of the rate limit.
  double tokens = 0;
  RateLimit limit;
  Nanos refilled{0};
};

// Not thread-safe.
class Outbox {
 public:
  explicit Outbox(std::size_t threads) : threads_(threads) {}

  OutboxItem& add(OutboxItem item);  // gives it an id unless it has one
  OutboxItem* find(std::uint64_t id);
  void remove(std::uint64_t id);
  std::size_t size() const { return items_.size(); }
  OutboxItem* oldest_waiting();
  std::optional<Time> oldest() const;  // when what has been on its way longest was made

  // The integrations there are; items of others can never be sent and are returned.
  std::vector<std::uint64_t> set_integrations(std::vector<OutboxIntegration> integrations);
  OutboxIntegration* integration(const std::string& key);
  const std::map<std::string, OutboxIntegration>& integrations() const { return integrations_; }

  void release(OutboxItem& item, Nanos now);  // to be sent at item.next_attempt
  struct Taken {
    OutboxItem* item = nullptr;
    bool limited = false;  // not taken: over its rate limit, told once
  };
  // The next that may be sent now, marked as in flight. Integrations take turns; each may always
  // have one in flight, more only while fewer than `threads` are busy in all.
  std::optional<Taken> take(Nanos now);
  void put_back(OutboxItem& item);  // no longer in flight
  std::optional<Nanos> next_due() const;
  std::size_t busy() const { return busy_; }
  bool any_ready() const { return ready_ > 0; }
  bool promote(Nanos now);  // moves what is due to the ready ones: was there any?

 private:
  const std::size_t threads_;
  std::uint64_t next_id_ = 1;
  std::map<std::uint64_t, OutboxItem> items_;
  std::map<std::string, OutboxIntegration> integrations_;
  std::string turn_;  // the integration that was served last
  using Due = std::pair<Nanos, std::uint64_t>;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> later_;
  std::size_t busy_ = 0, ready_ = 0;
};

// Before attempt n+1: 0.5 s × 1.5ⁿ, at most 60 s, half of it at random.
Nanos backoff(int attempts, Random& random);

}  // namespace pharos::rules::notify
