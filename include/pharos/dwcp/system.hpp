#pragma once
#include "pharos/dwcp/resolve.hpp"

namespace pharos::client::dwcp {

enum class Component : std::uint8_t { amst, hde, pba, acp, ass, itp };
inline constexpr detail::Names<6> kComponents{"amst", "hde", "pba", "acp", "ass", "itp"};
enum class Health : std::uint8_t { down, degraded, healthy };

// The node as a whole: phase 1's three metrics.
class System {
 public:
  System(Registry& registry, std::string_view cluster, std::string_view node)
      : cluster_(cluster),
        node_(node),
        enabled_(metrics::dwcp_system_config_enabled, registry),
        version_(metrics::dwcp_system_version_info, registry),
        health_(detail::resolve(kComponents, [&](const char* component) {
          return series(registry, metrics::dwcp_system_component_health, cluster, node, component);
        })) {}

  void health(Component component, Health state) const noexcept {
    health_[detail::index(component)].set(static_cast<double>(detail::index(state)));
  }
  void feature(std::string_view name, bool on) const noexcept {
    enabled_.with(cluster_, node_, name).set(on);
  }
  void version(std::string_view version, std::string_view commit,
               std::string_view build_date) const noexcept {
    version_.with(cluster_, version, commit, build_date).set(1);
  }

 private:
  std::string cluster_, node_;
  Gauges<3> enabled_;
  Gauges<4> version_;
  std::array<Gauge, 6> health_;
};

}  // namespace pharos::client::dwcp
