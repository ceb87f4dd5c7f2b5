#pragma once
#include "pharos/dwcp/resolve.hpp"

namespace pharos::client::dwcp {

// Predictive bandwidth allocation: what it measures, what it foretells, how well.
class Pba {
 public:
  explicit Pba(Registry& registry)
      : bandwidth_(series(registry, metrics::dwcp_pba_current_bandwidth_mbps)),
        latency_(series(registry, metrics::dwcp_pba_current_latency_ms)),
        loss_(series(registry, metrics::dwcp_pba_current_packet_loss_ratio)),
        jitter_(series(registry, metrics::dwcp_pba_current_jitter_ms)),
        samples_(series(registry, metrics::dwcp_pba_sample_count)),
        accuracy_(series(registry, metrics::dwcp_pba_prediction_accuracy)),
        prediction_ms_(series(registry, metrics::dwcp_pba_prediction_latency_ms)),
        version_(series(registry, metrics::dwcp_pba_model_version)),
        confidence_(series(registry, metrics::dwcp_pba_confidence)),
        retrained_(series(registry, metrics::dwcp_pba_retrain_total)),
        predictions_(series(registry, metrics::dwcp_pba_predictions_total)) {}

  void measured(double mbps, double latency_ms, double loss_ratio,
                double jitter_ms) const noexcept {
    bandwidth_.set(mbps), latency_.set(latency_ms), loss_.set(loss_ratio), jitter_.set(jitter_ms),
        samples_.add(1);
  }
  void predicted(double took_ms, double confidence) const noexcept {
    predictions_.add(), prediction_ms_.record(took_ms), confidence_.set(confidence);
  }
  void accuracy(double share) const noexcept { accuracy_.set(share); }
  void retrained(double model_version) const noexcept {
    retrained_.add(), version_.set(model_version);
  }

 private:
  Gauge bandwidth_, latency_, loss_, jitter_, samples_, accuracy_;
  Histogram prediction_ms_;
  Gauge version_, confidence_;
  Counter retrained_, predictions_;
};

// AMST as the transport layer sees one peer.
class AmstPeer {
 public:
  AmstPeer(Registry& registry, std::string_view transport, std::string_view remote)
      : transport_(transport),
        remote_(remote),
        active_(series(registry, metrics::novacron_amst_active_streams, transport, remote)),
        total_(series(registry, metrics::novacron_amst_total_streams, transport, remote)),
        sent_(series(registry, metrics::novacron_amst_bytes_transferred_total, transport, remote,
                     "sent")),
        received_(series(registry, metrics::novacron_amst_bytes_transferred_total, transport,
                         remote, "received")),
        rate_(series(registry, metrics::novacron_amst_throughput_mbps, transport, remote)),
        reconnects_(series(registry, metrics::novacron_amst_reconnects_total, transport, remote)),
        loss_(series(registry, metrics::novacron_amst_packet_loss_rate, transport, remote)),
        use_(series(registry, metrics::novacron_amst_bandwidth_utilization, transport, remote)),
        healthy_(series(registry, metrics::novacron_amst_health_status, transport, remote)),
        check_(series(registry, metrics::novacron_amst_health_check_duration_seconds, transport,
                      remote)),
        errors_(metrics::novacron_amst_errors_total, registry),
        latency_(metrics::novacron_amst_latency_seconds, registry),
        window_(metrics::novacron_amst_congestion_window, registry) {}

  void streams(double active, double configured) const noexcept {
    active_.set(active), total_.set(configured);
  }
  void sent(std::uint64_t bytes) const noexcept { sent_.add(bytes); }
  void received(std::uint64_t bytes) const noexcept { received_.add(bytes); }
  void link(double mbps, double loss_share, double use_percent) const noexcept {
    rate_.set(mbps), loss_.set(loss_share), use_.set(use_percent);
  }
  void reconnected() const noexcept { reconnects_.add(); }
  void checked(bool healthy, double seconds) const noexcept {
    healthy_.set(healthy), check_.record(seconds);
  }
  void error(std::string_view type) const noexcept {
    errors_.with(transport_, remote_, type).add();
  }
  Histogram latency(std::string_view operation) const noexcept {
    return latency_.with(transport_, remote_, operation);
  }  // keep the handle
  void window(std::string_view algorithm, double packets) const noexcept {
    window_.with(transport_, remote_, algorithm).set(packets);
  }

 private:
  std::string transport_, remote_;
  Gauge active_, total_;
  Counter sent_, received_;
  Gauge rate_;
  Counter reconnects_;
  Gauge loss_, use_, healthy_;
  Histogram check_;
  Counters<3> errors_;
  Histograms<3> latency_;
  Gauges<3> window_;
};

}  // namespace pharos::client::dwcp
