// DWCP Manager: health checks, circuit breakers, recoveries; limits, retries and budgets of the
// calls it makes.
#include <algorithm>
#include <cmath>

#include "sim/background.hpp"
#include "sim/components/all.hpp"
#include "sim/world.hpp"

namespace pharos::sim {
namespace {

constexpr std::string_view kStates[] = {"running", "degraded", "failed"};
constexpr std::string_view kCircuits[] = {"api", "database"};
constexpr std::string_view kChecks[] = {"api", "database", "storage"};
constexpr std::string_view kLimiters[] = {"api", "migration"};

struct Circuit {
  Gauge state, other;  // the manager's scale, and the other one: 1 half-open, 2 open
  Counter trips, resets, passed, refused, failed, to_open, to_closed;
  Histogram seconds;
  double open_until = 0;
};
struct Desk {  // a region's manager
  Counter healthy, sick;
  Histogram healthy_seconds, sick_seconds;
  Gauge status[kNodeComponents][3], success_rate[kNodeComponents];
  Counter recovered[kNodeComponents], not_recovered[kNodeComponents];
  Histogram recovery[kNodeComponents];
  double was_down[kNodeComponents] = {};
  double healing[kNodeComponents] = {};
  Circuit circuits[2];
  Counter retried, retried_again, retry_saved, retry_lost;
  Histogram backoff;
  Gauge check_ok[3];
  Counter checks_passed[3], checks_failed[3], check_failures[3];
  Histogram check_seconds[3];
  Counter allowed[2], rejected[2];
  Gauge rate[2];
  Gauge inside, queued;
  Counter turned_away;
  Histogram waited;
};

class Manager final : public Component {
 public:
  explicit Manager(World& world) : random_(world.random("manager")) {
    for (const auto& region : world.fleet().regions())
      desks_.push_back(make_desk(world.region_page(region.index)));
    auto& page = world.fleet_page();
    for (const auto* budget : {"availability", "latency", "availability-1h"}) {
      remaining_.push_back(page.gauge(m::error_budget_remaining, budget));
      consumed_.push_back(page.gauge(m::error_budget_consumed, budget));
      exhausted_.push_back(page.counter(m::error_budget_exhausted_total, budget));
    }
    p50_ = page.gauge(m::latency_budget_p50_seconds, "requests");
    p95_ = page.gauge(m::latency_budget_p95_seconds, "requests");
    p99_ = page.gauge(m::latency_budget_p99_seconds, "requests");
    violations_ = page.counter(m::latency_budget_violations_total, "requests");
  }

  void tick(World& world, double seconds) override {
    for (const auto& region : world.fleet().regions()) tick_desk(world, region, seconds);
    write_budgets(world, seconds);
  }

 private:
  static Desk make_desk(Page& page) {
    const std::string v = "v3";
    Desk d;
    d.healthy = page.counter(m::dwcp_health_check_total, "success", v);
    d.sick = page.counter(m::dwcp_health_check_total, "failure", v);
    d.healthy_seconds = page.histogram(m::dwcp_health_check_duration_seconds, "success", v);
    d.sick_seconds = page.histogram(m::dwcp_health_check_duration_seconds, "failure", v);
    for (std::uint32_t c = 0; c < kNodeComponents; ++c) {
      const auto name = kComponents[c];
      for (int s = 0; s < 3; ++s)
        d.status[c][s] = page.gauge(m::dwcp_component_status, name, kStates[s], v);
      d.recovered[c] =
          page.counter(m::dwcp_recovery_attempts_total, name, "true", "restart", "success", v);
      d.not_recovered[c] =
          page.counter(m::dwcp_recovery_attempts_total, name, "false", "restart", "failure", v);
      d.recovery[c] = page.histogram(m::dwcp_recovery_duration_seconds, name, v);
      d.success_rate[c] = page.gauge(m::dwcp_recovery_success_rate, name, v);
    }
    for (int i = 0; i < 2; ++i) {
      const auto name = kCircuits[i];
      auto& c = d.circuits[i];
      c.state = page.gauge(m::dwcp_circuit_breaker_state, name, name, v);
      c.other = page.gauge(m::circuit_breaker_state, name);
      c.trips = page.counter(m::dwcp_circuit_breaker_trips_total, name, v);
      c.resets = page.counter(m::dwcp_circuit_breaker_resets_total, name, v);
      c.passed = page.counter(m::circuit_breaker_requests_total, name, "success");
      c.refused = page.counter(m::circuit_breaker_requests_total, name, "rejected");
      c.failed = page.counter(m::circuit_breaker_failures_total, name);
      c.to_open = page.counter(m::circuit_breaker_state_changes_total, name, "closed", "open");
      c.to_closed =
          page.counter(m::circuit_breaker_state_changes_total, name, "half_open", "closed");
      c.seconds = page.histogram(m::circuit_breaker_request_duration_seconds, name);
    }
    d.retried = page.counter(m::retry_attempts_total, "default", "1");
    d.retried_again = page.counter(m::retry_attempts_total, "default", "2");
    d.retry_saved = page.counter(m::retry_success_total, "default");
    d.retry_lost = page.counter(m::retry_failures_total, "default", "exhausted");
    d.backoff = page.histogram(m::retry_backoff_delay_seconds, "default");
    for (int i = 0; i < 3; ++i) {
      d.check_ok[i] = page.gauge(m::health_check_status, "manager", kChecks[i]);
      d.check_seconds[i] = page.histogram(m::health_check_duration_seconds, "manager", kChecks[i]);
      d.checks_passed[i] = page.counter(m::health_check_total, "manager", kChecks[i], "success");
      d.checks_failed[i] = page.counter(m::health_check_total, "manager", kChecks[i], "failure");
      d.check_failures[i] = page.counter(m::health_check_failures_total, "manager", kChecks[i]);
    }
    for (int i = 0; i < 2; ++i) {
      d.allowed[i] = page.counter(m::rate_limiter_allowed_total, kLimiters[i]);
      d.rejected[i] = page.counter(m::rate_limiter_rejected_total, kLimiters[i]);
      d.rate[i] = page.gauge(m::rate_limiter_current_rate, kLimiters[i]);
    }
    d.inside = page.gauge(m::bulkhead_concurrent, "migration");
    d.queued = page.gauge(m::bulkhead_queued, "migration");
    d.turned_away = page.counter(m::bulkhead_rejected_total, "migration");
    d.waited = page.histogram(m::bulkhead_wait_duration_seconds, "migration");
    return d;
  }

  void tick_desk(World& world, const Region& region, double seconds) {
    const auto& fx = world.effects();
    const auto& facts = world.state().regions[region.index];
    auto& d = desks_[region.index];
    const auto r = region.index;
    double parts_down = 0;
    for (std::uint32_t c = 0; c < kNodeComponents; ++c) {
      double down = 0;
      for (const auto n : region.nodes)
        if (world.state().nodes[n].up)
          down = std::max(down, fx.part(Knob::part_down, n, static_cast<Part>(c)));
      parts_down += down >= 1;
      d.status[c][0].set(down == 0);
      d.status[c][1].set(down > 0 && down < 1);
      d.status[c][2].set(down >= 1);
      // While a part is down the manager starts it anew every ten seconds; it helps once the cause
      // is gone.
      if (down >= 1) {
        d.healing[c] += seconds / 10;
        for (; d.healing[c] >= 1; d.healing[c] -= 1) d.not_recovered[c].add();
      } else if (d.was_down[c] >= 1) {
        d.recovered[c].add();
        d.recovery[c].observe(1.2);
        d.healing[c] = 0;
      }
      d.was_down[c] = down;
      const double tries = d.recovered[c].value() + d.not_recovered[c].value();
      d.success_rate[c].set(tries > 0 ? d.recovered[c].value() / tries : 1);
    }
    d.not_recovered[0].add(fx(Knob::recoveries, r) * seconds);

    const double checks = static_cast<double>(region.nodes.size()) / 5 * seconds;
    const double failing =
        std::min(1.0, fx(Knob::health_check_failures, r) + parts_down / kNodeComponents);
    d.healthy.add(checks * (1 - failing));
    d.sick.add(checks * failing);
    d.healthy_seconds.observe({0.012, 0.4}, checks * (1 - failing));
    d.sick_seconds.observe({0.8, 0.4}, checks * failing);

    const double requests = facts.requests, errors = requests > 0 ? facts.errors / requests : 0;
    const double sick[] = {errors > 0.1 ? 1.0 : 0.0, fx(Knob::service_errors, kDatabase) > 0.1 ||
                                                             fx(Knob::service_down, kDatabase) >= 1
                                                         ? 1.0
                                                         : 0.0};
    for (int i = 0; i < 2; ++i) {
      auto& c = d.circuits[i];
      const bool open = world.seconds() < c.open_until;
      // Open for half a minute, then a try; it trips again while the trouble lasts.
      if (!open && sick[i] > 0) {
        c.open_until = world.seconds() + 30;
        c.trips.add();
        c.to_open.add();
      } else if (!open && c.open_until > 0) {
        c.open_until = 0;
        c.resets.add();
        c.to_closed.add();
      }
      const double tripping = fx(Knob::breaker_trips, r) / 2 * seconds;
      c.trips.add(tripping);
      c.to_open.add(tripping);
      c.state.set(c.open_until > world.seconds() ? 1 : 0);
      c.other.set(c.open_until > world.seconds() ? 2 : 0);
      const double calls = requests * (i == 0 ? 1 : 0.4);
      c.passed.add(calls * (open ? 0.1 : 1) * (1 - errors));
      c.failed.add(calls * (open ? 0.1 : 1) * errors);
      c.refused.add(open ? calls * 0.9 : 0);
      c.seconds.observe({facts.latency_ms / 1000, 0.5}, calls);
    }
    const double retries =
        requests * (errors + fx(Knob::request_retries, r) / (1 + fx(Knob::request_retries, r)));
    d.retried.add(retries);
    d.retried_again.add(retries * errors);
    d.retry_saved.add(retries * (1 - errors));
    d.retry_lost.add(retries * errors);
    d.backoff.observe({0.05, 0.4}, retries);
    const double check_latency[] = {0.004, 0.006 * fx(Knob::service_latency, kDatabase), 0.003};
    const bool check_bad[] = {errors > 0.5, sick[1] > 0, false};
    for (int i = 0; i < 3; ++i) {
      const double n = seconds / 10;
      d.check_ok[i].set(!check_bad[i]);
      (check_bad[i] ? d.checks_failed[i] : d.checks_passed[i]).add(n);
      if (check_bad[i]) d.check_failures[i].add(n);
      d.check_seconds[i].observe({check_latency[i], 0.3}, n);
    }
    const double over = std::max(0.0, facts.load - 1.6) / std::max(0.1, facts.load);
    d.allowed[0].add(requests * (1 - over));
    d.rejected[0].add(requests * over);
    d.allowed[1].add(0.2 * seconds);
    d.rate[0].set(8'000);
    d.rate[1].set(10);
    d.inside.set(std::floor(2 + 2 * facts.load));
    d.queued.set(std::floor(std::max(0.0, facts.load - 1.4) * 20));
    d.turned_away.add(std::max(0.0, facts.load - 2) * seconds);
    d.waited.observe({0.006 * std::max(0.2, facts.load), 0.5}, 0.2 * seconds);
  }

  // What was spent of a tenth of a percent, of 30 days and of an hour.
  void write_budgets(World& world, double seconds) {
    constexpr double kMonth = 30 * 86'400, kAllowed = 0.001;
    double worst = 0;
    for (const auto& r : world.state().regions) worst = std::max(worst, r.latency_ms);
    const double keep = std::exp(-seconds / kMonth);
    errors_ = errors_ * keep + (1 - keep) * world.state().request_error_ratio;
    slow_ = slow_ * keep + (1 - keep) * (worst > 60 ? 1 : 0.0001);
    const double keep_hour = std::exp(-seconds / 3600);
    hour_errors_ = hour_errors_ * keep_hour + (1 - keep_hour) * world.state().request_error_ratio;
    const double spent[] = {errors_ / kAllowed, slow_ / 0.05, hour_errors_ / kAllowed};
    for (std::size_t i = 0; i < std::size(spent); ++i) {
      if (spent[i] >= 1 && consumed_[i].value() < 1) exhausted_[i].add();
      remaining_[i].set(std::max(0.0, 1 - spent[i]));
      consumed_[i].set(std::min(1.0, spent[i]));
    }
    p50_.set(worst / 1000);
    p95_.set(worst * 2.28 / 1000);
    p99_.set(worst * 3.2 / 1000);
    if (worst > 60) violations_.add(seconds / 60);
  }

  Random random_;
  std::vector<Desk> desks_;
  std::vector<Gauge> remaining_, consumed_;
  std::vector<Counter> exhausted_;
  Gauge p50_, p95_, p99_;
  Counter violations_;
  double errors_ = 0.0002, slow_ = 0.0001, hour_errors_ = 0.0004;
};

}  // namespace

std::unique_ptr<Component> make_manager(World& world) {
  return std::make_unique<Manager>(world);
}

}  // namespace pharos::sim
