#pragma once
#include "pharos/dwcp/resolve.hpp"

namespace pharos::client::dwcp {

enum class Tunnel : std::uint8_t { up, down, degraded };

// A region as phase 3 looks at it: requests, load, protocol, consensus, load balancer.
class Region {
 public:
  Region(Registry& registry, std::string_view region, std::string_view version = "v3")
      : region_(region),
        version_(version),
        requests_(metrics::dwcp_requests_total, registry),
        errors_(metrics::dwcp_errors_total, registry),
        latency_(metrics::dwcp_latency, registry),
        response_(metrics::dwcp_response_time, registry),
        messages_(metrics::dwcp_messages_total, registry),
        tunnel_(metrics::dwcp_tunnel_status, registry),
        backend_(metrics::dwcp_backend_healthy, registry),
        balanced_(metrics::dwcp_lb_requests_total, registry),
        connections_(series(registry, metrics::dwcp_active_connections, region)),
        cpu_(series(registry, metrics::dwcp_cpu_usage_percent, region)),
        ratio_(series(registry, metrics::dwcp_compression_ratio, region)),
        saved_(series(registry, metrics::dwcp_bandwidth_saved_bytes, region)),
        consensus_failures_(series(registry, metrics::dwcp_consensus_failures_total, region)),
        migration_(series(registry, metrics::dwcp_region_migration_duration_seconds, region)),
        sent_(series(registry, metrics::dwcp_bytes_sent, region)),
        received_(series(registry, metrics::dwcp_bytes_received, region)) {}

  // Handles of one operation: resolve once. Times in milliseconds, as phase 3 has them.
  class Operation {
   public:
    void done(double latency_ms, double response_ms) const noexcept {
      requests_.add(), latency_.record(latency_ms), response_.record(response_ms);
    }
    void failed(double latency_ms) const noexcept {
      failures_.add(), errors_.add(), latency_.record(latency_ms);
    }

   private:
    friend class Region;
    Counter requests_, failures_, errors_;
    Histogram latency_, response_;
  };
  Operation operation(std::string_view name,
                      std::string_view error_type = "internal") const noexcept {
    Operation handles;
    handles.requests_ = requests_.with(region_, name, "success", version_);
    handles.failures_ = requests_.with(region_, name, "error", version_);
    handles.errors_ = errors_.with(region_, name, error_type, error_type, version_);
    handles.latency_ = latency_.with(region_, name);
    handles.response_ = response_.with(region_, name);
    return handles;
  }
  Counter messages(std::string_view type) const noexcept {
    return messages_.with(region_, type);
  }  // keep the handle

  InFlight connection() const noexcept {
    return InFlight(connections_);
  }  // for as long as it is open
  void cpu(double percent) const noexcept { cpu_.set(percent); }
  void compressed(std::uint64_t original, std::uint64_t compressed) const noexcept {
    if (compressed) ratio_.record(static_cast<double>(original) / static_cast<double>(compressed));
    if (original > compressed) saved_.add(original - compressed);
  }
  void sent(std::uint64_t bytes) const noexcept { sent_.add(bytes); }
  void received(std::uint64_t bytes) const noexcept { received_.add(bytes); }
  void consensus_failed() const noexcept { consensus_failures_.add(); }
  void migrated(double seconds) const noexcept { migration_.record(seconds); }
  void tunnel(std::string_view id, std::string_view destination, Tunnel state) const noexcept {
    tunnel_.with(id, region_, destination).set(static_cast<double>(detail::index(state)));
  }
  void backend(std::string_view name, bool healthy) const noexcept {
    backend_.with(name).set(healthy);
  }
  Counter balanced(std::string_view backend) const noexcept {
    return balanced_.with(backend);
  }  // keep the handle

 private:
  std::string region_, version_;
  Counters<4> requests_;
  Counters<5> errors_;
  Histograms<2> latency_, response_;
  Counters<2> messages_;
  Gauges<3> tunnel_;
  Gauges<1> backend_;
  Counters<1> balanced_;
  Gauge connections_, cpu_;
  Histogram ratio_;
  Counter saved_, consensus_failures_;
  Histogram migration_;
  Counter sent_, received_;
};

}  // namespace pharos::client::dwcp
