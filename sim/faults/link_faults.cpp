// WAN links, tunnels, routes. Both directions of a link unless the target says a>b.
#include "sim/faults/fault_tables.hpp"

namespace pharos::sim {

std::span<const FaultKind> link_faults() {
  using enum Knob;
  static const FaultKind kTable[] = {
      {.name = "link_loss",
       .cause = "a WAN link loses packets",
       .scope = Scope::link,
       .pushes = {{link_loss, 0.015, 0.2}}},
      {.name = "link_delay",
       .cause = "a WAN link takes far longer",
       .scope = Scope::link,
       .pushes = {{link_delay_ms, 200, 2500}}},
      {.name = "link_jitter",
       .cause = "the delay of a WAN link varies",
       .scope = Scope::link,
       .pushes = {{link_jitter_ms, 40, 600}}},
      {.name = "link_partition",
       .cause = "two regions cannot reach each other",
       .scope = Scope::link,
       .pushes = {{link_cut, 1, 1}}},
      {.name = "region_isolation",
       .cause = "a region is cut from all the others",
       .scope = Scope::region,
       .pushes = {{link_cut, 1, 1}}},
      {.name = "link_flapping",
       .cause = "a WAN link goes away and comes back",
       .scope = Scope::link,
       .pushes = {{link_flap, 0.3, 0.7}}},
      {.name = "link_congestion",
       .cause = "most of a WAN link's capacity is gone",
       .scope = Scope::link,
       .pushes = {{link_bandwidth, 0.5, 0.05}}},
      {.name = "tunnel_black_hole",
       .cause = "a tunnel says it is up and passes nothing",
       .scope = Scope::link,
       .pushes = {{link_black_hole, 1, 1}}},
      {.name = "asymmetric_route",
       .cause = "one direction of a link takes a detour",
       .scope = Scope::link,
       .pushes = {{link_hops, 3, 9}, {link_delay_ms, 60, 500}},
       .one_way = true},
      {.name = "route_change",
       .cause = "the way between two regions has changed",
       .scope = Scope::link,
       .pushes = {{link_hops, 2, 6}, {link_delay_ms, 10, 60}}},
  };
  return kTable;
}

}  // namespace pharos::sim
