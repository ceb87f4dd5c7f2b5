// The Alertmanager half: takes alerts, routes, groups, silences, inhibits, notifies. One object
// that the server owns and the HTTP API asks.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/commit.hpp"
#include "base/database.hpp"
#include "base/result.hpp"
#include "base/threads.hpp"
#include "model/matcher.hpp"
#include "rules/alert.hpp"
#include "rules/notify/config.hpp"
#include "rules/notify/notification.hpp"
#include "rules/notify/silence.hpp"

namespace pharos::rules::notify {

// Why an alert is not being told about, as the API shows it.
struct AlertMarks {
  std::vector<std::string> silenced_by;   // silence ids
  std::vector<std::string> inhibited_by;  // fingerprints of the inhibiting alerts
  std::vector<std::string> muted_by;      // names of time intervals
  bool processed = false;                 // false: "unprocessed"
};

struct AlertView {
  Alert alert;
  AlertMarks marks;
  std::vector<std::string> receivers;
};

struct GroupView {
  Labels labels;
  std::string receiver, group_key, route_id;
  Labels route_labels;  // of the route, templates not expanded
  std::vector<AlertView> alerts;
};

struct AlertQuery {
  std::vector<Matcher> matchers;
  bool active = true, silenced = true, inhibited = true, muted = true, unprocessed = true;
  std::function<bool(const std::string& receiver)> wants_receiver;  // none: all
};

// What happened to a notification, and why: delivery log and "why was nobody told".
struct DeliveryRecord {
  std::uint64_t sequence = 0;
  Time at{};
  std::string receiver, integration;  // integration: "webhook[0]"; "" when suppressed before
  std::string group_key;
  Labels group_labels;
  // "sent", "retrying", "failed", "silenced", "inhibited", "muted", "inactive", "deduplicated",
  // "rate limited", "acknowledged", "flapping"
  std::string outcome;
  std::string cause;   // silence id, fingerprint, interval name, limit, error
  std::string reason;  // of the notification
  std::uint64_t firing = 0, resolved = 0;
  int attempts = 0, status = 0;
  Millis took{0};
  std::vector<std::uint64_t> alerts;  // fingerprints, the first 100
};

// One step of a routing decision.
struct RoutePreview {
  std::string receiver, route_key, route_id, group_key;
  Millis group_wait{0}, group_interval{0}, repeat_interval{0};
  std::vector<std::string> muted_by, silenced_by, inhibited_by;
  bool inactive = false;                  // outside every active interval
  std::vector<std::string> integrations;  // "slack[0]"
};

// An alert began or ended; kept as history and handed to AlertmanagerOptions::observe.
struct AlertTransition {
  enum class Kind : std::uint8_t { firing, resolved, expired } kind = Kind::firing;
  Time at{};
  Alert alert;
};

// What a silence would have hidden in a stretch of the past.
struct SilencePreview {
  std::uint64_t alerts = 0;         // different label sets that were active then
  std::uint64_t notifications = 0;  // sent then, with at least one such alert
  std::uint64_t whole = 0;          // of these, with nothing else in them
  std::vector<Labels> examples;     // the first 100
};

struct AlertmanagerOptions {
  std::string external_url;
  std::uint64_t alerts_max = 5'000'000;
  // Of label names and values, annotations and generator URL: of one posted alert, and of all in
  // memory.
  std::uint64_t alert_bytes_max = 64u << 10, alerts_bytes_max = std::uint64_t{4} << 30;
  std::uint64_t silences_max = 100'000, silence_bytes_max = 1u << 20;
  Millis retention = std::chrono::hours(120);
  // Sending at the same time. An integration that hangs holds one thread of its own beyond these.
  std::size_t send_threads = 8;
  std::uint64_t outbox_max = 100'000;   // notifications waiting; beyond it the oldest is dropped
  std::uint64_t records_max = 100'000;  // delivery records kept
  std::uint64_t history_bytes_max = 256u << 20;  // of alert history, compressed
  Millis history_retention = std::chrono::hours(24 * 30);
  bool flush_old_alerts_at_once = true;  // Alertmanager's: a group made of old alerts does not wait
  // "acknowledged by ada until 10:00" when somebody has taken this alert: a flush with no reason
  // but the repeat interval, all of whose firing alerts are taken, is not sent.
  std::function<std::optional<std::string>(const Alert& alert)> acknowledged;
  // Called after each batch, outside of locks: alert history as series.
  std::function<void(std::span<const AlertTransition> transitions)> observe;
};

// Thread-safe. Everything accepted is durable before the call returns. `database` outlives it.
class Alertmanager : public AlertSink {
 public:
  // Makes the integrations of one receiver; tests bring recording ones.
  using MakeIntegrations = std::function<Result<std::vector<std::unique_ptr<Integration>>>(
      const receivers::ReceiverConfig& receiver, const AlertmanagerConfig& config)>;

  static Result<std::unique_ptr<Alertmanager>> open(Database& database, const Clock& clock,
                                                    AlertmanagerOptions options,
                                                    MakeIntegrations make_integrations);
  ~Alertmanager() override = default;

  // All or nothing: the old configuration stays on error. Groups and logs carry over.
  Status set_config(std::shared_ptr<const AlertmanagerConfig> config) {
    auto commit = TRY(prepare(std::move(config)));
    commit();
    return {};
  }
  // The same in two steps, for one who has more to change at the same time.
  virtual Result<Commit> prepare(std::shared_ptr<const AlertmanagerConfig> config) = 0;
  virtual std::shared_ptr<const AlertmanagerConfig> config() const = 0;
  virtual void start() = 0;  // timers begin; before it nothing is flushed
  virtual void stop() = 0;   // what is in the outbox goes out at the next start
  // Instead of start(), for virtual time: flushes and sends what is due now, on this thread.
  // Returns when it wants to be called again.
  virtual Time tick() = 0;

  // As POST /api/v2/alerts: fills in times, merges. Entry i of the result is the error of alert i,
  // only for those refused; the valid ones are kept.
  struct Refused {
    std::size_t index;
    Error error;
  };
  virtual Result<std::vector<Refused>> post(std::vector<Alert> alerts) = 0;
  Status deliver(std::span<const Alert> alerts) override = 0;

  virtual std::vector<AlertView> alerts(const AlertQuery& query) const = 0;
  virtual std::vector<GroupView> groups(const AlertQuery& query) const = 0;

  virtual Result<std::string> set_silence(Silence silence) = 0;  // the id, new or kept
  virtual Status expire_silence(const std::string& id) = 0;      // Errc::not_found
  virtual Result<Silence> silence(const std::string& id) const = 0;
  virtual std::vector<Silence> silences(std::span<const Matcher> matchers) const = 0;

  // Puts one notification into the outbox for every integration of the receiver: no grouping, no
  // deduplication, no silences. A second call with an idempotency key that is in the outbox or its
  // log changes nothing. Errc::not_found: no such receiver.
  virtual Status send_to(const std::string& receiver, Notification notification) = 0;

  // Who would be told about an alert with these labels at this instant, and why not.
  virtual std::vector<RoutePreview> preview(const Labels& labels, Time at) const = 0;
  // Newest first.
  virtual std::vector<DeliveryRecord> deliveries(std::size_t limit,
                                                 std::optional<std::uint64_t> alert = {}) const = 0;
  // What began or ended in [begin, end), oldest first; of more than `limit` the newest.
  virtual Result<std::vector<AlertTransition>> history(std::span<const Matcher> matchers,
                                                       Interval interval,
                                                       std::size_t limit) const = 0;
  virtual Result<SilencePreview> preview_silence(std::span<const Matcher> matchers,
                                                 Interval interval) const = 0;
};

}  // namespace pharos::rules::notify
