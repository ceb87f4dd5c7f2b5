// The rollout of the new version: 10, 50, 100 % of the traffic, in stages of a planned length.
#include <algorithm>
#include <cmath>

#include "sim/components/all.hpp"
#include "sim/world.hpp"

namespace pharos::sim {
namespace {

constexpr double kShare[] = {0.1, 0.5, 1};
constexpr double kPlannedSeconds[] = {40 * 60, 50 * 60, 50 * 60};  // 140 minutes
constexpr std::string_view kStages[] = {"canary", "half", "full"};
constexpr std::string_view kGates[] = {"error_rate", "latency", "success_rate"};

class Rollout final : public Component {
 public:
  explicit Rollout(World& world) {
    for (const auto& region : world.fleet().regions())
      for (int s = 0; s < 3; ++s)
        progress_.push_back(
            world.region_page(region.index)
                .gauge(m::dwcp_v3_rollout_progress_percent, kStages[s], region.name));
    for (const auto& region : world.fleet().regions())
      percentage_.push_back(
          world.region_page(region.index).gauge(m::dwcp_v3_rollout_percentage, region.name));
    auto& page = world.fleet_page();
    next_ = page.gauge(m::dwcp_v3_rollout_next_phase_seconds);
    stage_ = page.gauge(m::rollout_stage, "dwcp-v3");
    new_ = page.gauge(m::rollout_traffic_ratio, "dwcp-v3", "canary");
    old_ = page.gauge(m::rollout_traffic_ratio, "dwcp-v3", "baseline");
    for (int g = 0; g < 3; ++g) gates_[g] = page.gauge(m::rollout_gate_state, "dwcp-v3", kGates[g]);
    promoted_ = page.counter(m::rollout_decision_total, "dwcp-v3", "promote");
    rolled_back_ = page.counter(m::rollout_decision_total, "dwcp-v3", "rollback");
    due_ = world.config().rollout_every_hours > 0 ? world.config().rollout_first_hours * 3600
                                                  : INFINITY;
  }

  void tick(World& world, double seconds) override {
    auto& r = world.state().rollout;
    const bool on = world.state().controls.flag("dwcp-v3");
    if (!r.running && on && world.seconds() >= due_) {
      r.running = true;
      r.stage = 0;
      elapsed_ = 0;
      due_ += world.config().rollout_every_hours * 3600;
      std::ranges::fill(r.progress, 0.0);
      world.say(client::Level::info, "rollout", 0, "rollout begins", {{"stage", kStages[0]}});
    } else if (r.running && !on) {  // the flag is the emergency brake
      r.running = false;
      rolled_back_.add();
      world.say(client::Level::warn, "rollout", 0, "rolled back", {{"stage", kStages[r.stage]}});
    } else if (r.running) {
      advance(world, seconds);
    }
    r.canary_share = r.running || on ? kShare[r.stage] : 0;
    const double canary = on ? world.state().controls.canary_share.value_or(r.canary_share) : 0;
    for (std::size_t i = 0; i < progress_.size(); ++i) progress_[i].set(100 * r.progress[i % 3]);
    for (auto& gauge : percentage_) gauge.set(100 * canary);
    next_.set(r.seconds_left);
    stage_.set(r.stage);
    new_.set(canary);
    old_.set(1 - canary);
    const auto& fx = world.effects();
    gates_[0].set(fx(Knob::request_errors, kCanary) < 0.005);
    gates_[1].set(fx(Knob::request_latency, kCanary) < 1.5);
    gates_[2].set(fx(Knob::request_errors, kCanary) < 0.05);
  }

 private:
  void advance(World& world, double seconds) {
    auto& r = world.state().rollout;
    const double planned = kPlannedSeconds[r.stage];
    elapsed_ += seconds;
    r.seconds_left = planned - elapsed_;
    // A stage that is stuck stays short of its end, and its planned time runs out.
    if (world.effects()(Knob::rollout_stuck) >= 0.5) return;
    r.progress[r.stage] = std::min(1.0, r.progress[r.stage] + seconds / planned);
    if (r.progress[r.stage] < 1 - 1e-9) return;  // sums of ticks do not meet 1 exactly
  r.progress[r.stage] = 1;
    promoted_.add();
    elapsed_ = 0;
    world.say(client::Level::info, "rollout", 0, "stage done", {{"stage", kStages[r.stage]}});
    if (r.stage == 2) {
      r.running = false;
      r.seconds_left = 0;
    } else {
      ++r.stage;
    }
  }

  std::vector<Gauge> progress_, percentage_;
  Gauge next_, stage_, new_, old_, gates_[3];
  Counter promoted_, rolled_back_;
  double elapsed_ = 0, due_ = 0;
};

}  // namespace

std::unique_ptr<Component> make_rollout(World& world) {
  return std::make_unique<Rollout>(world);
}

}  // namespace pharos::sim
