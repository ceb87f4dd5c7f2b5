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
                              std::span<const DeliveryRecord> deliveries) {
  std::vector<const AlertTransition*> ordered;
  for (const auto& transition : history) ordered.push_back(&transition);
  std::ranges::stable_sort(ordered, {}, &AlertTransition::at);
  std::set<std::uint64_t> taken;
  for (const auto& record : deliveries)
    if (record.outcome == "acknowledged") taken.insert(record.alerts.begin(), record.alerts.end());

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
      if (lasted < kBrief) {
        ++rule.noise.brief;
        if (taken.contains(id)) ++rule.noise.acknowledged_brief;
      }
    }
    seen = {.began = {}, .ended = transition->at};
  }

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
      else if (record.outcome == "acknowledged")
        ++noise.acknowledged;
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
