// What keeps a program standing when others fall: breakers, retries, checks, limits, budgets. One
// object per thing, made once.
#pragma once
#include "pharos/dwcp/resolve.hpp"

namespace pharos::client::dwcp {

enum class Circuit : std::uint8_t { closed, half_open, open };

class CircuitBreaker {
 public:
  CircuitBreaker(Registry& registry, std::string_view name)
      : name_(name),
        state_(series(registry, metrics::circuit_breaker_state, name)),
        failures_(series(registry, metrics::circuit_breaker_failures_total, name)),
        seconds_(series(registry, metrics::circuit_breaker_request_duration_seconds, name)),
        changes_(metrics::circuit_breaker_state_changes_total, registry) {
    results_ = detail::resolve(
        detail::Names<3>{"success", "failure", "rejected"}, [&](const char* result) {
          return series(registry, metrics::circuit_breaker_requests_total, name, result);
        });
  }
  void called(bool good, double seconds) const noexcept {
    results_[good ? 0 : 1].add();
    if (!good) failures_.add();
    seconds_.record(seconds);
  }
  void rejected() const noexcept { results_[2].add(); }
  void changed(Circuit from, Circuit to) const noexcept {
    static constexpr detail::Names<3> kStates{"closed", "half_open", "open"};
    changes_.with(name_, kStates[detail::index(from)], kStates[detail::index(to)]).add();
    state_.set(static_cast<double>(detail::index(to)));
  }

 private:
  std::string name_;
  Gauge state_;
  Counter failures_;
  Histogram seconds_;
  Counters<3> changes_;
  std::array<Counter, 3> results_;
};

class Retry {
 public:
  Retry(Registry& registry, std::string_view policy)
      : policy_(policy),
        saved_(series(registry, metrics::retry_success_total, policy)),
        delay_(series(registry, metrics::retry_backoff_delay_seconds, policy)),
        failures_(metrics::retry_failures_total, registry) {
    attempts_ = detail::resolve(detail::Names<4>{"1", "2", "3", "more"}, [&](const char* n) {
      return series(registry, metrics::retry_attempts_total, policy, n);
    });
  }
  void tried(unsigned attempt,
             double waited_seconds) const noexcept {  // 1: the first try after the original
    attempts_[attempt >= 1 && attempt <= 3 ? attempt - 1 : 3].add();
    delay_.record(waited_seconds);
  }
  void saved() const noexcept { saved_.add(); }
  void gave_up(std::string_view reason) const noexcept { failures_.with(policy_, reason).add(); }

 private:
  std::string policy_;
  Counter saved_;
  Histogram delay_;
  Counters<2> failures_;
  std::array<Counter, 4> attempts_;
};

class HealthCheck {
 public:
  HealthCheck(Registry& registry, std::string_view checker, std::string_view check)
      : status_(series(registry, metrics::health_check_status, checker, check)),
        seconds_(series(registry, metrics::health_check_duration_seconds, checker, check)),
        failures_(series(registry, metrics::health_check_failures_total, checker, check)) {
    results_ = detail::resolve(detail::Names<2>{"success", "failure"}, [&](const char* r) {
      return series(registry, metrics::health_check_total, checker, check, r);
    });
  }
  void ran(bool good, double seconds) const noexcept {
    results_[good ? 0 : 1].add();
    if (!good) failures_.add();
    status_.set(good);
    seconds_.record(seconds);
  }

 private:
  Gauge status_;
  Histogram seconds_;
  Counter failures_;
  std::array<Counter, 2> results_;
};

class RateLimiter {
 public:
  RateLimiter(Registry& registry, std::string_view name)
      : allowed_(series(registry, metrics::rate_limiter_allowed_total, name)),
        rejected_(series(registry, metrics::rate_limiter_rejected_total, name)),
        rate_(series(registry, metrics::rate_limiter_current_rate, name)) {}
  void asked(bool allowed) const noexcept { (allowed ? allowed_ : rejected_).add(); }
  void limit(double per_second) const noexcept { rate_.set(per_second); }

 private:
  Counter allowed_, rejected_;
  Gauge rate_;
};

class Bulkhead {
 public:
  Bulkhead(Registry& registry, std::string_view name)
      : inside_(series(registry, metrics::bulkhead_concurrent, name)),
        queued_(series(registry, metrics::bulkhead_queued, name)),
        rejected_(series(registry, metrics::bulkhead_rejected_total, name)),
        wait_(series(registry, metrics::bulkhead_wait_duration_seconds, name)) {}
  InFlight enter() const noexcept {
    return InFlight(inside_);
  }  // for as long as the call is inside
  InFlight queue() const noexcept { return InFlight(queued_); }
  void waited(double seconds) const noexcept { wait_.record(seconds); }
  void rejected() const noexcept { rejected_.add(); }

 private:
  Gauge inside_, queued_;
  Counter rejected_;
  Histogram wait_;
};

class ErrorBudget {
 public:
  ErrorBudget(Registry& registry, std::string_view name)
      : remaining_(series(registry, metrics::error_budget_remaining, name)),
        consumed_(series(registry, metrics::error_budget_consumed, name)),
        exhausted_(series(registry, metrics::error_budget_exhausted_total, name)) {}
  void spent(double share) const noexcept {  // of the whole budget; 1 and more: none is left
    const double before = consumed_.value();
    consumed_.set(share);
    remaining_.set(share < 1 ? 1 - share : 0);
    if (share >= 1 && before < 1) exhausted_.add();
  }

 private:
  Gauge remaining_, consumed_;
  Counter exhausted_;
};

class LatencyBudget {
 public:
  LatencyBudget(Registry& registry, std::string_view name)
      : p50_(series(registry, metrics::latency_budget_p50_seconds, name)),
        p95_(series(registry, metrics::latency_budget_p95_seconds, name)),
        p99_(series(registry, metrics::latency_budget_p99_seconds, name)),
        violations_(series(registry, metrics::latency_budget_violations_total, name)) {}
  void measured(double p50, double p95, double p99) const noexcept {
    p50_.set(p50), p95_.set(p95), p99_.set(p99);
  }
  void violated() const noexcept { violations_.add(); }

 private:
  Gauge p50_, p95_, p99_;
  Counter violations_;
};

}  // namespace pharos::client::dwcp
