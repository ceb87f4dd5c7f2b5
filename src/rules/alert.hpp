// An alert as it travels from a rule, or from an HTTP client, to routing and receivers.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/labels.hpp"

namespace pharos::rules {

// Identity is the label set; all else may change from one report to the next.
struct Alert {
  Labels labels, annotations;
  Time starts_at{}, ends_at{};  // ends_at in the future: firing; at or before now: resolved
  Time updated_at{};            // when we heard of it
  std::string generator_url;
  bool timeout = false;  // ends_at was not given: resolve_timeout after updated_at

  bool resolved_at(Time now) const { return ends_at != Time{} && ends_at <= now; }
};

// Alertmanager's fingerprint, shown as 16 hexadecimal digits and used by its clients: FNV-1a 64
// over name, 0xff, value, 0xff of every label in name order.
std::uint64_t fingerprint(const Labels& labels);
std::string fingerprint_text(const Labels& labels);

// Where evaluated rules deliver. Thread-safe. An error means that nothing of the batch was taken
// and that it is to be sent again.
class AlertSink {
 public:
  virtual ~AlertSink() = default;
  virtual Status deliver(std::span<const Alert> alerts) = 0;
};

}  // namespace pharos::rules
