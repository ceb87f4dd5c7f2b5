// A migration as one trace over two nodes: spans, log lines and the histogram's exemplar share its
// id.

// prints: "message":"migration finished","trace_id":"
// prints: source_node="n1",dest_node="n2",dwcp_enabled="true",le="8"} 1 # {trace_id="
// prints: dwcp_migration_speedup_factor{cluster="c1",vm_type="large"} 3.2
// prints: spans: pre-copy stop-and-copy migrate
#include <cstdio>
#include <memory>
#include <string>

#include <pharos/dwcp/instruments.hpp>
#include <pharos/log.hpp>

using namespace pharos::client;

struct Names : SpanSink {
  std::string names;
  void take(const SpanData& span) noexcept override { names += ' ' + span.name; }
};

int main() {
  auto sink = std::make_shared<Names>();
  const Tracer tracer{"dwcp-manager", Sampling::critical(), sink};
  const Logger log{"dwcp-manager"};
  const dwcp::Instruments dwcp{"c1", "n1"};
  {
    Span migrate = tracer.start("migrate");
    migrate.set({"vm", "vm-7"}).set({"destination", "n2"});
    {
      Span round = tracer.start("pre-copy");
      round.set({"dirty_pages", 4096});
    }
    { const Span stop = tracer.start("stop-and-copy"); }
    const double seconds = 5.5;
    dwcp.migration.finished("n1", "n2", true, seconds, migrate.context());
    dwcp.migration.speedup("large", 3.2);
    log.info("migration finished", {{"vm", "vm-7"}, {"seconds", seconds}});
  }
  std::fflush(stdout);
  std::fputs(render(Registry::standard(), Format::openmetrics).c_str(), stdout);
  std::printf("spans:%s\n", sink->names.c_str());
}
