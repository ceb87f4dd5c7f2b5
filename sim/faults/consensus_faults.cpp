// Agreement: replicas that are silent or lie, slow rounds, the mempool.
#include "sim/faults/fault_tables.hpp"

namespace pharos::sim {

std::span<const FaultKind> consensus_faults() {
  using enum Knob;
  static const FaultKind kTable[] = {
      {.name = "quorum_loss",
       .cause = "so many replicas are silent that no quorum is left",
       .scope = Scope::fleet,
       .pushes = {{voters_silent, 0.67, 0.9}},
       .component = "probft"},
      {.name = "silent_replica",
       .cause = "a replica votes for nothing",
       .scope = Scope::node,
       .pushes = {{node_silent, 1, 1}},
       .component = "probft",
       .cures = kRestart | kIsolate},
      {.name = "byzantine_node",
       .cause = "a replica signs conflicting messages",
       .scope = Scope::node,
       .pushes = {{node_byzantine, 0.3, 1}},
       .component = "probft",
       .cures = kIsolate},
      {.name = "consensus_slow",
       .cause = "consensus messages wait",
       .scope = Scope::fleet,
       .pushes = {{message_delay_ms, 60, 300}},
       .component = "acp"},
      {.name = "consensus_failure",
       .cause = "rounds time out without a decision",
       .scope = Scope::fleet,
       .pushes = {{message_delay_ms, 20'000, 60'000}},
       .component = "acp"},
      {.name = "mempool_flood",
       .cause = "somebody sends many times the usual transactions",
       .scope = Scope::fleet,
       .pushes = {{transaction_load, 2, 9}},
       .component = "bullshark"},
      {.name = "execution_stall",
       .cause = "committed transactions execute slowly",
       .scope = Scope::fleet,
       .pushes = {{execution_speed, 0.5, 0.1}},
       .component = "bullshark"},
      {.name = "bad_vertices",
       .cause = "vertices do not validate and transactions are malformed",
       .scope = Scope::fleet,
       .pushes = {{bad_vertices, 0.05, 0.3}, {malformed_transactions, 0.01, 0.2}},
       .component = "bullshark"},
  };
  return kTable;
}

}  // namespace pharos::sim
