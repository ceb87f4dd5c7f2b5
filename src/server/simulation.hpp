// A simulated world from flags and files: for `simulate` and `demo`.
#pragma once
#include <memory>

#include "server/simulate_flags.hpp"
#include "sim/world.hpp"

namespace pharos::server {

// Fleet, faults of the file, sinks of logs and traces. Errors name the flag or file:line:column.
Result<std::unique_ptr<sim::World>> make_simulation(const SimulateFlags& flags, Time start);

}  // namespace pharos::server
