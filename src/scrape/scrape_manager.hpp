// Runs every scrape job: targets from discovery, a scrape of each at its interval, samples into the Appender.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/appender.hpp"
#include "net/http_client.hpp"
#include "scrape/config.hpp"

namespace pharos::scrape {

struct ScrapeOptions {
  std::size_t worker_threads = 2;           // decode and append
  std::size_t queue_max = 16'384;           // pages waiting for a worker; beyond, a scrape is skipped and counted
  std::uint64_t body_max = 256u << 20;      // bytes, where a job sets no body_size_limit
  std::uint64_t offset_seed = 0;            // differs between replicas: spreads their load
  bool type_and_unit_labels = false;        // --enable-feature=type-and-unit-labels
  bool extra_scrape_metrics = false;        // --enable-feature=extra-scrape-metrics, for every job
  std::string external_url;                 // "http://host:port": what globalUrl shows for a loopback target
  std::string user_agent = "Pharos";
};

enum class Health : std::uint8_t { unknown, up, down };
std::string_view name(Health health);

struct TargetStatus {
  Labels discovered, labels;
  std::string pool, url, global_url, last_error;
  std::optional<Time> last_scrape;
  double last_duration_seconds = 0;
  Health health = Health::unknown;
  Millis interval{0}, timeout{0};
};
struct DroppedTarget {
  Labels discovered;
  std::string pool;
};
struct TargetsSnapshot {
  std::vector<TargetStatus> active;         // by pool, then labels
  std::vector<DroppedTarget> dropped;       // at most keep_dropped_targets per pool when that is set
  std::map<std::string, std::uint64_t> dropped_counts;  // all of them, by pool
};
struct TargetMetadata {
  Labels target;
  Metadata metadata;
};

// Thread-safe. Stopping writes no stale markers (the server comes back where it was); a target that
// goes away gets them two intervals later, as in Prometheus.
class ScrapeManager {
 public:
  // All of these outlive the manager.
  ScrapeManager(Appender& appender, const Clock& clock, std::shared_ptr<net::HttpClient> client, ScrapeOptions options = {},
                std::shared_ptr<DnsResolver> resolver = nullptr);
  ~ScrapeManager();

  // Makes these the jobs. Equal jobs go on undisturbed; targets that stay keep their caches and phase.
  void apply(std::vector<ScrapeConfig> jobs);
  void stop();

  TargetsSnapshot targets() const;
  std::vector<std::string> pools() const;   // sorted
  std::vector<TargetMetadata> metadata() const;

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace pharos::scrape
