#pragma once
#include "pharos/dwcp/resolve.hpp"
#include "pharos/dwcp/system.hpp"

namespace pharos::client::dwcp {

enum class Mode : std::uint8_t { datacenter, internet, hybrid };
inline constexpr detail::Names<3> kModes{"datacenter", "internet", "hybrid"};
enum class Severity : std::uint8_t { info, warning, critical };

// One node of DWCP v3 as phase 6 watches it.
class V3 {
 public:
  V3(Registry& registry, std::string_view node, std::string_view version = "v3")
      : node_(node),
        latency_(metrics::dwcp_v3_migration_latency_seconds, registry),
        errors_(metrics::dwcp_v3_errors_total, registry),
        node_errors_(metrics::dwcp_v3_component_errors_total, registry),
        throughput_(metrics::dwcp_v3_throughput_bytes_per_second, registry),
        utilization_(metrics::dwcp_v3_resource_utilization_percent, registry),
        rollout_(metrics::dwcp_v3_rollout_progress_percent, registry),
        sla_(metrics::dwcp_v3_sla_compliance, registry),
        anomalies_(metrics::dwcp_v3_anomaly_detections_total, registry),
        switches_(metrics::dwcp_v3_mode_switches_total, registry),
        operations_(metrics::dwcp_v3_component_operations_total, registry),
        mode_latency_(metrics::dwcp_v3_mode_latency_seconds, registry),
        compression_(metrics::dwcp_v3_compression_ratio, registry),
        mode_now_(series(registry, metrics::dwcp_v3_current_mode, node)) {
    health_ = detail::resolve(kComponents, [&](const char* c) {
      return series(registry, metrics::dwcp_v3_component_health, c, version);
    });
    component_latency_ = detail::resolve(kComponents, [&](const char* c) {
      return series(registry, metrics::dwcp_v3_component_latency_seconds, node, c);
    });
    migration_ = detail::resolve(kModes, [&](const char* m) {
      return series(registry, metrics::dwcp_v3_migration_duration_seconds, node, m);
    });
    success_ = detail::resolve(kModes, [&](const char* m) {
      return series(registry, metrics::dwcp_v3_migration_success_total, node, m);
    });
    streams_ = detail::resolve(kModes, [&](const char* m) {
      return series(registry, metrics::dwcp_v3_active_streams, node, m);
    });
    mode_rate_ = detail::resolve(kModes, [&](const char* m) {
      return series(registry, metrics::dwcp_v3_mode_throughput_mbps, node, m);
    });
    accuracy_ = detail::resolve(kModes, [&](const char* m) {
      return series(registry, metrics::dwcp_v3_prediction_accuracy, node, m);
    });
    sent_ = detail::resolve(kModes, [&](const char* m) {
      return series(registry, metrics::dwcp_v3_bytes_transferred_total, node, m, "sent");
    });
    received_ = detail::resolve(kModes, [&](const char* m) {
      return series(registry, metrics::dwcp_v3_bytes_transferred_total, node, m, "received");
    });
  }

  void migrated(std::string_view source, std::string_view destination, std::string_view vm_size,
                Mode mode, double seconds, bool good,
                const TraceContext& context = {}) const noexcept {
    latency_.with(source, destination, vm_size, kModes[detail::index(mode)])
        .record(seconds, context);
    migration_[detail::index(mode)].record(seconds);
    if (good) success_[detail::index(mode)].add();
  }
  void switched(Mode from, Mode to) const noexcept {
    switches_.with(node_, kModes[detail::index(from)], kModes[detail::index(to)]).add();
    mode_now_.set(static_cast<double>(detail::index(to)));
  }
  void operation(Component component, std::string_view type, Mode mode,
                 double seconds) const noexcept {
    operations_.with(node_, kComponents[detail::index(component)], type).add();
    component_latency_[detail::index(component)].record(seconds);
    mode_latency_.with(node_, kModes[detail::index(mode)], type).record(seconds);
  }
  void error(Component component, std::string_view type, Severity severity) const noexcept {
    static constexpr detail::Names<3> kSeverities{"info", "warning", "critical"};
    errors_.with(kComponents[detail::index(component)], type, kSeverities[detail::index(severity)])
        .add();
    node_errors_.with(node_, kComponents[detail::index(component)], type).add();
  }
  void health(Component component, bool healthy) const noexcept {
    health_[detail::index(component)].set(healthy);
  }
  void sent(Mode mode, std::uint64_t bytes) const noexcept {
    sent_[detail::index(mode)].add(bytes);
  }
  void received(Mode mode, std::uint64_t bytes) const noexcept {
    received_[detail::index(mode)].add(bytes);
  }
  void streams(Mode mode, double open, double mbps) const noexcept {
    streams_[detail::index(mode)].set(open), mode_rate_[detail::index(mode)].set(mbps);
  }
  void prediction(Mode mode, double accuracy_percent) const noexcept {
    accuracy_[detail::index(mode)].set(accuracy_percent);
  }
  void compression(std::string_view algorithm, double ratio) const noexcept {
    compression_.with(node_, algorithm).set(ratio);
  }
  void throughput(Component component, std::string_view direction, std::string_view transport,
                  double bytes_per_second) const noexcept {
    throughput_.with(kComponents[detail::index(component)], direction, transport)
        .set(bytes_per_second);
  }
  void utilization(std::string_view resource, double percent) const noexcept {
    utilization_.with(resource, node_).set(percent);
  }
  void rollout(std::string_view stage, std::string_view region, double percent) const noexcept {
    rollout_.with(stage, region).set(percent);
  }
  void sla(std::string_view type, std::string_view metric, bool met) const noexcept {
    sla_.with(type, metric).set(met);
  }
  void anomaly(std::string_view type, std::string_view severity) const noexcept {
    anomalies_.with(type, severity).add();
  }

 private:
  std::string node_;
  Histograms<4> latency_;
  Counters<3> errors_, node_errors_;
  Gauges<3> throughput_;
  Gauges<2> utilization_, rollout_, sla_;
  Counters<2> anomalies_;
  Counters<3> switches_, operations_;
  Histograms<3> mode_latency_;
  Gauges<2> compression_;
  Gauge mode_now_;
  std::array<Gauge, 6> health_;
  std::array<Histogram, 6> component_latency_;
  std::array<Histogram, 3> migration_;
  std::array<Counter, 3> success_;
  std::array<Gauge, 3> streams_, mode_rate_, accuracy_;
  std::array<Counter, 3> sent_, received_;
};

}  // namespace pharos::client::dwcp
