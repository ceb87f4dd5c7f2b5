// A DWCP node in three lines: phase 1's metrics on /metrics. With an address it serves until its
// input ends.
//   dwcp_node 127.0.0.1:9464

// prints: dwcp_amst_streams_active{cluster="cluster-1",node="node-7"} 1
// prints: dwcp_amst_streams_total{cluster="cluster-1",node="node-7",result="success"} 1
// prints: dwcp_system_component_health{cluster="cluster-1",node="node-7",component="amst"} 2
#include <cstdio>

#include <pharos/dwcp/instruments.hpp>

using namespace pharos::client;

int main(int argc, char** argv) {
  const dwcp::Instruments dwcp{"cluster-1", "node-7"};
  Exporter exporter{argc > 1 ? argv[1] : "127.0.0.1:9464"};
  dwcp.amst.stream_opened();

  dwcp.system.version("3.2.0", "1f2e3d4", "2026-11-28");
  dwcp.system.health(dwcp::Component::amst, dwcp::Health::healthy);
  dwcp.system.feature("delta_encoding", true);
  std::fputs(render(Registry::standard()).c_str(), stdout);
  std::printf("port %d\n", exporter.port());
  std::fflush(stdout);
  if (argc > 2 && std::string_view(argv[2]) == "--serve") {
    while (std::getchar() != EOF) dwcp.amst.sent(0, 1024);
  }
}
