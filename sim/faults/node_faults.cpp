// Nodes: crashes, CPU, memory, disk, interface.
#include <cmath>

#include "sim/faults/fault_tables.hpp"

namespace pharos::sim {
namespace {

// Down for 40 s of every 120 s.
double crash_loop(double seconds, double) {
  return std::fmod(seconds, 120) < 40 ? 1 : 0;
}

}  // namespace

std::span<const FaultKind> node_faults() {
  using enum Knob;
  static const FaultKind kTable[] = {
      {.name = "node_crash",
       .cause = "a node stops",
       .scope = Scope::node,
       .pushes = {{node_down, 1, 1}},
       .cures = kRestart},
      {.name = "node_crash_loop",
       .cause = "a node starts and crashes again and again",
       .scope = Scope::node,
       .pushes = {{node_down, 1, 1}},
       .cures = kRestart,
       .level = crash_loop},
      {.name = "region_outage",
       .cause = "all nodes of a region stop",
       .scope = Scope::region,
       .pushes = {{node_down, 1, 1}},
       .cures = kRestart},
      {.name = "nic_degraded",
       .cause = "a node's network card does a fraction of its rate",
       .scope = Scope::node,
       .pushes = {{node_nic, 0.3, 0.02}, {node_drops, 120, 2000}},
       .cures = kDrain},
      {.name = "cpu_saturation",
       .cause = "something takes the processors of all nodes",
       .scope = Scope::fleet,
       .pushes = {{node_cpu, 0.5, 0.8}}},
      {.name = "noisy_neighbour",
       .cause = "a tenant takes processor and disk of a node",
       .scope = Scope::node,
       .pushes = {{node_cpu, 0.3, 0.7}, {node_disk_latency, 2, 10}},
       .cures = kDrain},
      {.name = "memory_pressure",
       .cause = "a node's memory is nearly used up",
       .scope = Scope::node,
       .pushes = {{node_memory, 0.45, 0.6}},
       .cures = kRestart | kDrain},
      {.name = "memory_leak",
       .cause = "processes leak memory",
       .scope = Scope::fleet,
       .pushes = {{node_memory, 0.5, 0.5}},
       .grow_seconds = 7200,
       .harm_level = 0.15,
       .cures = kRestart},
      {.name = "memory_limit",
       .cause = "the fleet service comes close to its memory limit",
       .scope = Scope::fleet,
       .pushes = {{process_memory, 1.2e9, 2.4e9}},
       .cures = kRestart},
      {.name = "disk_full",
       .cause = "a node's disk is nearly full",
       .scope = Scope::node,
       .pushes = {{node_disk_used, 0.55, 0.6}}},
      {.name = "disk_filling",
       .cause = "a node's disk fills up within a day",
       .scope = Scope::node,
       .pushes = {{node_disk_used, 0.6, 0.6}},
       .grow_seconds = 43'200,
       .harm_level = 0.1},
      {.name = "slow_disk",
       .cause = "disk operations of a node take many times longer",
       .scope = Scope::node,
       .pushes = {{node_disk_latency, 4, 50}},
       .cures = kDrain},
      {.name = "packet_drops",
       .cause = "a network card drops packets",
       .scope = Scope::node,
       .pushes = {{node_drops, 150, 5000}},
       .cures = kDrain},
  };
  return kTable;
}

}  // namespace pharos::sim
