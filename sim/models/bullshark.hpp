// Bullshark: transactions wait in a mempool, every round each validator adds a vertex with a batch
// to the graph, and every second round a leader's vertex with enough support commits what it saw.
// Aggregated per tick; the round's length comes from link delays.
#pragma once
#include <cstdint>

#include "base/clock.hpp"

namespace pharos::sim {

struct BullsharkConfig {
  unsigned validators = 4;
  double mempool_capacity = 4e6;     // transactions
  double provisioned_tps = 470'000;  // what the batches allow at the usual round
  double usual_round_s = 0.08;
};

struct BullsharkInput {
  double seconds = 1;
  double offered_tps = 326'000;
  double round_s = 0.08;       // until a quorum of vertices of a round is known
  unsigned live = 4;           // validators that add vertices
  double execution = 1;        // speed of executing what committed; 1 is the usual
  double invalid_share = 0;    // vertices that do not validate
  double malformed_share = 0;  // transactions refused at the door
};

struct BullsharkOutput {
  double processed = 0, rejected_full = 0, rejected_invalid = 0;  // transactions
  double rounds = 0, vertices = 0, invalid_vertices = 0;
  double width = 0;
  double confirmation_s = 0, batch_s = 0;  // means
};

class Bullshark {
 public:
  static constexpr double kMempoolUsual = 0.02;  // of its capacity waits between two batches
  explicit Bullshark(BullsharkConfig config)
      : config_(config), mempool_(config.mempool_capacity * kMempoolUsual) {}
  BullsharkOutput step(const BullsharkInput& input, Random& random);

  double mempool() const { return mempool_; }
  double mempool_usage() const { return mempool_ / config_.mempool_capacity; }
  double depth() const { return depth_; }  // rounds since the last garbage collection

 private:
  BullsharkConfig config_;
  double mempool_, depth_ = 0;
};

}  // namespace pharos::sim
