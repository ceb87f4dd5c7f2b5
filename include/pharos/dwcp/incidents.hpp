#pragma once
#include "pharos/dwcp/resolve.hpp"

namespace pharos::client::dwcp {

// Incidents and self-healing: phase 6's times and counts. All times in seconds from the incident's
// begin, but triage, which begins at the detection.
class Incidents {
 public:
  explicit Incidents(Registry& registry)
      : detection_(series(registry, metrics::incident_detection_time_seconds)),
        triage_(series(registry, metrics::incident_triage_time_seconds)),
        mitigation_(series(registry, metrics::incident_mitigation_time_seconds)),
        resolution_(series(registry, metrics::incident_resolution_time_seconds)),
        recovery_(series(registry, metrics::incident_mttr_seconds)),
        all_(series(registry, metrics::incidents_total)),
        automatic_(series(registry, metrics::auto_remediation_rate)),
        false_(series(registry, metrics::incident_false_positive_rate)),
        tried_(series(registry, metrics::self_healing_attempts_total)),
        worked_(series(registry, metrics::self_healing_successes_total)),
        did_not_(series(registry, metrics::self_healing_failures_total)),
        healing_(series(registry, metrics::self_healing_duration_seconds)),
        foretold_(series(registry, metrics::predicted_failures_total)),
        prevented_(series(registry, metrics::prevented_incidents_total)),
        state_(metrics::component_health_state, registry),
        risk_(metrics::component_risk_score, registry) {}

  void detected(double seconds) const noexcept { all_.add(), detection_.record(seconds); }
  void triaged(double seconds) const noexcept { triage_.record(seconds); }
  void mitigated(double seconds) const noexcept { mitigation_.record(seconds); }
  // Ends one: `automatic` without a person, `real` when it was one at all.
  void resolved(double seconds, bool automatic, bool real = true) const noexcept {
    resolution_.record(seconds), recovery_.record(seconds);
    const auto ended = static_cast<double>(ended_.fetch_add(1, std::memory_order_relaxed) + 1);
    automatic_.set(
        static_cast<double>(automatic_ended_.fetch_add(automatic, std::memory_order_relaxed) +
                            automatic) /
        ended);
    false_.set(
        static_cast<double>(false_ended_.fetch_add(!real, std::memory_order_relaxed) + !real) /
        ended);
  }
  void healed(bool good, double seconds) const noexcept {
    tried_.add(), (good ? worked_ : did_not_).add(), healing_.record(seconds);
  }
  void foretold(bool prevented) const noexcept {
    foretold_.add();
    if (prevented) prevented_.add();
  }
  void component(std::string_view name, double state, double risk) const noexcept {
    state_.with(name).set(state), risk_.with(name).set(risk);
  }

 private:
  Histogram detection_, triage_, mitigation_, resolution_, recovery_;
  Counter all_;
  Gauge automatic_, false_;
  Counter tried_, worked_, did_not_;
  Histogram healing_;
  Counter foretold_, prevented_;
  Gauges<1> state_, risk_;
  mutable std::atomic<std::uint64_t> ended_{0}, automatic_ended_{0}, false_ended_{0};
};

}  // namespace pharos::client::dwcp
