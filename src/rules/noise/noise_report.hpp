// Which rules cost attention: pages, flaps and short alerts by rule, from history, the delivery log
// and what was acknowledged.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "rules/notify/alertmanager.hpp"
#include "rules/oncall/acknowledgements.hpp"

namespace pharos::rules::noise {

struct RuleNoise {
  std::string alertname;
  std::uint64_t fired = 0, alerts = 0;  // times it began; different label sets
  std::uint64_t flaps = 0;              // began again within kFlap of its end
  std::uint64_t brief = 0;              // ended within kBrief
  std::uint64_t pages = 0;              // notifications sent with firing alerts of this rule
  std::uint64_t suppressed = 0;         // not sent: silenced, inhibited, muted, …
  std::uint64_t acknowledged = 0;       // times it was on when somebody took it
  // Of these: it ended less than kBrief after it was taken first. So little time is counted as
  // acknowledged without action: somebody was called, and it went away by itself.
  std::uint64_t acknowledged_brief = 0;
  Millis median_duration{0};  // of those that ended
  double score = 0;           // pages + 2 * flaps + brief: where to begin
};

inline constexpr Millis kFlap = std::chrono::minutes(15), kBrief = std::chrono::minutes(5);

// Worst first. All in any order.
std::vector<RuleNoise> report(std::span<const notify::AlertTransition> history,
                              std::span<const notify::DeliveryRecord> deliveries,
                              std::span<const oncall::Taken> taken = {});

}  // namespace pharos::rules::noise
