#include "sim/models/bft_round.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace pharos::sim {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr unsigned kSendsMax = 6;  // of one message, retransmissions included

// When a message sent now arrives: delay with an exponential tail, and retransmission after twice
// the delay for each loss.
double flight(double delay, double loss, Random& random) {
  if (loss >= 1) return kNever;
  double seconds = 0;
  if (loss > 0) {
    unsigned sends = 1;
    while (random.uniform() < loss) {
      if (++sends > kSendsMax) return kNever;
      seconds += 2 * delay + 0.01;
    }
  }
  return seconds + delay * (0.9 - 0.1 * std::log(1 - random.uniform()));
}

class Round {
 public:
  Round(const RoundRules& rules, std::span<const Replica> replicas, const RoundNetwork& network,
        Random& random)
      : rules_(rules), replicas_(replicas), network_(network), random_(random) {
    votes_.reserve(replicas.size());
  }

  RoundOutcome run(std::size_t leader) {
    const auto count = replicas_.size();
    double patience = rules_.timeout_s;
    for (unsigned view = 0; view < rules_.views_max; ++view, leader = (leader + 1) % count) {
      if (view > 0) outcome_.view_messages += count * count;
      const double took = run_view(leader, patience);
      if (took <= patience) {
        outcome_.seconds += took;
        outcome_.decided = true;
        return std::move(outcome_);
      }
      outcome_.seconds += patience;
      patience *= 2;
    }
    outcome_.failure = quorum_reachable(replicas_, network_, rules_.quorum)
                           ? RoundFailure::timeout
                           : RoundFailure::no_quorum;
    return std::move(outcome_);
  }

 private:
  bool votes(std::size_t replica) const {
    return replicas_[replica].alive && replicas_[replica].conduct != Conduct::silent;
  }

  void catch_liar(std::size_t replica) {
    const auto id = static_cast<std::uint32_t>(replica);
    if (std::ranges::find(outcome_.caught, id) == outcome_.caught.end())
      outcome_.caught.push_back(id);
  }

  // Seconds to the decision; beyond `patience`: the view failed, for a reason that was counted.
  double run_view(std::size_t leader, double patience) {
    const auto count = replicas_.size();
    if (!votes(leader)) {
      ++outcome_.leader_timeouts;
      return kNever;
    }
    outcome_.proposals += count - 1;
    // Two proposals for one place: the first exchange of votes shows it to everybody.
    if (replicas_[leader].conduct == Conduct::equivocating) {
      catch_liar(leader);
      ++outcome_.bad_signatures;
      ++outcome_.leader_faults;
      return kNever;
    }
    std::vector<double> proposed(count, kNever);
    for (std::size_t i = 0; i < count; ++i)
      if (votes(i)) proposed[i] = arrival(leader, i, 0);
    const auto prepared = exchange(proposed, outcome_.prepares);
    const auto committed = exchange(prepared, outcome_.commits);
    const double decided = nth(committed);
    if (decided > patience) ++outcome_.leader_timeouts;
    return decided;
  }

  double arrival(std::size_t from, std::size_t to, double sent) {
    const double work = rules_.processing_s * replicas_[to].slowness;
    if (from == to) return sent + work;
    return sent + work +
           flight(network_.delay_between(from, to), network_.loss_between(from, to), random_);
  }

  // Everybody tells of what it knew at `since`; when does each have a quorum of votes?
  std::vector<double> exchange(const std::vector<double>& since, std::uint64_t& sent) {
    const auto count = replicas_.size();
    const auto audience = rules_.audience == 0 ? count : std::min(rules_.audience, count);
    std::vector<double> done(count, kNever);
    for (std::size_t to = 0; to < count; ++to) {
      if (!votes(to)) continue;
      votes_.clear();
      for (std::size_t from = 0; from < count; ++from) {
        if (!votes(from) || since[from] == kNever) continue;
        if (from != to && audience < count &&
            random_.below(count) >= audience)  // not drawn by this sender
          continue;
        if (from != to) ++sent;
        if (replicas_[from].conduct == Conduct::equivocating && from != to) {
          catch_liar(from);
          if (random_.below(4) == 0) ++outcome_.bad_signatures;
          continue;  // conflicting votes count for nobody
        }
        votes_.push_back(arrival(from, to, since[from]));
      }
      done[to] = quorum_time(votes_);
    }
    return done;
  }

  double nth(std::vector<double> times) { return quorum_time(times); }
  double quorum_time(std::vector<double>& times) const {
    if (times.size() < rules_.quorum) return kNever;
    const auto at = times.begin() + static_cast<std::ptrdiff_t>(rules_.quorum - 1);
    std::ranges::nth_element(times, at);
    return *at;
  }

  const RoundRules& rules_;
  std::span<const Replica> replicas_;
  const RoundNetwork& network_;
  Random& random_;
  RoundOutcome outcome_;
  std::vector<double> votes_;
};

}  // namespace

std::string_view name(RoundFailure failure) {
  switch (failure) {
    case RoundFailure::no_quorum: return "no_quorum";
    case RoundFailure::timeout: return "timeout";
    case RoundFailure::none: break;
  }
  return "none";
}

std::size_t byzantine_quorum(std::size_t replicas) {
  const auto faulty = replicas == 0 ? 0 : (replicas - 1) / 3;
  return replicas - faulty;
}

std::uint64_t plain_messages(std::size_t replicas) {
  return (replicas - 1) + 2 * replicas * (replicas - 1);
}

bool quorum_reachable(std::span<const Replica> replicas, const RoundNetwork& network,
                      std::size_t quorum) {
  for (std::size_t from = 0; from < replicas.size(); ++from) {
    std::size_t reached = 0;
    for (std::size_t to = 0; to < replicas.size(); ++to) {
      if (!replicas[to].alive || replicas[to].conduct != Conduct::honest) continue;
      if (from == to || (network.loss_between(from, to) < 1 && network.loss_between(to, from) < 1))
        ++reached;
    }
    if (replicas[from].alive && reached >= quorum) return true;
  }
  return false;
}

RoundOutcome run_round(const RoundRules& rules, std::span<const Replica> replicas,
                       const RoundNetwork& network, std::size_t leader, Random& random) {
  return Round(rules, replicas, network, random).run(leader);
}

}  // namespace pharos::sim
