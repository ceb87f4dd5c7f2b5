#pragma once
#include "pharos/dwcp/resolve.hpp"

namespace pharos::client::dwcp {

// The conflict engine: what was found, merged, resolved and lost. Times in milliseconds, as its
// names say.
class Conflicts {
 public:
  explicit Conflicts(Registry& registry)
      : detected_(metrics::dwcp_conflicts_detected_total, registry),
        merges_(metrics::dwcp_merges_performed_total, registry),
        resolutions_(metrics::dwcp_conflict_resolutions_attempted_total, registry),
        resolution_ms_(metrics::dwcp_conflict_resolution_latency_ms, registry),
        strategies_(metrics::dwcp_strategy_usage_total, registry),
        policies_(metrics::dwcp_policy_applications_total, registry),
        crdt_merges_(metrics::dwcp_crdt_merges_total, registry),
        crdt_conflicts_(metrics::dwcp_crdt_conflicts_total, registry),
        events_(metrics::dwcp_conflict_events_logged_total, registry),
        patterns_(metrics::dwcp_conflict_patterns_total, registry),
        resources_(metrics::dwcp_resource_conflict_count, registry),
        recovery_ms_(metrics::dwcp_recovery_latency_ms, registry),
        detection_ms_(series(registry, metrics::dwcp_conflict_detection_latency_ms)),
        merge_ms_(series(registry, metrics::dwcp_merge_latency_ms)),
        policy_ms_(series(registry, metrics::dwcp_policy_evaluation_latency_ms)),
        split_brains_(series(registry, metrics::dwcp_split_brain_detections_total)),
        losses_(series(registry, metrics::dwcp_data_loss_events_total)),
        invariants_(series(registry, metrics::dwcp_invariant_violations_total)),
        rate_(series(registry, metrics::dwcp_conflict_detection_rate)),
        success_(series(registry, metrics::dwcp_conflict_resolution_success_rate)),
        manual_(series(registry, metrics::dwcp_manual_intervention_rate)),
        average_ms_(series(registry, metrics::dwcp_average_resolution_time_ms)),
        p99_ms_(series(registry, metrics::dwcp_p99_resolution_time_ms)),
        pending_(series(registry, metrics::dwcp_pending_conflicts_count)) {}

  void detected(std::string_view type, std::string_view severity, std::string_view resource,
                double ms) const noexcept {
    detected_.with(type, severity).add();
    resources_.with(resource)
        .add();  // beyond the family's limit of label sets: counted nowhere, reported once
    detection_ms_.record(ms);
    pending_.add(1);
    events_.with("detected").add();
  }
  void resolved(std::string_view strategy, bool good, double ms) const noexcept {
    resolutions_.with(strategy, good ? "success" : "failure").add();
    strategies_.with(strategy).add();
    resolution_ms_.with(strategy).record(ms);
    events_.with(good ? "resolved" : "failed").add();
    if (good) pending_.add(-1);
  }
  void merged(std::string_view type, bool good, double ms) const noexcept {
    merges_.with(type, good ? "success" : "failure").add(), merge_ms_.record(ms);
  }
  void crdt_merged(std::string_view crdt, bool good) const noexcept {
    crdt_merges_.with(crdt, good ? "success" : "failure").add();
  }
  void crdt_conflict(std::string_view crdt, std::string_view kind) const noexcept {
    crdt_conflicts_.with(crdt, kind).add();
  }
  void policy(std::string_view name, bool applied, double ms) const noexcept {
    policies_.with(name, applied ? "applied" : "skipped").add(), policy_ms_.record(ms);
  }
  void pattern(std::string_view name) const noexcept { patterns_.with(name).add(); }
  void recovered(std::string_view type, double ms) const noexcept {
    recovery_ms_.with(type).record(ms);
  }
  void split_brain() const noexcept { split_brains_.add(); }
  void data_lost() const noexcept { losses_.add(); }
  void invariant_violated() const noexcept { invariants_.add(); }
  void rates(double per_second, double success_share, double manual_share, double average_ms,
             double p99_ms) const noexcept {
    rate_.set(per_second), success_.set(success_share), manual_.set(manual_share),
        average_ms_.set(average_ms), p99_ms_.set(p99_ms);
  }

 private:
  Counters<2> detected_, merges_, resolutions_;
  Histograms<1> resolution_ms_;
  Counters<1> strategies_;
  Counters<2> policies_, crdt_merges_, crdt_conflicts_;
  Counters<1> events_, patterns_, resources_;
  Histograms<1> recovery_ms_;
  Histogram detection_ms_, merge_ms_, policy_ms_;
  Counter split_brains_, losses_, invariants_;
  Gauge rate_, success_, manual_, average_ms_, p99_ms_, pending_;
};

}  // namespace pharos::client::dwcp
