// What watches and what stands around: scrapes, certificates, clocks, other services.
#include "sim/faults/fault_tables.hpp"

namespace pharos::sim {

std::span<const FaultKind> monitoring_faults() {
  using enum Knob;
  static const FaultKind kTable[] = {
      {.name = "scrape_failure",
       .cause = "a node works and its page does not answer",
       .scope = Scope::node,
       .pushes = {{node_scrape_fails, 1, 1}}},
      {.name = "scrape_slow",
       .cause = "a node's page takes most of its timeout",
       .scope = Scope::node,
       .pushes = {{node_scrape_slow, 8.3, 9.6}}},
      {.name = "clock_skew",
       .cause = "a node's clock is wrong",
       .scope = Scope::node,
       .pushes = {{node_clock_skew, 2, 300}}},
      {.name = "certificate_expiry",
       .cause = "a region's certificate expires",
       .scope = Scope::region,
       .pushes = {{certificate_days, 365, 365}},
       .grow_seconds = 1800,
       .harm_level = 60.0 / 365},
      {.name = "redis_down",
       .cause = "redis is gone",
       .scope = Scope::component,
       .pushes = {{service_down, 1, 1}},
       .component = "redis",
       .cures = kRestart},
      {.name = "etcd_down",
       .cause = "most members of etcd are gone",
       .scope = Scope::component,
       .pushes = {{service_down, 0.7, 1}},
       .component = "etcd",
       .cures = kRestart},
      {.name = "alertmanager_down",
       .cause = "the alert router is gone",
       .scope = Scope::component,
       .pushes = {{service_down, 1, 1}},
       .component = "alertmanager",
       .cures = kRestart},
      {.name = "database_slow",
       .cause = "the database answers slowly",
       .scope = Scope::component,
       .pushes = {{service_latency, 5, 60}},
       .component = "database"},
      {.name = "core_down",
       .cause = "all nodes are gone",
       .scope = Scope::fleet,
       .pushes = {{node_down, 1, 1}},
       .cures = kRestart},
  };
  return kTable;
}

}  // namespace pharos::sim
