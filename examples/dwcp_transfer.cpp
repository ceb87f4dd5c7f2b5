// AMST: a transfer over several streams, with its bytes, times and errors.

// prints: dwcp_amst_bytes_sent_total{cluster="c1",node="n1",stream_id="3"} 65536
// prints: dwcp_amst_errors_total{cluster="c1",node="n1",error_type="timeout"} 1
// prints: dwcp_amst_latency_seconds_count{cluster="c1",node="n1",operation="send"} 5
#include <cstdio>

#include <pharos/dwcp/instruments.hpp>

using namespace pharos::client;

int main() {
  const dwcp::Instruments dwcp{"c1", "n1"};
  for (unsigned stream = 0; stream < 4; ++stream) {
    dwcp.amst.stream_opened();
    {
      const Timer sending{dwcp.amst.latency(dwcp::StreamOperation::send)};
      dwcp.amst.sent(stream, 64 * 1024);
    }
    dwcp.amst.received(stream, 512);
    dwcp.amst.stream_closed();
  }
  dwcp.amst.took(dwcp::StreamOperation::send, 1.5);
  dwcp.amst.error(dwcp::StreamError::timeout);
  dwcp.amst.bandwidth(62.5);
  std::fputs(render(Registry::standard()).c_str(), stdout);
}
