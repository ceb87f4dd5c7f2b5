// What a receiver has been told about a group, and whether it is to be told again.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace pharos::rules::notify {

// Alerts by fingerprint, ascending.
using AlertSet = std::vector<std::uint64_t>;

// Of one group and one integration, after the last notification that arrived.
struct LogEntry {
  Time at{}, expires{};
  AlertSet firing, resolved;
  // With a window of deduplication: when an alert was last told of as firing, within the window.
  std::vector<std::pair<std::uint64_t, Time>> told;
};

std::string encode(const LogEntry& entry);
Result<LogEntry> decode_log_entry(std::string_view bytes);

struct Decision {
  bool notify = false;
  std::string reason;  // why so: "first notification", …
  std::string cause;   // why not
  bool repeat_only = false;
};

struct DecisionInput {
  const AlertSet& firing;
  const AlertSet& resolved;
  Time now{};
  Millis repeat_interval{0}, deduplicate{0};
  bool send_resolved = true;
};

// Alertmanager's rules in its order; `entry` is nullptr before the first notification.
Decision decide(const LogEntry* entry, const DecisionInput& input);

// The entry after a notification with these alerts has arrived.
LogEntry after(const LogEntry* entry, const DecisionInput& input, Millis retention);

bool is_subset(const AlertSet& part, const AlertSet& whole);

}  // namespace pharos::rules::notify
