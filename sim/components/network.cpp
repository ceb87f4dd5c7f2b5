// The links between regions: what passes, how fast, what the tunnel and the route say.
#include <algorithm>
#include <cmath>

#include "sim/components/all.hpp"
#include "sim/world.hpp"

namespace pharos::sim {
namespace {

class Network final : public Component {
 public:
  explicit Network(World& world) : random_(world.random("network")) {
    const auto& fleet = world.fleet();
    for (const auto& link : fleet.links()) {
      auto& page = world.region_page(link.from);
      const auto &from = fleet.regions()[link.from].name, &to = fleet.regions()[link.to].name;
      Way way;
      way.latency = page.histogram(m::network_link_latency_seconds, from, to, "icmp");
      way.jitter = page.gauge(m::network_link_jitter_seconds, from, to);
      way.loss = page.gauge(m::network_link_packet_loss_ratio, from, to);
      way.sent = page.gauge(m::network_link_utilization_ratio, from, to, "tx");
      way.received = page.gauge(m::network_link_utilization_ratio, from, to, "rx");
      way.capacity = page.gauge(m::network_link_capacity_bytes_per_second, from, to);
      way.hops = page.gauge(m::network_route_hops, from, to);
      way.route_changes = page.counter(m::network_route_changes_total, from, to);
      way.tunnel_up = page.gauge(m::network_tunnel_up, link.tunnel, from, to);
      way.last_seen = page.gauge(m::network_tunnel_last_seen_timestamp_seconds, link.tunnel);
      way.status = page.gauge(m::dwcp_tunnel_status, link.tunnel, from, to);
      ways_.push_back(std::move(way));
    }
    for (const auto& node : fleet.nodes()) {
      auto& page = world.node_page(node.index);
      const auto &near = fleet.nodes()[node.near].name, &far = fleet.nodes()[node.far].name;
      Pair pair;
      pair.measured = fleet.regions()[node.region].nodes.front() == node.index;
      if (pair.measured)
        pair.near = page.histogram(m::novacron_network_latency_seconds, node.name, near);
      pair.near_loss = page.gauge(m::novacron_network_packet_loss_rate, node.name, near);
      pair.far_loss = page.gauge(m::novacron_network_packet_loss_rate, node.name, far);
      pairs_.push_back(std::move(pair));
    }
  }

  void tick(World& world, double seconds) override {
    for (const auto& link : world.fleet().links()) tick_link(world, link, seconds);
    for (const auto& node : world.fleet().nodes()) {
      if (world.effects()(Knob::node_down, node.index) >= 0.5) continue;
      auto& pair = pairs_[node.index];
      const auto& fx = world.effects();
      // Slow cards queue: the way to a neighbour is what the slower of both makes of it.
      const double nic = std::min(fx(Knob::node_nic, node.index), fx(Knob::node_nic, node.near));
      if (pair.measured) pair.near.observe({0.0004 / std::max(nic, 0.02), 0.35}, 2 * seconds);
      const double dropped =
          (fx(Knob::node_drops, node.index) + fx(Knob::node_drops, node.near)) / 20'000;
      pair.near_loss.set(std::min(1.0, 0.0001 + dropped));
      const auto* link = world.fleet().link(node.region, world.fleet().nodes()[node.far].region);
      pair.far_loss.set(link ? std::min(1.0, world.state().links[link->index].loss + dropped)
                             : 0.0001 + dropped);
    }
  }

 private:
  struct Way {
    Histogram latency;
    Gauge jitter, loss, sent, received, capacity, hops, tunnel_up, last_seen, status;
    Counter route_changes;
    Wander delay{0.01, 120}, losses{0.1, 60};
    double shown_hops = 0;
  };
  struct Pair {
    Histogram near;
    Gauge near_loss, far_loss;
    bool measured = false;  // leaders measure the time to a neighbour, all measure the loss
  };

  void tick_link(World& world, const Link& link, double seconds) {
    const auto& fx = world.effects();
    auto& state = world.state().links[link.index];
    auto& way = ways_[link.index];
    const double flap = fx(Knob::link_flap, link.index);
    const bool flapped = flap > 0 && std::fmod(world.seconds(), 20) < 20 * flap;
    const bool cut = fx(Knob::link_cut, link.index) >= 0.5 || flapped;
    const bool hole = fx(Knob::link_black_hole, link.index) >= 0.5;
    state.passes = !cut && !hole;
    state.tunnel_up = !cut;
    state.loss = state.passes ? std::clamp(link.loss * (1 + way.losses.next(random_, seconds)) +
                                               fx(Knob::link_loss, link.index),
                                           0.0, 1.0)
                              : 1;
    // Queues fill as the link does.
    const double capacity = link.bytes_per_second * fx(Knob::link_bandwidth, link.index);
    const double use = std::min(0.98, state.used_bytes_per_second / std::max(capacity, 1.0));
    state.delay_ms = link.delay_ms * (1 + std::fabs(way.delay.next(random_, seconds))) +
                     use / (1 - use) * 0.3 + fx(Knob::link_delay_ms, link.index);
    state.jitter_ms =
        0.4 + 0.01 * link.delay_ms + use / (1 - use) * 0.1 + fx(Knob::link_jitter_ms, link.index);
    // What senders reach through the loss: nine tenths at 1 %, half at 3 %, an eleventh at 10 %.
    state.bytes_per_second = state.passes ? capacity / (1 + std::pow(state.loss / 0.03, 2)) : 0;
    state.hops = link.hops + fx(Knob::link_hops, link.index);

    const auto& back = world.state().links[link.back];
    const double round_trip =
        (state.delay_ms + (back.delay_ms > 0 ? back.delay_ms : link.delay_ms)) / 1000;
    if (state.passes)
      way.latency.observe({round_trip, 0.02 + state.jitter_ms / 1000 / round_trip},
                          seconds * (1 - state.loss));
    way.jitter.set(state.jitter_ms / 1000);
    way.loss.set(state.loss);
    way.sent.set(std::min(1.0, state.used_bytes_per_second / std::max(capacity, 1.0)));
    way.received.set(std::min(
        1.0, back.used_bytes_per_second / world.fleet().links()[link.back].bytes_per_second));
    way.capacity.set(capacity);
    if (way.shown_hops != 0 && way.shown_hops != state.hops) way.route_changes.add();
    way.shown_hops = state.hops;
    way.hops.set(state.hops);
    way.tunnel_up.set(state.tunnel_up);
    if (state.passes) way.last_seen.set(static_cast<double>(to_unix_millis(world.now()) / 1000));
    way.status.set(!state.tunnel_up ? 1 : state.loss > 0.05 ? 2 : 0);
  }

  Random random_;
  std::vector<Way> ways_;
  std::vector<Pair> pairs_;
};

}  // namespace

std::unique_ptr<Component> make_network(World& world) {
  return std::make_unique<Network>(world);
}

}  // namespace pharos::sim
