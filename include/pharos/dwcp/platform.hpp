// Virtual machines, hosts and storage as the platform exporter shows them. One object per thing.
#pragma once
#include "pharos/dwcp/resolve.hpp"

namespace pharos::client::dwcp {

class VirtualMachine {
 public:
  VirtualMachine(Registry& registry, std::string_view id, std::string_view name,
                 std::string_view tenant, std::string_view node)
      : cpu_(series(registry, metrics::novacron_vm_cpu_usage_percent, id, name, tenant, node)),
        memory_(series(registry, metrics::novacron_vm_memory_usage_bytes, id, name, tenant, node)),
        disk_(series(registry, metrics::novacron_vm_disk_usage_bytes, id, name, tenant, node)),
        received_(series(registry, metrics::novacron_vm_network_receive_bytes_total, id, name,
                         tenant, node)),
        sent_(series(registry, metrics::novacron_vm_network_transmit_bytes_total, id, name, tenant,
                     node)) {}
  void uses(double cpu_percent, double memory_bytes, double disk_bytes) const noexcept {
    cpu_.set(cpu_percent), memory_.set(memory_bytes), disk_.set(disk_bytes);
  }
  void received(std::uint64_t bytes) const noexcept { received_.add(bytes); }
  void sent(std::uint64_t bytes) const noexcept { sent_.add(bytes); }

 private:
  Gauge cpu_, memory_, disk_;
  Counter received_, sent_;
};

class StorageTier {
 public:
  StorageTier(Registry& registry, std::string_view tier, std::string_view node)
      : usage_(series(registry, metrics::novacron_storage_usage_bytes, tier, node)),
        deduplication_(series(registry, metrics::novacron_storage_deduplication_ratio, tier, node)),
        compression_(series(registry, metrics::novacron_storage_compression_ratio, tier, node)) {
    const detail::Names<2> operations{"read", "write"};
    iops_ = detail::resolve(operations, [&](const char* o) {
      return series(registry, metrics::novacron_storage_iops, tier, node, o);
    });
    rate_ = detail::resolve(operations, [&](const char* o) {
      return series(registry, metrics::novacron_storage_throughput_bytes_per_second, tier, node, o);
    });
    latency_ = detail::resolve(operations, [&](const char* o) {
      return series(registry, metrics::novacron_storage_latency_seconds, tier, node, o);
    });
  }
  void holds(double bytes, double deduplication, double compression) const noexcept {
    usage_.set(bytes), deduplication_.set(deduplication), compression_.set(compression);
  }
  void rates(bool write, double iops, double bytes_per_second) const noexcept {
    iops_[write].set(iops), rate_[write].set(bytes_per_second);
  }
  void took(bool write, double seconds) const noexcept { latency_[write].record(seconds); }

 private:
  Gauge usage_, deduplication_, compression_;
  std::array<Gauge, 2> iops_, rate_;
  std::array<Histogram, 2> latency_;
};

class Host {
 public:
  Host(Registry& registry, std::string_view node)
      : node_(node),
        cpu_(metrics::novacron_system_cpu_usage_percent, registry),
        disk_(metrics::novacron_system_disk_usage_bytes, registry),
        interface_(metrics::novacron_network_bandwidth_bytes_per_second, registry),
        used_(series(registry, metrics::novacron_system_memory_usage_bytes, node, "used")),
        cached_(series(registry, metrics::novacron_system_memory_usage_bytes, node, "cached")) {
    load_ = detail::resolve(detail::Names<3>{"1m", "5m", "15m"}, [&](const char* p) {
      return series(registry, metrics::novacron_system_load_average, node, p);
    });
  }
  void cpu(std::string_view cpu, double percent) const noexcept {
    cpu_.with(node_, cpu).set(percent);
  }
  void memory(double used, double cached) const noexcept { used_.set(used), cached_.set(cached); }
  void disk(std::string_view device, std::string_view mountpoint, double used) const noexcept {
    disk_.with(node_, device, mountpoint).set(used);
  }
  void load(double one, double five, double fifteen) const noexcept {
    load_[0].set(one), load_[1].set(five), load_[2].set(fifteen);
  }
  void interface(std::string_view name, std::string_view direction,
                 double bytes_per_second) const noexcept {
    interface_.with(node_, name, direction).set(bytes_per_second);
  }

 private:
  std::string node_;
  Gauges<2> cpu_;
  Gauges<3> disk_, interface_;
  Gauge used_, cached_;
  std::array<Gauge, 3> load_;
};

// Moves of virtual machines between hosts, by kind.
class HostMigrations {
 public:
  explicit HostMigrations(Registry& registry)
      : seconds_(metrics::novacron_vm_migration_duration_seconds, registry),
        all_(metrics::novacron_vm_migrations_total, registry) {}
  void finished(std::string_view source, std::string_view target, std::string_view type, bool good,
                double seconds) const noexcept {
    all_.with(source, target, good ? "success" : "failure", type).add();
    seconds_.with(source, target, type).record(seconds);
  }

 private:
  Histograms<3> seconds_;
  Counters<4> all_;
};

}  // namespace pharos::client::dwcp
