// The parts of the fleet. Each is one .cpp with one make_ function; all.cpp lists them in order.
#pragma once
#include <memory>

#include "sim/component.hpp"

namespace pharos::sim {

std::unique_ptr<Component> make_network(World& world);
std::unique_ptr<Component> make_system(World& world);
std::unique_ptr<Component> make_amst(World& world);
std::unique_ptr<Component> make_hde(World& world);
std::unique_ptr<Component> make_prediction(World& world);
std::unique_ptr<Component> make_consensus(World& world);
std::unique_ptr<Component> make_bullshark(World& world);
std::unique_ptr<Component> make_allocation(World& world);
std::unique_ptr<Component> make_selector(World& world);
std::unique_ptr<Component> make_migration(World& world);
std::unique_ptr<Component> make_federation(World& world);
std::unique_ptr<Component> make_parts(World& world);
std::unique_ptr<Component> make_machines(World& world);
std::unique_ptr<Component> make_traffic(World& world);
std::unique_ptr<Component> make_rollout(World& world);
std::unique_ptr<Component> make_manager(World& world);
std::unique_ptr<Component> make_platform(World& world);
std::unique_ptr<Component> make_services(World& world);
std::unique_ptr<Component> make_replication(World& world);
std::unique_ptr<Component> make_service_graph(World& world);
std::unique_ptr<Component> make_conclusions(World& world);
std::unique_ptr<Component> make_telemetry(World& world);

}  // namespace pharos::sim
