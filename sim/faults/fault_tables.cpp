#include "sim/faults/fault_tables.hpp"

namespace pharos::sim {

std::span<const FaultKind> fault_kinds() {
  static const auto all = [] {
    std::vector<FaultKind> kinds;
    for (const auto family :
         {link_faults(), node_faults(), transfer_faults(), component_faults(), consensus_faults(),
          allocation_faults(), traffic_faults(), monitoring_faults()})
      kinds.insert(kinds.end(), family.begin(), family.end());
    return kinds;
  }();
  return all;
}

}  // namespace pharos::sim
