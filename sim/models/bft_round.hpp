// One agreement round of a Byzantine fault tolerant protocol, message by message: a proposal, two
// rounds of votes, view changes. ACP, ProBFT and T-PBFT differ in who takes part, how many votes
// are enough and to whom a vote is sent. Durations are modelled from link delays, never measured.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace pharos::sim {

enum class Conduct : std::uint8_t {
  honest,
  silent,        // takes part in nothing, answers pings
  equivocating,  // signs conflicting messages, some with bad signatures
};

struct Replica {
  bool alive = true;
  Conduct conduct = Conduct::honest;
  double slowness = 1;  // of its processing: a starved CPU, a slow disk
};

// One-way delays in seconds and shares of lost messages (1: cut), row-major by sender.
struct RoundNetwork {
  std::size_t replicas = 0;
  std::vector<double> delay, loss;
  double delay_between(std::size_t from, std::size_t to) const {
    return delay[from * replicas + to];
  }
  double loss_between(std::size_t from, std::size_t to) const { return loss[from * replicas + to]; }
};

struct RoundRules {
  std::size_t quorum = 0;      // votes that are enough
  std::size_t audience = 0;    // replicas to which one vote is sent; 0: all
  double processing_s = 5e-4;  // per message wave, of a replica with slowness 1
  double timeout_s = 1;        // of the first view, doubled by each change
  unsigned views_max = 4;      // given up after these
};

enum class RoundFailure : std::uint8_t { none, no_quorum, timeout };
std::string_view name(RoundFailure failure);

struct RoundOutcome {
  bool decided = false;
  double seconds = 0;
  RoundFailure failure = RoundFailure::none;
  std::uint64_t proposals = 0, prepares = 0, commits = 0, view_messages = 0;  // sent
  unsigned leader_timeouts = 0, leader_faults = 0;  // view changes, by reason
  std::uint64_t bad_signatures = 0;
  std::vector<std::uint32_t> caught;  // replicas seen signing conflicting messages, once each
  std::uint64_t messages() const { return proposals + prepares + commits + view_messages; }
};

// 2f+1 of n = 3f+1.
std::size_t byzantine_quorum(std::size_t replicas);
// PBFT's messages of one round without faults: what savings are compared with.
std::uint64_t plain_messages(std::size_t replicas);
// Can some replica reach a quorum of live replicas that vote, itself included?
bool quorum_reachable(std::span<const Replica> replicas, const RoundNetwork& network,
                      std::size_t quorum);

RoundOutcome run_round(const RoundRules& rules, std::span<const Replica> replicas,
                       const RoundNetwork& network, std::size_t leader, Random& random);

}  // namespace pharos::sim
