// Live migrations, one by one: pre-copy rounds over what bandwidth there is, until what is left can
// be moved within the pause that is allowed.
#include <algorithm>
#include <cmath>

#include "sim/components/all.hpp"
#include "sim/world.hpp"

namespace pharos::sim {
namespace {

constexpr double kPerNodeSecond = 0.02;  // migrations a node begins
constexpr double kPauseTarget = 0.05;    // seconds
constexpr int kRoundsMax = 30;
constexpr std::string_view kSizes[] = {"small", "medium", "large"};

struct Course {
  double seconds = 0, pause = 0;
};

// Each round sends what was dirtied during the one before; the machine stands still for the last.
Course pre_copy(double memory_bytes, double dirty_per_second, double bytes_per_second) {
  Course course;
  double left = memory_bytes;
  for (int round = 0; round < kRoundsMax && left > bytes_per_second * kPauseTarget; ++round) {
    const double took = left / bytes_per_second;
    course.seconds += took;
    left = std::min(dirty_per_second * took, memory_bytes);
    if (took > 120) break;  // it does not converge: stop the machine and be done
  }
  course.pause = left / bytes_per_second + 0.02;
  course.seconds += course.pause;
  return course;
}

struct Ends {
  Histogram near, plain;
  Histogram v3_near, v3_far, v3_hybrid, platform;
  Counter success_near, success_far, moved, moved_failed;
  bool leads = false;
};

class Migration final : public Component {
 public:
  explicit Migration(World& world) : random_(world.random("migration")) {
    const auto& fleet = world.fleet();
    const auto region = [&](std::uint32_t r) { return fleet.regions()[r].name; };
    for (const auto& node : fleet.nodes()) {
      auto& page = world.node_page(node.index);
      const auto c = region(node.region);
      const auto &n = node.name, &near = fleet.nodes()[node.near].name;
      Ends e;
      // The old version knows no other way than the plain one; leaders try it now and then, to
      // compare.
      e.leads = fleet.regions()[node.region].nodes.front() == node.index;
      if (!node.legacy)
        e.near = page.histogram(m::dwcp_migration_duration_seconds, c, n, near, "true");
      if (node.legacy || e.leads)
        e.plain = page.histogram(m::dwcp_migration_duration_seconds, c, n, near, "false");
      e.v3_near = page.histogram(m::dwcp_v3_migration_duration_seconds, n, "datacenter");
      e.v3_far = page.histogram(m::dwcp_v3_migration_duration_seconds, n, "internet");
      if (e.leads) e.v3_hybrid = page.histogram(m::dwcp_v3_migration_duration_seconds, n, "hybrid");
      e.success_near = page.counter(m::dwcp_v3_migration_success_total, n, "datacenter");
      e.success_far = page.counter(m::dwcp_v3_migration_success_total, n, "internet");
      if (e.leads)
        e.platform = page.histogram(m::novacron_vm_migration_duration_seconds, n, near, "live");
      e.moved = page.counter(m::novacron_vm_migrations_total, n, near, "success", "live");
      e.moved_failed = page.counter(m::novacron_vm_migrations_total, n, near, "failure", "live");
      ends_.push_back(std::move(e));
    }
    for (const auto& r : fleet.regions()) {
      auto& page = world.region_page(r.index);
      RegionSeries s;
      const auto& next = region((r.index + 1) % static_cast<std::uint32_t>(fleet.regions().size()));
      for (int size = 0; size < 3; ++size) {
        s.pause_near[size] = page.histogram(m::dwcp_v3_migration_latency_seconds, r.name, r.name,
                                            kSizes[size], "datacenter");
        s.pause_far[size] = page.histogram(m::dwcp_v3_migration_latency_seconds, r.name, next,
                                           kSizes[size], "internet");
        s.speedup[size] = page.gauge(m::dwcp_migration_speedup_factor, r.name, kSizes[size]);
      }
      s.all = page.histogram(m::dwcp_region_migration_duration_seconds, r.name);
      regions_.push_back(std::move(s));
    }
    auto& page = world.fleet_page();
    done_ = page.counter(m::dwcp_v3_migrations_total, "success");
    failed_ = page.counter(m::dwcp_v3_migrations_total, "failure");
    p50_ = page.gauge(m::dwcp_v3_migration_latency_p50);
    p95_ = page.gauge(m::dwcp_v3_migration_latency_p95);
    p99_ = page.gauge(m::dwcp_v3_migration_latency_p99);
    legacy_ = page.histogram(m::dwcp_v1_migration_latency_seconds);
    due_.assign(fleet.nodes().size(), 0);
    for (auto& due : due_) due = random_.uniform();
    recent_.assign(200, 0.06);
  }

  void tick(World& world, double seconds) override {
    for (const auto& node : world.fleet().nodes()) {
      auto& state = world.state().nodes[node.index];
      state.migrations = 0;
      if (!state.up) continue;
      due_[node.index] += kPerNodeSecond * world.load() * (state.weight > 0 ? 1 : 0) * seconds;
      for (; due_[node.index] >= 1; due_[node.index] -= 1) migrate(world, node);
    }
    auto sorted = recent_;
    std::ranges::sort(sorted);
    p50_.set(1000 * sorted[sorted.size() / 2]);
    p95_.set(1000 * sorted[sorted.size() * 95 / 100]);
    p99_.set(1000 * sorted[sorted.size() * 99 / 100]);
    for (auto& region : regions_)
      for (int size = 0; size < 3; ++size)
        if (region.plain[size] > 0 && region.fast[size] > 0)
          region.speedup[size].set(region.plain[size] / region.fast[size]);
  }

 private:
  void migrate(World& world, const Node& node) {
    const auto& fleet = world.fleet();
    const auto& fx = world.effects();
    auto& state = world.state().nodes[node.index];
    auto& e = ends_[node.index];
    auto& region = regions_[node.region];
    ++state.migrations;
    const auto per_node = world.config().fleet.vms_per_node;
    const auto& vm =
        fleet.vms()[node.index +
                    fleet.nodes().size() * (turn_++ % std::max(1U, per_node)) % fleet.vms().size()];
    const int size = vm.type == "large" ? 2 : vm.type == "medium" ? 1 : 0;
    const double draw = random_.uniform(), noise = 0.85 + 0.3 * random_.uniform(),
                 chance = random_.uniform();
    const auto* link = fleet.link(node.region, fleet.nodes()[node.far].region);
    const bool far = link && draw < 0.2;
    const bool plain = !far && (node.legacy || (e.leads && draw > 0.8));
    const double card = node.nic_bytes_per_second * fx(Knob::node_nic, node.index);
    // What is free on the card, or this migration's share of the link; compression makes it more.
    double bandwidth = 0.25 * card * noise;
    bool passes = world.state().nodes[node.near].up, hybrid = false;
    if (far) {
      const auto& way = world.state().links[link->index];
      bandwidth = std::min(bandwidth, 0.06 * way.bytes_per_second * noise);
      passes = way.passes && world.state().nodes[node.far].up;
      hybrid = e.leads && (!way.passes || way.loss >= 0.02);  // as AMST chooses the mode
    }
    const bool fails = chance < fx(Knob::node_migration_failures, node.index) || (far && !passes);
    const double dirty = vm.dirty_bytes_per_second * fx(Knob::node_vm_dirty, node.index);
    const double disk = 0.5 + 0.5 * state.disk_latency;  // baselines are read from there
    const auto fast = pre_copy(vm.memory_bytes, dirty,
                               std::max(1e5, bandwidth * (plain ? 0.2 : state.compression) / disk));
    auto course = fast;
    // A new program is told from the old one by this: nothing is compressed and one stream carries
    // it.
    const double mean = plain ? region.plain[size] : region.fast[size];
    (plain ? region.plain[size] : region.fast[size]) =
        mean > 0 ? mean + 0.05 * (course.seconds - mean) : course.seconds;
    if (fails) course.seconds = far && !passes ? 30 : course.seconds * (0.2 + 0.6 * noise);
    const double slow = fx.part(Knob::part_latency, node.index, kAmst);
    course.seconds *= slow * (plain ? 1 : fx(Knob::dwcp_migration_time, node.index));
    course.pause *= slow;

    if (!far) (plain ? e.plain : e.near).observe(course.seconds);
    region.all.observe(course.seconds);
    (hybrid ? e.v3_hybrid : far ? e.v3_far : e.v3_near).observe(course.seconds);
    if (!far && e.leads) e.platform.observe(course.seconds);
    if (fails) {
      failed_.add();
      if (!far) e.moved_failed.add();
      world.say(client::Level::error, "migration", node.region, "migration failed",
                {{"vm", std::string_view(vm.id)},
                 {"node", std::string_view(node.name)},
                 {"seconds", course.seconds}});
      return;
    }
    (far ? e.success_far : e.success_near).add();
    done_.add();
    if (!far) e.moved.add();
    if (node.legacy || plain) {
      legacy_.observe(course.pause);
    } else {
      (far ? region.pause_far : region.pause_near)[size].observe(course.pause);
      recent_[at_++ % recent_.size()] = course.pause;
    }
  }

  struct RegionSeries {
    Histogram pause_near[3], pause_far[3], all;
    Gauge speedup[3];
    double plain[3] = {}, fast[3] = {};  // smoothed seconds, by size
  };
  Random random_;
  std::vector<Ends> ends_;
  std::vector<RegionSeries> regions_;
  std::vector<double> due_, recent_;
  std::size_t turn_ = 0, at_ = 0;
  Counter done_, failed_;
  Gauge p50_, p95_, p99_;
  Histogram legacy_;
};

}  // namespace

std::unique_ptr<Component> make_migration(World& world) {
  return std::make_unique<Migration>(world);
}

}  // namespace pharos::sim
