// What a receiver is asked to send, and what came of it.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/labels.hpp"
#include "rules/alert.hpp"

namespace pharos::rules::notify {

// One group's alerts for one receiver, frozen at the flush: alerts that were resolved then have
// ends_at <= now, the others ends_at zero.
struct Notification {
  std::string receiver;
  std::string group_key;  // Alertmanager's: `{}/{team="a"}:{alertname="x"}`
  Labels group_labels;
  Labels route_labels;        // labels set on routes, outermost first, inner ones win
  std::vector<Alert> alerts;  // in Alertmanager's order: job, instance, then all labels
  Time now{};                 // of the flush
  Millis repeat_interval{0};
  std::string external_url;
  std::string idempotency_key;  // equal for every attempt at this notification
  std::string reason;  // "first notification", "new alerts in group", "repeat interval", …
  bool test = false;   // a test page asked for by an operator
};

struct SendOutcome {
  enum class Kind : std::uint8_t { sent, retry, failed } kind = Kind::sent;
  int status = 0;     // of HTTP or SMTP; 0: none
  std::string error;  // for a reader: "unexpected status code 500: http://…: body"
  std::optional<Millis> retry_after;  // the receiver's own wish
  std::string template_error;         // sent, but as plain text because a template failed
  // Of retry: the receiver has answered with a 2xx, but its answer does not say whether it took the
  // notification, because it was cut off or cannot be read.
  bool unconfirmed = false;
};

// One entry of a receiver, ready to send. Thread-safe; send() blocks until done, the deadline or
// stop.
class Integration {
 public:
  virtual ~Integration() = default;
  virtual std::string_view kind()
      const = 0;                          // "webhook", "slack", "email", … as in metrics and logs
  virtual std::size_t index() const = 0;  // among those of its kind in the receiver
  virtual bool send_resolved() const = 0;
  virtual SendOutcome send(const Notification& notification, Millis timeout,
                           std::stop_token stop) = 0;
};

}  // namespace pharos::rules::notify
