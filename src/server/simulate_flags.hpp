// What the command line says to `pharos simulate` and `pharos demo`.
#pragma once
#include <cstdint>
#include <string>

#include "server/flags.hpp"

namespace pharos::server {

struct SimulateFlags {
  std::string listen = "127.0.0.1:9470";
  std::uint32_t regions = 3, nodes = 30;
  std::uint64_t seed = 1;
  std::string faults_file;
  std::string speed = "real";  // real, max
  std::string start;           // "": so that the run ends now (max with a store), else now
  std::string duration = "1d", interval = "15s";  // of --speed max
  std::string storage_path;                       // --speed max: write into this store and end
  std::string otlp_endpoint, log_file;
};

struct DemoFlags {
  ServeFlags serve;     // configuration and storage path come from here
  SimulateFlags fleet;  // listen: where the fleet's pages are
  bool fleet_listen_given = false;
  std::string pack;  // folder of the pack; "": packs/dwcp here or beside the program
  std::string back_fill = "6h";
  bool quiet_fleet = false;  // no faults of its own
};

int run_demo(const DemoFlags& flags);
int run_simulate(const SimulateFlags& flags);

}  // namespace pharos::server
