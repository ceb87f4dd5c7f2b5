// What there is: regions, nodes, virtual machines and the links between regions. Made from a seed
// and a size, never changed afterwards.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace pharos::sim {

struct FleetConfig {
  std::uint32_t regions = 3;  // 1..16
  std::uint32_t nodes = 30;   // in all, 2..1,000, at least as many as regions
  std::uint32_t vms_per_node = 3;
  std::uint64_t seed = 1;
};

struct Region {
  std::uint32_t index = 0;
  std::string name;                  // us-east
  std::vector<std::uint32_t> nodes;  // the first one leads
};

struct Node {
  std::uint32_t index = 0, region = 0;
  std::string name;     // node-7
  bool legacy = false;  // runs v1
  double cores = 32, memory_bytes = 0, disk_bytes = 0;
  double nic_bytes_per_second = 1e10;  // 80 Gbit/s
  std::uint32_t near = 0, far = 0;     // where its virtual machines go: in the region, and outside
  std::string_view version() const { return legacy ? "v1" : "v3"; }
};

struct Vm {
  std::uint32_t index = 0, node = 0;
  std::string id, name, tenant, type;  // type: small, medium, large
  double memory_bytes = 0, disk_bytes = 0;
  double dirty_bytes_per_second = 0;  // what it changes while it is moved
  double cpu_share = 0;               // of its node, at full load
};

struct Link {  // one direction of the way between two regions
  std::uint32_t index = 0, from = 0, to = 0, back = 0;  // back: the other direction
  std::string name, tunnel;                             // us-east>eu-west; tun-us-east-eu-west
  double delay_ms = 0, bytes_per_second = 0, loss = 0;
  std::uint32_t hops = 0;
};

class Fleet {
 public:
  static Result<Fleet> make(const FleetConfig& config);

  const FleetConfig& config() const { return config_; }
  const std::vector<Region>& regions() const { return regions_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  const std::vector<Vm>& vms() const { return vms_; }
  const std::vector<Link>& links() const { return links_; }
  const Link* link(std::uint32_t from, std::uint32_t to) const;  // nullptr within a region

  // By name or by number, as people write targets.
  Result<std::uint32_t> find_region(std::string_view text) const;
  Result<std::uint32_t> find_node(std::string_view text) const;
  // "a>b" is one direction, "a:b" both; a and b as above.
  Result<std::vector<std::uint32_t>> find_links(std::string_view text) const;

 private:
  FleetConfig config_;
  std::vector<Region> regions_;
  std::vector<Node> nodes_;
  std::vector<Vm> vms_;
  std::vector<Link> links_;
};

// The parts a fault or a person can point at; a label `component` carries these words.
inline constexpr std::string_view kComponents[] = {"amst",         "hde",
                                                   "pba",          "acp",
                                                   "ass",          "itp",  // on every node
                                                   "dwcp-manager", "compression-selector",
                                                   "probft",       "bullshark",
                                                   "tpbft",        "maddpg",
                                                   "traffic",      "database",
                                                   "redis",        "etcd",
                                                   "alertmanager"};
inline constexpr std::uint32_t kComponentCount = std::size(kComponents);
inline constexpr std::uint32_t kNodeComponents = 6;
enum Part : std::uint32_t {
  kAmst,
  kHde,
  kPba,
  kAcp,
  kAss,
  kItp,
  kManager,
  kSelector,
  kProbft,
  kBullshark,
  kTpbft,
  kMaddpg,
  kTraffic,
  kDatabase,
  kRedis,
  kEtcd,
  kAlertmanager
};
Result<std::uint32_t> find_component(std::string_view text);

// Days for which a certificate is good when nobody has taken any off; at 0 its region's streams fail.
inline constexpr double kCertificateDays = 60;

// Two versions share the traffic.
enum Version : std::uint32_t { kBaseline, kCanary };
inline constexpr std::string_view kVersions[] = {"baseline", "canary"};  // at the front door
inline constexpr std::string_view kSoftware[] = {"v1", "v3"};            // inside
Result<std::uint32_t> find_version(std::string_view text);               // either spelling

}  // namespace pharos::sim
