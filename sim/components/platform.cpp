// What else the platform counts: conflicts and merges, workers, cache, database, sign-ins, tracing,
// learning. Most of it follows the load; where a fault reaches it, the code says how.
#include <algorithm>
#include <cmath>

#include "sim/background.hpp"
#include "sim/components/all.hpp"
#include "sim/world.hpp"

namespace pharos::sim {
namespace {

class Platform final : public Component {
 public:
  explicit Platform(World& world) : background_(world.random("platform")) {
    auto& page = world.fleet_page();
    add_conflicts(page);
    add_operations(page);
    add_sign_ins(page);
    add_tracing(page);
    add_learning(page);
  }

  void tick(World& world, double seconds) override {
    const auto& fx = world.effects();
    background_.tick(world.load(), seconds);
    double conflicts = 0;
    for (std::size_t r = 0; r < world.fleet().regions().size(); ++r)
      conflicts += fx(Knob::sync_conflicts, static_cast<std::uint32_t>(r));
    const double rate = 0.6 * world.load() + conflicts;
    detected_.add(rate * seconds);
    detected_severe_.add(0.02 * conflicts * seconds);
    merged_.add(rate * 0.98 * seconds);
    rate_.set(rate);
    pending_.set(std::floor(2 + conflicts));
    resolved_.set(conflicts > 20 ? 0.93 : 0.995);
    manual_.set(conflicts > 20 ? 0.03 : 0.002);
    mean_ms_.set(14 + conflicts);
    p99_ms_.set(60 + 6 * conflicts);
    resolution_ms_.observe({12 + conflicts, 0.5}, rate * seconds);

    const double slow = fx(Knob::service_latency, kDatabase);
    const double queries = 900 * world.load();
    db_active_.set(std::floor(std::min(100.0, 30 * world.load() * slow)));
    db_max_.set(100);
    db_wait_.observe({0.002 * (slow > 3 ? slow * slow : slow), 0.5}, queries * seconds / 10);
    db_read_.observe({0.004 * slow, 0.5}, queries * 0.8 * seconds / 10);
    db_write_.observe({0.008 * slow, 0.5}, queries * 0.2 * seconds / 10);
    db_slow_.add((0.05 + (slow > 5 ? 20 : 0)) * seconds);
    // Redis holds the cache: without it every look-up misses.
    const bool cache = fx(Knob::service_down, kRedis) < 1;
    for (int i = 0; i < 2; ++i) {
      const double asked = (i ? 400 : 1'500) * world.load() * seconds;
      cache_asked_[i].add(asked);
      cache_hits_[i].add(cache ? asked * (i ? 0.88 : 0.94) : 0);
    }
    cache_size_.set(cache ? 6e9 : 0);
    cache_seconds_.observe({0.0004 * fx(Knob::service_latency, kRedis), 0.5},
                           190 * world.load() * seconds);
    double load = 0;
    for (const auto& region : world.state().regions)
      load += region.load / static_cast<double>(world.fleet().regions().size());
    workers_.set(64);
    busy_.set(std::floor(std::min(64.0, 34 * load * (0.7 + 0.3 * slow))));
    queue_.set(std::floor(12 * load + std::max(0.0, load - 1.6) * 4'000 + (slow > 5 ? 800 : 0)));
    processed_.add(4'200 * load * seconds);
  }

 private:
  void add_conflicts(Page& page) {
    auto& b = background_;
    detected_ = page.counter(m::dwcp_conflicts_detected_total, "write_write", "warning");
    detected_severe_ = page.counter(m::dwcp_conflicts_detected_total, "write_write", "critical");
    merged_ = page.counter(m::dwcp_merges_performed_total, "three_way", "success");
    page.counter(m::dwcp_merges_performed_total, "three_way", "failure");
    rate_ = page.gauge(m::dwcp_conflict_detection_rate);
    pending_ = page.gauge(m::dwcp_pending_conflicts_count);
    resolved_ = page.gauge(m::dwcp_conflict_resolution_success_rate);
    manual_ = page.gauge(m::dwcp_manual_intervention_rate);
    mean_ms_ = page.gauge(m::dwcp_average_resolution_time_ms);
    p99_ms_ = page.gauge(m::dwcp_p99_resolution_time_ms);
    resolution_ms_ = page.histogram(m::dwcp_conflict_resolution_latency_ms, "last_writer");
    b.times(page.histogram(m::dwcp_conflict_detection_latency_ms), {0.8, 0.5}, 0.6);
    b.times(page.histogram(m::dwcp_merge_latency_ms), {6, 0.5}, 0.6);
    b.times(page.histogram(m::dwcp_policy_evaluation_latency_ms), {0.3, 0.4}, 1.2);
    b.times(page.histogram(m::dwcp_recovery_latency_ms, "conflict"), {80, 0.5}, 0.02);
    for (const auto* strategy : {"last_writer", "merge"}) {
      b.rate(page.counter(m::dwcp_conflict_resolutions_attempted_total, strategy, "success"), 0.3);
      page.counter(m::dwcp_conflict_resolutions_attempted_total, strategy, "failure");
      b.rate(page.counter(m::dwcp_strategy_usage_total, strategy), 0.3);
    }
    b.rate(page.counter(m::dwcp_policy_applications_total, "default", "success"), 1.2);
    for (const auto* type : {"counter", "set", "map"}) {
      b.rate(page.counter(m::dwcp_crdt_merges_total, type, "success"), 4);
      b.rate(page.counter(m::dwcp_crdt_conflicts_total, type, "concurrent"), 0.1);
    }
    page.counter(m::dwcp_split_brain_detections_total);
    page.counter(m::dwcp_data_loss_events_total);
    page.counter(m::dwcp_invariant_violations_total);
    b.rate(page.counter(m::dwcp_conflict_events_logged_total, "detected"), 0.6);
    b.rate(page.counter(m::dwcp_conflict_events_logged_total, "resolved"), 0.6);
    b.rate(page.counter(m::dwcp_conflict_patterns_total, "hot_key"), 0.01);
    for (const auto* id : {"volume", "network", "image"})
      b.rate(page.counter(m::dwcp_resource_conflict_count, id), 0.05);
  }

  void add_operations(Page& page) {
    auto& b = background_;
    workers_ = page.gauge(m::dwcp_worker_total);
    busy_ = page.gauge(m::dwcp_worker_busy);
    queue_ = page.gauge(m::dwcp_message_queue_depth);
    processed_ = page.counter(m::dwcp_messages_processed_total);
    constexpr const char* kCaches[] = {"metadata", "baseline"};
    for (int i = 0; i < 2; ++i) {
      cache_hits_[i] = page.counter(m::dwcp_cache_hits, kCaches[i]);
      cache_asked_[i] = page.counter(m::dwcp_cache_requests, kCaches[i]);
    }
    cache_size_ = page.gauge(m::dwcp_cache_size_bytes);
    b.rate(page.counter(m::dwcp_cache_evictions_total), 3);
    cache_seconds_ = page.histogram(m::dwcp_cache_operation_duration_seconds);
    db_active_ = page.gauge(m::dwcp_db_connections_active);
    db_max_ = page.gauge(m::dwcp_db_connections_max);
    db_wait_ = page.histogram(m::dwcp_db_connection_wait_duration_seconds);
    db_read_ = page.histogram(m::dwcp_db_query_duration_seconds, "read");
    db_write_ = page.histogram(m::dwcp_db_query_duration_seconds, "write");
    db_slow_ = page.counter(m::dwcp_db_slow_queries_total);
  }

  void add_sign_ins(Page& page) {
    auto& b = background_;
    b.rate(page.counter(m::novacron_authentication_events_total, "login", "success", "password"),
           0.4);
    b.rate(page.counter(m::novacron_authentication_events_total, "login", "failure", "password"),
           0.01);
    b.rate(page.counter(m::novacron_authorization_failures_total, "user-1", "vm", "delete"), 0.001);
    page.counter(m::novacron_security_violations_total, "policy", "critical");
    for (int t = 0; t < 4; ++t)
      b.level(page.gauge(m::novacron_active_users, "tenant-" + std::to_string(t)), 20 + 5 * t, 0.1);
    b.times(page.histogram(m::novacron_session_duration_seconds, "user-1", "web"), {1'200, 0.6},
            0.005);
  }

  void add_tracing(Page& page) {
    auto& b = background_;
    b.rate(page.counter(m::tracing_spans_created_total), 2'400);
    b.rate(page.counter(m::tracing_spans_finished_total), 2'400);
    b.times(page.histogram(m::tracing_span_duration_seconds), {0.012, 1}, 240);
    b.level(page.gauge(m::tracing_sampling_rate), 0.1, 0);
    b.times(page.histogram(m::tracing_overhead_seconds), {0.000004, 0.4}, 240);
    page.counter(m::tracing_spans_dropped_total);
    page.counter(m::tracing_exporter_errors_total);
    b.times(page.histogram(m::tracing_batch_export_latency_seconds), {0.02, 0.4}, 2);
    for (const auto* service : {"dwcp-manager", "migration", "probft"}) {
      b.rate(page.counter(m::log_bytes_total, service), 9'000);
      b.rate(page.counter(m::trace_spans_received_total, service), 80);
      for (const auto* level : {"INFO", "WARN", "ERROR"})
        b.rate(page.counter(m::log_entries_total, level, page.target().region, service),
               level[0] == 'I'   ? 30
               : level[0] == 'W' ? 0.5
                                 : 0.01);
    }
    for (const auto* strategy : {"head", "tail"})
      for (const auto* decision : {"keep", "drop"})
        b.rate(page.counter(m::trace_sampling_decisions_total, strategy, decision),
               decision[0] == 'k' ? 24 : 216);
  }

  void add_learning(Page& page) {
    auto& b = background_;
    b.rate(page.counter(m::ml_data_points_collected_total), 200);
    b.rate(page.counter(m::ml_features_extracted_total), 27 * 200);
    b.rate(page.counter(m::ml_datasets_created_total), 1.0 / 3600);
    page.counter(m::ml_collection_errors_total);
    b.times(page.histogram(m::ml_collection_duration_seconds), {0.03, 0.4}, 1);
    b.level(page.gauge(m::ml_buffer_utilization_ratio), 0.35, 0.05);
    b.times(page.histogram(m::dwcp_ml_inference_latency_seconds), {0.006, 0.4}, 20);
    b.times(page.histogram(m::model_training_duration_seconds), {90, 0.3}, 1.0 / 21'600);
    page.counter(m::model_training_errors_total);
    b.rate(page.counter(m::model_updates_total), 1.0 / 21'600);
    b.times(page.histogram(m::anomaly_detection_latency_seconds), {0.004, 0.4}, 50);
    b.times(page.histogram(m::dwcp_anomaly_detection_latency_seconds), {0.006, 0.4}, 50);
    b.rate(page.counter(m::dwcp_metrics_processed_total), 5'000);
    for (const auto* model : {"isolation_forest", "seasonal"})
      b.level(page.gauge(m::anomaly_model_accuracy, model), 0.96, 0.003);
    b.level(page.gauge(m::anomaly_false_positive_rate), 0.032, 0.03);
    b.level(page.gauge(m::anomaly_false_negative_rate), 0.02, 0.03);
    b.level(page.gauge(m::anomaly_prediction_accuracy), 0.96, 0.003);
    b.level(page.gauge(m::prediction_accuracy), 0.968, 0.003);
    page.histogram(m::prediction_lead_time_seconds);
    page.counter(m::predicted_incidents_total);
    page.counter(m::prevented_incidents_total);
    page.counter(m::predicted_failures_total);
    for (const auto* type : {"cpu", "heap"})
      b.rate(page.counter(m::profile_captures_total, type, "success"), 1.0 / 60);
  }

  Background background_;
  Counter detected_, detected_severe_, merged_, processed_, db_slow_, cache_hits_[2],
      cache_asked_[2];
  Gauge rate_, pending_, resolved_, manual_, mean_ms_, p99_ms_;
  Histogram resolution_ms_, cache_seconds_, db_wait_, db_read_, db_write_;
  Gauge workers_, busy_, queue_, cache_size_, db_active_, db_max_;
};

}  // namespace

std::unique_ptr<Component> make_platform(World& world) {
  return std::make_unique<Platform>(world);
}

}  // namespace pharos::sim
