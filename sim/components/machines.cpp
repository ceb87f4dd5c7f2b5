// Virtual machines on their nodes, and what the learning part foretells of some of them.
#include <algorithm>
#include <cmath>

#include "sim/components/all.hpp"
#include "sim/world.hpp"

namespace pharos::sim {
namespace {

constexpr std::size_t kWatched = 12;  // machines with predictions

struct Machine {
  Gauge cpu, memory, disk;
  Counter received, sent;
  Wander wander{0.08, 300};
};
struct Foretold {
  std::uint32_t vm;
  Gauge cpu, cpu_seen, memory, memory_seen, throughput, latency, iops, anomaly, bottlenecks, advice;
  Counter predictions;
};

class Machines final : public Component {
 public:
  explicit Machines(World& world) : random_(world.random("machines")) {
    for (const auto& vm : world.fleet().vms()) {
      auto& page = world.node_page(vm.node);
      const auto& n = world.fleet().nodes()[vm.node].name;
      Machine v;
      v.cpu = page.gauge(m::novacron_vm_cpu_usage_percent, vm.id, vm.name, vm.tenant, n);
      v.memory = page.gauge(m::novacron_vm_memory_usage_bytes, vm.id, vm.name, vm.tenant, n);
      v.disk = page.gauge(m::novacron_vm_disk_usage_bytes, vm.id, vm.name, vm.tenant, n);
      v.received =
          page.counter(m::novacron_vm_network_receive_bytes_total, vm.id, vm.name, vm.tenant, n);
      v.sent =
          page.counter(m::novacron_vm_network_transmit_bytes_total, vm.id, vm.name, vm.tenant, n);
      machines_.push_back(std::move(v));
    }
    auto& page = world.fleet_page();
    for (std::size_t i = 0; i < std::min(kWatched, world.fleet().vms().size()); ++i) {
      const auto& id = world.fleet().vms()[i].id;
      Foretold f{.vm = static_cast<std::uint32_t>(i)};
      f.cpu = page.gauge(m::ml_predicted_cpu_usage, id);
      f.cpu_seen = page.gauge(m::ml_actual_cpu_usage, id);
      f.memory = page.gauge(m::ml_predicted_memory_usage, id);
      f.memory_seen = page.gauge(m::ml_actual_memory_usage, id);
      f.throughput = page.gauge(m::ml_predicted_throughput, id);
      f.latency = page.gauge(m::ml_predicted_latency, id);
      f.iops = page.gauge(m::ml_predicted_iops, id);
      f.anomaly = page.gauge(m::ml_anomaly_score, id);
      f.bottlenecks = page.gauge(m::ml_bottlenecks_by_vm, id);
      f.advice = page.gauge(m::ml_migration_recommendations, id);
      f.predictions = page.counter(m::ml_predictions_total, id);
      foretold_.push_back(std::move(f));
    }
    for (const auto* type : {"latency", "throughput", "resource"})
      by_type_.push_back(page.gauge(m::ml_anomaly_by_type, type));
    found_ = page.counter(m::ml_anomalies_detected_total);
    bottlenecks_ = page.counter(m::ml_bottlenecks_identified_total);
    seconds_ = page.histogram(m::ml_prediction_latency_seconds);
    for (const auto* model : {"cpu", "memory", "bandwidth"})
      accuracy_.push_back(page.gauge(m::ml_model_accuracy, model));
  }

  void tick(World& world, double seconds) override {
    const auto& fleet = world.fleet();
    cpu_.resize(machines_.size());
    for (std::size_t i = 0; i < machines_.size(); ++i) {
      const auto& vm = fleet.vms()[i];
      const auto& node = world.state().nodes[vm.node];
      if (!node.up) continue;
      auto& v = machines_[i];
      // A machine on a node whose processor others take gets less than it wants.
      const double stolen = std::max(0.0, node.cpu - 0.9) * 5;
      cpu_[i] =
          std::clamp(55 * world.load() * (1 + v.wander.next(random_, seconds)) * (1 - 0.5 * stolen),
                     1.0, 100.0);
      v.cpu.set(cpu_[i]);
      v.memory.set(vm.memory_bytes * (0.62 + 0.03 * world.load()));
      v.disk.set(vm.disk_bytes * (0.5 + world.seconds() / 86'400 * 0.0005));
      v.received.add(4e6 * world.load() * node.weight * seconds);
      v.sent.add(3e6 * world.load() * node.weight * seconds);
    }
    double sick = 0;
    for (auto& f : foretold_) {
      const auto& vm = fleet.vms()[f.vm];
      const auto& node = world.state().nodes[vm.node];
      const double expected = 55 * world.load(), seen = cpu_[f.vm];
      const double strange = std::clamp(
          std::fabs(seen - expected) / 60 + std::max(0.0, node.cpu - 0.85) * 4, 0.0, 1.0);
      const double crowded = node.cpu > 0.92 || node.disk_latency > 4;
      f.cpu.set(expected);
      f.cpu_seen.set(seen);
      f.memory.set(65);
      f.memory_seen.set(100 * (0.62 + 0.03 * world.load()));
      f.throughput.set(900 * world.load());
      f.latency.set(2.5 * world.load() * std::sqrt(node.disk_latency));
      f.iops.set(650 * world.load());
      f.anomaly.set(strange);
      if (crowded > f.bottlenecks.value()) bottlenecks_.add();
      f.bottlenecks.set(crowded);
      f.advice.set(crowded || !node.up);
      f.predictions.add(seconds / 15);
      if (strange > 0.7) ++sick;
    }
    if (sick > by_type_[2].value()) found_.add(sick - by_type_[2].value());
    by_type_[0].set(0);
    by_type_[1].set(0);
    by_type_[2].set(sick);
    seconds_.observe({0.006, 0.4}, static_cast<double>(foretold_.size()) * seconds / 15);
    accuracy_[0].set(0.95);
    accuracy_[1].set(0.968);
    accuracy_[2].set(world.state().nodes[0].prediction);
  }

 private:
  Random random_;
  std::vector<Machine> machines_;
  std::vector<Foretold> foretold_;
  std::vector<double> cpu_;  // percent, by machine
  std::vector<Gauge> by_type_, accuracy_;
  Counter found_, bottlenecks_;
  Histogram seconds_;
};

}  // namespace

std::unique_ptr<Component> make_machines(World& world) {
  return std::make_unique<Machines>(world);
}

}  // namespace pharos::sim
