// The fleet in time: one clock, one order of things, so that equal seeds give equal bytes.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "pharos/dwcp/metrics.hpp"
#include "pharos/log.hpp"
#include "pharos/trace.hpp"
#include "sim/component.hpp"
#include "sim/effects.hpp"
#include "sim/fleet.hpp"
#include "sim/page.hpp"
#include "sim/schedule.hpp"
#include "sim/state.hpp"

namespace pharos::sim {

namespace m = client::dwcp::metrics;  // NOLINT: every component names dozens of them

struct WorldConfig {
  FleetConfig fleet;
  Time start;                       // the wall clock of the first moment
  double rollout_every_hours = 48;  // 0: none
  double rollout_first_hours = 2;
};

// Not thread-safe: who runs it locks (driver.hpp).
class World {
 public:
  static Result<std::unique_ptr<World>> make(const WorldConfig& config);
  ~World();

  void step(Millis by);

  Time now() const { return config_.start + Millis(elapsed_ms_); }
  double seconds() const { return static_cast<double>(elapsed_ms_) / 1000; }  // from the start
  const WorldConfig& config() const { return config_; }
  const Fleet& fleet() const { return fleet_; }
  const Effects& effects() const { return effects_; }
  FleetState& state() { return state_; }
  FaultSchedule& faults() { return faults_; }

  // A stream of numbers of its own for each name: adding a component does not change the others.
  Random random(std::string_view name) const;
  // The usual load at this moment, about 1: day, week, and slow noise.
  double load() const { return load_; }

  // Pages. Region and fleet pages are there whatever the number of nodes.
  Page& node_page(std::uint32_t node) { return *node_pages_[node]; }
  Page& region_page(std::uint32_t region) { return *region_pages_[region]; }
  Page& fleet_page() { return *fleet_page_; }
  Page& service_page(std::string_view path) { return *by_path_.at(std::string(path)); }
  const std::vector<std::unique_ptr<Page>>& pages() const { return pages_; }
  Page* find_page(std::string_view path);

  // Runs `act` in the step that reaches this moment, before the components.
  void at(double seconds, std::function<void(World&)> act);

  // What programs of the fleet say. Without a sink it costs nothing.
  void say(client::Level level, std::string_view service, std::uint32_t region,
           std::string_view message, std::initializer_list<client::Field> fields,
           const client::TraceContext& context = {});
  void trace(const client::SpanData& span);
  bool traced() const { return spans_ != nullptr; }
  void set_sinks(std::shared_ptr<client::LogSink> logs, std::shared_ptr<client::SpanSink> spans) {
    logs_ = std::move(logs), spans_ = std::move(spans);
  }

 private:
  World(const WorldConfig& config, Fleet fleet);
  Page& add_page(Target target);
  void make_pages();

  WorldConfig config_;
  Fleet fleet_;
  ShapeTable shapes_;
  Effects effects_;
  FaultSchedule faults_;
  FleetState state_;
  std::int64_t elapsed_ms_ = 0;
  double load_ = 1, drift_ = 0;
  Random load_random_;
  std::multimap<double, std::function<void(World&)>> events_;
  std::vector<std::unique_ptr<Page>> pages_;
  std::vector<Page*> node_pages_, region_pages_;
  Page* fleet_page_ = nullptr;
  std::map<std::string, Page*> by_path_;
  std::vector<std::unique_ptr<Component>> components_;
  std::shared_ptr<client::LogSink> logs_;
  std::shared_ptr<client::SpanSink> spans_;
};

// A number about 1 that wanders: x' = x + (0 - x)/tau + noise, as everything that is measured does.
class Wander {
 public:
  Wander() = default;
  Wander(double size, double tau_seconds) : size_(size), tau_(tau_seconds) {}
  // The next value, about 0, within four times `size`.
  double next(Random& random, double seconds);

 private:
  double size_ = 0, tau_ = 60, value_ = 0;
};

}  // namespace pharos::sim
