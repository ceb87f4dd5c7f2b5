#include "sim/components/all.hpp"

namespace pharos::sim {

// In the order in which they tick: a component reads what those above it wrote in this tick, and
// what those below it wrote in the last one.
std::vector<std::unique_ptr<Component>> make_components(World& world) {
  std::vector<std::unique_ptr<Component>> all;
  all.push_back(make_system(world));
  all.push_back(make_network(world));
  all.push_back(make_amst(world));
  all.push_back(make_hde(world));
  all.push_back(make_prediction(world));
  all.push_back(make_consensus(world));
  all.push_back(make_bullshark(world));
  all.push_back(make_allocation(world));
  all.push_back(make_selector(world));
  all.push_back(make_migration(world));
  all.push_back(make_federation(world));
  all.push_back(make_rollout(world));
  all.push_back(make_traffic(world));
  all.push_back(make_parts(world));
  all.push_back(make_machines(world));
  all.push_back(make_manager(world));
  all.push_back(make_platform(world));
  all.push_back(make_services(world));
  all.push_back(make_replication(world));
  all.push_back(make_service_graph(world));
  all.push_back(make_conclusions(world));
  all.push_back(make_telemetry(world));
  return all;
}

}  // namespace pharos::sim
