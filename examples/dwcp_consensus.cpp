// The three consensus systems: rounds, misbehaviour, the graph, trust.

// prints: probft_consensus_rounds_total{version="v3"} 2
// prints: probft_consensus_failures_total{reason="no_quorum",version="v3"} 1
// prints: bullshark_mempool_usage_percentage{version="v3"} 0.25
// prints: tpbft_message_reduction_percentage{version="v3"} 40
#include <cstdio>

#include <pharos/dwcp/instruments.hpp>

using namespace pharos::client;

int main() {
  const dwcp::Probft probft{Registry::standard(), "v3"};
  probft.decided(0.045);
  probft.failed(dwcp::RoundFailure::no_quorum, 1.0);
  probft.misbehaved(dwcp::Misbehaviour::equivocation);
  probft.node("node-3", dwcp::NodeState::suspected);
  probft.nodes(dwcp::NodeState::suspected, 1);
  probft.quorum(1);

  const dwcp::Bullshark bullshark{Registry::standard(), "v3"};
  bullshark.committed(500, 0.4);
  bullshark.mempool(2500, 10'000);
  bullshark.vertex_added();

  const dwcp::Tpbft tpbft{Registry::standard(), "v3"};
  tpbft.round(60, 100, 512);
  tpbft.trust("node-3", 0.9, 0.7);
  std::fputs(render(Registry::standard()).c_str(), stdout);
}
