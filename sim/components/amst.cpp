// AMST: streams that carry data within a region (RDMA) and between regions (TCP over the links).
// What is sent is what is wanted, or what the card and the link let through.
#include <algorithm>
#include <cmath>

#include "sim/components/all.hpp"
#include "sim/outside.hpp"
#include "sim/world.hpp"

namespace pharos::sim {
namespace {

constexpr std::uint32_t kSlots = 16;
constexpr double kUse = 0.66;       // of a card, at the usual load
constexpr double kWanShare = 0.25;  // of the traffic leaves the region
constexpr std::string_view kModes[] = {"datacenter", "internet"};

struct Mover {
  Gauge active, utilization, named_active, gbps, stream_use, throughput, throughput_bytes,
      stream_utilization;
  Gauge rdma_out, tcp_out, rdma_in, tcp_in;
  Counter opened, failed, timeouts, resets, checksums, sent[kSlots], received[kSlots];
  Histogram transfer, duration;
  Gauge mode_streams[2], mode_mbps[2], mode;
  Histogram mode_latency[2];
  Counter mode_out[2], mode_in[2], failed_streams[2], to_hybrid, from_hybrid;
  Wander use{0.01, 60}, streams{0.02, 60};
};

struct Peer {  // of a region, over one link
  Gauge active, total, mbps, loss, utilization, health, window;
  Counter out, in, timeouts, reconnects;
  Histogram latency, check;
};

class Amst final : public Component {
 public:
  explicit Amst(World& world) : random_(world.random("amst")) {
    for (const auto& node : world.fleet().nodes()) movers_.push_back(make_mover(world, node));
    for (const auto& link : world.fleet().links()) peers_.push_back(make_peer(world, link));
    for (const auto& region : world.fleet().regions()) {
      auto& page = world.region_page(region.index);
      regions_.push_back({page.counter(m::dwcp_bytes_sent, region.name),
                          page.counter(m::dwcp_bytes_received, region.name),
                          page.counter(outside::dwcp_bytes_transferred, "out"),
                          page.counter(outside::dwcp_bytes_transferred, "in"),
                          page.gauge(m::dwcp_v3_rdma_throughput_gbps, "datacenter"),
                          page.gauge(m::dwcp_v3_rdma_bandwidth_utilization, "datacenter"),
                          page.counter(m::dwcp_v3_congestion_events_total, "internet"),
                          page.counter(m::dwcp_v3_congestion_events_total, "datacenter")});
    }
    auto& fleet = world.fleet_page();
    streams_ = fleet.gauge(m::dwcp_streams_active);
    streams_max_ = fleet.gauge(m::dwcp_streams_max);
    mbps_ = fleet.gauge(m::dwcp_bandwidth_utilization_mbps);
    allocated_ = fleet.gauge(m::dwcp_bandwidth_allocated_bytes);
    available_ = fleet.gauge(m::dwcp_bandwidth_available_bytes);
    loss_ = fleet.gauge(m::dwcp_packet_loss_rate);
    bytes_ = fleet.counter(m::dwcp_throughput_bytes_total);
    network_out_ = fleet.counter(m::dwcp_v3_network_bytes_total, "out");
    network_in_ = fleet.counter(m::dwcp_v3_network_bytes_total, "in");
    legacy_ = fleet.counter(m::dwcp_v1_bytes_transferred_total);
    connections_ = fleet.counter(m::dwcp_connections_total);
    for (double w = 0, k = 0; k < kSlots; ++k)
      weight_[static_cast<std::size_t>(k)] = 1 / (k + 4), w += 1 / (k + 4), total_weight_ = w;
  }

  void tick(World& world, double seconds) override {
    const auto& fleet = world.fleet();
    auto& state = world.state();
    const auto& fx = world.effects();
    std::vector<double> wan(fleet.nodes().size()), lan(fleet.nodes().size()),
        link_want(fleet.links().size());
    const auto link_of = [&](const Node& node) {
      return fleet.link(node.region, fleet.nodes()[node.far].region);
    };
    for (const auto& node : fleet.nodes()) {
      auto& n = state.nodes[node.index];
      if (!n.up || fx.part(Knob::part_down, node.index, kAmst) >= 1 || !state.controls.flag("amst"))
        continue;
      const double want = node.nic_bytes_per_second * kUse * world.load() * n.weight *
                          fx(Knob::version_throughput, node.legacy ? kBaseline : kCanary) *
                          (1 + movers_[node.index].use.next(random_, seconds)) *
                          fx(Knob::transfer_load, node.index);
      const double card = node.nic_bytes_per_second * fx(Knob::node_nic, node.index);
      const auto* link = link_of(node);
      wan[node.index] = link ? std::min(want * kWanShare, card * kWanShare) : 0;
      lan[node.index] = std::min(want - wan[node.index], card * (1 - kWanShare));
      if (link) link_want[link->index] += wan[node.index];
    }
    for (const auto& node : fleet.nodes()) {
      const auto* link = link_of(node);
      if (!link || link_want[link->index] <= 0) continue;
      const double share =
          std::min(1.0, state.links[link->index].bytes_per_second / link_want[link->index]);
      wan[node.index] *= share;
    }
    for (const auto& link : fleet.links())
      state.links[link.index].used_bytes_per_second =
          std::min(link_want[link.index], state.links[link.index].bytes_per_second);
    std::vector<double> lan_in(fleet.nodes().size()), wan_in(fleet.nodes().size());
    for (const auto& node : fleet.nodes()) {
      lan_in[node.near] += lan[node.index];
      wan_in[node.far] += wan[node.index];
    }
    Totals all;
    std::vector<Totals> by_region(regions_.size());
    for (const auto& node : fleet.nodes()) {
      auto& n = state.nodes[node.index];
      n.sent_bytes_per_second = lan[node.index] + wan[node.index];
      n.received_bytes_per_second = n.up ? lan_in[node.index] + wan_in[node.index] : 0;
      if (!n.up) continue;
      write_node(world, node, lan[node.index], wan[node.index], lan_in[node.index],
                 wan_in[node.index], seconds);
      for (auto* t : {&all, &by_region[node.region]}) {
        t->out += n.sent_bytes_per_second, t->in += n.received_bytes_per_second,
            t->lan += lan[node.index];
        t->streams += n.streams, t->card += node.nic_bytes_per_second;
        if (node.legacy) t->legacy += n.sent_bytes_per_second;
      }
    }
    for (const auto& link : fleet.links()) write_peer(world, link, seconds);
    write_totals(world, all, by_region, seconds);
  }

 private:
  struct Totals {
    double out = 0, in = 0, lan = 0, streams = 0, card = 0, legacy = 0;
  };

  Mover make_mover(World& world, const Node& node) {
    auto& page = world.node_page(node.index);
    const auto& n = node.name;
    const auto& c = world.fleet().regions()[node.region].name;
    Mover mover;
    mover.active = page.gauge(m::dwcp_amst_streams_active, c, n);
    mover.opened = page.counter(m::dwcp_amst_streams_total, c, n, "success");
    mover.failed = page.counter(m::dwcp_amst_streams_total, c, n, "failure");
    for (std::uint32_t s = 0; s < kSlots; ++s) {
      mover.sent[s] = page.counter(m::dwcp_amst_bytes_sent_total, c, n, std::to_string(s));
      mover.received[s] = page.counter(m::dwcp_amst_bytes_received_total, c, n, std::to_string(s));
    }
    mover.timeouts = page.counter(m::dwcp_amst_errors_total, c, n, "timeout");
    mover.resets = page.counter(m::dwcp_amst_errors_total, c, n, "reset");
    mover.checksums = page.counter(m::dwcp_amst_errors_total, c, n, "checksum");
    mover.transfer = page.histogram(m::dwcp_amst_latency_seconds, c, n, "transfer");
    mover.duration = page.histogram(m::dwcp_amst_latency_seconds, c, n, "stream_duration");
    mover.utilization = page.gauge(m::dwcp_amst_bandwidth_utilization_percent, c, n);
    mover.named_active = page.gauge(m::dwcp_v3_amst_active_streams, n);
    mover.gbps = page.gauge(m::dwcp_v3_amst_throughput_gbps, n);
    mover.stream_use = page.gauge(m::dwcp_v3_amst_stream_utilization_percent, n);
    mover.throughput = page.gauge(m::dwcp_v3_amst_throughput, n);
    mover.throughput_bytes = page.gauge(m::dwcp_v3_amst_throughput_bytes_per_second, n);
    mover.stream_utilization = page.gauge(m::dwcp_v3_amst_stream_utilization, n);
    mover.rdma_out = page.gauge(m::dwcp_v3_throughput_bytes_per_second, "amst", "send", "rdma");
    mover.tcp_out = page.gauge(m::dwcp_v3_throughput_bytes_per_second, "amst", "send", "tcp");
    mover.rdma_in = page.gauge(m::dwcp_v3_throughput_bytes_per_second, "amst", "receive", "rdma");
    mover.tcp_in = page.gauge(m::dwcp_v3_throughput_bytes_per_second, "amst", "receive", "tcp");
    for (int i = 0; i < 2; ++i) {
      mover.mode_streams[i] = page.gauge(m::dwcp_v3_active_streams, n, kModes[i]);
      mover.mode_mbps[i] = page.gauge(m::dwcp_v3_mode_throughput_mbps, n, kModes[i]);
      mover.mode_latency[i] =
          page.histogram(m::dwcp_v3_mode_latency_seconds, n, kModes[i], "transfer");
      mover.mode_out[i] = page.counter(m::dwcp_v3_bytes_transferred_total, n, kModes[i], "out");
      mover.mode_in[i] = page.counter(m::dwcp_v3_bytes_transferred_total, n, kModes[i], "in");
      mover.failed_streams[i] = page.counter(m::dwcp_v3_failed_streams_total, n, kModes[i]);
    }
    page.gauge(m::dwcp_v3_active_streams, n, "hybrid");
    mover.mode = page.gauge(m::dwcp_v3_current_mode, n);
    mover.to_hybrid = page.counter(m::dwcp_v3_mode_switches_total, n, "internet", "hybrid");
    mover.from_hybrid = page.counter(m::dwcp_v3_mode_switches_total, n, "hybrid", "internet");
    page.counter(m::dwcp_v3_mode_switches_total, n, "datacenter", "internet");
    page.counter(m::dwcp_v3_mode_switches_total, n, "internet", "datacenter");
    return mover;
  }

  void write_node(World& world, const Node& node, double lan, double wan, double lan_in,
                  double wan_in, double seconds) {
    const auto& fx = world.effects();
    auto& state = world.state();
    auto& n = state.nodes[node.index];
    auto& mover = movers_[node.index];
    const auto* link = world.fleet().link(node.region, world.fleet().nodes()[node.far].region);
    const LinkState calm;
    const auto& way = link ? state.links[link->index] : calm;
    n.wan_share = lan + wan > 0 ? wan / (lan + wan) : 0;
    n.streams =
        std::floor(48 * world.load() * n.weight * (1 + mover.streams.next(random_, seconds)) +
                   fx(Knob::node_streams, node.index));
    const double opening = 20 * world.load() * n.weight * seconds;
    // Streams over a link that loses more than a little fail; over one that passes nothing, all do.
    const double wan_failures = !link        ? 0
                                : way.passes ? std::min(1.0, 4 * std::max(0.0, way.loss - 0.002))
                                             : 1;
    const double failing =
        std::min(1.0, 0.001 + kWanShare * wan_failures + fx(Knob::node_stream_errors, node.index) +
                          (fx(Knob::certificate_days, node.region) >= kCertificateDays ? 1 : 0) +
                          fx.part(Knob::part_errors, node.index, kAmst));
    mover.opened.add(opening * (1 - failing));
    mover.failed.add(opening * failing);
    mover.timeouts.add(opening * failing * 0.6);
    mover.resets.add(opening * failing * 0.3);
    mover.checksums.add(opening * failing * 0.1);
    mover.failed_streams[0].add(opening * std::max(0.0, failing - kWanShare * wan_failures) *
                                (1 - kWanShare));
    mover.failed_streams[1].add(opening * (kWanShare * wan_failures + 0.00025));
    for (std::uint32_t s = 0; s < kSlots; ++s) {
      const double share = weight_[s] / total_weight_;
      mover.sent[s].add((lan + wan) * share * seconds);
      mover.received[s].add((lan_in + wan_in) * share * seconds);
    }
    const double slow = fx.part(Knob::part_latency, node.index, kAmst) *
                        fx(Knob::version_latency, node.legacy ? kBaseline : kCanary) /
                        std::max(0.05, fx(Knob::node_nic, node.index));
    const double far_seconds =
        (2 * way.delay_ms / 1000 + 0.002) * (1 + 20 * std::min(way.loss, 0.3)) * slow;
    const double near_seconds = 0.003 * slow;
    const double operations = 200 * world.load() * n.weight * seconds;
    mover.transfer.observe({near_seconds, 0.35}, operations * (1 - kWanShare));
    if (way.passes) mover.transfer.observe({far_seconds, 0.15}, operations * kWanShare);
    mover.duration.observe({0.12 * slow * (1 + 10 * std::min(way.loss, 0.3)), 0.4}, opening);
    mover.mode_latency[0].observe({near_seconds, 0.35}, operations * (1 - kWanShare));
    if (way.passes) mover.mode_latency[1].observe({far_seconds, 0.15}, operations * kWanShare);

    const double sent = lan + wan, card = node.nic_bytes_per_second;
    mover.active.set(n.streams);
    mover.named_active.set(n.streams);
    mover.utilization.set(100 * sent / card);
    mover.gbps.set(sent * 8 / 1e9);
    mover.throughput.set(sent * 8 / 1e9);
    mover.throughput_bytes.set(sent);
    const double carrying =
        n.streams > 0
            ? 100 * std::min(1.0, 0.9 * sent / card / (kUse * std::max(0.1, world.load())))
            : 0;
    mover.stream_use.set(carrying);
    mover.stream_utilization.set(carrying);
    mover.rdma_out.set(lan);
    mover.tcp_out.set(wan);
    mover.rdma_in.set(lan_in);
    mover.tcp_in.set(wan_in);
    mover.mode_streams[0].set(std::floor(n.streams * (1 - kWanShare)));
    mover.mode_streams[1].set(n.streams - std::floor(n.streams * (1 - kWanShare)));
    mover.mode_mbps[0].set(lan * 8 / 1e6);
    mover.mode_mbps[1].set(wan * 8 / 1e6);
    mover.mode_out[0].add(lan * seconds);
    mover.mode_in[0].add(lan_in * seconds);
    mover.mode_out[1].add(wan * seconds);
    mover.mode_in[1].add(wan_in * seconds);
    // A bad link makes the node carry what it can by the other way.
    const double mode = way.passes && way.loss < 0.02 ? 1 : 2;
    if (mode != mover.mode.value() && mover.mode.value() != 0)
      (mode == 2 ? mover.to_hybrid : mover.from_hybrid).add();
    mover.mode.set(mode);
  }

  Peer make_peer(World& world, const Link& link) {
    auto& page = world.region_page(link.from);
    const auto& to = world.fleet().regions()[link.to].name;
    Peer p;
    p.active = page.gauge(m::novacron_amst_active_streams, "tcp", to);
    p.total = page.gauge(m::novacron_amst_total_streams, "tcp", to);
    p.out = page.counter(m::novacron_amst_bytes_transferred_total, "tcp", to, "sent");
    p.in = page.counter(m::novacron_amst_bytes_transferred_total, "tcp", to, "received");
    p.mbps = page.gauge(m::novacron_amst_throughput_mbps, "tcp", to);
    p.timeouts = page.counter(m::novacron_amst_errors_total, "tcp", to, "timeout");
    p.reconnects = page.counter(m::novacron_amst_reconnects_total, "tcp", to);
    p.latency = page.histogram(m::novacron_amst_latency_seconds, "tcp", to, "send");
    p.loss = page.gauge(m::novacron_amst_packet_loss_rate, "tcp", to);
    p.utilization = page.gauge(m::novacron_amst_bandwidth_utilization, "tcp", to);
    p.health = page.gauge(m::novacron_amst_health_status, "tcp", to);
    p.check = page.histogram(m::novacron_amst_health_check_duration_seconds, "tcp", to);
    p.window = page.gauge(m::novacron_amst_congestion_window, "tcp", to, "bbr");
    return p;
  }

  void write_peer(World& world, const Link& link, double seconds) {
    const auto &way = world.state().links[link.index], &back = world.state().links[link.back];
    auto& p = peers_[link.index];
    const double nodes = static_cast<double>(world.fleet().regions()[link.from].nodes.size());
    const double round_trip = (way.delay_ms + std::max(back.delay_ms, 1.0)) / 1000;
    p.total.set(64 * nodes);
    p.active.set(way.passes ? std::floor(12 * nodes * world.load()) : 0);
    p.out.add(way.used_bytes_per_second * seconds);
    p.in.add(back.used_bytes_per_second * seconds);
    p.mbps.set(way.used_bytes_per_second * 8 / 1e6);
    const double failing = way.passes ? std::min(1.0, 4 * std::max(0.0, way.loss - 0.002)) : 1;
    p.timeouts.add(nodes * 2 * failing * seconds);
    p.reconnects.add(nodes * failing * seconds);
    if (way.passes) {
      p.latency.observe({round_trip / 2, 0.1}, 40 * nodes * seconds);
      p.check.observe({round_trip, 0.1}, seconds / 5);
    } else {
      p.check.observe(5, std::floor(seconds / 5));
    }
    p.loss.set(way.loss);
    p.utilization.set(std::min(100.0, 100 * way.used_bytes_per_second / link.bytes_per_second));
    p.health.set(way.passes && way.loss < 0.1);
    // What is under way fills the pipe.
    p.window.set(way.used_bytes_per_second * round_trip / std::max(1.0, 12 * nodes) / 1460);
  }

  void write_totals(World& world, const Totals& all, const std::vector<Totals>& by_region,
                    double seconds) {
    for (std::size_t r = 0; r < regions_.size(); ++r) {
      auto& s = regions_[r];
      s.sent.add(by_region[r].out * seconds);
      s.received.add(by_region[r].in * seconds);
      s.transferred_out.add(by_region[r].out * seconds);
      s.transferred_in.add(by_region[r].in * seconds);
      s.rdma_gbps.set(by_region[r].lan * 8 / 1e9);
      s.rdma_use.set(by_region[r].card > 0 ? 100 * by_region[r].lan / by_region[r].card : 0);
    }
    double loss = 0;
    for (const auto& link : world.fleet().links()) {
      const auto& way = world.state().links[link.index];
      loss = std::max(loss, way.loss);
      const double use = way.used_bytes_per_second / std::max(1.0, way.bytes_per_second);
      regions_[link.from].congested_wan.add(
          (0.02 + (use > 0.95 ? 5 : 0) + 50 * std::max(0.0, way.loss - 0.002)) * seconds);
    }
    for (auto& s : regions_) s.congested_lan.add(0.005 * seconds);
    streams_.set(all.streams);
    streams_max_.set(512.0 * static_cast<double>(world.fleet().nodes().size()));
    mbps_.set(all.out * 8 / 1e6);
    allocated_.set(all.out);
    available_.set(std::max(0.0, all.card - all.out));
    loss_.set(loss);
    bytes_.add((all.out + all.in) * seconds);
    network_out_.add(all.out * seconds);
    network_in_.add(all.in * seconds);
    legacy_.add(all.legacy * seconds);
    connections_.add(20 * world.load() * static_cast<double>(world.fleet().nodes().size()) *
                     seconds);
  }

  struct RegionSeries {
    Counter sent, received, transferred_out, transferred_in;
    Gauge rdma_gbps, rdma_use;
    Counter congested_wan, congested_lan;
  };
  Random random_;
  std::vector<Mover> movers_;
  std::vector<Peer> peers_;
  std::vector<RegionSeries> regions_;
  double weight_[kSlots] = {}, total_weight_ = 1;
  Gauge streams_, streams_max_, mbps_, allocated_, available_, loss_;
  Counter bytes_, network_out_, network_in_, legacy_, connections_;
};

}  // namespace

std::unique_ptr<Component> make_amst(World& world) {
  return std::make_unique<Amst>(world);
}

}  // namespace pharos::sim
