// Regions that keep their state in step (ASS, federation) and place machines (ITP).
#include <algorithm>
#include <cmath>

#include "sim/components/all.hpp"
#include "sim/world.hpp"

namespace pharos::sim {
namespace {

struct Remote {  // over one link
  Histogram delta, full;
  Counter saved;
};
struct Site {  // a region's synchroniser and placer; node_id is the node that leads it
  Gauge rate, efficiency;
  Counter succeeded, failed, conflicts, placed, failed_errors, timeouts;
  Histogram sync_latency, place_latency;
  Gauge sync_ops, place_ops;
  double saved_seen = 0;
};

class Federation final : public Component {
 public:
  explicit Federation(World& world) : random_(world.random("federation")) {
    const auto& fleet = world.fleet();
    for (const auto& link : fleet.links()) {
      auto& page = world.region_page(link.from);
      const auto &from = fleet.regions()[link.from].name, &to = fleet.regions()[link.to].name;
      Remote r;
      r.delta = page.histogram(m::dwcp_federation_sync_duration_seconds, from, to, "delta");
      r.full = page.histogram(m::dwcp_federation_sync_duration_seconds, from, to, "full");
      r.saved = page.counter(m::dwcp_federation_bandwidth_saved_bytes_total, from, to);
      remotes_.push_back(std::move(r));
    }
    for (const auto& region : fleet.regions()) {
      auto& page = world.region_page(region.index);
      const auto& n = fleet.nodes()[region.nodes.front()].name;
      Site s;
      s.rate = page.gauge(m::dwcp_v3_ass_sync_rate, n);
      s.efficiency = page.gauge(m::dwcp_v3_itp_efficiency, n);
      s.succeeded = page.counter(m::dwcp_v3_component_operations_total, n, "ass", "sync_success");
      s.failed = page.counter(m::dwcp_v3_component_operations_total, n, "ass", "sync_failed");
      s.conflicts =
          page.counter(m::dwcp_v3_component_operations_total, n, "ass", "conflict_resolved");
      s.placed = page.counter(m::dwcp_v3_component_operations_total, n, "itp", "place");
      s.failed_errors = page.counter(m::dwcp_v3_component_errors_total, n, "ass", "sync_failed");
      s.timeouts = page.counter(m::dwcp_v3_component_errors_total, n, "itp", "timeout");
      s.sync_latency = page.histogram(m::dwcp_v3_component_latency_seconds, n, "ass");
      s.place_latency = page.histogram(m::dwcp_v3_component_latency_seconds, n, "itp");
      sites_.push_back(std::move(s));
    }
    auto& page = world.fleet_page();
    syncs_ = page.counter(m::dwcp_v3_sync_operations_total);
    score_ = page.gauge(m::dwcp_v3_placement_score);
    failovers_ = page.counter(m::dwcp_v3_failover_events_total);
    loss_ = page.gauge(m::dwcp_v3_data_loss_detected);
    away_.assign(fleet.nodes().size(), false);
  }

  void tick(World& world, double seconds) override {
    const auto& fleet = world.fleet();
    const auto& fx = world.effects();
    auto& state = world.state();
    const double others = std::max<double>(1, static_cast<double>(fleet.regions().size()) - 1);
    std::vector<double> saved(sites_.size()), lost(sites_.size());
    for (const auto& node : fleet.nodes()) {
      const auto& n = state.nodes[node.index];
      if (n.up) saved[node.region] += n.hde_bytes_per_second * (1 - 1 / n.compression);
      if (!n.up && !away_[node.index]) failovers_.add();
      away_[node.index] = !n.up;
    }
    for (const auto& link : fleet.links()) {
      const auto &way = state.links[link.index], &back = state.links[link.back];
      auto& r = remotes_[link.index];
      const double round_trip = (way.delay_ms + back.delay_ms) / 1000;
      const double loss = std::min(0.5, way.loss);
      const double slow =
          fx.part(Knob::part_latency, fleet.regions()[link.from].nodes.front(), kAss);
      const double late = fx(Knob::federation_delay_s, link.from);
      if (way.passes) {
        r.delta.observe({(0.01 + 1.5 * round_trip) * (1 + 30 * loss) * slow + late, 0.25},
                        0.5 * seconds);
        r.full.observe({(0.2 + 4 * round_trip) * (1 + 30 * loss) * slow + late, 0.25},
                       0.05 * seconds);
        r.saved.add(0.75 * fx(Knob::federation_savings, link.from) * saved[link.from] / others *
                    seconds);
      } else {  // each tries until it gives up
        held_ += 0.1 * seconds;
        for (; held_ >= 1; held_ -= 1) r.delta.observe(10);
        lost[link.from] += 0.5 / others;
      }
    }
    double placement = 0, total = 0;
    for (const auto& region : fleet.regions()) {
      auto& s = sites_[region.index];
      auto& facts = state.regions[region.index];
      const auto lead = region.nodes.front();
      const double failing =
          std::min(1.0, fx(Knob::sync_failures, region.index) + lost[region.index] +
                            fx.part(Knob::part_errors, lead, kAss) +
                            (fx.part(Knob::part_down, lead, kAss) >= 1 ? 1 : 0));
      const double tries = 40 * world.load() * seconds;
      total += tries;
      s.succeeded.add(tries * (1 - failing));
      s.failed.add(tries * failing);
      s.failed_errors.add(tries * failing);
      s.conflicts.add((0.2 + fx(Knob::sync_conflicts, region.index)) * seconds);
      s.sync_latency.observe({0.02 * fx.part(Knob::part_latency, lead, kAss), 0.4}, tries);
      facts.sync_mb_per_second =
          85 * world.load() * (1 - failing) * (1 + wander_.next(random_, seconds));
      s.rate.set(facts.sync_mb_per_second);
      const double down = fx.part(Knob::part_down, lead, kItp) >= 1 ? 0.6 : 0;
      facts.placement = std::clamp(0.96 - fx(Knob::placement_loss, region.index) - down +
                                       0.2 * wander_.next(random_, seconds),
                                   0.0, 1.0);
      s.efficiency.set(100 * facts.placement);
      const double places = 3 * world.load() * seconds;
      s.placed.add(places);
      s.timeouts.add(places * std::min(1.0, 0.0002 + fx.part(Knob::part_errors, lead, kItp)));
      s.place_latency.observe({0.008 * fx.part(Knob::part_latency, lead, kItp), 0.5}, places);
      placement += facts.placement;
    }
    syncs_.add(total);
    score_.set(100 * placement / static_cast<double>(sites_.size()));
    loss_.set(0);
  }

 private:
  Random random_;
  std::vector<Remote> remotes_;
  std::vector<Site> sites_;
  std::vector<char> away_;
  Wander wander_{0.01, 300};
  Counter syncs_, failovers_;
  Gauge score_, loss_;
  double held_ = 0;
};

}  // namespace

std::unique_ptr<Component> make_federation(World& world) {
  return std::make_unique<Federation>(world);
}

}  // namespace pharos::sim
