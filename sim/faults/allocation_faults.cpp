// The allocation loop and the compression selector.
#include "sim/faults/fault_tables.hpp"

namespace pharos::sim {

std::span<const FaultKind> allocation_faults() {
  using enum Knob;
  static const FaultKind kTable[] = {
      {.name = "resource_starvation",
       .cause = "one agent claims far too much and starves the others",
       .scope = Scope::fleet,
       .pushes = {{allocation_greed, 0.5, 1}},
       .component = "maddpg"},
      {.name = "allocation_waste",
       .cause = "the policy gives much more than is needed",
       .scope = Scope::fleet,
       .pushes = {{allocation_headroom, 0.15, 0.4}},
       .component = "maddpg"},
      {.name = "allocator_stuck",
       .cause = "the allocator gives no new orders while needs rise",
       .scope = Scope::fleet,
       .pushes = {{allocation_stuck, 1, 1}, {demand_surge, 0.9, 1.5}},
       .component = "maddpg",
       .cures = kRestart},
      {.name = "compression_overhead",
       .cause = "compressing costs several times the processor time",
       .scope = Scope::fleet,
       .pushes = {{compress_cost, 2, 8}},
       .component = "compression-selector"},
      {.name = "selector_drift",
       .cause = "the selector's model does not fit the data any more",
       .scope = Scope::fleet,
       .pushes = {{selector_drift, 0.3, 1}},
       .component = "compression-selector"},
  };
  return kTable;
}

}  // namespace pharos::sim
