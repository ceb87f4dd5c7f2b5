#include "rules/oncall/escalation.hpp"

#include <algorithm>

namespace pharos::rules::oncall {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

bool wanted(const EscalationStep& step, const Escalation& escalation, Time now) {
  if (!matches_all(step.matchers, escalation.common_labels)) return false;
  if (escalation.firing < step.alerts_min) return false;
  return step.during.empty() || std::ranges::any_of(step.during, [&](const auto& interval) {
           return interval.contains(now);
         });
}

}  // namespace

std::string_view name(Escalation::State state) {
  constexpr std::string_view kNames[] = {"running", "acknowledged", "exhausted", "resolved"};
  return kNames[static_cast<std::size_t>(state)];
}

int severity_rank(std::string_view severity) {
  if (severity == "critical" || severity == "emergency" || severity == "fatal") return 4;
  if (severity == "high" || severity == "error" || severity == "page" || severity == "major")
    return 3;
  if (severity == "warning" || severity == "medium" || severity == "minor") return 2;
  if (severity == "info" || severity == "low" || severity == "none") return 1;
  return 0;
}

std::vector<EscalationAction> advance(Escalation& escalation, const EscalationPolicy& policy,
                                      Time now, const EscalationWorld& world) {
  std::vector<EscalationAction> out;
  while (escalation.state == Escalation::State::running && escalation.due <= now) {
    if (escalation.step >= policy.steps.size()) {
      escalation.state = Escalation::State::exhausted;
      break;
    }
    const auto index = escalation.step++;
    const auto& step = policy.steps[index];
    if (!wanted(step, escalation, now)) continue;
    EscalationAction action{.step = index, .round = escalation.round};
    std::string whom;
    switch (step.kind) {
      case EscalationStep::Kind::wait: escalation.due = now + step.delay; continue;
      case EscalationStep::Kind::repeat:
        if (escalation.round < step.times) {
          ++escalation.round;
          escalation.step = 0;
          // A policy without a wait would go round at once: one minute at least.
          if (std::ranges::none_of(policy.steps, [](const auto& s) {
                return s.kind == EscalationStep::Kind::wait && s.delay > Millis(0);
              }))
            escalation.due = now + std::chrono::minutes(1);
        }
        continue;
      case EscalationStep::Kind::resolve: escalation.state = Escalation::State::resolved; continue;
      case EscalationStep::Kind::users:
        action.users = step.names;
        whom = joined(step.names);
        break;
      case EscalationStep::Kind::schedule:
        action.users = world.on_call(step.names[0], now);
        // Nobody was told, so there is no answer to wait for.
        if (action.users.empty() && escalation.step < policy.steps.size() &&
            policy.steps[escalation.step].kind == EscalationStep::Kind::wait)
          ++escalation.step;
        whom = "schedule " + step.names[0] +
               (action.users.empty() ? " (nobody is on call)" : " (" + joined(action.users) + ")");
        break;
      case EscalationStep::Kind::round_robin: {
        const auto turn = world.next_turn(policy.name + "/" + std::to_string(index));
        action.users = {step.names[turn % step.names.size()]};
        whom = action.users[0] + " (round robin)";
        break;
      }
      case EscalationStep::Kind::receiver:
        action.receiver = step.names[0];
        whom = "receiver " + action.receiver;
        break;
    }
    action.reason =
        "escalation policy " + policy.name + ", step " + std::to_string(index + 1) + ": " + whom;
    out.push_back(std::move(action));
  }
  return out;
}

void acknowledge(Escalation& escalation, std::string owner, std::string note,
                 std::optional<Time> until) {
  escalation.state = Escalation::State::acknowledged;
  escalation.owner = std::move(owner);
  escalation.note = std::move(note);
  escalation.acknowledged_until = until;
}

void unacknowledge(Escalation& escalation, Time now) {
  escalation.state = Escalation::State::running;
  escalation.owner.clear();
  escalation.note.clear();
  escalation.acknowledged_until.reset();
  escalation.due = std::min(escalation.due, now);
}

void restart(Escalation& escalation, Time now) {
  unacknowledge(escalation, now);
  escalation.step = 0;
  escalation.round = 0;
  escalation.due = now;
}

}  // namespace pharos::rules::oncall
