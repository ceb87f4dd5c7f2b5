#include "rules/notify/inhibitor.hpp"

#include <algorithm>

namespace pharos::rules::notify {
namespace {

std::uint64_t equal_hash(const std::vector<std::string>& names, const Labels& labels) {
  std::uint64_t hash = 0x9e3779b97f4a7c15ull;
  for (const auto& name : names)
    hash = (hash ^ std::hash<std::string_view>{}(labels.get(name))) * 0xff51afd7ed558ccdull;
  return hash ^ hash >> 32;
}

bool equal_values(const std::vector<std::string>& names, const Labels& a, const Labels& b) {
  return std::ranges::all_of(names,
                             [&](const std::string& name) { return a.get(name) == b.get(name); });
}

}  // namespace

Inhibitor::Inhibitor(const std::vector<InhibitRule>& rules) {
  for (const auto& rule : rules) {
    const auto id = static_cast<std::uint32_t>(rules_.size());
    auto& own = rules_.emplace_back();
    own.target = rule.target;
    for (const auto& source : rule.sources) {
      own.sources.push_back(static_cast<std::uint32_t>(sources_.size()));
      sources_index_.add(own.sources.back(), source.matchers);
      sources_.push_back({.rule = id, .config = source, .by_equal = {}});
    }
  }
}

void Inhibitor::add(const StoredAlert& alert) {
  sources_index_.find(alert.labels, [&](MatcherIndex::Id id) {
    auto& source = sources_[id];
    auto& rule = rules_[source.rule];
    if (source.by_equal.empty() && ++rule.with_alerts == rule.sources.size())
      targets_index_.add(source.rule, rule.target);
    auto& filed = source.by_equal[equal_hash(source.config.equal, alert.labels)];
    if (std::ranges::none_of(filed, [&](const SourceAlert& s) { return s.alert == &alert; })) {
      filed.push_back({&alert, matches_all(rule.target, alert.labels)});
      ++filed_;
    }
    return true;
  });
}

void Inhibitor::remove(const StoredAlert& alert) {
  sources_index_.find(alert.labels, [&](MatcherIndex::Id id) {
    auto& source = sources_[id];
    const auto found = source.by_equal.find(equal_hash(source.config.equal, alert.labels));
    if (found == source.by_equal.end()) return true;
    filed_ -= std::erase_if(found->second, [&](const SourceAlert& s) { return s.alert == &alert; });
    if (found->second.empty()) source.by_equal.erase(found);
    auto& rule = rules_[source.rule];
    if (source.by_equal.empty() && rule.with_alerts-- == rule.sources.size())
      targets_index_.remove(source.rule);
    return true;
  });
}

const StoredAlert* Inhibitor::firing_source(const Source& source, const Labels& labels, Time at) {
  if (source.by_equal.empty()) return nullptr;
  const auto found = source.by_equal.find(equal_hash(source.config.equal, labels));
  if (found == source.by_equal.end()) return nullptr;
  for (const auto& candidate : found->second) {
    if (candidate.alert->resolved_at(at)) continue;
    // An alert on both sides of a rule is not inhibited by its like.
    if (candidate.is_target && matches_all(source.config.matchers, labels)) continue;
    if (equal_values(source.config.equal, candidate.alert->labels, labels)) return candidate.alert;
  }
  return nullptr;
}

std::vector<std::uint64_t> Inhibitor::inhibiting(const Labels& labels, Time at,
                                                 bool first_only) const {
  std::vector<std::uint64_t> out;
  if (filed_ == 0) return out;
  targets_index_.find(labels, [&](MatcherIndex::Id id) {
    const auto before = out.size();
    for (const auto index : rules_[id].sources) {
      const auto* alert = firing_source(sources_[index], labels, at);
      if (alert == nullptr) {  // this rule does not hold
        out.resize(before);
        return true;
      }
      out.push_back(alert->fingerprint);
    }
    return !(first_only && !out.empty());
  });
  return out;
}

}  // namespace pharos::rules::notify
