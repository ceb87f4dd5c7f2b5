// The programs beside DWCP that are scraped too: redis, three members of etcd, Alertmanager, and
// the Prometheus that watched before.
#include <algorithm>
#include <cmath>

#include "sim/components/all.hpp"
#include "sim/outside.hpp"
#include "sim/world.hpp"

namespace pharos::sim {
namespace {

constexpr std::uint32_t kMembers = 3;

struct Member {
  Page* page = nullptr;
  Gauge leader, resident;
  Counter changes, failed, applied;
  Histogram fsync;
};

class Services final : public Component {
 public:
  explicit Services(World& world)
      : redis_(&world.service_page("/service/redis/0/metrics")),
        alertmanager_(&world.service_page("/service/alertmanager/0/metrics")) {
    redis_up_ = redis_->gauge(outside::redis_up);
    clients_ = redis_->gauge(outside::redis_clients);
    memory_ = redis_->gauge(outside::redis_memory);
    commands_ = redis_->counter(outside::redis_commands);
    hits_ = redis_->counter(outside::redis_hits);
    misses_ = redis_->counter(outside::redis_misses);
    for (std::uint32_t i = 0; i < kMembers; ++i) {
      auto& page = world.service_page("/service/etcd/" + std::to_string(i) + "/metrics");
      members_.push_back(
          {&page, page.gauge(outside::etcd_has_leader), page.gauge(outside::process_memory),
           page.counter(outside::etcd_leader_changes), page.counter(outside::etcd_proposals_failed),
           page.counter(outside::etcd_proposals), page.histogram(outside::etcd_fsync)});
    }
    received_ = alertmanager_->counter(outside::alertmanager_received, "firing", "v2");
    resolved_ = alertmanager_->counter(outside::alertmanager_received, "resolved", "v2");
    sent_ = alertmanager_->counter(outside::alertmanager_notifications, "webhook");
    not_sent_ = alertmanager_->counter(outside::alertmanager_notifications_failed, "webhook");
    for (const auto* quantile : {"0.5", "0.99"})
      interval_.push_back(alertmanager_->gauge(outside::prometheus_interval, "15s", quantile));
    alertmanager_->counter(outside::prometheus_sample_limit);
    alertmanager_->counter(outside::prometheus_duplicates);
    appended_ = alertmanager_->counter(outside::prometheus_appended, "float");
  }

  void tick(World& world, double seconds) override {
    const auto& fx = world.effects();
    const double load = world.load();
    comes_back(*redis_, fx(Knob::service_down, kRedis) < 1);
    redis_up_.set(1);
    clients_.set(std::floor(120 * load));
    memory_.set(6e9);
    commands_.add(4'000 * load * seconds);
    hits_.add(1'800 * load * seconds);
    misses_.add(140 * load * seconds);

    // So many members are gone; without a majority there is no leader.
    const auto gone =
        static_cast<std::uint32_t>(std::lround(fx(Knob::service_down, kEtcd) * kMembers));
    const bool leader = gone * 2 < kMembers;
    for (std::uint32_t i = 0; i < kMembers; ++i) {
      auto& member = members_[i];
      const bool up = i >= gone;
      if (up && led_ != leader) member.changes.add();
      comes_back(*member.page, up);
      if (!up) continue;
      member.leader.set(leader);
      member.resident.set(2.4e8);
      const double proposals = 60 * load * seconds;
      (leader ? member.applied : member.failed).add(proposals);
      member.fsync.observe({0.004 * fx(Knob::service_latency, kEtcd), 0.4},
                           leader ? proposals / 4 : 0);
    }
    led_ = leader;
    comes_back(*alertmanager_, fx(Knob::service_down, kAlertmanager) < 1);
    received_.add(0);
    resolved_.add(0);
    sent_.add(0);
    not_sent_.add(fx(Knob::service_errors, kAlertmanager) * seconds);
    for (auto& gauge : interval_) gauge.set(15);
    appended_.add(1'000 * load * seconds);
  }

 private:
  static void comes_back(Page& page, bool up) {
    if (up && !page.reachable) page.reset();
    page.reachable = up;
  }

  Page *redis_, *alertmanager_;
  Gauge redis_up_, clients_, memory_;
  Counter commands_, hits_, misses_;
  std::vector<Member> members_;
  bool led_ = true;
  Counter received_, resolved_, sent_, not_sent_, appended_;
  std::vector<Gauge> interval_;
};

}  // namespace

std::unique_ptr<Component> make_services(World& world) {
  return std::make_unique<Services>(world);
}

}  // namespace pharos::sim
