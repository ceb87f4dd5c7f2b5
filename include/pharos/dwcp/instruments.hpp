// All instruments of DWCP. Three lines start a node:
//
//   pharos::client::dwcp::Instruments dwcp{"cluster-1", "node-7"};
//   pharos::client::Exporter exporter{"127.0.0.1:9464"};
//   dwcp.amst.stream_opened();
#pragma once
#include "pharos/dwcp/amst.hpp"
#include "pharos/dwcp/compression_selector.hpp"
#include "pharos/dwcp/conflicts.hpp"
#include "pharos/dwcp/consensus.hpp"
#include "pharos/dwcp/federation.hpp"
#include "pharos/dwcp/hde.hpp"
#include "pharos/dwcp/incidents.hpp"
#include "pharos/dwcp/maddpg.hpp"
#include "pharos/dwcp/manager.hpp"
#include "pharos/dwcp/migration.hpp"
#include "pharos/dwcp/pba.hpp"
#include "pharos/dwcp/platform.hpp"
#include "pharos/dwcp/region.hpp"
#include "pharos/dwcp/resilience.hpp"
#include "pharos/dwcp/system.hpp"
#include "pharos/dwcp/tracing.hpp"
#include "pharos/dwcp/v3.hpp"
#include "pharos/exporter.hpp"

namespace pharos::client::dwcp {

// Phase 1, for one node. Federation is one object per remote cluster, so it is made by `federate`.
struct Instruments {
  Instruments(std::string_view cluster, std::string_view node,
              Registry& registry = Registry::standard())
      : amst(registry, cluster, node),
        hde(registry, cluster, node),
        migration(registry, cluster),
        system(registry, cluster, node),
        cluster_(cluster),
        registry_(&registry) {}
  Federation federate(std::string_view remote_cluster) const {
    return Federation(*registry_, cluster_, remote_cluster);
  }

  Amst amst;
  Hde hde;
  Migration migration;
  System system;

 private:
  std::string cluster_;
  Registry* registry_;
};

// Makes all families known to the registry, without series: Registry::find then finds every name,
// and the pages have the catalogue's order.
inline void define_all(Registry& registry) {
  for (const Entry& entry : kCatalogue) registry.family(entry.definition);
}

}  // namespace pharos::client::dwcp
