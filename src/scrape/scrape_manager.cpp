#include "scrape/scrape_manager.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <shared_mutex>

#include "base/log.hpp"
#include "base/threads.hpp"
#include "scrape/scrape_pool.hpp"

namespace pharos::scrape {
namespace {

// What replies need when they arrive, which may be after the manager has gone.
struct Intake {
  Intake(Appender& a, const Clock& c, const ScrapeOptions& options)
      : appender(a), clock(c), workers(std::make_unique<ThreadPool>("scrape", options.worker_threads, options.queue_max)) {}

  // Runs `task(appender)` on a worker; false when there are too many, or the manager stops.
  bool submit(std::function<void(Appender&)> task) {
    std::shared_lock lock(mutex);
    if (!workers) return false;
    return workers->submit([this, task = std::move(task)] {
      if (!stopping) task(appender);
    });
  }
  void stop() {
    stopping = true;
    std::unique_ptr<ThreadPool> last;
    {
      std::unique_lock lock(mutex);
      last = std::move(workers);
    }
  }

  Appender& appender;
  const Clock& clock;
  std::atomic<bool> stopping{false};
  std::shared_mutex mutex;
  std::unique_ptr<ThreadPool> workers;   // guarded by mutex
};

}  // namespace

struct ScrapeManager::Impl {
  Impl(Appender& a, const Clock& c, std::shared_ptr<net::HttpClient> h, ScrapeOptions o, std::shared_ptr<DnsResolver> resolver)
      : clock(c), client(std::move(h)), options(std::move(o)), intake(std::make_shared<Intake>(a, c, options)),
        discovery(client, c, std::move(resolver)), schedule(c) {}

  const Clock& clock;
  std::shared_ptr<net::HttpClient> client;
  const ScrapeOptions options;
  std::shared_ptr<Intake> intake;
  DiscoveryRunner discovery;
  ScrapeSchedule schedule;

  std::mutex apply_mutex;                            // one apply() or stop() at a time
  mutable std::mutex mutex;
  std::map<std::string, ScrapePool> pools;           // guarded by mutex
  std::uint64_t generations = 0, leavings = 0;
  bool stopped = false;

  void scrape(const std::shared_ptr<TargetScrape>& target, Time at, Nanos late);
  void groups_changed(const std::string& job, std::uint64_t generation, std::size_t index, const std::vector<TargetGroup>& groups);
  void sync(ScrapePool& pool);
  void start_target(ScrapePool& pool, std::uint64_t hash, Target target);
  void leave(ScrapePool::Running& running, const std::string& job, std::uint64_t hash);
  void finish_leaving(const std::string& job, std::uint64_t hash, std::uint64_t leaving, std::shared_ptr<TargetScrape> scrape, Time stale_at);
  void start_discoveries(const std::string& job);
};

// One tick: ask, and hand the answer to a worker.
void ScrapeManager::Impl::scrape(const std::shared_ptr<TargetScrape>& target, Time at, Nanos late) {
  auto& stats = scrape_stats();
  stats.interval.observe(std::chrono::duration<double>(late).count());
  if (!target->begin()) {
    static auto busy = stats.skipped.with({"previous_not_done"});
    busy.add();
    return;
  }
  const auto begun = clock.monotonic();
  auto done = [intake = intake, target, at, begun](Result<net::ClientReply> reply) {
    const double seconds = std::chrono::duration<double>(intake->stopping ? Nanos{0} : intake->clock.monotonic() - begun).count();
    auto fetched = std::make_shared<Fetched>(Fetched{std::move(reply), at, seconds});
    const bool taken = intake->submit([target, fetched](Appender& appender) {
      target->store(std::move(*fetched), appender);
      target->end();
    });
    if (taken) return;
    static auto full = scrape_stats().skipped.with({"queue_full"});
    full.add();
    target->end();
  };
  if (!target->refusal().empty()) return done(fail(Errc::limit, "refused"));
  client->start(target->request(), target->client_options(), std::move(done));
}

void ScrapeManager::Impl::start_target(ScrapePool& pool, std::uint64_t hash, Target target) {
  const auto offset = first_offset(target, clock.now(), options.offset_seed);
  const auto interval = target.interval;
  ScrapePool::Running running;
  running.scrape = std::make_shared<TargetScrape>(pool.job, std::move(target), options);
  running.tick = schedule.add(offset, interval, [this, scrape = running.scrape](Time at, Nanos late) { this->scrape(scrape, at, late); });
  pool.targets.emplace(hash, std::move(running));
}

// Stale markers come two intervals after the last scrape: by then a target that only moved is back.
void ScrapeManager::Impl::leave(ScrapePool::Running& running, const std::string& job, std::uint64_t hash) {
  schedule.remove(running.tick);
  running.leaving = ++leavings;
  const auto interval = running.scrape->interval();
  const auto leaving = running.leaving;
  const auto scrape = running.scrape;
  schedule.once(interval, [this, job, hash, leaving, scrape, interval] {
    const auto stale_at = clock.now();
    schedule.once(interval + interval / 10, [this, job, hash, leaving, scrape, stale_at] { finish_leaving(job, hash, leaving, scrape, stale_at); });
  });
}

void ScrapeManager::Impl::finish_leaving(const std::string& job, std::uint64_t hash, std::uint64_t leaving, std::shared_ptr<TargetScrape> scrape,
                                         Time stale_at) {
  {
    std::lock_guard lock(mutex);
    const auto pool = pools.find(job);
    if (pool != pools.end()) {
      const auto at = pool->second.targets.find(hash);
      if (at != pool->second.targets.end() && at->second.scrape == scrape) {
        if (at->second.leaving != leaving) return;  // it came back
        pool->second.targets.erase(at);
      }
    }
  }
  if (!scrape->begin()) {  // a slow reply is still being stored
    schedule.once(Millis{100}, [this, job, hash, leaving, scrape, stale_at] { finish_leaving(job, hash, leaving, scrape, stale_at); });
    return;
  }
  intake->submit([scrape, stale_at](Appender& appender) {
    scrape->store_end(stale_at, appender);
    scrape->end();
  });
}

// Makes the running targets those that the groups name. `mutex` is held.
void ScrapeManager::Impl::sync(ScrapePool& pool) {
  auto& stats = scrape_stats();
  const auto& name = pool.job->job_name;
  stats.syncs.with({name}).add();
  auto wanted = pool.wanted();
  pool.dropped = std::move(wanted.dropped);
  pool.dropped_count = wanted.dropped_count;
  std::size_t active = 0;
  for (auto& [hash, running] : pool.targets) {
    const auto at = wanted.targets.find(hash);
    if (at == wanted.targets.end()) {
      if (running.leaving == 0) leave(running, name, hash);
      continue;
    }
    ++active;
    const auto old_interval = running.scrape->interval();
    const auto interval = at->second.interval;
    const auto offset = first_offset(at->second, clock.now(), options.offset_seed);
    running.scrape->update(pool.job, std::move(at->second));
    if (running.leaving != 0) {
      running.leaving = 0;
      running.tick = schedule.add(offset, interval, [this, scrape = running.scrape](Time t, Nanos late) { this->scrape(scrape, t, late); });
    } else if (interval != old_interval) {
      schedule.change(running.tick, offset, interval);
    }
    wanted.targets.erase(at);
  }
  active += wanted.targets.size();
  for (auto& [hash, target] : wanted.targets) start_target(pool, hash, std::move(target));
  const auto limit = pool.job->target_limit;
  std::string refusal;
  if (limit > 0 && active > limit) {
    refusal = "target_limit exceeded (number of targets: " + std::to_string(active) + ", limit: " + std::to_string(limit) + ")";
    stats.target_limit_hit.add();
  }
  for (auto& [hash, running] : pool.targets) running.scrape->set_refusal(refusal);
  stats.targets.with({name}).set(static_cast<double>(active));
  stats.target_limit.with({name}).set(static_cast<double>(limit));
}

void ScrapeManager::Impl::groups_changed(const std::string& job, std::uint64_t generation, std::size_t index, const std::vector<TargetGroup>& groups) {
  std::lock_guard lock(mutex);
  const auto at = pools.find(job);
  if (stopped || at == pools.end() || at->second.generation != generation) return;
  auto& pool = at->second;
  for (const auto& group : groups) {
    const std::pair key(index, group.source);
    if (group.targets.empty()) pool.groups.erase(key);
    else pool.groups[key] = group;
  }
  sync(pool);
}

void ScrapeManager::Impl::start_discoveries(const std::string& job) {
  std::vector<std::shared_ptr<Discovery>> made;
  std::uint64_t generation = 0;
  {
    std::lock_guard lock(mutex);
    auto& pool = pools.at(job);
    generation = pool.generation = ++generations;
    pool.groups.clear();
    for (const auto& config : pool.job->discovery) made.emplace_back(discovery.make(config, job));
    pool.discoveries = made;
    if (made.empty()) sync(pool);
  }
  // They may call back at once: without the lock.
  for (std::size_t i = 0; i < made.size(); ++i)
    if (made[i]) made[i]->start([this, job, generation, i](const std::vector<TargetGroup>& groups) { groups_changed(job, generation, i, groups); });
}

ScrapeManager::ScrapeManager(Appender& appender, const Clock& clock, std::shared_ptr<net::HttpClient> client, ScrapeOptions options,
                             std::shared_ptr<DnsResolver> resolver)
    : impl_(std::make_shared<Impl>(appender, clock, std::move(client), std::move(options), std::move(resolver))) {}

ScrapeManager::~ScrapeManager() { stop(); }

void ScrapeManager::apply(std::vector<ScrapeConfig> jobs) {
  auto& impl = *impl_;
  std::lock_guard applying(impl.apply_mutex);
  std::vector<std::shared_ptr<Discovery>> ended;
  std::vector<std::string> to_start;
  std::set<std::string> names;
  for (const auto& job : jobs) names.insert(job.job_name);
  {
    std::lock_guard lock(impl.mutex);
    if (impl.stopped) return;
    auto& stats = scrape_stats();
    for (auto& config : jobs) {
      auto job = std::make_shared<const ScrapeConfig>(std::move(config));
      const auto [at, fresh] = impl.pools.try_emplace(job->job_name);
      auto& pool = at->second;
      if (fresh) stats.pools.add();
      else if (pool.job && pool.job->fingerprint == job->fingerprint) continue;
      else stats.reloads.add();
      const auto same_discovery = [&] {
        if (!pool.job || pool.job->discovery.size() != job->discovery.size()) return false;
        for (std::size_t i = 0; i < job->discovery.size(); ++i)
          if (pool.job->discovery[i].fingerprint != job->discovery[i].fingerprint) return false;
        return true;
      };
      const bool keep = !fresh && same_discovery();
      pool.job = job;
      if (keep) {
        impl.sync(pool);
      } else {
        ended.insert(ended.end(), pool.discoveries.begin(), pool.discoveries.end());
        pool.discoveries.clear();
        to_start.push_back(job->job_name);
      }
    }
    for (auto at = impl.pools.begin(); at != impl.pools.end();) {
      if (names.contains(at->first)) {
        ++at;
        continue;
      }
      auto& pool = at->second;
      ended.insert(ended.end(), pool.discoveries.begin(), pool.discoveries.end());
      for (auto& [hash, running] : pool.targets)
        if (running.leaving == 0) impl.leave(running, at->first, hash);
      stats.targets.with({at->first}).set(0);
      at = impl.pools.erase(at);
    }
  }
  for (const auto& discovery : ended)
    if (discovery) discovery->stop();
  for (const auto& job : to_start) impl.start_discoveries(job);
}

void ScrapeManager::stop() {
  auto& impl = *impl_;
  std::lock_guard applying(impl.apply_mutex);
  std::vector<std::shared_ptr<Discovery>> ended;
  {
    std::lock_guard lock(impl.mutex);
    if (std::exchange(impl.stopped, true)) return;
    for (auto& [name, pool] : impl.pools) ended.insert(ended.end(), pool.discoveries.begin(), pool.discoveries.end());
  }
  for (const auto& discovery : ended)
    if (discovery) discovery->stop();
  impl.schedule.stop();
  impl.intake->stop();
}

TargetsSnapshot ScrapeManager::targets() const {
  std::lock_guard lock(impl_->mutex);
  TargetsSnapshot out;
  for (const auto& [name, pool] : impl_->pools) {
    const auto from = static_cast<std::ptrdiff_t>(out.active.size());
    for (const auto& [hash, running] : pool.targets)
      if (running.leaving == 0) out.active.push_back(running.scrape->status());
    std::sort(out.active.begin() + from, out.active.end(), [](const TargetStatus& a, const TargetStatus& b) { return a.labels < b.labels; });
    for (const auto& labels : pool.dropped) out.dropped.push_back({labels, name});
    out.dropped_counts[name] = pool.dropped_count;
  }
  return out;
}

std::vector<std::string> ScrapeManager::pools() const {
  std::lock_guard lock(impl_->mutex);
  std::vector<std::string> out;
  for (const auto& [name, pool] : impl_->pools) out.push_back(name);
  return out;
}

std::vector<TargetMetadata> ScrapeManager::metadata() const {
  std::lock_guard lock(impl_->mutex);
  std::vector<TargetMetadata> out;
  for (const auto& [name, pool] : impl_->pools)
    for (const auto& [hash, running] : pool.targets)
      if (running.leaving == 0)
        for (auto& metadata : running.scrape->metadata()) out.push_back({running.scrape->target()->labels, std::move(metadata)});
  return out;
}

}  // namespace pharos::scrape
