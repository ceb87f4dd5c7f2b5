// dns_sd_configs: addresses from SRV, A, AAAA, MX and NS records.
#include "base/log.hpp"
#include "scrape/discovery_kinds.hpp"
#include "scrape/discovery_stats.hpp"

namespace pharos::scrape {
namespace {

std::string host_port(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

class DnsDiscovery final : public Discovery {
 public:
  DnsDiscovery(DnsDiscoveryConfig config, std::string job, RefreshTimers& timers,
               std::shared_ptr<DnsResolver> resolver)
      : config_(std::move(config)),
        job_(std::move(job)),
        timers_(timers),
        resolver_(std::move(resolver)),
        failures_(discovery_stats().refresh_failures.with({"dns", job_})) {}
  ~DnsDiscovery() override { stop(); }

  void start(Changed changed) override {
    changed_ = std::move(changed);
    task_ = timers_.add([this] { return refresh(); });
  }
  void stop() override {
    if (task_ != 0) timers_.remove(task_);
    task_ = 0;
  }

 private:
  Nanos refresh() {
    std::vector<TargetGroup> groups;
    for (const auto& name : config_.names) {
      discovery_stats().dns_lookups.add();
      auto answers = resolver_->look_up(name, config_.type);
      if (!answers && answers.error().code == Errc::not_found) answers = std::vector<DnsAnswer>{};
      if (!answers) {
        discovery_stats().dns_lookup_failures.add();
        failures_.add();
        if (!failing_)
          log::error("dns discovery failed, the last good targets stay",
                     {{"job", job_}, {"name", name}, {"error", answers.error().message}});
        failing_ = true;
        continue;
      }
      failing_ = false;
      groups.push_back(group_of(name, *answers));
    }
    if (!groups.empty()) changed_(groups);
    return config_.refresh_interval;
  }

  TargetGroup group_of(const std::string& name, const std::vector<DnsAnswer>& answers) const {
    TargetGroup group{.source = name};
    for (const auto& answer : answers) {
      const std::uint16_t port = config_.type == DnsRecord::srv ? answer.port : config_.port;
      LabelsBuilder labels;
      labels.set("__address__", host_port(answer.target, port));
      labels.set("__meta_dns_name", name);
      if (config_.type == DnsRecord::srv) {
        labels.set("__meta_dns_srv_record_target", answer.target + ".");
        labels.set("__meta_dns_srv_record_port", std::to_string(answer.port));
      } else if (config_.type == DnsRecord::mx) {
        labels.set("__meta_dns_mx_record_target", answer.target + ".");
      } else if (config_.type == DnsRecord::ns) {
        labels.set("__meta_dns_ns_record_target", answer.target + ".");
      }
      group.targets.push_back(labels.build());
    }
    return group;
  }

  const DnsDiscoveryConfig config_;
  const std::string job_;
  RefreshTimers& timers_;
  std::shared_ptr<DnsResolver> resolver_;
  Counter failures_;
  Changed changed_;
  std::uint64_t task_ = 0;
  bool failing_ = false;
};

}  // namespace

std::unique_ptr<Discovery> make_dns_discovery(DnsDiscoveryConfig config, std::string job,
                                              RefreshTimers& timers,
                                              std::shared_ptr<DnsResolver> resolver) {
  return std::make_unique<DnsDiscovery>(std::move(config), std::move(job), timers,
                                        std::move(resolver));
}

}  // namespace pharos::scrape
