#pragma once
#include "pharos/dwcp/resolve.hpp"

namespace pharos::client::dwcp {

// Migrations of virtual machines as a cluster sees them: phase 1's two metrics.
class Migration {
 public:
  Migration(Registry& registry, std::string_view cluster)
      : cluster_(cluster),
        duration_(metrics::dwcp_migration_duration_seconds, registry),
        speedup_(metrics::dwcp_migration_speedup_factor, registry) {}

  // Migrations take seconds: looking their two nodes up under a lock is nothing beside them.
  void finished(std::string_view source, std::string_view destination, bool dwcp, double seconds,
                const TraceContext& context = {}) const noexcept {
    duration_.with(cluster_, source, destination, dwcp ? "true" : "false").record(seconds, context);
  }
  void speedup(std::string_view vm_type, double factor) const noexcept {
    speedup_.with(cluster_, vm_type).set(factor);
  }

 private:
  std::string cluster_;
  Histograms<4> duration_;
  Gauges<2> speedup_;
};

}  // namespace pharos::client::dwcp
