// Canary and baseline at the front door, the manager's requests and the allocator: what the rollout
// rules compare.

// prints: http_requests_total{status="500",version="canary"} 5
// prints: dwcp_requests_total{region="eu",operation="migrate",status="error",version="canary"} 5
// prints: maddpg_allocation_quality{version="canary"} 0.94
#include <cstdio>

#include <pharos/dwcp/instruments.hpp>

using namespace pharos::client;

int main() {
  Registry& registry = Registry::standard();
  for (const char* version : {"baseline", "canary"}) {
    const bool canary = version[0] == 'c';
    const dwcp::Manager manager{registry, version, "eu"};
    const auto migrate = manager.operation("migrate");
    const Counter good = series(registry, dwcp::metrics::http_requests_total, "200", version);
    const Counter bad = series(registry, dwcp::metrics::http_requests_total, "500", version);
    const Histogram seconds =
        series(registry, dwcp::metrics::http_request_duration_seconds, version);
    for (int i = 0; i < 100; ++i) {
      const bool failed = canary && i % 20 == 0;
      (failed ? bad : good).add();
      seconds.record(canary ? 0.08 : 0.05);
      migrate.done(canary ? 0.07 : 0.04, !failed);
    }
    dwcp::Maddpg{registry, version}.step(12.5, canary ? 0.94 : 0.91, 0.9);
  }
  std::fputs(render(registry).c_str(), stdout);
}
