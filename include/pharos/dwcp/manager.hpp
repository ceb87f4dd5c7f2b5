#pragma once
#include "pharos/dwcp/resolve.hpp"
#include "pharos/dwcp/system.hpp"

namespace pharos::client::dwcp {

enum class Breaker : std::uint8_t { closed, open, half_open };

// The DWCP Manager of one version: its fifteen metrics. `region` is phase 3's label on those that
// the two share.
class Manager {
 public:
  Manager(Registry& registry, std::string_view version, std::string_view region)
      : version_(version),
        region_(region),
        recovery_(metrics::dwcp_recovery_attempts_total, registry),
        recovery_seconds_(metrics::dwcp_recovery_duration_seconds, registry),
        recovery_rate_(metrics::dwcp_recovery_success_rate, registry),
        breaker_(metrics::dwcp_circuit_breaker_state, registry),
        trips_(metrics::dwcp_circuit_breaker_trips_total, registry),
        resets_(metrics::dwcp_circuit_breaker_resets_total, registry),
        requests_(metrics::dwcp_requests_total, registry),
        request_seconds_(metrics::dwcp_request_duration_seconds, registry),
        errors_(metrics::dwcp_errors_total, registry),
        heap_(series(registry, metrics::dwcp_memory_usage_bytes, region, "heap", version)),
        stack_(series(registry, metrics::dwcp_memory_usage_bytes, region, "stack", version)),
        tasks_(series(registry, metrics::dwcp_goroutines, version)),
        cpu_(series(registry, metrics::dwcp_cpu_usage_seconds, version)) {
    const detail::Names<2> outcomes{"success", "failure"};
    checks_ = detail::resolve(outcomes, [&](const char* s) {
      return series(registry, metrics::dwcp_health_check_total, s, version);
    });
    check_seconds_ = detail::resolve(outcomes, [&](const char* s) {
      return series(registry, metrics::dwcp_health_check_duration_seconds, s, version);
    });
    for (std::size_t c = 0; c < kComponents.size(); ++c) {
      status_[c] =
          detail::resolve(detail::Names<3>{"down", "degraded", "healthy"}, [&](const char* s) {
            return series(registry, metrics::dwcp_component_status, kComponents[c], s, version);
          });
    }
  }

  // Handles of one operation: resolve once, then record without a lock.
  class Operation {
   public:
    void done(double seconds, bool good = true, const TraceContext& context = {}) const noexcept {
      (good ? good_ : bad_).add();
      seconds_.record(seconds, context);
    }

   private:
    friend class Manager;
    Counter good_, bad_;
    Histogram seconds_;
  };
  Operation operation(std::string_view name) const noexcept {
    Operation handles;
    handles.good_ = requests_.with(region_, name, "success", version_);
    handles.bad_ = requests_.with(region_, name, "error", version_);
    handles.seconds_ = request_seconds_.with(name, version_);
    return handles;
  }
  Counter errors(std::string_view operation, std::string_view kind) const noexcept {
    return errors_.with(region_, operation, kind, kind, version_);
  }

  void health_check(bool good, double seconds) const noexcept {
    checks_[good ? 0 : 1].add();
    check_seconds_[good ? 0 : 1].record(seconds);
  }
  void status(Component component, Health state) const noexcept {
    detail::set_state(status_[detail::index(component)], state);
  }
  void recovery(Component component, std::string_view type, bool success, double seconds,
                double success_rate) const noexcept {
    const char* name = kComponents[detail::index(component)];
    recovery_
        .with(name, success ? "true" : "false", type, success ? "success" : "failure", version_)
        .add();
    recovery_seconds_.with(name, version_).record(seconds);
    recovery_rate_.with(name, version_).set(success_rate);
  }
  // Counts the trip or the reset that the change is.
  void breaker(std::string_view circuit, Breaker before, Breaker now) const noexcept {
    breaker_.with(circuit, circuit, version_).set(static_cast<double>(detail::index(now)));
    if (now == Breaker::open && before != Breaker::open) trips_.with(circuit, version_).add();
    if (now == Breaker::closed && before != Breaker::closed) resets_.with(circuit, version_).add();
  }
  void memory(double heap_bytes, double stack_bytes) const noexcept {
    heap_.set(heap_bytes), stack_.set(stack_bytes);
  }
  void tasks(double alive) const noexcept { tasks_.set(alive); }
  void cpu(double seconds_used) const noexcept { cpu_.set(seconds_used); }

 private:
  std::string version_, region_;
  Counters<5> recovery_;
  Histograms<2> recovery_seconds_;
  Gauges<2> recovery_rate_;
  Gauges<3> breaker_;
  Counters<2> trips_, resets_;
  Counters<4> requests_;
  Histograms<2> request_seconds_;
  Counters<5> errors_;
  Gauge heap_, stack_, tasks_, cpu_;
  std::array<Counter, 2> checks_;
  std::array<Histogram, 2> check_seconds_;
  std::array<std::array<Gauge, 3>, 6> status_;
};

}  // namespace pharos::client::dwcp
