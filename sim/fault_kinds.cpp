#include "sim/fault.hpp"

namespace pharos::sim {
namespace {

// name, cause, scope, pushes {knob, at severity 0, at severity 1}, seconds to grow, harm level,
// component, cures, own growth.
const std::vector<FaultKind>& kinds() {
  static const std::vector<FaultKind> all{
      {.name = "node_crash",
       .cause = "a node stops",
       .scope = Scope::node,
       .pushes = {{Knob::node_down, 1, 1}},
       .cures = kRestart},
      {.name = "link_loss",
       .cause = "a link loses packets",
       .scope = Scope::link,
       .pushes = {{Knob::link_loss, 0.01, 0.3}}},
      {.name = "link_delay",
       .cause = "a link is slow",
       .scope = Scope::link,
       .pushes = {{Knob::link_delay_ms, 20, 400}, {Knob::link_jitter_ms, 2, 60}}},
      {.name = "link_partition",
       .cause = "a link is cut",
       .scope = Scope::link,
       .pushes = {{Knob::link_cut, 1, 1}}},
      {.name = "memory_leak",
       .cause = "a program does not give memory back",
       .scope = Scope::node,
       .pushes = {{Knob::node_memory, 0.15, 0.45}},
       .grow_seconds = 3600,
       .harm_level = 0.7,
       .cures = kRestart},
      {.name = "bad_canary",
       .cause = "the new version answers with errors",
       .scope = Scope::version,
       .pushes = {{Knob::request_errors, 0.002, 0.5}},
       .cures = kFlagOff | kWeightZero},
      {.name = "scrape_failure",
       .cause = "a node's metrics page does not answer",
       .scope = Scope::node,
       .pushes = {{Knob::node_scrape_fails, 1, 1}}},
  };
  return all;
}

}  // namespace

std::span<const FaultKind> fault_kinds() {
  return kinds();
}

}  // namespace pharos::sim
