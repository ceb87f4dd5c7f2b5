// What becomes of a sample's labels between a page and the store.
#pragma once
#include <span>
#include <string_view>

#include "scrape/config.hpp"

namespace pharos::scrape {

// Joins a sample's labels with its target's and applies metric_relabel_configs. The empty set: dropped.
// `unwanted`: labels that the page names with an empty value, which honor_labels keeps away.
Labels sample_labels(const Labels& exposed, std::span<const std::string_view> unwanted, const Labels& target, const ScrapeConfig& job);

// Labels of `up` and the like: the target's, with the exposed one (none) never in the way.
Labels report_labels(std::string_view name, const Labels& target);

// Errc::limit with Prometheus' text when a label limit of the job is passed.
Status check_label_limits(const Labels& labels, const ScrapeConfig& job);
// Errc::invalid: no metric name, or names that the job's validation scheme refuses.
Status check_names(const Labels& labels, NameValidation scheme);

}  // namespace pharos::scrape
