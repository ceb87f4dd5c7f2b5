// Agreement: ACP within each region, ProBFT and T-PBFT across the fleet. One or two rounds of each
// are played message by message in every tick and stand for all that ran in it.
#include <algorithm>
#include <cmath>

#include "sim/components/all.hpp"
#include "sim/models/bft_round.hpp"
#include "sim/models/trust.hpp"
#include "sim/world.hpp"

namespace pharos::sim {
namespace {

constexpr double kInRegionDelay_s = 0.0012;  // one way between two nodes of a region
constexpr double kAcpRounds = 6;             // per second and region, when nothing holds them up
constexpr double kWideRounds = 4;            // per second, ProBFT and T-PBFT each
constexpr double kInFlight = 8;              // rounds at a time
constexpr double kPbftShare = 0.25;          // of ACP's rounds decide on what leaves the region
constexpr double kBatch = 2000;              // transactions decided by a ProBFT round
constexpr double kCommittee = 0.77;          // share of the replicas that T-PBFT lets take part
constexpr double kMessageBytes = 320;
constexpr std::string_view kVersion = "v3";
constexpr std::string_view kStates[] = {"healthy", "suspected", "down"};

// Who takes part this tick, and what lies between them.
class Membership {
 public:
  explicit Membership(World& world) : world_(world) {}

  void look(Random& random) {
    const auto& nodes = world_.fleet().nodes();
    const auto& effects = world_.effects();
    const auto& state = world_.state();
    replicas.assign(nodes.size(), {});
    isolated.assign(nodes.size(), false);
    const auto silent = static_cast<std::size_t>(
        std::ceil(effects(Knob::voters_silent) * static_cast<double>(nodes.size())));
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const auto n = static_cast<std::uint32_t>(i);
      auto& replica = replicas[i];
      replica.alive = state.nodes[i].up && effects.part(Knob::part_down, n, kAcp) < 1;
      isolated[i] = state.controls.isolated[i] != 0;
      if (i < silent || effects(Knob::node_silent, n) > 0) replica.conduct = Conduct::silent;
      if (effects(Knob::node_byzantine, n) > 0 &&
          random.uniform() < effects(Knob::node_byzantine, n))
        replica.conduct = Conduct::equivocating;
      // A busy processor and a slow disk hold up every message of the replica.
      const double busy = std::max(0.0, state.nodes[i].cpu - 0.8) * 20;
      replica.slowness = (1 + busy) * std::sqrt(std::max(1.0, state.nodes[i].disk_latency)) *
                         effects.part(Knob::part_latency, n, kAcp);
    }
  }

  // The network among some of the replicas, and themselves, in this order.
  RoundNetwork network(std::span<const std::uint32_t> who) const {
    const auto& nodes = world_.fleet().nodes();
    const auto& links = world_.state().links;
    RoundNetwork out{.replicas = who.size(), .delay = {}, .loss = {}};
    out.delay.reserve(who.size() * who.size());
    out.loss.reserve(who.size() * who.size());
    for (const auto from : who)
      for (const auto to : who) {
        double delay = kInRegionDelay_s, loss = 0;
        if (const auto* link = world_.fleet().link(nodes[from].region, nodes[to].region)) {
          const auto& now = links[link->index];
          delay += now.delay_ms / 1000;
          loss = now.passes ? now.loss : 1;
        }
        if (from != to && (isolated[from] || isolated[to])) loss = 1;
        out.delay.push_back(delay);
        out.loss.push_back(loss);
      }
    return out;
  }

  std::vector<Replica> some(std::span<const std::uint32_t> who) const {
    std::vector<Replica> out;
    for (const auto i : who) out.push_back(replicas[i]);
    return out;
  }

  std::vector<Replica> replicas;
  std::vector<bool> isolated;

 private:
  World& world_;
};

// How many rounds ended in a tick when one takes so long.
double rounds_in(double seconds, double per_second, double round_s) {
  return seconds * std::min(per_second, kInFlight / std::max(round_s, 1e-3));
}

class Acp {
 public:
  explicit Acp(World& world) {
    for (const auto& region : world.fleet().regions()) {
      const auto& page_region = region.name;
      regions_.push_back({.failures = world.region_page(region.index)
                                          .counter(m::dwcp_consensus_failures_total, page_region)});
    }
    for (const auto& node : world.fleet().nodes()) {
      auto& page = world.node_page(node.index);
      nodes_.push_back({
          .latency_ms = page.gauge(m::dwcp_v3_acp_consensus_latency_ms, node.name),
          .latency = page.gauge(m::dwcp_v3_acp_consensus_latency, node.name),
          .failures = page.counter(m::dwcp_v3_acp_consensus_failures_total, node.name),
          .detections = page.counter(m::dwcp_v3_acp_byzantine_detections_total, node.name),
          .detections_too = page.counter(m::dwcp_v3_byzantine_detections_total, node.name),
          .raft = page.counter(m::dwcp_v3_component_operations_total, node.name, "acp",
                               "raft_consensus"),
          .pbft = page.counter(m::dwcp_v3_component_operations_total, node.name, "acp",
                               "pbft_consensus"),
          .caught = page.counter(m::dwcp_v3_component_operations_total, node.name, "acp",
                                 "byzantine_detected"),
          .timeouts = page.counter(m::dwcp_v3_component_errors_total, node.name, "acp",
                                   "consensus_timeout"),
          .latency_seconds = page.histogram(m::dwcp_v3_component_latency_seconds, node.name, "acp"),
      });
    }
    seconds_ = world.fleet_page().histogram(m::dwcp_v3_consensus_latency_seconds);
    p95_ = world.fleet_page().gauge(m::dwcp_consensus_latency_p95_seconds);
  }

  // Failed rounds of all regions in this tick.
  double tick(World& world, const Membership& members, double seconds, Random& random) {
    const double wait = world.effects()(Knob::message_delay_ms) / 1000;
    double failed = 0, sum_ms = 0, worst = 0;
    for (const auto& region : world.fleet().regions()) {
      const auto replicas = members.some(region.nodes);
      const RoundRules rules{.quorum = byzantine_quorum(replicas.size()),
                             .processing_s = 0.0018 + wait,
                             .timeout_s = 1.5};
      const auto leader = next_leader(replicas);
      const auto round = run_round(rules, replicas, members.network(region.nodes), leader, random);
      const double rounds = rounds_in(seconds, kAcpRounds * world.load(), round.seconds);
      if (!round.decided) {
        regions_[region.index].failures.add(rounds);
        failed += rounds;
      }
      seconds_.observe(Spread{.median = round.seconds, .sigma = 0.2}, rounds);
      sum_ms += round.seconds * 1000;
      worst = std::max(worst, round.seconds);
      for (std::size_t i = 0; i < region.nodes.size(); ++i)
        record(nodes_[region.nodes[i]], replicas[i], i == leader, round, rounds, random);
    }
    world.state().consensus_ms = sum_ms / static_cast<double>(world.fleet().regions().size());
    p95_.set(worst * 1.35);
    ++turn_;
    return failed;
  }

 private:
  struct NodeSeries {
    Gauge latency_ms, latency;
    Counter failures, detections, detections_too, raft, pbft, caught, timeouts;
    Histogram latency_seconds;
  };
  struct RegionSeries {
    Counter failures;
  };

  // Leaders take turns; one that is known to be gone is passed over.
  std::size_t next_leader(std::span<const Replica> replicas) const {
    for (std::size_t i = 0; i < replicas.size(); ++i) {
      const auto leader = (turn_ + i) % replicas.size();
      if (replicas[leader].alive) return leader;
    }
    return 0;
  }

  static void record(NodeSeries& series, const Replica& replica, bool leads,
                     const RoundOutcome& round, double rounds, Random& random) {
    if (!replica.alive) return;
    const double ms = round.seconds * 1000 * (0.95 + 0.1 * random.uniform());
    series.latency_ms.set(ms);
    series.latency.set(ms);
    series.latency_seconds.observe(Spread{.median = round.seconds, .sigma = 0.25}, rounds);
    // Within a region Raft is enough; what leaves it, and everything once a liar is known, is
    // PBFT's.
    const double pbft = round.caught.empty() ? kPbftShare : 1;
    series.raft.add(rounds * (1 - pbft));
    series.pbft.add(rounds * pbft);
    if (!round.decided) {
      series.timeouts.add(rounds);
      if (leads) series.failures.add(rounds);
    }
    // Whoever is honest sees it; the same liar is not told of more than once a tick.
    if (!round.caught.empty() && replica.conduct == Conduct::honest) {
      const auto liars = static_cast<double>(round.caught.size());
      series.detections.add(liars);
      series.detections_too.add(liars);
      series.caught.add(liars);
    }
  }

  std::vector<NodeSeries> nodes_;
  std::vector<RegionSeries> regions_;
  Histogram seconds_;
  Gauge p95_;
  std::size_t turn_ = 0;
};

class ProBft {
 public:
  explicit ProBft(World& world) {
    auto& page = world.fleet_page();
    rounds_ = page.counter(m::probft_consensus_rounds_total, kVersion);
    seconds_ = page.histogram(m::probft_consensus_duration_seconds, kVersion);
    no_quorum_ = page.counter(m::probft_consensus_failures_total, "no_quorum", kVersion);
    timeout_ = page.counter(m::probft_consensus_failures_total, "timeout", kVersion);
    equivocations_ = page.counter(m::probft_byzantine_events_detected, "equivocation", kVersion);
    bad_signatures_ = page.counter(m::probft_byzantine_events_detected, "bad_signature", kVersion);
    unverified_ = page.counter(m::probft_signature_verification_failures, kVersion);
    trusted_ = page.gauge(m::probft_byzantine_nodes_total, "trusted", kVersion);
    suspected_ = page.gauge(m::probft_byzantine_nodes_total, "suspected", kVersion);
    excluded_ = page.gauge(m::probft_byzantine_nodes_total, "excluded", kVersion);
    propose_ = page.gauge(m::probft_message_count_per_round, "propose", kVersion);
    prepare_ = page.gauge(m::probft_message_count_per_round, "prepare", kVersion);
    commit_ = page.gauge(m::probft_message_count_per_round, "commit", kVersion);
    throughput_ = page.gauge(m::probft_throughput_transactions_per_second, kVersion);
    by_timeout_ = page.counter(m::probft_view_changes_total, "leader_timeout", kVersion);
    by_fault_ = page.counter(m::probft_view_changes_total, "leader_fault", kVersion);
    available_ = page.gauge(m::probft_quorum_availability, kVersion);
    for (const auto& region : world.fleet().regions())
      peers_.push_back(page.histogram(m::probft_network_latency_seconds, region.name, kVersion));
    for (const auto& node : world.fleet().nodes()) {
      everybody_.push_back(node.index);
      auto& states = health_.emplace_back();
      for (std::size_t s = 0; s < std::size(kStates); ++s)
        states[s] = page.gauge(m::probft_node_health, node.name, kStates[s], kVersion);
    }
    caught_before_.resize(everybody_.size(), 0);
  }

  double tick(World& world, const Membership& members, double seconds, Random& random) {
    const auto count = everybody_.size();
    const auto root = std::sqrt(static_cast<double>(count));
    const double wait = world.effects()(Knob::message_delay_ms) / 1000;
    // Few votes are enough, as every vote reaches a random sample: both grow with the root of n.
    const RoundRules rules{
        .quorum = std::min(static_cast<std::size_t>(std::ceil(2 * root)), byzantine_quorum(count)),
        .audience = static_cast<std::size_t>(std::ceil(3.4 * root)),
        .processing_s = 0.001 + wait,
        .timeout_s = 2};
    const auto network = members.network(everybody_);
    const auto round = run_round(rules, members.replicas, network, turn_++ % count, random);
    const double rounds = rounds_in(seconds, kWideRounds * world.load(), round.seconds);
    rounds_.add(rounds);
    seconds_.observe(Spread{.median = round.seconds, .sigma = 0.15}, rounds);
    if (!round.decided)
      (round.failure == RoundFailure::no_quorum ? no_quorum_ : timeout_).add(rounds);
    equivocations_.add(rounds * static_cast<double>(round.caught.size()));
    bad_signatures_.add(rounds * static_cast<double>(round.bad_signatures));
    unverified_.add(rounds * static_cast<double>(round.bad_signatures));
    propose_.set(static_cast<double>(round.proposals));
    prepare_.set(static_cast<double>(round.prepares));
    commit_.set(static_cast<double>(round.commits));
    throughput_.set(round.decided && seconds > 0 ? rounds / seconds * kBatch : 0);
    by_timeout_.add(rounds * round.leader_timeouts);
    by_fault_.add(rounds * round.leader_faults);
    const double reach = reachable(members, network, byzantine_quorum(count));
    available_.set(reach);
    world.state().quorum = reach >= 1;
    for (std::size_t r = 0; r < peers_.size(); ++r) {
      const auto* link = world.fleet().link(0, static_cast<std::uint32_t>(r));
      const double way_ms = link ? world.state().links[link->index].delay_ms : 0;
      peers_[r].observe(Spread{.median = 2 * (kInRegionDelay_s + way_ms / 1000), .sigma = 0.1},
                        rounds);
    }
    show_nodes(members, round, seconds);
    return round.decided ? 0 : rounds;
  }

 private:
  // 1, or how much of a quorum the best placed replica can gather.
  static double reachable(const Membership& members, const RoundNetwork& network,
                          std::size_t quorum) {
    std::size_t best = 0;
    const auto count = members.replicas.size();
    for (std::size_t from = 0; from < count; ++from) {
      if (!members.replicas[from].alive) continue;
      std::size_t reached = 0;
      for (std::size_t to = 0; to < count; ++to)
        reached += members.replicas[to].alive && members.replicas[to].conduct != Conduct::silent &&
                   (from == to ||
                    (network.loss_between(from, to) < 1 && network.loss_between(to, from) < 1));
      best = std::max(best, reached);
    }
    return best >= quorum ? 1 : static_cast<double>(best) / static_cast<double>(quorum);
  }

  void show_nodes(const Membership& members, const RoundOutcome& round, double seconds) {
    constexpr double kRemembered_s = 300;
    std::size_t trusted = 0, suspected = 0, excluded = 0;
    for (std::size_t i = 0; i < everybody_.size(); ++i) {
      auto& since = caught_before_[i];
      since = std::max(0.0, since - seconds);
      // A lie, or a vote that everybody waited for in vain.
      if (std::ranges::find(round.caught, i) != round.caught.end() ||
          members.replicas[i].conduct == Conduct::silent)
        since = kRemembered_s;
      const bool gone = !members.replicas[i].alive;
      const std::size_t state = gone ? 2 : since > 0 ? 1 : 0;
      const bool out = gone || members.isolated[i];
      excluded += out;
      suspected += !out && state == 1;
      trusted += !out && state == 0;
      for (std::size_t s = 0; s < std::size(kStates); ++s) health_[i][s].set(s == state);
    }
    trusted_.set(static_cast<double>(trusted));
    suspected_.set(static_cast<double>(suspected));
    excluded_.set(static_cast<double>(excluded));
  }

  Counter rounds_, no_quorum_, timeout_, equivocations_, bad_signatures_, unverified_, by_timeout_,
      by_fault_;
  Gauge trusted_, suspected_, excluded_, propose_, prepare_, commit_, throughput_, available_;
  Histogram seconds_;
  std::vector<Histogram> peers_;
  std::vector<std::array<Gauge, std::size(kStates)>> health_;
  std::vector<std::uint32_t> everybody_;
  std::vector<double> caught_before_;  // seconds for which a suspicion lasts
  std::size_t turn_ = 0;
};

class TPbft {
 public:
  explicit TPbft(World& world) : trust_(world.fleet().nodes().size()) {
    auto& page = world.fleet_page();
    for (const auto& node : world.fleet().nodes())
      nodes_.push_back({
          .score = page.gauge(m::tpbft_node_trust_score, node.name, kVersion),
          .up = page.counter(m::tpbft_trust_score_changes, node.name, "up", kVersion),
          .down = page.counter(m::tpbft_trust_score_changes, node.name, "down", kVersion),
          .anomalies = page.counter(m::tpbft_trust_anomalies_detected, node.name, kVersion),
      });
    reduction_ = page.gauge(m::tpbft_message_reduction_percentage, kVersion);
    rate_ = page.gauge(m::tpbft_consensus_rounds_per_second, kVersion);
    gain_ = page.gauge(m::tpbft_performance_improvement, kVersion);
    messages_saved_ = page.counter(m::tpbft_messages_saved_total, kVersion);
    bytes_saved_ = page.counter(m::tpbft_bandwidth_saved_bytes, kVersion);
  }

  void tick(World& world, const Membership& members, double seconds, Random& random) {
    const auto count = nodes_.size();
    const auto wanted =
        static_cast<std::size_t>(std::ceil(kCommittee * static_cast<double>(count)));
    const auto committee =
        trust_.most_trusted(std::max<std::size_t>(wanted, std::min<std::size_t>(4, count)));
    const auto replicas = members.some(committee);
    const double wait = world.effects()(Knob::message_delay_ms) / 1000;
    const RoundRules rules{
        .quorum = byzantine_quorum(replicas.size()), .processing_s = 0.0008 + wait, .timeout_s = 2};
    const auto round =
        run_round(rules, replicas, members.network(committee), turn_++ % replicas.size(), random);
    const double rounds = rounds_in(seconds, kWideRounds * world.load(), round.seconds);
    const double plain = static_cast<double>(plain_messages(count));
    const double saved = std::max(0.0, plain - static_cast<double>(round.messages()));
    messages_saved_.add(rounds * saved);
    bytes_saved_.add(rounds * saved * kMessageBytes);
    reduction_.set(plain > 0 ? 100 * saved / plain : 0);
    rate_.set(round.decided && seconds > 0 ? rounds / seconds : 0);
    // Fewer messages to handle; half of what is saved shows in throughput.
    gain_.set(round.decided && plain > 0 ? 0.65 * saved / plain : 0);
    for (std::size_t i = 0, next = 0; i < count; ++i) {
      const bool took_part = next < committee.size() && committee[next] == i;
      const auto at = static_cast<std::uint32_t>(next);
      next += took_part;
      const auto& replica = members.replicas[i];
      using enum TrustBook::Seen;
      auto seen = useful;
      if (!replica.alive || replica.conduct == Conduct::silent || members.isolated[i])
        seen = absent;
      else if (took_part && std::ranges::find(round.caught, at) != round.caught.end())
        seen = lying;
      // Who is left out wins trust back slowly, by answering.
      const auto change = trust_.record(i, seen, took_part ? seconds : seconds / 4);
      if (change.direction > 0) nodes_[i].up.add();
      if (change.direction < 0) nodes_[i].down.add();
      if (change.anomaly) nodes_[i].anomalies.add();
      nodes_[i].score.set(trust_.score(i));
    }
  }

 private:
  struct NodeSeries {
    Gauge score;
    Counter up, down, anomalies;
  };
  TrustBook trust_;
  std::vector<NodeSeries> nodes_;
  Gauge reduction_, rate_, gain_;
  Counter messages_saved_, bytes_saved_;
  std::size_t turn_ = 0;
};

class Consensus final : public Component {
 public:
  explicit Consensus(World& world)
      : random_(world.random("consensus")),
        members_(world),
        acp_(world),
        probft_(world),
        tpbft_(world) {}

  void tick(World& world, double seconds) override {
    members_.look(random_);
    double failed = acp_.tick(world, members_, seconds, random_);
    failed += probft_.tick(world, members_, seconds, random_);
    tpbft_.tick(world, members_, seconds, random_);
    world.state().consensus_failures = failed;
  }

 private:
  Random random_;
  Membership members_;
  Acp acp_;
  ProBft probft_;
  TPbft tpbft_;
};

}  // namespace

std::unique_ptr<Component> make_consensus(World& world) {
  return std::make_unique<Consensus>(world);
}

}  // namespace pharos::sim
