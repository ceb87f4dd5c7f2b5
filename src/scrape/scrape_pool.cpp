#include "scrape/scrape_pool.hpp"

#include "base/log.hpp"

namespace pharos::scrape {

ScrapePool::Wanted ScrapePool::wanted() const {
  Wanted out;
  const auto drop = [&](Labels labels) {
    ++out.dropped_count;
    if (job->keep_dropped_targets == 0 || out.dropped.size() < job->keep_dropped_targets) out.dropped.push_back(std::move(labels));
  };
  for (const auto& [key, group] : groups) {
    for (std::size_t i = 0; i < group.targets.size(); ++i) {
      auto target = make_target(*job, group.targets[i], group.labels);
      if (!target) {
        scrape_stats().sync_failed.with({job->job_name}).add();
        log::warn("target not made", {{"scrape_pool", job->job_name}, {"group", group.source}, {"instance", i}, {"error", target.error().message}});
        continue;
      }
      if (!*target || (*target)->labels.empty()) {
        drop(discovered_labels(*job, group.targets[i], group.labels));
        continue;
      }
      const auto hash = (*target)->hash();
      out.targets.try_emplace(hash, std::move(**target));
    }
  }
  return out;
}

}  // namespace pharos::scrape
