// One target while it is scraped: its caches, its state as the API shows it, and what a reply becomes.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/metric.hpp"
#include "scrape/page_cache.hpp"
#include "scrape/scrape_manager.hpp"
#include "scrape/target.hpp"

namespace pharos::scrape {

// Prometheus' names, so that its dashboards and alerts about scraping work.
struct ScrapeStats {
  Counter pools{"prometheus_target_scrape_pools_total", "Total number of scrape pool creation attempts."};
  Counter reloads{"prometheus_target_scrape_pool_reloads_total", "Total number of scrape pool reloads."};
  Counter syncs{"prometheus_target_scrape_pool_sync_total", "Total number of syncs that were executed on a scrape pool.", {"scrape_job"}};
  Gauge targets{"prometheus_target_scrape_pool_targets", "Current number of targets in this scrape pool.", {"scrape_job"}};
  Gauge target_limit{"prometheus_target_scrape_pool_target_limit", "Maximum number of targets allowed in this scrape pool.", {"scrape_job"}};
  Counter target_limit_hit{"prometheus_target_scrape_pool_exceeded_target_limit_total", "Total number of times scrape pools hit the target limit, during sync or config reload."};
  Counter sync_failed{"prometheus_target_sync_failed_total", "Total number of target sync failures.", {"scrape_job"}};
  Counter sample_limit{"prometheus_target_scrapes_exceeded_sample_limit_total", "Total number of scrapes that hit the sample limit and were rejected."};
  Counter body_limit{"prometheus_target_scrapes_exceeded_body_size_limit_total", "Total number of scrapes that hit the body size limit"};
  Counter label_limit{"prometheus_target_scrape_pool_exceeded_label_limits_total", "Total number of times scrape pools hit the label limits, during sync or config reload."};
  Counter duplicate{"prometheus_target_scrapes_sample_duplicate_timestamp_total", "Total number of samples rejected due to duplicate timestamps but different values."};
  Counter out_of_order{"prometheus_target_scrapes_sample_out_of_order_total", "Total number of samples rejected due to not being out of the expected order."};
  Counter out_of_bounds{"prometheus_target_scrapes_sample_out_of_bounds_total", "Total number of samples rejected due to timestamp falling outside of the time bounds."};
  Counter skipped{"pharos_scrapes_skipped_total", "Scrapes left out, by reason.", {"reason"}};
  Counter refused{"pharos_scrape_series_refused_total", "Samples dropped because the store refused their series (cardinality limits)."};
  Counter failed_appends{"pharos_scrape_failed_appends_total", "Scrapes whose samples the store could not take."};
  Distribution interval{"pharos_scrape_interval_deviation_seconds", "How late scrapes start after their time.", {0.0005, 0.001, 0.002, 0.005, 0.01, 0.1, 1}};
};
ScrapeStats& scrape_stats();

// What came back for a request: a reply, or why there is none.
struct Fetched {
  Result<net::ClientReply> reply;
  Time started;
  double seconds = 0;              // until the reply was complete
};

// Thread-safe where said; store() runs for one scrape at a time.
class TargetScrape {
 public:
  TargetScrape(std::shared_ptr<const ScrapeConfig> job, Target target, const ScrapeOptions& options);

  // A new configuration of the job, between scrapes or during one.
  void update(std::shared_ptr<const ScrapeConfig> job, Target target);
  void set_refusal(std::string error);                          // each scrape fails with it; "" ends that
  std::string refusal() const;
  net::ClientRequest request() const;
  std::shared_ptr<const net::ClientOptions> client_options() const;

  // Parses the reply and appends its samples, stale markers, `up` and the like.
  void store(Fetched fetched, Appender& appender);
  // The target has gone: everything it wrote goes stale at `at`.
  void store_end(Time at, Appender& appender);

  TargetStatus status() const;
  std::vector<Metadata> metadata() const;
  Millis interval() const;
  std::shared_ptr<const Target> target() const;
  bool begin() { return !busy_.exchange(true); }                // false: the last scrape is not done
  void end() { busy_ = false; }
  bool busy() const { return busy_; }

 private:
  struct Outcome {
    Status status;
    std::uint64_t body_bytes = 0;
    bool body_over_limit = false;
  };
  Outcome take_page(Fetched& fetched, Appender& appender);
  Status append_page(Appender& appender, std::string page, const PageContext& context);
  void append_stale(Appender& appender, UnixMillis t_ms);
  void append_report(Appender& appender, UnixMillis t_ms, const std::vector<std::pair<std::string_view, double>>& samples, bool in_order_only);
  void count_rejections(const AppendOutcome& outcome);
  void log_failure(const ScrapeConfig& job, const std::string& error, Time at) const;

  const ScrapeOptions& options_;
  std::atomic<bool> busy_{false};

  mutable std::mutex mutex_;                 // guards what follows up to the caches
  std::shared_ptr<const ScrapeConfig> job_;
  std::shared_ptr<const Target> target_;
  std::string refusal_, last_error_;
  std::optional<Time> last_scrape_;
  double last_duration_ = 0;
  Health health_ = Health::unknown;
  bool rules_changed_ = false;
  std::vector<Metadata> shown_metadata_;

  // Of the scrape in hand.
  PageCache cache_;
  Gathered gathered_;
  std::vector<SeriesRef> stale_;
  std::vector<FloatSample> extra_floats_;
  std::vector<std::pair<std::string, SeriesRef>> report_refs_;
  Labels report_target_;                     // that the refs were made for
};

}  // namespace pharos::scrape
