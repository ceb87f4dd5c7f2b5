// The history of `pharos demo`, made before its server starts.
#pragma once
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "sim/world.hpp"

namespace pharos::server {

struct DemoHistory {
  std::string storage_path;
  std::string pack;      // its rules/*.yml record over the history too
  std::string instance;  // label of every series of the fleet
  Millis interval;       // between samples
};

// Steps `world` up to now and writes what its pages say into the store of the folder, as far as an
// earlier demo has not: samples first, then what the recording rules of the pack make of them, so
// that boards over hours do not begin with the server. The store is closed again on return.
// Errors: Errc::conflict where another server has the folder; what the disk and the rules say.
Status make_demo_history(sim::World& world, const DemoHistory& history);

}  // namespace pharos::server
