// Which rules cost attention: pages, flaps and short alerts by rule, from history and the delivery
// log.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "rules/notify/alertmanager.hpp"

namespace pharos::rules::noise {

struct RuleNoise {
  std::string alertname;
  std::uint64_t fired = 0, alerts = 0;  // times it began; different label sets
  std::uint64_t flaps = 0;              // began again within kFlap of its end
  std::uint64_t brief = 0;              // ended within kBrief
  std::uint64_t pages = 0;              // notifications sent with firing alerts of this rule
  std::uint64_t suppressed = 0;         // not sent: silenced, inhibited, muted, …
  std::uint64_t acknowledged = 0;       // not repeated because somebody had taken it
  // Taken by somebody, then gone by itself in less than kBrief: nobody had to act.
  std::uint64_t acknowledged_brief = 0;
  Millis median_duration{0};  // of those that ended
  double score = 0;           // pages + 2 * flaps + brief: where to begin
};

inline constexpr Millis kFlap = std::chrono::minutes(15), kBrief = std::chrono::minutes(5);

// Worst first. `history` and `deliveries` in any order.
std::vector<RuleNoise> report(std::span<const notify::AlertTransition> history,
                              std::span<const notify::DeliveryRecord> deliveries);

}  // namespace pharos::rules::noise
