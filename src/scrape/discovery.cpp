#include "scrape/discovery.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "scrape/discovery_kinds.hpp"
#include "scrape/discovery_stats.hpp"

namespace pharos::scrape {
namespace {

class StaticDiscovery final : public Discovery {
 public:
  explicit StaticDiscovery(StaticDiscoveryConfig config) : config_(std::move(config)) {}
  void start(Changed changed) override { changed(config_.groups); }
  void stop() override {}

 private:
  StaticDiscoveryConfig config_;
};

}  // namespace

DiscoveryStats& discovery_stats() {
  static DiscoveryStats* const stats = new DiscoveryStats;
  return *stats;
}

std::unique_ptr<Discovery> make_static_discovery(StaticDiscoveryConfig config) {
  return std::make_unique<StaticDiscovery>(std::move(config));
}

std::vector<TargetGroup> with_removals(std::vector<TargetGroup> next,
                                       std::vector<std::string>& known) {
  std::vector<std::string> sources;
  for (const auto& group : next) sources.push_back(group.source);
  for (auto& source : known)
    if (std::find(sources.begin(), sources.end(), source) == sources.end())
      next.push_back({.source = source});
  known = std::move(sources);
  return next;
}

// Look-ups of names block for seconds when a server is silent, and the first list of a large cluster
// takes its time to read, so they have threads of their own.
struct DiscoveryRunner::Timers {
  explicit Timers(const Clock& clock)
      : quick("sd-refresh", clock), blocking("sd-dns", clock), clusters("sd-kubernetes", clock) {}
  RefreshTimers quick, blocking, clusters;
};

DiscoveryRunner::DiscoveryRunner(std::shared_ptr<net::HttpClient> client, const Clock& clock,
                                 std::shared_ptr<DnsResolver> resolver)
    : client_(std::move(client)),
      clock_(clock),
      resolver_(resolver ? std::move(resolver) : system_dns_resolver()),
      timers_(std::make_shared<Timers>(clock)) {}

DiscoveryRunner::~DiscoveryRunner() = default;

std::unique_ptr<Discovery> DiscoveryRunner::make(const DiscoveryConfig& config,
                                                 std::string job_name) {
  if (const auto* c = std::get_if<StaticDiscoveryConfig>(&config.kind))
    return make_static_discovery(*c);
  if (const auto* c = std::get_if<FileDiscoveryConfig>(&config.kind))
    return make_file_discovery(*c, std::move(job_name), timers_->quick, clock_);
  if (const auto* c = std::get_if<HttpDiscoveryConfig>(&config.kind))
    return make_http_discovery(*c, std::move(job_name), timers_->quick, client_);
  if (const auto* c = std::get_if<DnsDiscoveryConfig>(&config.kind))
    return make_dns_discovery(*c, std::move(job_name), timers_->blocking, resolver_);
  return make_kubernetes_discovery(std::get<KubernetesDiscoveryConfig>(config.kind), std::move(job_name),
                                   timers_->clusters, client_, clock_);
}

}  // namespace pharos::scrape
