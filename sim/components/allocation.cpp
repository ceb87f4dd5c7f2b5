// The allocation loop that stands for MADDPG (models/allocation.hpp), over the fleet's services.
#include "sim/models/allocation.hpp"

#include <algorithm>

#include "sim/components/all.hpp"
#include "sim/world.hpp"

namespace pharos::sim {
namespace {

constexpr std::string_view kVersion = "v3";
constexpr std::string_view kServices[] = {"api",  "migration", "consensus",
                                          "sync", "placement", "compression"};
constexpr std::size_t kServiceCount = std::size(kServices);
constexpr std::string_view kResourceNames[] = {"cpu", "memory", "network"};
// What each needs of the whole, at the usual load.
constexpr double kNeed[kServiceCount][kResources] = {{0.17, 0.14, 0.15}, {0.11, 0.15, 0.25},
                                                     {0.12, 0.08, 0.08}, {0.08, 0.10, 0.10},
                                                     {0.06, 0.07, 0.03}, {0.14, 0.12, 0.05}};
constexpr double kEpisodesPerSecond = 1.0 / 30;

class Allocation final : public Component {
 public:
  explicit Allocation(World& world) : random_(world.random("allocation")), loop_(kServiceCount) {
    auto& page = world.fleet_page();
    for (std::size_t s = 0; s < kServiceCount; ++s) {
      for (std::size_t r = 0; r < kResources; ++r) {
        given_[s][r] =
            page.gauge(m::maddpg_resource_allocation, kServices[s], kResourceNames[r], kVersion);
        used_[s][r] =
            page.gauge(m::maddpg_resource_utilization, kServices[s], kResourceNames[r], kVersion);
      }
      changes_[s] = page.counter(m::maddpg_allocation_changes_total, kServices[s], kVersion);
      starved_[s] = page.counter(m::maddpg_resource_starvation_events, kServices[s], kVersion);
      wander_[s] = Wander(0.03, 300);
    }
    for (std::size_t r = 0; r < kResources; ++r)
      violations_[r] = page.counter(m::maddpg_constraint_violations, kResourceNames[r], kVersion);
    efficiency_ = page.gauge(m::maddpg_allocation_efficiency, kVersion);
    reward_ = page.gauge(m::maddpg_reward_score, kVersion);
    quality_ = page.gauge(m::maddpg_allocation_quality, kVersion);
    episodes_ = page.counter(m::maddpg_model_training_episodes, kVersion);
    convergence_ = page.gauge(m::maddpg_model_convergence, kVersion);
    exploration_ = page.gauge(m::maddpg_exploration_rate, kVersion);
    baseline_ = page.gauge(m::baseline_allocation_quality);
  }

  void tick(World& world, double seconds) override {
    const bool counts =
        seconds > 0;  // at the first look gauges get their values, no time has passed
    if (!counts) seconds = 1;
    const auto& effects = world.effects();
    AllocationInput input{.seconds = seconds, .demand = {}};
    input.demand.resize(kServiceCount);
    const double surge = effects(Knob::demand_surge);
    for (std::size_t s = 0; s < kServiceCount; ++s) {
      const double wander = 1 + wander_[s].next(random_, seconds);
      // The surge is one service's: the front door's.
      const double more = s == 0 ? 1 + surge : 1;
      for (std::size_t r = 0; r < kResources; ++r)
        input.demand[s][r] = kNeed[s][r] * (0.7 + 0.3 * world.load()) * wander * more;
    }
    input.headroom += effects(Knob::allocation_headroom);
    if (effects(Knob::allocation_greed) > 0) {
      input.greedy = kServiceCount - 1;
      input.greed = effects(Knob::allocation_greed);
    }
    input.stuck = effects(Knob::allocation_stuck) > 0 || effects(Knob::service_down, kMaddpg) > 0;
    const auto out = loop_.step(input, random_);
    for (std::size_t s = 0; s < kServiceCount; ++s) {
      for (std::size_t r = 0; r < kResources; ++r) {
        const double given = loop_.given(s, static_cast<Resource>(r));
        given_[s][r].set(given);
        used_[s][r].set(given > 0 ? std::min(1.0, input.demand[s][r] / given) : 1);
      }
      if (counts && out.changed[s]) changes_[s].add();
      // Told once a second while it lasts.
      if (counts && out.starved[s]) starved_[s].add(std::max(1.0, seconds));
    }
    for (std::size_t r = 0; r < kResources; ++r)
      if (counts && out.oversubscribed[r]) violations_[r].add(std::max(1.0, seconds));
    efficiency_.set(out.efficiency);
    reward_.set(out.reward);
    quality_.set(out.quality);
    // Fixed shares, made for the usual load: what the loop takes the place of.
    baseline_.set(0.74 - 0.1 * std::abs(world.load() - 1));
    if (counts && !input.stuck) episodes_.add(seconds * kEpisodesPerSecond);
    convergence_.set(out.convergence);
    exploration_.set(loop_.exploration());
  }

 private:
  Random random_;
  AllocationLoop loop_;
  std::array<Wander, kServiceCount> wander_;
  std::array<std::array<Gauge, kResources>, kServiceCount> given_, used_;
  std::array<Counter, kServiceCount> changes_, starved_;
  std::array<Counter, kResources> violations_;
  Gauge efficiency_, reward_, quality_, convergence_, exploration_, baseline_;
  Counter episodes_;
};

}  // namespace

std::unique_ptr<Component> make_allocation(World& world) {
  return std::make_unique<Allocation>(world);
}

}  // namespace pharos::sim
