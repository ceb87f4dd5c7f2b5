// Hosts: processor, memory, disk, storage, clock; whether a node is there at all.
#include <algorithm>
#include <cmath>

#include "sim/components/all.hpp"
#include "sim/outside.hpp"
#include "sim/world.hpp"

namespace pharos::sim {
namespace {

constexpr std::string_view kFeatures[] = {"amst", "hde", "pba", "rdma"};

struct Host {
  Gauge health[kNodeComponents], features[std::size(kFeatures)];
  Gauge cpu_percent, memory_percent, disk_percent, network_percent;
  Gauge host_cpu, host_memory_used, host_memory_cached, host_disk, load1, load5;
  Gauge memory_total, memory_available, root_avail, root_size, data_avail, data_size, clock,
      node_load;
  Counter receive_drops, transmit_drops, container_cpu;
  Gauge container_memory, container_limit;
  Gauge storage_used, read_iops, write_iops, read_bytes, write_bytes, deduplication,
      storage_compression;
  Histogram read_latency;
  Gauge nic_in, nic_out, overlay, running, stopped;
  Wander cpu{0.02, 120}, memory{0.003, 600}, iops{0.03, 120};
  bool was_up = true;
};

class System final : public Component {
 public:
  explicit System(World& world) : random_(world.random("system")) {
    const auto& fleet = world.fleet();
    for (const auto& node : fleet.nodes()) hosts_.push_back(make_host(world, node));
    for (const auto& region : fleet.regions())
      version_.push_back(
          world.region_page(region.index)
              .gauge(m::dwcp_system_version_info, region.name, "3.2.0", "5f1c0de", "2026-11-02"));
    for (const auto& region : fleet.regions())
      tiering_.push_back(
          world.region_page(region.index)
              .counter(m::novacron_storage_tiering_operations_total, "demote", "ssd", "hdd"));
  }

  void tick(World& world, double seconds) override {
    for (const auto& node : world.fleet().nodes()) tick_node(world, node, seconds);
    for (auto& gauge : version_) gauge.set(1);
    for (auto& counter : tiering_) counter.add(0.05 * world.load() * seconds);
  }

 private:
  Host make_host(World& world, const Node& node) {
    auto& page = world.node_page(node.index);
    const auto& n = node.name;
    const auto& cluster = world.fleet().regions()[node.region].name;
    Host h;
    for (std::uint32_t c = 0; c < kNodeComponents; ++c)
      h.health[c] = page.gauge(m::dwcp_system_component_health, cluster, n, kComponents[c]);
    for (std::size_t f = 0; f < std::size(kFeatures); ++f)
      h.features[f] = page.gauge(m::dwcp_system_config_enabled, cluster, n, kFeatures[f]);
    h.cpu_percent = page.gauge(m::dwcp_v3_resource_utilization_percent, "cpu", n);
    h.memory_percent = page.gauge(m::dwcp_v3_resource_utilization_percent, "memory", n);
    h.disk_percent = page.gauge(m::dwcp_v3_resource_utilization_percent, "disk", n);
    h.network_percent = page.gauge(m::dwcp_v3_resource_utilization_percent, "network", n);
    h.host_cpu = page.gauge(m::novacron_system_cpu_usage_percent, n, "all");
    h.host_memory_used = page.gauge(m::novacron_system_memory_usage_bytes, n, "used");
    h.host_memory_cached = page.gauge(m::novacron_system_memory_usage_bytes, n, "cached");
    h.host_disk = page.gauge(m::novacron_system_disk_usage_bytes, n, "nvme0n1", "/");
    h.load1 = page.gauge(m::novacron_system_load_average, n, "1m");
    h.load5 = page.gauge(m::novacron_system_load_average, n, "5m");
    h.memory_total = page.gauge(outside::node_memory_total);
    h.memory_available = page.gauge(outside::node_memory_available);
    h.root_avail = page.gauge(outside::node_filesystem_avail, "/dev/nvme0n1", "ext4", "/");
    h.root_size = page.gauge(outside::node_filesystem_size, "/dev/nvme0n1", "ext4", "/");
    h.data_avail =
        page.gauge(outside::node_filesystem_avail, "/dev/nvme1n1", "xfs", "/var/lib/dwcp");
    h.data_size = page.gauge(outside::node_filesystem_size, "/dev/nvme1n1", "xfs", "/var/lib/dwcp");
    h.clock = page.gauge(outside::node_time);
    h.node_load = page.gauge(outside::node_load1);
    h.receive_drops = page.counter(outside::node_receive_drops, "eth0");
    h.transmit_drops = page.counter(outside::node_transmit_drops, "eth0");
    const auto pod = "dwcp-" + std::string(node.version()) + "-" + n;
    h.container_cpu = page.counter(outside::container_cpu, pod);
    h.container_memory = page.gauge(outside::container_memory, pod);
    h.container_limit = page.gauge(outside::container_memory_limit, pod);
    h.storage_used = page.gauge(m::novacron_storage_usage_bytes, "ssd", n);
    h.read_iops = page.gauge(m::novacron_storage_iops, "ssd", n, "read");
    h.write_iops = page.gauge(m::novacron_storage_iops, "ssd", n, "write");
    h.read_bytes = page.gauge(m::novacron_storage_throughput_bytes_per_second, "ssd", n, "read");
    h.write_bytes = page.gauge(m::novacron_storage_throughput_bytes_per_second, "ssd", n, "write");
    h.read_latency = page.histogram(m::novacron_storage_latency_seconds, "ssd", n, "read");
    h.deduplication = page.gauge(m::novacron_storage_deduplication_ratio, "ssd", n);
    h.storage_compression = page.gauge(m::novacron_storage_compression_ratio, "ssd", n);
    h.nic_in = page.gauge(m::novacron_network_bandwidth_bytes_per_second, n, "eth0", "receive");
    h.nic_out = page.gauge(m::novacron_network_bandwidth_bytes_per_second, n, "eth0", "transmit");
    h.overlay = page.gauge(m::novacron_overlay_connections, "vxlan", n);
    h.running = page.gauge(m::novacron_vm_count, "running", "all", n);
    h.stopped = page.gauge(m::novacron_vm_count, "stopped", "all", n);
    return h;
  }

  void tick_node(World& world, const Node& node, double seconds) {
    const auto& fx = world.effects();
    auto& state = world.state().nodes[node.index];
    auto& controls = world.state().controls;
    auto& page = world.node_page(node.index);
    auto& h = hosts_[node.index];
    state.up = fx(Knob::node_down, node.index) < 0.5 &&
               world.seconds() >= controls.restart_until[node.index];
    page.reachable = state.up && fx(Knob::node_scrape_fails, node.index) < 0.5;
    page.scrape_seconds = 0.004 + fx(Knob::node_scrape_slow, node.index);
    state.weight =
        state.up && !controls.isolated[node.index] ? controls.node_weight[node.index] : 0;
    if (!state.up) {
      if (h.was_up)
        world.say(client::Level::error, "node-agent", node.region, "node lost",
                  {{"node", node.name}});
      h.was_up = false;
      return;
    }
    if (!h.was_up) {  // a new life: its programs count from 0
      page.reset();
      h.was_up = true;
      world.say(client::Level::info, "node-agent", node.region, "node started",
                {{"node", node.name}});
    }
    state.cpu = std::clamp(0.2 + 0.24 * world.load() * state.weight + h.cpu.next(random_, seconds) +
                               fx(Knob::node_cpu, node.index),
                           0.01, 1.0);
    state.memory =
        std::clamp(0.5 + 0.04 * world.load() * state.weight + h.memory.next(random_, seconds) +
                       fx(Knob::node_memory, node.index),
                   0.05, 0.995);
    const double days = world.seconds() / 86'400;
    state.disk_used =
        std::clamp(0.4 + 0.0005 * days + fx(Knob::node_disk_used, node.index), 0.0, 0.999);
    // Beside what breaks it, a busy disk is a slower one.
    state.disk_latency = fx(Knob::node_disk_latency, node.index);

    for (std::uint32_t c = 0; c < kNodeComponents; ++c) {
      const double down = fx.part(Knob::part_down, node.index, static_cast<Part>(c));
      h.health[c].set(down >= 1 ? 0 : down > 0 ? 1 : 2);
    }
    for (std::size_t f = 0; f < std::size(kFeatures); ++f)
      h.features[f].set(controls.flag(std::string(kFeatures[f])));
    const double nic = node.nic_bytes_per_second;
    h.cpu_percent.set(100 * state.cpu);
    h.memory_percent.set(100 * state.memory);
    h.disk_percent.set(100 * state.disk_used);
    h.network_percent.set(100 * state.sent_bytes_per_second / nic);
    h.host_cpu.set(100 * state.cpu);
    h.host_memory_used.set(node.memory_bytes * state.memory);
    h.host_memory_cached.set(node.memory_bytes * std::max(0.0, 0.9 - state.memory) * 0.6);
    h.host_disk.set(node.disk_bytes * state.disk_used);
    h.load1.set(node.cores * state.cpu * 1.05);
    h.load5.set(node.cores * (0.2 + 0.24 * world.load()));
    h.node_load.set(node.cores * state.cpu * 1.05);
    h.memory_total.set(node.memory_bytes);
    h.memory_available.set(node.memory_bytes * (1 - state.memory));
    h.root_size.set(2e11);
    h.root_avail.set(2e11 * (1 - state.disk_used));
    h.data_size.set(node.disk_bytes);
    h.data_avail.set(node.disk_bytes * (1 - state.disk_used));
    h.clock.set(static_cast<double>(to_unix_millis(world.now())) / 1000 +
                fx(Knob::node_clock_skew, node.index));
    h.receive_drops.add((0.2 + fx(Knob::node_drops, node.index)) * seconds);
    h.transmit_drops.add((0.1 + fx(Knob::node_drops, node.index) / 2) * seconds);
    h.container_cpu.add(
        std::min(1.0, 0.5 * state.cpu / 0.44 + fx(Knob::node_cpu, node.index) * 0.5) * seconds);
    h.container_limit.set(8e9);
    h.container_memory.set(
        std::min(8e9, 3.2e9 + 0.4e9 * world.load() + fx(Knob::node_memory, node.index) * 12e9));

    const double iops = 9'000 * world.load() * state.weight * (1 + h.iops.next(random_, seconds)) /
                        std::sqrt(state.disk_latency);
    h.storage_used.set(node.disk_bytes * state.disk_used);
    h.read_iops.set(iops * 0.7);
    h.write_iops.set(iops * 0.3);
    h.read_bytes.set(iops * 0.7 * 32'768);
    h.write_bytes.set(iops * 0.3 * 32'768);
    h.read_latency.observe({0.0012 * state.disk_latency, 0.5}, iops * 0.7 * seconds / 100);
    h.deduplication.set(1.6);
    h.storage_compression.set(2.1);
    h.nic_in.set(state.received_bytes_per_second);
    h.nic_out.set(state.sent_bytes_per_second);
    h.overlay.set(static_cast<double>(world.fleet().nodes().size()) - 1);
    const double vms = world.config().fleet.vms_per_node;
    const double running = controls.node_weight[node.index] > 0 ? vms : 0;
    h.running.set(running);
    h.stopped.set(0);
  }

  Random random_;
  std::vector<Host> hosts_;
  std::vector<Gauge> version_;
  std::vector<Counter> tiering_;
};

}  // namespace

std::unique_ptr<Component> make_system(World& world) {
  return std::make_unique<System>(world);
}

}  // namespace pharos::sim
