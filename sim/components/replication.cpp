// The database's replicas: one in each region, which replays what the first region writes. Its
// series has no label of its own; the page it is on says the region.
#include <algorithm>

#include "sim/components/all.hpp"
#include "sim/world.hpp"

namespace pharos::sim {
namespace {

// The stream of changes needs this share of a link; with less the replica falls behind.
constexpr double kShareNeeded = 0.1;
// So many seconds of changes are replayed in one when there is something to catch up with.
constexpr double kCatchUp = 10;

struct Replica {
  Gauge lag;
  double behind = 0;  // seconds
};

class Replication final : public Component {
 public:
  explicit Replication(World& world) {
    for (const auto& region : world.fleet().regions())
      replicas_.push_back(
          {world.region_page(region.index).gauge(m::dwcp_db_replication_lag_seconds)});
  }

  void tick(World& world, double seconds) override {
    const auto& fx = world.effects();
    const double usual =
        0.2 * fx(Knob::service_latency, kDatabase) + 30 * fx(Knob::service_errors, kDatabase);
    for (std::uint32_t r = 0; r < replicas_.size(); ++r) {
      auto& [lag, behind] = replicas_[r];
      const auto* link = world.fleet().link(0, r);
      if (link == nullptr) {  // in the primary's own region
        lag.set(usual);
        continue;
      }
      const auto& way = world.state().links[link->index];
      const bool stands = fx(Knob::manager_down, r) < 0.5;
      const double share = stands && way.passes ? way.bytes_per_second / link->bytes_per_second : 0;
      const double missing = 1 - std::min(1.0, share / kShareNeeded);
      behind = missing > 0 ? behind + missing * seconds
                           : std::max(0.0, behind - (kCatchUp - 1) * seconds);
      lag.set(usual + way.delay_ms / 1000 + behind);
    }
  }

 private:
  std::vector<Replica> replicas_;
};

}  // namespace

std::unique_ptr<Component> make_replication(World& world) {
  return std::make_unique<Replication>(world);
}

}  // namespace pharos::sim
