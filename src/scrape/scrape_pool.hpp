// One running job: its discoveries, what they found, and the targets that follow from it.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "scrape/discovery.hpp"
#include "scrape/scrape_schedule.hpp"
#include "scrape/target_scrape.hpp"

namespace pharos::scrape {

// Guarded by its manager's mutex.
struct ScrapePool {
  struct Running {
    std::shared_ptr<TargetScrape> scrape;
    ScrapeSchedule::Handle tick;
    std::uint64_t leaving = 0;       // not 0: gone from discovery, its stale markers are due; the number of its leaving
  };
  std::shared_ptr<const ScrapeConfig> job;
  std::uint64_t generation = 0;      // of the discoveries: late calls of old ones are ignored
  std::vector<std::shared_ptr<Discovery>> discoveries;
  std::map<std::pair<std::size_t, std::string>, TargetGroup> groups;  // by discovery and source
  std::unordered_map<std::uint64_t, Running> targets;                 // by Target::hash
  std::vector<Labels> dropped;
  std::uint64_t dropped_count = 0;

  // What the groups say now. Failures are counted and logged, and leave only their target out.
  struct Wanted {
    std::unordered_map<std::uint64_t, Target> targets;
    std::vector<Labels> dropped;
    std::uint64_t dropped_count = 0;
  };
  Wanted wanted() const;
};

}  // namespace pharos::scrape
