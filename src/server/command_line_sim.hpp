// Flags of `simulate` and `demo`.
#pragma once
#include <functional>

#include "server/simulate_flags.hpp"

namespace CLI {
class App;
}

namespace pharos::server {

struct SimCommands {
  SimulateFlags simulate;
  DemoFlags demo;
};

// Both; `chosen` gets what is to be run once the words are parsed.
void add_simulate(CLI::App& app, SimCommands& commands, std::function<int()>& chosen);

}  // namespace pharos::server
