// All of DWCP's metrics, by name: how the simulator and the catalogue use the definitions. Prints a
// page with one series of each.

// prints: dwcp_amst_streams_total{cluster="cluster",node="node",result="result"} 1
// prints: # TYPE dwcp_v3_migration_latency_seconds histogram
#include <cstdio>

#include <pharos/dwcp/instruments.hpp>

using namespace pharos::client;

int main() {
  Registry registry;
  dwcp::define_all(registry);
  for (const dwcp::Entry& entry : dwcp::kCatalogue) {
    const Definition& d = entry.definition;
    std::string_view values[8];
    for (std::uint32_t i = 0; i < d.label_count; ++i)
      values[i] = d.labels[i];  // each label's name as its value
    auto& found = registry.find(d.name, d.type).with(values, d.label_count);
    switch (d.type) {
      case Type::counter: Counter(found).add(); break;
      case Type::gauge: Gauge(found).set(1); break;
      case Type::histogram: Histogram(found).record(1); break;
      case Type::summary: Summary(found).record(1); break;
    }
  }
  std::fputs(render(registry).c_str(), stdout);
}
