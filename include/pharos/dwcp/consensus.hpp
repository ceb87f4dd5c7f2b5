// The three consensus systems.
#pragma once
#include "pharos/dwcp/resolve.hpp"

namespace pharos::client::dwcp {

enum class RoundFailure : std::uint8_t { timeout, no_quorum, invalid_proposal, view_change };
enum class Misbehaviour : std::uint8_t { equivocation, invalid_signature, silence, delay };
enum class NodeState : std::uint8_t { healthy, suspected, byzantine };
enum class ConsensusMessage : std::uint8_t { propose, prepare, commit, view_change };

// ProBFT: twelve metrics.
class Probft {
 public:
  Probft(Registry& registry, std::string_view version)
      : version_(version),
        rounds_(series(registry, metrics::probft_consensus_rounds_total, version)),
        seconds_(series(registry, metrics::probft_consensus_duration_seconds, version)),
        bad_signatures_(series(registry, metrics::probft_signature_verification_failures, version)),
        throughput_(series(registry, metrics::probft_throughput_transactions_per_second, version)),
        quorum_(series(registry, metrics::probft_quorum_availability, version)),
        latency_(metrics::probft_network_latency_seconds, registry),
        node_health_(metrics::probft_node_health, registry) {
    failures_ = detail::resolve(
        detail::Names<4>{"timeout", "no_quorum", "invalid_proposal", "view_change"},
        [&](const char* reason) {
          return series(registry, metrics::probft_consensus_failures_total, reason, version);
        });
    view_changes_ =
        detail::resolve(detail::Names<2>{"timeout", "byzantine_leader"}, [&](const char* reason) {
          return series(registry, metrics::probft_view_changes_total, reason, version);
        });
    events_ = detail::resolve(
        detail::Names<4>{"equivocation", "invalid_signature", "silence", "delay"},
        [&](const char* type) {
          return series(registry, metrics::probft_byzantine_events_detected, type, version);
        });
    nodes_ = detail::resolve(kStates, [&](const char* state) {
      return series(registry, metrics::probft_byzantine_nodes_total, state, version);
    });
    messages_ = detail::resolve(
        detail::Names<4>{"propose", "prepare", "commit", "view_change"}, [&](const char* type) {
          return series(registry, metrics::probft_message_count_per_round, type, version);
        });
  }

  void decided(double seconds, const TraceContext& context = {}) const noexcept {
    rounds_.add(), seconds_.record(seconds, context);
  }
  void failed(RoundFailure why, double seconds) const noexcept {
    rounds_.add(), seconds_.record(seconds), failures_[detail::index(why)].add();
  }
  void messages(ConsensusMessage type, double in_this_round) const noexcept {
    messages_[detail::index(type)].set(in_this_round);
  }
  void view_changed(bool leader_was_byzantine) const noexcept {
    view_changes_[leader_was_byzantine].add();
  }
  void misbehaved(Misbehaviour how) const noexcept {
    events_[detail::index(how)].add();
    if (how == Misbehaviour::invalid_signature) bad_signatures_.add();
  }
  void nodes(NodeState state, double how_many) const noexcept {
    nodes_[detail::index(state)].set(how_many);
  }
  void node(std::string_view name, NodeState now) const noexcept {
    for (std::size_t i = 0; i < kStates.size(); ++i)
      node_health_.with(name, kStates[i], version_).set(i == detail::index(now));
  }
  Histogram peer(std::string_view name) const noexcept {
    return latency_.with(name, version_);
  }  // round trips; keep the handle
  void quorum(double availability) const noexcept { quorum_.set(availability); }
  void throughput(double per_second) const noexcept { throughput_.set(per_second); }

 private:
  static constexpr detail::Names<3> kStates{"healthy", "suspected", "byzantine"};
  std::string version_;
  Counter rounds_;
  Histogram seconds_;
  Counter bad_signatures_;
  Gauge throughput_, quorum_;
  Histograms<2> latency_;
  Gauges<3> node_health_;
  std::array<Counter, 4> failures_;
  std::array<Counter, 2> view_changes_;
  std::array<Counter, 4> events_;
  std::array<Gauge, 3> nodes_;
  std::array<Gauge, 4> messages_;
};

enum class Rejection : std::uint8_t { mempool_full, invalid, duplicate };
enum class VertexError : std::uint8_t { missing_parent, bad_signature, wrong_round };

// Bullshark: twelve metrics.
class Bullshark {
 public:
  Bullshark(Registry& registry, std::string_view version)
      : rate_(series(registry, metrics::bullshark_transactions_per_second, version)),
        processed_(series(registry, metrics::bullshark_transactions_processed_total, version)),
        confirmation_(series(registry, metrics::bullshark_transaction_confirmation_duration_seconds,
                             version)),
        depth_(series(registry, metrics::bullshark_dag_depth, version)),
        width_(series(registry, metrics::bullshark_dag_width, version)),
        vertices_(series(registry, metrics::bullshark_dag_vertices_total, version)),
        size_(series(registry, metrics::bullshark_mempool_size, version)),
        usage_(series(registry, metrics::bullshark_mempool_usage_percentage, version)),
        batch_(series(registry, metrics::bullshark_batch_processing_duration_seconds, version)) {
    rejected_ = detail::resolve(
        detail::Names<3>{"mempool_full", "invalid", "duplicate"}, [&](const char* reason) {
          return series(registry, metrics::bullshark_transactions_rejected, reason, version);
        });
    errors_ = detail::resolve(
        detail::Names<3>{"missing_parent", "bad_signature", "wrong_round"}, [&](const char* type) {
          return series(registry, metrics::bullshark_dag_validation_errors, type, version);
        });
    percentiles_ = detail::resolve(detail::Names<3>{"p50", "p95", "p99"}, [&](const char* p) {
      return series(registry, metrics::bullshark_confirmation_latency_seconds, p, version);
    });
  }

  void committed(std::uint64_t transactions, double confirmation_seconds) const noexcept {
    processed_.add(transactions);
    confirmation_.record(confirmation_seconds);
  }
  void batch(double seconds) const noexcept { batch_.record(seconds); }
  void rejected(Rejection why, std::uint64_t transactions = 1) const noexcept {
    rejected_[detail::index(why)].add(transactions);
  }
  void vertex_added() const noexcept { vertices_.add(); }
  void vertex_refused(VertexError why) const noexcept { errors_[detail::index(why)].add(); }
  void graph(double depth, double width) const noexcept { depth_.set(depth), width_.set(width); }
  void mempool(double waiting, double capacity) const noexcept {
    size_.set(waiting), usage_.set(capacity > 0 ? waiting / capacity : 0);
  }
  void rate(double per_second, double p50, double p95, double p99) const noexcept {
    rate_.set(per_second), percentiles_[0].set(p50), percentiles_[1].set(p95),
        percentiles_[2].set(p99);
  }

 private:
  Gauge rate_;
  Counter processed_;
  Histogram confirmation_;
  Gauge depth_, width_;
  Counter vertices_;
  Gauge size_, usage_;
  Histogram batch_;
  std::array<Counter, 3> rejected_, errors_;
  std::array<Gauge, 3> percentiles_;
};

// T-PBFT: eight metrics.
class Tpbft {
 public:
  Tpbft(Registry& registry, std::string_view version)
      : version_(version),
        trust_(metrics::tpbft_node_trust_score, registry),
        changes_(metrics::tpbft_trust_score_changes, registry),
        anomalies_(metrics::tpbft_trust_anomalies_detected, registry),
        reduction_(series(registry, metrics::tpbft_message_reduction_percentage, version)),
        rounds_(series(registry, metrics::tpbft_consensus_rounds_per_second, version)),
        improvement_(series(registry, metrics::tpbft_performance_improvement, version)),
        messages_saved_(series(registry, metrics::tpbft_messages_saved_total, version)),
        bytes_saved_(series(registry, metrics::tpbft_bandwidth_saved_bytes, version)) {}

  void trust(std::string_view node, double before, double now) const noexcept {
    trust_.with(node, version_).set(now);
    if (now != before) changes_.with(node, now > before ? "up" : "down", version_).add();
  }
  void odd_trust(std::string_view node) const noexcept { anomalies_.with(node, version_).add(); }
  // A round took `sent` messages where plain PBFT takes `plain`, of about `bytes` each.
  void round(std::uint64_t sent, std::uint64_t plain, std::uint64_t bytes) const noexcept {
    if (plain <= sent) return;
    messages_saved_.add(plain - sent);
    bytes_saved_.add((plain - sent) * bytes);
    reduction_.set(100.0 * static_cast<double>(plain - sent) / static_cast<double>(plain));
  }
  void performance(double rounds_per_second, double improvement) const noexcept {
    rounds_.set(rounds_per_second), improvement_.set(improvement);
  }

 private:
  std::string version_;
  Gauges<2> trust_;
  Counters<3> changes_;
  Counters<2> anomalies_;
  Gauge reduction_, rounds_, improvement_;
  Counter messages_saved_, bytes_saved_;
};

}  // namespace pharos::client::dwcp
