// Service discovery: where targets come from. Each kind delivers groups of targets and calls back
// when they change.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "model/labels.hpp"
#include "net/http_client.hpp"

namespace pharos::scrape {

// Targets that share labels. `targets` have at least __address__; `labels` are added to each, the
// target's own win. `source` identifies the group within its discovery: a later group of the same
// source replaces it, one without targets removes it.
struct TargetGroup {
  std::string source;
  std::vector<Labels> targets;
  Labels labels;
  bool operator==(const TargetGroup&) const = default;
};

struct StaticDiscoveryConfig {
  std::vector<TargetGroup> groups;
};

struct FileDiscoveryConfig {
  std::vector<std::string> files;  // resolved; the last path element may hold a glob
  Millis refresh_interval =
      std::chrono::minutes(5);  // changes are seen within a second all the same
};

struct HttpDiscoveryConfig {
  std::string url;
  Millis refresh_interval = std::chrono::seconds(60);
  std::shared_ptr<const net::ClientOptions> http;
};

enum class DnsRecord : std::uint8_t { a, aaaa, srv, mx, ns };
std::string_view name(DnsRecord record);  // "SRV"
struct DnsDiscoveryConfig {
  std::vector<std::string> names;
  DnsRecord type = DnsRecord::srv;
  std::uint16_t port = 0;  // for A, AAAA, MX, NS
  Millis refresh_interval = std::chrono::seconds(30);
};

struct KubernetesDiscoveryConfig {
  std::string role, api_server, kubeconfig_file;
  std::shared_ptr<const net::ClientOptions> http;
  bool own_namespace = false;
  std::vector<std::string> namespaces;
  struct Selector {
    std::string role, label, field;
  };
  std::vector<Selector> selectors;
  bool attach_node_metadata = false, attach_namespace_metadata = false;
};

struct DiscoveryConfig {
  std::variant<StaticDiscoveryConfig, FileDiscoveryConfig, HttpDiscoveryConfig, DnsDiscoveryConfig,
               KubernetesDiscoveryConfig>
      kind;
  std::string fingerprint;  // equal texts: the same discovery
};
std::string_view name(
    const DiscoveryConfig& config);  // "static", "file", "http", "dns", "kubernetes"

// One running source of targets. start() may call `changed` at once and then from any thread, with
// every group that is new, changed or gone; calls do not overlap. stop() returns when no further
// call can come. A source that fails keeps its last groups and counts the failure.
class Discovery {
 public:
  using Changed = std::function<void(const std::vector<TargetGroup>& groups)>;
  virtual ~Discovery() = default;
  virtual void start(Changed changed) = 0;
  virtual void stop() = 0;
};

struct DnsAnswer {
  std::string target;      // host or address, without the final dot
  std::uint16_t port = 0;  // SRV
};
// Blocking look-up of one fully spelled name. Errc::not_found: no such name (an empty answer, not a
// failure).
class DnsResolver {
 public:
  virtual ~DnsResolver() = default;
  virtual Result<std::vector<DnsAnswer>> look_up(const std::string& host, DnsRecord record) = 0;
};
std::shared_ptr<DnsResolver> system_dns_resolver();  // resolv.conf's servers, by libresolv

// What discoveries share: one refresh thread for all of them, one HTTP client. Thread-safe.
class DiscoveryRunner {
 public:
  DiscoveryRunner(std::shared_ptr<net::HttpClient> client, const Clock& clock,
                  std::shared_ptr<DnsResolver> resolver = nullptr);
  ~DiscoveryRunner();
  std::unique_ptr<Discovery> make(const DiscoveryConfig& config, std::string job_name);

  struct Timers;

 private:
  std::shared_ptr<net::HttpClient> client_;
  const Clock& clock_;
  std::shared_ptr<DnsResolver> resolver_;
  std::shared_ptr<Timers> timers_;
};

// The list of groups in a file or HTTP answer: [{"targets": ["h:p"], "labels": {…}}], JSON or YAML.
// Errors name the place. `source` prefixes each group's source: "file:0".
Result<std::vector<TargetGroup>> parse_target_groups(std::string_view text, bool json,
                                                     std::string source);

}  // namespace pharos::scrape
