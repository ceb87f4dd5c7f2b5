#include "rules/noise/noise_report.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

namespace pharos::rules::noise {
namespace {

using notify::AlertTransition;
using notify::DeliveryRecord;

constexpr std::string_view kAlertName = "alertname";

struct Gathered {
  RuleNoise noise;
  std::set<std::uint64_t> alerts;
  std::vector<Millis> durations;
};

struct LastSeen {
  std::optional<Time> began, ended;
};

}  // namespace

std::vector<RuleNoise> report(std::span<const AlertTransition> history,
                              std::span<const DeliveryRecord> deliveries,
                              std::span<const oncall::Taken> taken) {
  std::vector<const AlertTransition*> ordered;
  for (const auto& transition : history) ordered.push_back(&transition);
  std::ranges::stable_sort(ordered, {}, &AlertTransition::at);
  std::unordered_map<std::uint64_t, std::set<Time>> taken_at;
  for (const auto& one : taken) taken_at[one.alert].insert(one.at);
  // The first time that somebody took the alert in [began, end).
  const auto first_taken = [&](std::uint64_t alert, Time began,
                               std::optional<Time> end) -> std::optional<Time> {
    const auto known = taken_at.find(alert);
    if (known == taken_at.end()) return std::nullopt;
    const auto at = known->second.lower_bound(began);
    if (at == known->second.end() || (end && *at >= *end)) return std::nullopt;
    return *at;
  };

  std::map<std::string, Gathered, std::less<>> rules;
  std::unordered_map<std::uint64_t, std::string> rule_of;
  std::unordered_map<std::uint64_t, LastSeen> last;
  for (const auto* transition : ordered) {
    const auto id = fingerprint(transition->alert.labels);
    const std::string name(transition->alert.labels.get(kAlertName));
    auto& rule = rules[name];
    rule_of.emplace(id, name);
    rule.alerts.insert(id);
    auto& seen = last[id];
    if (transition->kind == AlertTransition::Kind::firing) {
      ++rule.noise.fired;
      if (seen.ended && transition->at - *seen.ended < kFlap) ++rule.noise.flaps;
      seen.began = transition->at;
      continue;
    }
    if (seen.began) {
      const auto lasted = transition->at - *seen.began;
      rule.durations.push_back(lasted);
      if (lasted < kBrief) ++rule.noise.brief;
      if (const auto at = first_taken(id, *seen.began, transition->at)) {
        ++rule.noise.acknowledged;
        if (transition->at - *at < kBrief) ++rule.noise.acknowledged_brief;
      }
    }
    seen = {.began = {}, .ended = transition->at};
  }

  for (const auto& [id, seen] : last)  // still on
    if (seen.began && first_taken(id, *seen.began, {})) ++rules[rule_of.at(id)].noise.acknowledged;

  for (const auto& record : deliveries) {
    if (record.firing == 0) continue;
    std::set<std::string> names;  // a group may hold several rules: each has cost a page
    if (const auto name = record.group_labels.get(kAlertName); !name.empty()) names.emplace(name);
    for (const auto id : record.alerts)
      if (const auto at = rule_of.find(id); at != rule_of.end()) names.insert(at->second);
    for (const auto& name : names) {
      auto& noise = rules[name].noise;
      if (record.outcome == "sent")
        ++noise.pages;
      else if (record.outcome != "retrying" && record.outcome != "failed")
        ++noise.suppressed;
    }
  }

  std::vector<RuleNoise> out;
  for (auto& [name, rule] : rules) {
    auto& noise = rule.noise;
    noise.alertname = name;
    noise.alerts = rule.alerts.size();
    if (!rule.durations.empty()) {
      const auto middle = rule.durations.begin() + static_cast<long>(rule.durations.size() / 2);
      std::ranges::nth_element(rule.durations, middle);
      noise.median_duration = *middle;
    }
    noise.score = static_cast<double>(noise.pages) + 2 * static_cast<double>(noise.flaps) +
                  static_cast<double>(noise.brief);
    out.push_back(std::move(noise));
  }
  std::ranges::stable_sort(out, std::greater(), &RuleNoise::score);
  return out;
}

}  // namespace pharos::rules::noise
