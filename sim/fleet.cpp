#include "sim/fleet.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>
#include <optional>

#include "base/clock.hpp"

namespace pharos::sim {
namespace {

struct Place {
  std::string_view name;
  double latitude, longitude;
};
constexpr Place kPlaces[] = {
    {"us-east", 39, -77},     {"eu-west", 53, -6},     {"ap-south", 19, 73},
    {"us-west", 46, -120},    {"eu-north", 59, 18},    {"ap-east", 35, 140},
    {"sa-east", -23, -47},    {"af-south", -34, 18},   {"eu-central", 50, 9},
    {"ap-southeast", 1, 104}, {"ca-central", 45, -73}, {"me-south", 26, 50},
    {"ap-oceania", -34, 151}, {"us-central", 41, -93}, {"eu-south", 45, 9},
    {"in-west", 23, 72}};

// Along the ground: light in glass needs 5 us a kilometre, and cables run 1.4 times the way.
double delay_ms(const Place& a, const Place& b) {
  constexpr double kRadian = std::numbers::pi / 180;
  const double cosine = std::sin(a.latitude * kRadian) * std::sin(b.latitude * kRadian) +
                        std::cos(a.latitude * kRadian) * std::cos(b.latitude * kRadian) *
                            std::cos((a.longitude - b.longitude) * kRadian);
  const double kilometres = 6371 * std::acos(std::clamp(cosine, -1.0, 1.0));
  return 1 + kilometres * 1.4 * 0.005;
}

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <class T>
Result<std::uint32_t> find(const std::vector<T>& all, std::string_view text,
                           std::string_view what) {
  if (const auto n = number(text); n && *n < all.size()) return *n;
  for (const auto& item : all)
    if (item.name == text) return item.index;
  return fail(Errc::invalid, "there is no " + std::string(what) + " '" + std::string(text) +
                                 "': expected 0 to " + std::to_string(all.size() - 1) +
                                 " or a name such as '" + all.front().name + "'");
}

}  // namespace

Result<Fleet> Fleet::make(const FleetConfig& config) {
  if (config.regions < 1 || config.regions > std::size(kPlaces))
    return fail(Errc::invalid, "regions: " + std::to_string(config.regions) + " is not in 1 to " +
                                   std::to_string(std::size(kPlaces)));
  if (config.nodes < std::max(2U, config.regions) || config.nodes > 1000)
    return fail(Errc::invalid, "nodes: " + std::to_string(config.nodes) + " is not in " +
                                   std::to_string(std::max(2U, config.regions)) + " to 1000");
  Fleet fleet;
  fleet.config_ = config;
  Random random(config.seed * 0x9e3779b97f4a7c15u + 1);
  for (std::uint32_t r = 0; r < config.regions; ++r)
    fleet.regions_.push_back({.index = r, .name = std::string(kPlaces[r].name), .nodes = {}});
  for (std::uint32_t n = 0; n < config.nodes; ++n) {
    Node node{.index = n, .region = n % config.regions, .name = "node-" + std::to_string(n)};
    node.memory_bytes = 128.0 * (1 << 30);
    node.disk_bytes = 4e12;
    // The last round of dealing still runs the old version.
    node.legacy = n + config.regions >= config.nodes && n >= config.regions;
    if (config.nodes < 2 * config.regions) node.legacy = n + 1 == config.nodes;
    fleet.regions_[node.region].nodes.push_back(n);
    fleet.nodes_.push_back(std::move(node));
  }
  for (auto& node : fleet.nodes_) {
    const auto& here = fleet.regions_[node.region].nodes;
    const auto at = static_cast<std::size_t>(std::ranges::find(here, node.index) - here.begin());
    node.near = here[(at + 1) % here.size()];
    const auto& there = fleet.regions_[(node.region + 1) % config.regions].nodes;
    node.far = there[at % there.size()];
  }
  constexpr std::string_view kTypes[] = {"small", "medium", "large"};
  for (std::uint32_t v = 0; v < config.nodes * config.vms_per_node; ++v) {
    const auto size = v / config.nodes % 3;
    Vm vm{.index = v, .node = v % config.nodes, .id = "vm-" + std::to_string(v)};
    vm.name = std::string(kTypes[size]) + "-" + std::to_string(v);
    vm.type = kTypes[size];
    vm.tenant = "tenant-" + std::to_string(random.below(4));
    vm.memory_bytes = std::ldexp(4.0 * (1 << 30), static_cast<int>(size));
    vm.disk_bytes = 40e9 * (1 + static_cast<double>(size)) * (0.8 + 0.4 * random.uniform());
    vm.dirty_bytes_per_second =
        60e6 * (1 + static_cast<double>(size)) * (0.6 + 0.8 * random.uniform());
    vm.cpu_share = 0.05 + 0.05 * static_cast<double>(size) + 0.05 * random.uniform();
    fleet.vms_.push_back(std::move(vm));
  }
  for (std::uint32_t a = 0; a < config.regions; ++a)
    for (std::uint32_t b = 0; b < config.regions; ++b) {
      if (a == b) continue;
      Link link{.index = static_cast<std::uint32_t>(fleet.links_.size()), .from = a, .to = b};
      const auto &from = fleet.regions_[a].name, &to = fleet.regions_[b].name;
      link.name = from + ">" + to;
      link.tunnel = "tun-" + from + "-" + to;
      link.delay_ms = delay_ms(kPlaces[a], kPlaces[b]);
      // Sized for the nodes behind it: a third of it is spare at the usual load.
      link.bytes_per_second =
          std::max(25e9, 2.5e9 * std::ceil(1.0 * config.nodes / config.regions));
      link.loss = 0.0001 * (1 + random.uniform());
      link.hops = 8 + static_cast<std::uint32_t>(link.delay_ms / 20);
      fleet.links_.push_back(std::move(link));
    }
  for (auto& link : fleet.links_) link.back = fleet.link(link.to, link.from)->index;
  return fleet;
}

const Link* Fleet::link(std::uint32_t from, std::uint32_t to) const {
  if (from == to) return nullptr;
  return &links_[from * (config_.regions - 1) + to - (to > from ? 1 : 0)];
}

Result<std::uint32_t> Fleet::find_region(std::string_view text) const {
  return find(regions_, text, "region");
}
Result<std::uint32_t> Fleet::find_node(std::string_view text) const {
  return find(nodes_, text, "node");
}

Result<std::vector<std::uint32_t>> Fleet::find_links(std::string_view text) const {
  for (const std::string_view separator : {"->", ">", ":", "/"}) {
    const auto at = text.find(separator);
    if (at == text.npos) continue;
    const auto from = TRY(find_region(text.substr(0, at)));
    const auto to = TRY(find_region(text.substr(at + separator.size())));
    if (from == to) break;
    const Link& there = *link(from, to);
    if (separator.ends_with('>')) return std::vector<std::uint32_t>{there.index};
    return std::vector<std::uint32_t>{there.index, there.back};
  }
  if (const auto n = number(text); n && *n < links_.size()) return std::vector<std::uint32_t>{*n};
  return fail(Errc::invalid,
              "link '" + std::string(text) +
                  "': expected two different regions as a>b (one direction) or a:b (both)");
}

Result<std::uint32_t> find_component(std::string_view text) {
  for (std::uint32_t i = 0; i < kComponentCount; ++i)
    if (kComponents[i] == text) return i;
  std::string known;
  for (const auto name : kComponents) known += (known.empty() ? "" : ", ") + std::string(name);
  return fail(Errc::invalid,
              "there is no component '" + std::string(text) + "': expected one of " + known);
}

Result<std::uint32_t> find_version(std::string_view text) {
  for (std::uint32_t i = 0; i < 2; ++i)
    if (kVersions[i] == text || kSoftware[i] == text) return i;
  return fail(Errc::invalid, "there is no version '" + std::string(text) +
                                 "': expected canary (or v3) or baseline (or v1)");
}

}  // namespace pharos::sim
