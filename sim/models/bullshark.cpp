#include "sim/models/bullshark.hpp"

#include <algorithm>

#include "sim/models/bft_round.hpp"

namespace pharos::sim {
namespace {

constexpr double kDepthKept = 500;       // rounds before the graph is cut
constexpr double kRoundsToCommit = 2.5;  // mean: two rounds of a wave and half a batch
constexpr double kBatchSeconds = 0.004;  // executing one batch at the usual speed

}  // namespace

BullsharkOutput Bullshark::step(const BullsharkInput& input, Random& random) {
  BullsharkOutput out;
  const bool quorum = input.live >= byzantine_quorum(config_.validators);
  const double round_s = std::max(input.round_s, 1e-3);
  if (quorum) {
    out.rounds = input.seconds / round_s;
    out.vertices = out.rounds * input.live;
    out.invalid_vertices = out.vertices * input.invalid_share;
    out.width = input.live * (1 - input.invalid_share);
    depth_ += out.rounds;
    while (depth_ > kDepthKept) depth_ -= kDepthKept / 2;
  }
  // A longer round carries the same batch per vertex; fewer validators carry fewer vertices.
  const double by_batches = config_.provisioned_tps * (config_.usual_round_s / round_s) *
                            (static_cast<double>(input.live) / config_.validators) *
                            (1 - input.invalid_share);
  const double by_execution = config_.provisioned_tps * input.execution;
  const double capacity = quorum ? std::min(by_batches, by_execution) * input.seconds : 0;

  const double offered = input.offered_tps * input.seconds * (0.995 + 0.01 * random.uniform());
  out.rejected_invalid = offered * input.malformed_share;
  const double arrived = offered - out.rejected_invalid;
  // What arrives between two batches waits even when there is room.
  const double waits =
      config_.mempool_capacity * Bullshark::kMempoolUsual * (0.95 + 0.1 * random.uniform());
  out.processed = std::min(capacity, std::max(0.0, mempool_ + arrived - waits));
  const double left = mempool_ + arrived - out.processed;
  mempool_ = std::min(config_.mempool_capacity, left);
  out.rejected_full = left - mempool_;

  const double rate = out.processed / input.seconds;
  out.confirmation_s = kRoundsToCommit * round_s + (rate > 0 ? mempool_ / rate : input.seconds);
  out.batch_s = kBatchSeconds / std::max(input.execution, 0.05) * (0.9 + 0.2 * random.uniform());
  return out;
}

}  // namespace pharos::sim
