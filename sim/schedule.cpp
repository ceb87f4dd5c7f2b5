#include "sim/schedule.hpp"

#include <algorithm>
#include <cmath>

namespace pharos::sim {
namespace {

constexpr std::size_t kOpenMax = 10'000;

// Slower at low severity: a third of the speed at 0.
double growth_seconds(const Fault& fault) {
  return fault.kind->grow_seconds * (fault.severity <= 0 ? 3 : std::min(3.0, 1 / fault.severity));
}

double level_of(const Fault& fault, double age) {
  if (fault.kind->level) return fault.kind->level(age, fault.severity);
  const double grow = growth_seconds(fault);
  return grow <= 0 ? 1 : std::min(1.0, age / grow);
}

using LabelSet = std::vector<std::pair<std::string, std::string>>;

std::vector<LabelSet> affected_by(const Fault& fault, const Fleet& fleet) {
  const auto& kind = *fault.kind;
  std::string component(kind.component);
  if (fault.target.component) component = kComponents[*fault.target.component];
  std::vector<LabelSet> out;
  const auto add = [&](LabelSet labels) {
    if (!component.empty() && kind.scope != Scope::component)
      labels.emplace_back("component", component);
    out.push_back(std::move(labels));
  };
  const auto region = [&](std::uint32_t r) { return fleet.regions()[r].name; };
  const Scope scope = kind.scope == Scope::part ? Scope::node : kind.scope;
  for (const auto i : members(fault.target, scope, fleet)) {
    switch (scope) {
      case Scope::region: add({{"region", region(i)}}); break;
      case Scope::node:
        add({{"region", region(fleet.nodes()[i].region)}, {"node", fleet.nodes()[i].name}});
        break;
      case Scope::link: {
        const auto& link = fleet.links()[i];
        add({{"source", region(link.from)}, {"destination", region(link.to)}, {"link", link.name}});
        break;
      }
      case Scope::version: add({{"version", std::string(kVersions[i])}}); break;
      case Scope::component: add({{"component", std::string(kComponents[i])}}); break;
      default: add({}); break;
    }
  }
  return out;
}

}  // namespace

double harm_seconds(const Fault& fault) {
  if (!fault.kind->level) return growth_seconds(fault) * fault.kind->harm_level;
  for (double age = 0; age < 86'400; age += 1)
    if (level_of(fault, age) >= fault.kind->harm_level) return age;
  return 86'400;
}

FaultSchedule::FaultSchedule(const Fleet& fleet, std::uint64_t seed)
    : fleet_(fleet), random_(seed * 0x9e3779b97f4a7c15u + 77) {}

Status FaultSchedule::add(std::vector<Fault> faults, double now_seconds) {
  if (waiting_.size() + active_.size() + faults.size() > kOpenMax)
    return fail(Errc::limit, "at most " + std::to_string(kOpenMax) + " faults at a time");
  for (auto& fault : faults) {
    fault.at_seconds = std::max(fault.at_seconds, now_seconds);
    choose_target(fault);
    waiting_.push_back(std::move(fault));
  }
  std::ranges::stable_sort(waiting_, {}, &Fault::at_seconds);
  return {};
}

// Where the target does not say which thing is meant, the seed does.
void FaultSchedule::choose_target(Fault& fault) {
  const auto scope = fault.kind->scope;
  auto& target = fault.target;
  if (scope == Scope::fleet && !fault.kind->component.empty() && !target.component)
    target.component = *find_component(fault.kind->component);
  if (scope == Scope::component && !fault.kind->component.empty() && !target.component)
    target.component = *find_component(fault.kind->component);
  if (scope == Scope::part && !fault.kind->component.empty() && !target.component)
    target.component = *find_component(fault.kind->component);
  const bool said =
      (scope == Scope::version && target.version) ||
      (scope == Scope::component && target.component) ||
      (scope == Scope::link && (!target.links.empty() || target.region)) ||
      ((scope == Scope::node || scope == Scope::part) && (target.node || target.region)) ||
      (scope == Scope::region && (target.region || target.node)) || scope == Scope::fleet;
  if (said) return;
  const auto pick = [&](std::size_t n) {
    return static_cast<std::uint32_t>(random_.below(std::max<std::size_t>(1, n)));
  };
  switch (scope) {
    case Scope::version: target.version = kCanary; break;
    case Scope::component: target.component = pick(kComponentCount); break;
    case Scope::link:
      if (!fleet_.links().empty()) {
        const auto& link = fleet_.links()[pick(fleet_.links().size())];
        target.links = {link.index};
        if (!fault.kind->one_way) target.links.push_back(link.back);
      }
      break;
    case Scope::node:
    case Scope::part: target.node = pick(fleet_.nodes().size()); break;
    default: target.region = pick(fleet_.regions().size()); break;
  }
}

void FaultSchedule::begin(Fault fault, double now_seconds) {
  const double onset = std::max(fault.at_seconds, 0.0);
  TruthEntry entry{.id = truth_.size() + 1,
                   .kind = fault.kind,
                   .onset = onset,
                   .harm = onset + harm_seconds(fault)};
  entry.affected = affected_by(fault, fleet_);
  truth_.push_back(std::move(entry));
  active_.push_back({std::move(fault), truth_.size() - 1, onset});
  if (on_change) on_change(truth_.back(), true);
  (void)now_seconds;
}

void FaultSchedule::apply(double now_seconds, Effects& effects) {
  while (!waiting_.empty() && waiting_.front().at_seconds <= now_seconds) {
    auto fault = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    begin(std::move(fault), now_seconds);
  }
  std::erase_if(active_, [&](const Active& active) {
    if (!active.fault.for_seconds || active.onset + *active.fault.for_seconds > now_seconds)
      return false;
    auto& entry = truth_[active.truth];
    entry.end = active.onset + *active.fault.for_seconds;
    if (on_change) on_change(entry, false);
    return true;
  });
  effects.clear();
  for (const auto& active : active_) push(active, now_seconds, effects);
}

void FaultSchedule::push(const Active& active, double now_seconds, Effects& effects) const {
  const auto& fault = active.fault;
  const double level = level_of(fault, now_seconds - active.onset);
  for (const auto& p : fault.kind->pushes) {
    const auto& knob = info(p.knob);
    const double full = p.least + (p.most - p.least) * fault.severity;
    const double amount = knob.neutral + (full - knob.neutral) * level;
    for (const auto i : members(fault.target, knob.scope, fleet_)) effects.push(p.knob, i, amount);
  }
}

std::size_t FaultSchedule::cure(Cure action, const FaultTarget& target, double now_seconds) {
  std::size_t cured = 0;
  std::erase_if(active_, [&](const Active& active) {
    const auto& fault = active.fault;
    if (!(fault.kind->cures & action)) return false;
    const auto hit = members(target, fault.kind->scope, fleet_),
               sick = members(fault.target, fault.kind->scope, fleet_);
    // All of what is sick must have been treated.
    if (!std::ranges::all_of(
            sick, [&](std::uint32_t i) { return std::ranges::find(hit, i) != hit.end(); }))
      return false;
    auto& entry = truth_[active.truth];
    entry.end = now_seconds;
    ++cured;
    if (on_change) on_change(entry, false);
    return true;
  });
  return cured;
}

void FaultSchedule::write_truth(codec::JsonWriter& out, Time start) const {
  const double begin = static_cast<double>(to_unix_millis(start)) / 1000;
  out.begin_array();
  for (const auto& entry : truth_) {
    out.begin_object().key("id").value(entry.id).key("fault").value(entry.kind->name);
    out.key("onset").value(begin + entry.onset).key("harm").value(begin + entry.harm).key("end");
    if (entry.end) {
      out.value(begin + *entry.end);
    } else {
      out.null();
    }
    out.key("cause").value(entry.kind->cause).key("affected").begin_array();
    for (const auto& labels : entry.affected) {
      out.begin_object();
      for (const auto& [name, value] : labels) out.key(name).value(value);
      out.end_object();
    }
    out.end_array().end_object();
  }
  out.end_array();
}

}  // namespace pharos::sim
