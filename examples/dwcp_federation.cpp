// State shared between clusters: one object per remote cluster.

// prints: _count{cluster="c1",remote_cluster="c2",sync_type="incremental"} 2
// prints: dwcp_federation_bandwidth_saved_bytes_total{cluster="c1",remote_cluster="c3"} 1048576
#include <cstdio>

#include <pharos/dwcp/instruments.hpp>

using namespace pharos::client;

int main() {
  const dwcp::Instruments dwcp{"c1", "n1"};
  const dwcp::Federation near = dwcp.federate("c2"), far = dwcp.federate("c3");
  near.synced(dwcp::SyncType::incremental, 0.03);
  near.synced(dwcp::SyncType::incremental, 0.05);
  far.synced(dwcp::SyncType::full, 2.1);
  far.saved(1 << 20);
  std::fputs(render(Registry::standard()).c_str(), stdout);
}
