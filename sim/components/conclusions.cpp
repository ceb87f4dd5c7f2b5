// What the fleet's own monitoring concludes: health of regions, service levels, anomalies,
// incidents, capacity, checks. Worked out from the state, not from the faults: what they do not
// touch, these do not see.
#include <algorithm>
#include <cmath>

#include "sim/components/all.hpp"
#include "sim/world.hpp"

namespace pharos::sim {
namespace {

constexpr std::string_view kFactors[] = {"availability", "resource_utilization", "network_latency",
                                         "error_rate", "consensus_health"};
constexpr double kWeights[] = {0.3, 0.2, 0.2, 0.2, 0.1};
constexpr std::string_view kMetrics[] = {"latency",      "error_rate", "bandwidth",  "cpu_usage",
                                         "memory_usage", "jitter",     "packet_loss"};
constexpr int kMetricCount = std::size(kMetrics);
constexpr std::string_view kSlas[] = {"availability", "latency", "throughput"};
constexpr std::string_view kServiceLevels[] = {"latency", "throughput", "error_rate"};
constexpr std::string_view kResources[] = {"cpu", "memory", "disk", "bandwidth"};

struct Detector {  // of one metric of the fleet
  Gauge confidence, score, lower, upper;
  Counter warning, critical;
  double usual = 0, spread = 0, strange_seconds = 0;  // learnt
  bool learnt = false, told = false, told_critical = false;
};

class Conclusions final : public Component {
 public:
  explicit Conclusions(World& world) {
    auto& page = world.fleet_page();
    for (const auto& region : world.fleet().regions()) {
      Region r;
      auto& own = world.region_page(region.index);
      r.score = own.gauge(m::dwcp_region_health_score, region.name);
      r.trend = own.gauge(m::dwcp_region_health_trend, region.name);
      for (int f = 0; f < 5; ++f)
        r.factors[f] = own.gauge(m::dwcp_region_health_factor, region.name, kFactors[f]);
      regions_.push_back(std::move(r));
    }
    for (int i = 0; i < kMetricCount; ++i) {
      const auto name = kMetrics[i];
      auto& d = detectors_[i];
      d.warning = page.counter(m::dwcp_anomalies_detected_total, name, "warning", "three_sigma");
      d.critical = page.counter(m::dwcp_anomalies_detected_total, name, "critical", "three_sigma");
      d.confidence = page.gauge(m::dwcp_anomaly_confidence, name, "three_sigma");
      d.score = page.gauge(m::anomaly_score, name, "three_sigma");
      d.lower = page.gauge(m::anomaly_forecast_lower, name);
      d.upper = page.gauge(m::anomaly_forecast_upper, name);
    }
    all_anomalies_ = page.counter(m::anomalies_detected_total);
    for (const auto* type : {"latency", "throughput", "error_rate"}) {
      v3_anomalies_.push_back(page.counter(m::dwcp_v3_anomaly_detections_total, type, "warning"));
      v3_critical_.push_back(page.counter(m::dwcp_v3_anomaly_detections_total, type, "critical"));
      v3_named_.push_back(page.counter(m::dwcp_v3_anomalies_total, "amst", type));
    }
    for (int i = 0; i < 3; ++i) {
      sla_ratio_[i] = page.gauge(m::dwcp_sla_compliance_ratio, kSlas[i]);
      sla_violations_[i] =
          page.counter(m::dwcp_sla_violations_total, kSlas[i], kSlas[i], "critical");
      budget_[i] = page.gauge(m::slo_error_budget_remaining_ratio, kSlas[i]);
      burn_fast_[i] = page.gauge(m::slo_burn_rate, kSlas[i], "5m");
      burn_slow_[i] = page.gauge(m::slo_burn_rate, kSlas[i], "1h");
      v3_sla_[i] = page.gauge(m::dwcp_v3_sla_compliance, kServiceLevels[i],
                              i == 0   ? "p99"
                              : i == 1 ? "average"
                                       : "ratio");
      v3_violations_[i] = page.counter(m::dwcp_v3_sla_violations_total, kServiceLevels[i]);
    }
    hour_ratio_ = page.gauge(m::dwcp_sla_compliance_ratio, "availability-1h");
    for (int i = 0; i < 4; ++i) {
      growth_[i] = page.gauge(m::capacity_growth_per_day, kResources[i]);
      days_[i] = page.gauge(m::capacity_days_to_limit, kResources[i]);
      for (int h = 0; h < 3; ++h) {
        constexpr const char* kHorizons[] = {"30d", "60d", "90d"};
        forecast_[i][h] = page.gauge(m::capacity_forecast_value, kResources[i], kHorizons[h]);
      }
    }
    collector_ = page.gauge(m::dwcp_v3_metrics_collector_status, "phase6");
    collected_ = page.gauge(m::dwcp_v3_metrics_collector_last_run, "phase6");
    add_incidents(page);
    add_checks(page);
  }

  void tick(World& world, double seconds) override {
    write_regions(world, seconds);
    write_detectors(world, seconds);
    write_levels(world, seconds);
    write_capacity(world);
    collector_.set(1);
    collected_.set(static_cast<double>(to_unix_millis(world.now()) / 1000));
    write_incidents(world, seconds);
    write_checks(world, seconds);
  }

 private:
  void add_incidents(Page& page) {
    constexpr const char* kSeverities[] = {"P0", "P1", "P2", "P3", "P4"};
    for (int i = 0; i < 5; ++i) {
      open_[i] = page.gauge(m::incident_open, kSeverities[i]);
      met_[i] = page.counter(m::incident_response_sla_met_total, kSeverities[i], "true");
      page.counter(m::incident_response_sla_met_total, kSeverities[i], "false");
    }
    incidents_ = page.counter(m::incidents_total);
    detection_ = page.histogram(m::incident_detection_time_seconds);
    triage_ = page.histogram(m::incident_triage_time_seconds);
    mitigation_ = page.histogram(m::incident_mitigation_time_seconds);
    resolution_ = page.histogram(m::incident_resolution_time_seconds);
    mttr_ = page.histogram(m::incident_mttr_seconds);
    auto_rate_ = page.gauge(m::auto_remediation_rate);
    false_rate_ = page.gauge(m::incident_false_positive_rate);
    healing_ = page.counter(m::self_healing_attempts_total);
    healed_ = page.counter(m::self_healing_successes_total);
    page.counter(m::self_healing_failures_total);
    healing_seconds_ = page.histogram(m::self_healing_duration_seconds);
    actions_ = page.counter(m::remediation_actions_total, "restart", "apply", "success");
    page.counter(m::remediation_actions_total, "restart", "apply", "failure");
  }

  void add_checks(Page& page) {
    for (const auto* check : {"login", "migrate", "sync"}) {
      check_ok_.push_back(page.gauge(m::synthetic_check_success, check));
      check_seconds_.push_back(page.histogram(m::synthetic_check_duration_seconds, check, "total"));
    }
    for (const auto* category : {"integration", "performance", "security"}) {
      tests_passed_.push_back(page.counter(m::validation_tests_total, category, "pass"));
      page.counter(m::validation_tests_total, category, "fail");
      pass_ratio_.push_back(page.gauge(m::validation_pass_ratio, category));
    }
    chaos_ = page.counter(m::chaos_experiments_total, "node_crash", "recovered");
    page.counter(m::chaos_experiments_total, "node_crash", "not_recovered");
    chaos_seconds_ = page.histogram(m::chaos_recovery_seconds, "node_crash");
  }

  void write_regions(World& world, double seconds) {
    const auto& fx = world.effects();
    const auto& state = world.state();
    for (const auto& region : world.fleet().regions()) {
      double up = 0, cpu = 0, parts = 0;
      for (const auto n : region.nodes) {
        if (!state.nodes[n].up) continue;
        up += 1;
        cpu += state.nodes[n].cpu;
        for (std::uint32_t c = 0; c < kNodeComponents; ++c)
          parts += fx.part(Knob::part_down, n, static_cast<Part>(c)) < 1;
      }
      const auto& facts = state.regions[region.index];
      const double nodes = static_cast<double>(region.nodes.size());
      const double errors = facts.requests > 0 ? facts.errors / facts.requests : 0;
      const double factors[] = {
          100 * parts / (nodes * kNodeComponents), up > 0 ? 100 - 100 * cpu / up : 0,
          std::max(0.0, 100 - facts.latency_ms), std::max(0.0, 100 - 100 * errors),
          state.quorum ? std::max(0.0, 100 - std::max(0.0, state.consensus_ms - 50)) : 0};
      auto& r = regions_[region.index];
      double score = 0;
      for (int f = 0; f < 5; ++f) r.factors[f].set(factors[f]), score += kWeights[f] * factors[f];
      r.score.set(score);
      const double keep = std::exp(-seconds / 600);
      r.usual = r.usual == 0 ? score : r.usual * keep + score * (1 - keep);
      r.trend.set(score > r.usual + 5 ? 1 : score < r.usual - 5 ? -1 : 0);
    }
  }

  // A value far off what a day has taught, for half a minute, is an anomaly; once, until it is
  // over.
  void judge(World& world, int i, double value, double seconds) {
    auto& d = detectors_[i];
    const double least[] = {3, 0.002, 0, 4, 2.5, 2, 0.002};
    if (!d.learnt) d.usual = value, d.spread = 0.05 * std::fabs(value), d.learnt = true;
    const double room = std::max({3 * d.spread, 0.2 * std::fabs(d.usual), least[i]});
    const double off = std::fabs(value - d.usual) / room;
    d.score.set(std::min(1.0, 0.4 * off));
    d.confidence.set(std::min(0.99, 0.4 * off));
    d.lower.set(std::max(0.0, d.usual - room));
    d.upper.set(d.usual + room);
    d.strange_seconds = off > 1.5 ? d.strange_seconds + seconds : 0;
    if (d.strange_seconds >= 30 && !d.told) {
      d.told = true;
      d.warning.add();
      all_anomalies_.add();
      const int v3 = i == 0 ? 0 : i == 2 ? 1 : i == 1 ? 2 : -1;
      if (v3 >= 0)
        v3_anomalies_[static_cast<std::size_t>(v3)].add(),
            v3_named_[static_cast<std::size_t>(v3)].add();
      world.say(client::Level::warn, "anomaly-detector", 0, "unusual value",
                {{"metric", kMetrics[i]}, {"value", value}, {"usual", d.usual}});
    }
    if (d.told && off > 5 && !d.told_critical) {
      d.told_critical = true;
      d.critical.add();
      if (i == 0) v3_critical_[0].add();
      if (i == 1) v3_critical_[2].add();
    }
    if (off < 1) d.told = d.told_critical = false;
    if (off > 1) return;  // what is odd is not learnt from
    const double keep = std::exp(-seconds / 3600);
    d.usual = d.usual * keep + value * (1 - keep);
    d.spread = d.spread * keep + std::fabs(value - d.usual) * (1 - keep);
  }

  void write_detectors(World& world, double seconds) {
    if (seconds <= 0) return;  // at the first look there is nothing to learn from yet
    const auto& state = world.state();
    double latency = 0, sent = 0, cpu = 0, memory = 0, jitter = 0, loss = 0;
    for (const auto& r : state.regions) latency = std::max(latency, r.latency_ms);
    double up = 0;
    for (const auto& n : state.nodes) {
      if (!n.up) continue;
      up += 1, sent += n.sent_bytes_per_second;
      cpu = std::max(cpu, 100 * n.cpu), memory = std::max(memory, 100 * n.memory);
    }
    for (const auto& l : state.links)
      if (l.passes) jitter = std::max(jitter, l.jitter_ms), loss = std::max(loss, l.loss);
    // Bandwidth for the load there is: by day and night the same.
    const double values[] = {latency,
                             100 * state.request_error_ratio,
                             sent / std::max(1.0, up) / 1e9 / std::max(0.2, world.load()),
                             cpu,
                             memory,
                             jitter,
                             100 * loss};
    for (int i = 0; i < kMetricCount; ++i) judge(world, i, values[i], seconds);
  }

  void write_levels(World& world, double seconds) {
    const auto& state = world.state();
    double latency = 0, sent = 0, up = 0;
    for (const auto& r : state.regions) latency = std::max(latency, r.latency_ms * 3.2);
    for (const auto& n : state.nodes)
      if (n.up) sent += (n.sent_bytes_per_second + n.received_bytes_per_second) / 4, up += 1;
    const double average = up > 0 ? sent / up : 0;
    const double errors = state.request_error_ratio;
    const bool good[] = {latency < 500, average >= 2.2e9, errors < 0.01};
    // As ratios over a day: share of good moments.
    const double bad[] = {errors, latency > 500 ? 1.0 : 0.0, average < 2.2e9 ? 1.0 : 0.0};
    const double allowed[] = {0.001, 0.05, 0.05};
    const double day = std::exp(-seconds / 86'400), hour = std::exp(-seconds / 3600),
                 five = std::exp(-seconds / 300);
    for (int i = 0; i < 3; ++i) {
      of_day_[i] = of_day_[i] * day + bad[i] * (1 - day);
      of_hour_[i] = of_hour_[i] * hour + bad[i] * (1 - hour);
      of_five_[i] = of_five_[i] * five + bad[i] * (1 - five);
      const double ratio = 1 - of_day_[i];
      if (ratio < 0.999 && sla_ratio_[i].value() >= 0.999) sla_violations_[i].add();
      sla_ratio_[i].set(ratio);
      budget_[i].set(std::max(0.0, 1 - of_day_[i] / allowed[i] / 30));
      burn_fast_[i].set(of_five_[i] / allowed[i]);
      burn_slow_[i].set(of_hour_[i] / allowed[i]);
      if (!good[i] && v3_sla_[i].value() == 1) v3_violations_[i].add();
      v3_sla_[i].set(good[i]);
    }
    hour_ratio_.set(1 - of_hour_[0]);
  }

  void write_capacity(World& world) {
    double cpu = 0, memory = 0, disk = 0, use = 0, up = 0;
    for (const auto& n : world.state().nodes)
      if (n.up)
        cpu += n.cpu, memory += n.memory, disk += n.disk_used,
            use += n.sent_bytes_per_second / 1e10, up += 1;
    const double now[] = {cpu, memory, disk, use};
    constexpr double kGrowth[] = {0.0006, 0.0004, 0.0005, 0.0008};
    for (int i = 0; i < 4; ++i) {
      const double level = up > 0 ? now[i] / up : 0;
      growth_[i].set(kGrowth[i]);
      days_[i].set(std::max(0.0, (0.85 - level) / kGrowth[i]));
      for (int h = 0; h < 3; ++h)
        forecast_[i][h].set(std::min(1.0, level + kGrowth[i] * 30 * (h + 1)));
    }
  }

  // An incident opens when a service level or a node is gone, closes when all is back for a minute.
  void write_incidents(World& world, double seconds) {
    double away = 0;
    for (const auto& n : world.state().nodes) away += !n.up;
    const bool trouble = away > 0 || v3_sla_[0].value() == 0 || v3_sla_[1].value() == 0 ||
                         v3_sla_[2].value() == 0 || !world.state().quorum;
    calm_ = trouble ? 0 : calm_ + seconds;
    if (trouble && !incident_) {
      incident_ = true;
      began_ = world.seconds();
      severity_ = world.state().quorum ? (v3_sla_[2].value() == 0 ? 1 : 2) : 0;
      incidents_.add();
      detection_.observe(12);
      triage_.observe(45);
      healing_.add();
      met_[severity_].add();
    } else if (incident_ && calm_ >= 60) {
      incident_ = false;
      const double took = world.seconds() - began_;
      mitigation_.observe(std::max(30.0, took - 60));
      resolution_.observe(took);
      mttr_.observe(took);
      healed_.add();
      healing_seconds_.observe(std::max(5.0, took - 60));
      actions_.add();
    }
    for (int i = 0; i < 5; ++i) open_[i].set(incident_ && i == severity_);
    auto_rate_.set(0.85);
    false_rate_.set(0);
  }

  void write_checks(World& world, double seconds) {
    const double errors = world.state().request_error_ratio;
    for (std::size_t i = 0; i < check_ok_.size(); ++i) {
      check_ok_[i].set(errors < 0.2);
      check_seconds_[i].observe({0.4, 0.3}, seconds / 300);
    }
    for (std::size_t i = 0; i < tests_passed_.size(); ++i) {
      tests_passed_[i].add(33 * seconds / 3600);
      pass_ratio_[i].set(1);
    }
    chaos_.add(seconds / 86'400);
    chaos_seconds_.observe({24, 0.2}, seconds / 86'400);
  }

  struct Region {
    Gauge score, trend, factors[5];
    double usual = 0;
  };
  std::vector<Region> regions_;
  Detector detectors_[kMetricCount];
  std::vector<Counter> v3_anomalies_, v3_critical_, v3_named_;
  Counter all_anomalies_;
  Gauge sla_ratio_[3], budget_[3], burn_fast_[3], burn_slow_[3], v3_sla_[3];
  Counter sla_violations_[3], v3_violations_[3];
  double of_day_[3] = {}, of_hour_[3] = {}, of_five_[3] = {};
  Gauge growth_[4], days_[4], forecast_[4][3];
  Gauge hour_ratio_, collector_, collected_, open_[5], auto_rate_, false_rate_;
  Counter incidents_, healing_, healed_, actions_, met_[5];
  Histogram detection_, triage_, mitigation_, resolution_, mttr_, healing_seconds_;
  bool incident_ = false;
  int severity_ = 2;
  double began_ = 0, calm_ = 0;
  std::vector<Gauge> check_ok_, pass_ratio_;
  std::vector<Histogram> check_seconds_;
  std::vector<Counter> tests_passed_;
  Counter chaos_;
  Histogram chaos_seconds_;
};

}  // namespace

std::unique_ptr<Component> make_conclusions(World& world) {
  return std::make_unique<Conclusions>(world);
}

}  // namespace pharos::sim
