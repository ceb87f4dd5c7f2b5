// Escalation: who is told next when nobody answers. A pure timer machine: time comes in, what is to
// be sent comes out; the caller stores the state before it sends.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/labels.hpp"
#include "model/matcher.hpp"
#include "rules/notify/time_interval.hpp"

namespace pharos::rules::oncall {

struct EscalationStep {
  enum class Kind : std::uint8_t {
    wait,         // `delay`
    users,        // tell these users
    schedule,     // tell whoever is on call there
    round_robin,  // tell the next of these users, another one each time
    receiver,     // a receiver of alertmanager.yml: chat, webhook, ticket
    repeat,       // from the first step again, at most `times` times
    resolve,      // end the escalation
  } kind = Kind::wait;
  Millis delay{0};
  std::vector<std::string> names;  // users, the schedule, the receiver
  std::uint32_t times = 0;
  // The step is left out unless all of these hold.
  std::vector<Matcher> matchers;             // on the common labels of the group's firing alerts
  std::vector<notify::TimeInterval> during;  // any of them; empty: always
  std::uint32_t alerts_min = 0;              // firing alerts in the group
};

struct EscalationPolicy {
  std::string name;
  std::vector<EscalationStep> steps;
  std::string place;  // "file:line:column: "
};

struct Escalation {
  enum class State : std::uint8_t { running, acknowledged, exhausted, resolved };
  std::string id;  // of the group and policy
  std::string policy, group_key;
  Labels group_labels, common_labels;
  Time started_at{};
  State state = State::running;
  std::uint32_t step = 0;   // the next one
  std::uint32_t round = 0;  // times the policy was repeated
  Time due{};               // when that step is due
  std::uint32_t firing = 0;
  int severity = 0;         // worst of the firing alerts: severity_rank()
  std::string owner, note;  // of the acknowledgement
  std::optional<Time> acknowledged_until;
};
std::string_view name(Escalation::State state);

// 4 critical, 3 high (also "error", "page"), 2 warning, 1 info, 0 unknown.
int severity_rank(std::string_view severity);

struct EscalationAction {
  std::uint32_t step = 0, round = 0;
  std::vector<std::string> users;  // to be told by their own contacts, or
  std::string receiver;            // a receiver by name
  std::string reason;              // "escalation policy high, step 2: schedule primary (ada)"
};

struct EscalationWorld {
  std::function<std::vector<std::string>(const std::string& schedule, Time at)> on_call;
  // The turn of a round robin: a number that grows by one at each call with the same key.
  std::function<std::uint64_t(const std::string& key)> next_turn;
};

// Runs every step that is due at `now`, up to the next wait that is not over. A timer that is late
// (the process was down) fires once; the wait behind it is then counted from now, so that nobody is
// skipped and not everybody is told at once. A wait behind a schedule where nobody is on call is
// left out. Pure but for `world`.
std::vector<EscalationAction> advance(Escalation& escalation, const EscalationPolicy& policy,
                                      Time now, const EscalationWorld& world);

void acknowledge(Escalation& escalation, std::string owner, std::string note,
                 std::optional<Time> until);
// Goes on where it stopped: the next step is due now.
void unacknowledge(Escalation& escalation, Time now);
// The acknowledged group got worse: from the first step again.
void restart(Escalation& escalation, Time now);

}  // namespace pharos::rules::oncall
