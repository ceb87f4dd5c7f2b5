// What components know of one another: the facts of this tick. Each field has one writer, named
// beside it; a component reads what stands above it in the order of components/all.cpp (or the last
// tick's value of what stands below).
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pharos::sim {

struct LinkState {        // network
  bool passes = true;     // packets get through at all
  bool tunnel_up = true;  // what the tunnel says
  double delay_ms = 0;    // one way
  double jitter_ms = 0;
  double loss = 0;  // share
  double bytes_per_second =
      0;  // that can be carried: capacity, or what TCP reaches through the loss
  double used_bytes_per_second = 0;  // amst
  double hops = 0;
};

struct NodeState {
  bool up = true;           // system
  double weight = 1;        // system: share of its usual traffic; 0 when drained, isolated or away
  double cpu = 0.4;         // system: share in use, 0..1
  double memory = 0.5;      // system
  double disk_used = 0.4;   // system
  double disk_latency = 1;  // system: times slower than usual
  double compression = 5;   // hde: original over compressed
  double hde_bytes_per_second = 0;       // hde: original bytes encoded
  double sent_bytes_per_second = 0;      // amst: after compression
  double received_bytes_per_second = 0;  // amst
  double wan_share = 0.3;                // amst: of the bytes sent
  double streams = 0;                    // amst
  double prediction = 0.93;              // pba: accuracy
  double migrations = 0;                 // migration: ended in this tick
};

struct RegionState {
  double load = 1;                  // traffic: times the usual
  double requests = 0, errors = 0;  // traffic: in this tick
  double latency_ms = 12;           // traffic: median
  double sync_mb_per_second = 0;    // ass
  double placement = 0.96;          // itp
};

struct RolloutState {  // rollout
  bool running = false;
  int stage = 2;            // of 10, 50, 100 %
  double canary_share = 1;  // of the traffic, 0..1
  double progress[3] = {1, 1, 1};
  double seconds_left = 0;  // planned, until the next stage; negative when late
};

struct ControlState {                  // controls.cpp
  std::vector<double> node_weight;     // 0..1
  std::vector<char> isolated;          // nodes out of the cluster
  std::vector<double> restart_until;   // nodes away until then, seconds from the start
  std::map<std::string, bool> flags;   // features; those not named are on
  std::optional<double> canary_share;  // set by hand, instead of the rollout's
  bool flag(const std::string& name) const {
    const auto at = flags.find(name);
    return at == flags.end() || at->second;
  }
};

struct FleetState {
  ControlState controls;
  std::vector<LinkState> links;
  std::vector<NodeState> nodes;
  std::vector<RegionState> regions;
  RolloutState rollout;
  double consensus_ms = 25;        // consensus (ACP): median time of a round
  bool quorum = true;              // consensus
  double consensus_failures = 0;   // consensus: rounds without a decision in this tick
  double page_ratio[3] = {};       // hde: what real zstd made of memory, disk, state pages at start
  double request_error_ratio = 0;  // traffic: of the last tick, all versions
};

}  // namespace pharos::sim
