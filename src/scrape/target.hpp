// From discovered labels to a target: Prometheus' rules for the special labels, the URL and the offset.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scrape/config.hpp"

namespace pharos::scrape {

// Immutable description of one thing to scrape.
struct Target {
  Labels discovered;       // before relabelling
  Labels labels;           // of its series: without names that begin with "__"
  Labels all_labels;       // with the internal ones that relabelling left
  std::string url, address;
  Millis interval{0}, timeout{0};

  // Of labels and URL: two targets with one hash are the same target.
  std::uint64_t hash() const;
};

// Applies the job's defaults and relabelling. nullopt: relabelling dropped it. Errc::invalid: no
// address, a bad interval, ….
Result<std::optional<Target>> make_target(const ScrapeConfig& config, const Labels& own, const Labels& group);
// What a target has before relabelling.
Labels discovered_labels(const ScrapeConfig& config, const Labels& own, const Labels& group);

// The time until the target's first scrape: spread over the interval by its hash, on an absolute grid,
// so that a restart keeps the phase.
Millis first_offset(const Target& target, Time now, std::uint64_t seed);

// "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,…,*/*;q=0.1"
std::string accept_header(const std::vector<ScrapeProtocol>& protocols, NameEscaping escaping);

}  // namespace pharos::scrape
