// The kinds of faults, one table a family. A kind says what it aims at, which knobs it pushes how
// far, how it grows, and what cures it; packs/dwcp/faults.yml says which rules it fires.
#pragma once
#include <span>

#include "sim/fault.hpp"

namespace pharos::sim {

std::span<const FaultKind> link_faults();
std::span<const FaultKind> node_faults();
std::span<const FaultKind> transfer_faults();  // streams, encoding, federation, migration
std::span<const FaultKind>
component_faults();  // states, manager, prediction, state sync, placement
std::span<const FaultKind> consensus_faults();   // ACP, ProBFT, T-PBFT, Bullshark
std::span<const FaultKind> allocation_faults();  // allocation loop, compression selector
std::span<const FaultKind> traffic_faults();     // requests, canary, rollout
std::span<const FaultKind> monitoring_faults();  // scrapes, certificates, clocks, services around

}  // namespace pharos::sim
