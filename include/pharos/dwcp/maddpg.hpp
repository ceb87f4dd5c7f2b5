#pragma once
#include "pharos/dwcp/resolve.hpp"

namespace pharos::client::dwcp {

enum class Resource : std::uint8_t { cpu, memory, bandwidth };
enum class Constraint : std::uint8_t { capacity, minimum, fairness };

// The resource allocator: eleven metrics.
class Maddpg {
 public:
  Maddpg(Registry& registry, std::string_view version)
      : version_(version),
        allocation_(metrics::maddpg_resource_allocation, registry),
        utilization_(metrics::maddpg_resource_utilization, registry),
        changes_(metrics::maddpg_allocation_changes_total, registry),
        starvation_(metrics::maddpg_resource_starvation_events, registry),
        efficiency_(series(registry, metrics::maddpg_allocation_efficiency, version)),
        reward_(series(registry, metrics::maddpg_reward_score, version)),
        quality_(series(registry, metrics::maddpg_allocation_quality, version)),
        episodes_(series(registry, metrics::maddpg_model_training_episodes, version)),
        convergence_(series(registry, metrics::maddpg_model_convergence, version)),
        exploration_(series(registry, metrics::maddpg_exploration_rate, version)) {
    violations_ =
        detail::resolve(detail::Names<3>{"capacity", "minimum", "fairness"}, [&](const char* type) {
          return series(registry, metrics::maddpg_constraint_violations, type, version);
        });
  }

  // Handles of one service: resolve once.
  class Service {
   public:
    void allocated(Resource what, double amount) const noexcept {
      allocation_[detail::index(what)].set(amount), changes_.add();
    }
    void used(Resource what, double share) const noexcept {
      utilization_[detail::index(what)].set(share);
    }
    void starved() const noexcept { starvation_.add(); }

   private:
    friend class Maddpg;
    std::array<Gauge, 3> allocation_, utilization_;
    Counter changes_, starvation_;
  };
  Service service(std::string_view name) const noexcept {
    const detail::Names<3> resources{"cpu", "memory", "bandwidth"};
    Service handles;
    handles.allocation_ = detail::resolve(
        resources, [&](const char* what) { return allocation_.with(name, what, version_); });
    handles.utilization_ = detail::resolve(
        resources, [&](const char* what) { return utilization_.with(name, what, version_); });
    handles.changes_ = changes_.with(name, version_);
    handles.starvation_ = starvation_.with(name, version_);
    return handles;
  }

  void step(double reward, double quality, double efficiency) const noexcept {
    reward_.set(reward), quality_.set(quality), efficiency_.set(efficiency);
  }
  void trained(std::uint64_t episodes, double convergence, double exploration) const noexcept {
    episodes_.add(episodes), convergence_.set(convergence), exploration_.set(exploration);
  }
  void violated(Constraint which) const noexcept { violations_[detail::index(which)].add(); }

 private:
  std::string version_;
  Gauges<3> allocation_, utilization_;
  Counters<2> changes_, starvation_;
  Gauge efficiency_, reward_, quality_;
  Counter episodes_;
  Gauge convergence_, exploration_;
  std::array<Counter, 3> violations_;
};

}  // namespace pharos::client::dwcp
