// A kind of fault is data: what it is aimed at, which knobs it pushes how far, how it grows and
// when it begins to hurt.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "codec/json.hpp"
#include "codec/yaml.hpp"
#include "sim/effects.hpp"

namespace pharos::sim {

struct Push {
  Knob knob;
  double least, most;  // amount at severity 0 and 1, when the fault is fully grown
};

// What an operator can do about it (controls.hpp); the fault ends then.
enum Cure : std::uint8_t {
  kNothing = 0,
  kRestart = 1,
  kFlagOff = 2,
  kWeightZero = 4,
  kDrain = 8,
  kIsolate = 16
};

struct FaultKind {
  std::string_view name;   // node_crash
  std::string_view cause;  // "a node stops": what a person would call the root cause
  Scope scope;             // what `target` names; left out: one is chosen by the seed
  std::vector<Push> pushes;
  double grow_seconds =
      0;  // 0: at once; else it grows evenly for so long at severity 1, longer below
  double harm_level = 0;            // how far grown (0..1) it is when it begins to hurt
  std::string_view component = {};  // whose fault it is; a label of the affected sets
  std::uint8_t cures = kNothing;
  // Of a growing or changing fault, when evenly is not how: level 0..1 after so many seconds.
  double (*level)(double seconds, double severity) = nullptr;
  bool one_way = false;  // a link chosen by the seed is one direction, not both
};

std::span<const FaultKind> fault_kinds();
const FaultKind* find_fault_kind(std::string_view name);

struct FaultTarget {
  std::optional<std::uint32_t> region, node, component, version;
  std::vector<std::uint32_t> links;
  bool empty() const { return !region && !node && !component && !version && links.empty(); }
};

struct Fault {
  const FaultKind* kind = nullptr;
  double at_seconds = 0;              // from the start of the world
  std::optional<double> for_seconds;  // none: until somebody cures it
  FaultTarget target;
  double severity = 0.7;
};

// [{kind, at, for, target: {region, node, link, component, version}, severity}], times as seconds
// or durations ("90", "5m"). Errors name the place: file:line:column, or the item and its key.
Result<std::vector<Fault>> parse_faults(const codec::Yaml& list, const Fleet& fleet);
Result<std::vector<Fault>> parse_faults(const codec::Json& list, const Fleet& fleet);
Result<FaultTarget> parse_target(const codec::Json& target, const Fleet& fleet);

// Seconds from the onset until it begins to hurt.
double harm_seconds(const Fault& fault);

// Which things of a scope a target means.
std::vector<std::uint32_t> members(const FaultTarget& target, Scope scope, const Fleet& fleet);

void write_fault_kinds(codec::JsonWriter& out);

}  // namespace pharos::sim
