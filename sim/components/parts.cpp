// The node's components as one family of series: operations, errors, latency, health. ASS, ITP and
// ACP count in federation.cpp and consensus.cpp.
#include <algorithm>

#include "sim/components/all.hpp"
#include "sim/world.hpp"

namespace pharos::sim {
namespace {

struct NodeParts {
  Counter streams, encodes, predictions, stream_failed, timeouts, encode_failed, prediction_failed;
  Histogram amst_latency;
  Gauge hde_in, hde_out;
};

class Parts final : public Component {
 public:
  explicit Parts(World& world) {
    for (const auto& node : world.fleet().nodes()) {
      auto& page = world.node_page(node.index);
      const auto& n = node.name;
      NodeParts p;
      p.streams = page.counter(m::dwcp_v3_component_operations_total, n, "amst", "stream_opened");
      p.encodes = page.counter(m::dwcp_v3_component_operations_total, n, "hde", "encode");
      p.predictions = page.counter(m::dwcp_v3_component_operations_total, n, "pba", "predict");
      p.stream_failed = page.counter(m::dwcp_v3_component_errors_total, n, "amst", "stream_failed");
      p.timeouts = page.counter(m::dwcp_v3_component_errors_total, n, "amst", "timeout");
      p.encode_failed = page.counter(m::dwcp_v3_component_errors_total, n, "hde", "encode_failed");
      p.prediction_failed =
          page.counter(m::dwcp_v3_component_errors_total, n, "pba", "prediction_failed");
      p.amst_latency = page.histogram(m::dwcp_v3_component_latency_seconds, n, "amst");
      parts_.push_back(std::move(p));
    }
    for (const auto& region : world.fleet().regions()) {
      auto& page = world.region_page(region.index);
      RegionSeries s;
      // Encodes of the leading node stand for all: dwcp_v3_hde_compression_latency is every node's.
      s.hde_latency = page.histogram(m::dwcp_v3_component_latency_seconds,
                                     world.fleet().nodes()[region.nodes.front()].name, "hde");
      for (std::uint32_t c = 0; c < kNodeComponents; ++c) {
        const auto name = kComponents[c];
        s.health[c] = page.gauge(m::dwcp_v3_component_health, name, "v3");
        s.memory[c] = page.gauge(m::dwcp_v3_memory_usage_bytes, name, "heap");
        s.cpu[c] = page.gauge(m::dwcp_v3_cpu_usage_percent, name, "datacenter");
        s.operations[c] = page.gauge(m::dwcp_v3_throughput_ops_per_second, name);
        s.latency[c] = page.histogram(m::dwcp_v3_operation_latency_seconds, name, "all");
        s.errors[c] = page.counter(m::dwcp_v3_errors_total, name, "internal", "warning");
        s.severe[c] = page.counter(m::dwcp_v3_errors_total, name, "timeout", "critical");
      }
      s.amst_out = page.gauge(m::dwcp_v3_bandwidth_bytes_per_second, "amst", "send");
      s.hde_out = page.gauge(m::dwcp_v3_bandwidth_bytes_per_second, "hde", "send");
      s.tasks = page.gauge(m::dwcp_v3_goroutines_total);
      s.connections = page.gauge(m::dwcp_v3_active_connections);
      regions_.push_back(std::move(s));
    }
    auto& page = world.fleet_page();
    for (std::uint32_t c = 0; c < kNodeComponents; ++c) {
      state_[c] = page.gauge(m::component_health_state, kComponents[c]);
      risk_[c] = page.gauge(m::component_risk_score, kComponents[c]);
    }
  }

  void tick(World& world, double seconds) override {
    const auto& fleet = world.fleet();
    const auto& fx = world.effects();
    std::vector<double> sent(regions_.size()), encoded(regions_.size()), streams(regions_.size()),
        up(regions_.size());
    std::vector<double> worst(regions_.size() * kNodeComponents), failing(worst.size()),
        slow(worst.size(), 1);
    for (const auto& node : fleet.nodes()) {
      const auto& n = world.state().nodes[node.index];
      if (!n.up) continue;
      tick_node(world, node, seconds);
      sent[node.region] += n.sent_bytes_per_second;
      encoded[node.region] += n.hde_bytes_per_second;
      streams[node.region] += n.streams;
      up[node.region] += 1;
      for (std::uint32_t c = 0; c < kNodeComponents; ++c) {
        const auto at = node.region * kNodeComponents + c;
        const auto part = static_cast<Part>(c);
        worst[at] = std::max(worst[at], fx.part(Knob::part_down, node.index, part));
        failing[at] += fx.part(Knob::part_errors, node.index, part) +
                       fx(Knob::version_errors, node.legacy ? kBaseline : kCanary);
        slow[at] = std::max(slow[at], fx.part(Knob::part_latency, node.index, part));
      }
    }
    constexpr double kUsual[] = {0.003, 0.0008, 0.004,
                                 0.02,  0.02,   0.008};    // seconds of an operation
    constexpr double kRate[] = {20, 2'000, 2, 5, 4, 0.3};  // a second and node
    double fleet_worst[kNodeComponents] = {}, fleet_failing[kNodeComponents] = {};
    for (std::size_t r = 0; r < regions_.size(); ++r) {
      auto& s = regions_[r];
      for (std::uint32_t c = 0; c < kNodeComponents; ++c) {
        const auto at = r * kNodeComponents + c;
        const double per_node = up[r] > 0 ? failing[at] / up[r] : 0;
        s.health[c].set(worst[at] < 1);
        s.memory[c].set((0.4 + 0.1 * c + 0.05 * world.load()) * 1e9);
        s.cpu[c].set((4 + c) * world.load());
        const double operations = kRate[c] * world.load() * up[r];
        s.operations[c].set(operations * (1 - std::min(1.0, per_node)));
        s.latency[c].observe({kUsual[c] * slow[at], 0.4}, operations * seconds / 20);
        s.errors[c].add((0.0008 + std::min(20.0, operations * per_node)) * seconds);
        s.severe[c].add((0.0002 + (worst[at] >= 1 ? 2 : 0)) * seconds);
        fleet_worst[c] = std::max(fleet_worst[c], worst[at]);
        fleet_failing[c] += per_node;
      }
      const auto& lead = world.state().nodes[fleet.regions()[r].nodes.front()];
      s.hde_latency.observe(
          {kUsual[kHde] * slow[r * kNodeComponents + kHde] * (lead.cpu > 0.85 ? 3 : 1), 0.4},
          lead.up ? lead.hde_bytes_per_second / 65'536 * seconds : 0);
      s.amst_out.set(sent[r]);
      s.hde_out.set(0.2 * sent[r]);
      s.tasks.set(420 * up[r] * world.load());
      s.connections.set(streams[r] * 2);
    }
    for (std::uint32_t c = 0; c < kNodeComponents; ++c) {
      state_[c].set(fleet_worst[c] >= 1 ? 0 : fleet_worst[c] > 0 ? 1 : 2);
      risk_[c].set(std::min(1.0, 0.02 + 0.5 * fleet_worst[c] + 5 * fleet_failing[c]));
    }
  }

 private:
  void tick_node(World& world, const Node& node, double seconds) {
    const auto& fx = world.effects();
    const auto& n = world.state().nodes[node.index];
    auto& p = parts_[node.index];
    // All in proportion, so that v1 and v3 nodes compare evenly at any window.
    const double streams = 20 * world.load() * n.weight * seconds;
    const double encodes = n.hde_bytes_per_second * seconds / 65'536;
    const double predictions = 2 * seconds;
    const auto* link = world.fleet().link(node.region, world.fleet().nodes()[node.far].region);
    const double lost = !link ? 0
                        : !world.state().links[link->index].passes
                            ? 0.25
                            : std::max(0.0, world.state().links[link->index].loss - 0.002);
    const double broken = fx(Knob::version_errors, node.legacy ? kBaseline : kCanary);
    const double failed =
        std::min(1.0, 0.0005 + lost + broken + fx(Knob::node_stream_errors, node.index) +
                          fx.part(Knob::part_errors, node.index, kAmst));
    p.streams.add(streams);
    p.encodes.add(encodes);
    p.predictions.add(predictions);
    p.stream_failed.add(streams * failed);
    p.timeouts.add(streams * failed * 0.5);
    p.encode_failed.add(encodes *
                        (0.00002 + broken + fx.part(Knob::part_errors, node.index, kHde)));
    p.prediction_failed.add(predictions * (broken + fx.part(Knob::part_errors, node.index, kPba)));
    p.amst_latency.observe({0.003 * fx.part(Knob::part_latency, node.index, kAmst), 0.4}, streams);
  }

  struct RegionSeries {
    Gauge health[kNodeComponents], memory[kNodeComponents], cpu[kNodeComponents],
        operations[kNodeComponents];
    Histogram latency[kNodeComponents], hde_latency;
    Counter errors[kNodeComponents], severe[kNodeComponents];
    Gauge amst_out, hde_out, tasks, connections;
  };
  std::vector<NodeParts> parts_;
  std::vector<RegionSeries> regions_;
  Gauge state_[kNodeComponents], risk_[kNodeComponents];
};

}  // namespace

std::unique_ptr<Component> make_parts(World& world) {
  return std::make_unique<Parts>(world);
}

}  // namespace pharos::sim
