// Requests: through the front door, split between two versions, and into the regions' managers.
#include <algorithm>
#include <cmath>

#include "sim/components/all.hpp"
#include "sim/outside.hpp"
#include "sim/world.hpp"

namespace pharos::sim {
namespace {

constexpr double kPerSecond = 12'000;  // requests, all regions
constexpr double kErrors = 0.0004;     // share of them, when all is well
// So much stays with the old version whatever the rollout says, to compare with.
constexpr double kHeldBack = 0.05;
constexpr std::string_view kOperations[] = {"migrate", "sync", "allocate"};
constexpr double kOperationMs[] = {18, 9, 12};

struct Door {
  Counter ok, missing, broken, unavailable;
  Histogram seconds;
};
struct Manager {  // of a region
  Counter done[3][2], failed[3][2], timeouts[3][2], internal[3][2];
  Histogram seconds[3][2], latency[3], response[3], plain;
  Gauge connections, cpu, heap[2], stack[2], tasks[2], cpu_seconds[2];
  Counter sync_messages, control_messages, heartbeat_messages;
  Gauge certificate, resident, start;
  Counter process_cpu;
  double cpu_used = 0;
};
struct Backend {
  Gauge healthy;
  Counter requests;
};

class Traffic final : public Component {
 public:
  explicit Traffic(World& world) : random_(world.random("traffic")) {
    auto& front = world.fleet_page();
    for (std::uint32_t v = 0; v < 2; ++v) {
      const auto version = kVersions[v];
      doors_[v].ok = front.counter(m::http_requests_total, "200", version);
      doors_[v].missing = front.counter(m::http_requests_total, "404", version);
      doors_[v].broken = front.counter(m::http_requests_total, "500", version);
      doors_[v].unavailable = front.counter(m::http_requests_total, "503", version);
      doors_[v].seconds = front.histogram(m::http_request_duration_seconds, version);
    }
    in_flight_ = front.gauge(m::dwcp_requests_in_flight);
    availability_ = front.gauge(m::dwcp_availability);
    p99_ = front.gauge(m::dwcp_latency_p99_ms);
    error_rate_ = front.gauge(m::dwcp_error_rate);
    v3_error_rate_ = front.gauge(m::dwcp_v3_error_rate);
    resident_ = front.gauge(outside::process_memory);
    balancer_ = front.gauge(m::novacron_load_balancer_healthy_targets, "front");
    for (const auto& region : world.fleet().regions()) {
      managers_.push_back(make_manager(world, region));
      backends_.push_back({front.gauge(m::dwcp_backend_healthy, region.name),
                           front.counter(m::dwcp_lb_requests_total, region.name)});
    }
  }

  void tick(World& world, double seconds) override {
    const auto& fx = world.effects();
    auto& state = world.state();
    const double canary = state.controls.flag("dwcp-v3")
                              ? state.controls.canary_share.value_or(
                                    std::min(state.rollout.canary_share, 1 - kHeldBack))
                              : 0;
    const double shares[] = {1 - canary, canary};
    const double regions = static_cast<double>(managers_.size());
    double healthy = 0, all = 0, bad = 0, slowest = 0;
    for (const auto& region : world.fleet().regions())
      healthy += fx(Knob::manager_down, region.index) < 0.5;
    Door* doors = doors_;
    for (const auto& region : world.fleet().regions()) {
      const auto r = region.index;
      auto& facts = state.regions[r];
      const bool down = fx(Knob::manager_down, r) >= 0.5;
      // Regions that are gone leave their share to the others; tries again are requests too.
      facts.load = world.load() * fx(Knob::request_load, r) * (1 + fx(Knob::request_retries, r)) *
                   (down ? 0 : regions / std::max(1.0, healthy));
      // Beyond what it is built for a region queues, then refuses.
      const double over = std::max(0.0, facts.load - 1.6);
      const double database = fx(Knob::service_latency, kDatabase);
      const double slow = fx(Knob::region_latency, r) * (1 + 3 * over) * (0.8 + 0.2 * database);
      const double refused = std::min(0.9, 0.25 * over);
      const double base = std::min(1.0, kErrors + refused + fx(Knob::region_errors, r) +
                                            0.5 * fx(Knob::service_errors, kDatabase));
      facts.requests = kPerSecond / regions * facts.load * seconds;
      facts.errors = 0;
      facts.latency_ms = 12 * slow;
      for (std::uint32_t v = 0; v < 2; ++v) {
        const double requests = facts.requests * shares[v];
        const double wrong = std::min(1.0, base + fx(Knob::request_errors, v));
        const double version_slow = slow * fx(Knob::request_latency, v);
        auto& door = doors[v];
        door.ok.add(requests * (1 - wrong) * 0.999);
        door.missing.add(requests * (1 - wrong) * 0.001);
        door.broken.add(requests * wrong * 0.7);
        door.unavailable.add(requests * wrong * 0.3);
        door.seconds.observe({0.045 * version_slow, 0.5}, requests);
        facts.errors += requests * wrong;
        if (shares[v] > 0) slowest = std::max(slowest, 45 * version_slow * 3.2);
        write_operations(managers_[r], v, requests, wrong, version_slow);
      }
      write_manager(world, region, seconds, down);
      backends_[r].healthy.set(!down);
      backends_[r].requests.add(facts.requests);
      all += facts.requests;
      bad += facts.errors;
    }
    const double ratio = all > 0 ? bad / all : 0;
    state.request_error_ratio = ratio;
    in_flight_.set(seconds > 0 ? all / seconds * 0.05 : 0);
    availability_.set(1 - ratio);
    p99_.set(slowest);
    error_rate_.set(100 * ratio);
    v3_error_rate_.set(100 * ratio);
    resident_.set(1.1e9 + 0.1e9 * world.load() + fx(Knob::process_memory));
    auto& own = world.fleet_page();
    const bool gone = fx(Knob::fleet_service_down) >= 0.5;
    if (!gone && !own.reachable) own.reset();
    own.reachable = !gone;
    balancer_.set(healthy);
  }

 private:
  Manager make_manager(World& world, const Region& region) {
    auto& page = world.region_page(region.index);
    const auto& r = region.name;
    Manager s;
    for (int o = 0; o < 3; ++o) {
      const auto op = kOperations[o];
      for (int v = 0; v < 2; ++v) {
        const auto version = kSoftware[v];
        s.done[o][v] = page.counter(m::dwcp_requests_total, r, op, "success", version);
        s.failed[o][v] = page.counter(m::dwcp_requests_total, r, op, "error", version);
        s.timeouts[o][v] = page.counter(m::dwcp_errors_total, r, op, "timeout", "timeout", version);
        s.internal[o][v] =
            page.counter(m::dwcp_errors_total, r, op, "internal", "internal", version);
        s.seconds[o][v] = page.histogram(m::dwcp_request_duration_seconds, op, version);
      }
      s.latency[o] = page.histogram(m::dwcp_latency, r, op);
      s.response[o] = page.histogram(m::dwcp_response_time, r, op);
    }
    s.plain = page.histogram(outside::dwcp_latency_seconds, "all");
    for (int v = 0; v < 2; ++v) {
      s.heap[v] = page.gauge(m::dwcp_memory_usage_bytes, r, "heap", kSoftware[v]);
      s.stack[v] = page.gauge(m::dwcp_memory_usage_bytes, r, "stack", kSoftware[v]);
      s.tasks[v] = page.gauge(m::dwcp_goroutines, kSoftware[v]);
      s.cpu_seconds[v] = page.gauge(m::dwcp_cpu_usage_seconds, kSoftware[v]);
    }
    s.connections = page.gauge(m::dwcp_active_connections, r);
    s.cpu = page.gauge(m::dwcp_cpu_usage_percent, r);
    s.sync_messages = page.counter(m::dwcp_messages_total, r, "sync");
    s.control_messages = page.counter(m::dwcp_messages_total, r, "control");
    s.heartbeat_messages = page.counter(m::dwcp_messages_total, r, "heartbeat");
    s.certificate = page.gauge(outside::certificate_expiry, r);
    s.resident = page.gauge(outside::process_memory);
    s.start = page.gauge(outside::process_start);
    s.process_cpu = page.counter(outside::process_cpu);
    return s;
  }

  void write_operations(Manager& s, std::uint32_t v, double requests, double wrong, double slow) {
    constexpr double kShare[] = {0.2, 0.5, 0.3};
    for (int o = 0; o < 3; ++o) {
      const double n = requests * kShare[o], ms = kOperationMs[o] * slow;
      s.done[o][v].add(n * (1 - wrong));
      s.failed[o][v].add(n * wrong);
      s.timeouts[o][v].add(n * wrong * 0.4);
      s.internal[o][v].add(n * wrong * 0.6);
      s.seconds[o][v].observe({ms / 1000, 0.5}, n);
      s.latency[o].observe({ms, 0.5}, n);
      s.response[o].observe({ms * 1.3, 0.5}, n);
      s.plain.observe({ms / 1000, 0.5}, n);
    }
  }

  void write_manager(World& world, const Region& region, double seconds, bool down) {
    const auto& fx = world.effects();
    auto& s = managers_[region.index];
    auto& page = world.region_page(region.index);
    if (page.reachable && down)
      world.say(client::Level::error, "dwcp-manager", region.index, "control plane lost", {});
    if (!page.reachable && !down) page.reset(), s.cpu_used = 0;
    page.reachable = !down;
    const double load = world.state().regions[region.index].load;
    const double heap = 1.6e9 + 0.3e9 * load + fx(Knob::heap_bytes, region.index);
    double cpu = 0, up = 0;
    for (const auto n : region.nodes)
      if (world.state().nodes[n].up) cpu += world.state().nodes[n].cpu, up += 1;
    s.cpu_used += (2 + 3 * load) * seconds;
    s.plain = page.histogram(outside::dwcp_latency_seconds, "all");
    for (int v = 0; v < 2; ++v) {
      s.heap[v].set(v ? heap : 0.4e9);
      s.stack[v].set(v ? 4e7 : 1e7);
      s.tasks[v].set(v ? 900 + 1'500 * load : 120);
      s.cpu_seconds[v].set(v ? s.cpu_used : 0.05 * s.cpu_used);
    }
    s.connections.set(1'800 * load);
    s.cpu.set(up > 0 ? 100 * cpu / up : 0);
    s.sync_messages.add(120 * load * seconds);
    s.control_messages.add(40 * load * seconds);
    s.heartbeat_messages.add(static_cast<double>(region.nodes.size()) * seconds);
    // Renewed a month before it would end, as long as somebody does it.
    const double now = static_cast<double>(to_unix_millis(world.now())) / 1000;
    s.certificate.set(now + (kCertificateDays - fx(Knob::certificate_days, region.index)) * 86'400);
    s.resident.set(heap * 1.1);
    s.start.set(static_cast<double>(to_unix_millis(world.config().start)) / 1000);
    s.process_cpu.add((2 + 3 * load) * seconds);
  }

  Random random_;
  Door doors_[2];
  std::vector<Manager> managers_;
  std::vector<Backend> backends_;
  Gauge in_flight_, availability_, p99_, error_rate_, v3_error_rate_, resident_, balancer_;
};

}  // namespace

std::unique_ptr<Component> make_traffic(World& world) {
  return std::make_unique<Traffic>(world);
}

}  // namespace pharos::sim
