// Days of a fleet in minutes: pages are stepped and handed to a store without text or HTTP, as if a
// scraper with honor_labels had read each of them every `interval`.
#pragma once
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "model/appender.hpp"
#include "sim/world.hpp"

namespace pharos::sim {

struct VirtualRunOptions {
  Millis interval = std::chrono::seconds(15);
  Millis duration{0};
  std::string instance =
      "sim";             // label `instance` of every series, as the address of a scrape would be
  std::stop_token stop;  // ends the run early, whole ticks done
};

struct VirtualRunReport {
  std::uint64_t ticks = 0, series = 0, samples = 0;
  std::uint64_t rejected = 0;
};

// Writes `up`, scrape_duration_seconds, scrape_samples_scraped, …_post_metric_relabeling,
// scrape_series_added and scrape_timeout_seconds of each target too, and stale markers when a
// target stops answering. One thread steps the world while another appends.
Result<VirtualRunReport> run_virtual(World& world, Appender& appender,
                                     const VirtualRunOptions& options);

}  // namespace pharos::sim
