#include "rules/evaluation/rule_manager.hpp"

#include <algorithm>
#include <bit>
#include <mutex>
#include <unordered_set>

#include "base/log.hpp"
#include "rules/evaluation/group_runner.hpp"
#include "rules/evaluation/ingest_loop.hpp"
#include "rules/evaluation/rule_access.hpp"
#include "rules/evaluation/rule_selectors.hpp"

namespace pharos::rules {
namespace {

constexpr std::size_t kGroupsQueuedMax = 100'000;
constexpr Nanos kClockStepBack = std::chrono::seconds(2);

Nanos unix_nanos(Time t) {
  return t.time_since_epoch();
}

class Manager final : public RuleManager {
 public:
  Manager(World world, AlertStateStore states, std::size_t concurrent_max)
      : world_(std::move(world)),
        states_(std::move(states)),
        pool_("rules", std::max<std::size_t>(1, concurrent_max), kGroupsQueuedMax) {
    if (world_.watch != nullptr) ingest_.emplace(world_.clock, *world_.watch);
  }
  ~Manager() override { stop(); }

  Result<Commit> prepare(std::vector<RuleGroupSpec> groups,
                         const RuleManagerOptions& options) override;
  std::vector<GroupStatus> groups() const override;
  void stop() override;

 private:
  struct Entry {
    std::shared_ptr<GroupRunner> runner;
    std::shared_ptr<const RunnerWorld> world;
    Nanos next{};  // grid time, Unix
    bool removed = false;
  };
  struct Prepared {
    RuleManagerOptions options;
    std::shared_ptr<const RunnerWorld> world;
    std::map<std::string, std::shared_ptr<Entry>> before, next;
    std::vector<std::string> order;
    std::vector<std::shared_ptr<Entry>> kept, fresh;
  };
  struct Ending {
    std::vector<Labels> series;
    Time removed_at;
    Nanos due{};  // Unix
    Millis query_offset{0};
  };

  void replace(Prepared prepared);
  RunnerWorld make_world(const RuleManagerOptions& options);
  void watch_series();
  void wake();
  void dispatch(std::stop_token stop);
  static Nanos next_grid_time(const Entry& entry, Nanos now);
  void restart_grids(Nanos now);  // under mutex_
  void run(const std::shared_ptr<Entry>& entry);
  void end_series(Ending ending);

  const World world_;
  AlertStateStore states_;
  std::mutex reload_mutex_;  // one change of groups at a time, from prepare() to its end

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Entry>> entries_;  // guarded by mutex_; by group key
  std::vector<std::string> order_;                         // guarded by mutex_; as configured
  std::multimap<Nanos, std::shared_ptr<Entry>> queue_;     // guarded by mutex_; waiting for `next`
  std::vector<Ending> endings_;                            // guarded by mutex_
  std::stop_source sleep_;                                 // guarded by mutex_: ends the sleep
  Nanos looked_at_{};                                      // guarded by mutex_: wall clock, Unix
  bool started_ = false, stopped_ = false;                 // guarded by mutex_
  bool on_ingest_ = true;                                  // guarded by mutex_

  std::optional<IngestLoop> ingest_;
  ThreadPool pool_;  // evaluates groups
  std::jthread dispatcher_;
};

RunnerWorld Manager::make_world(const RuleManagerOptions& options) {
  RunnerWorld out{
      .environment = {}, .shared_query = {}, .querier = world_.querier, .clock = world_.clock};
  auto& environment = out.environment;
  const auto ask = [this](const std::string& expr, Time at, query::SharedResults* shared) {
    const auto querier = world_.querier();
    query::QueryRequest request;
    request.expr = expr;
    request.start_ms = request.end_ms = to_unix_millis(at);
    request.source = "rule";
    request.routine = true;
    request.shared = shared;
    auto output = world_.engine.run(*querier, request);
    if (!output) return Result<std::vector<RuleSample>>(std::unexpect, output.error());
    return rule_samples(std::move(output->value));
  };
  environment.query = [ask](const std::string& expr, Time at) { return ask(expr, at, nullptr); };
  out.shared_query = [ask](const std::string& expr, Time at, query::SharedResults& shared) {
    return ask(expr, at, &shared);
  };
  environment.write = [this](Time at, std::span<const RuleSample> samples) {
    return write_rule_samples(world_.appender, at, samples);
  };
  environment.deliver = [this](std::span<const Alert> alerts) {
    return world_.sink.deliver(alerts);
  };
  environment.clock = &world_.clock;
  environment.external_url = options.external_url;
  environment.external_labels = options.external_labels;
  environment.resend_delay = options.resend_delay;
  environment.query_offset = options.query_offset_default;
  if (options.restore == RuleManagerOptions::Restore::durable) out.states = &states_;
  out.outage_tolerance = options.outage_tolerance;
  out.for_grace_period = options.for_grace_period;
  return out;
}

Result<Commit> Manager::prepare(std::vector<RuleGroupSpec> groups,
                                const RuleManagerOptions& options) {
  std::unique_lock reload_lock(reload_mutex_);
  const bool durable = options.restore == RuleManagerOptions::Restore::durable;
  const auto world = std::make_shared<const RunnerWorld>(make_world(options));
  Prepared prepared;
  prepared.options = options;
  prepared.world = world;
  auto &before = prepared.before, &next = prepared.next;
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return fail(Errc::unavailable, "rules are no longer evaluated");
    before = entries_;
    first = !started_;
  }

  for (auto& spec : groups) {
    std::string key = spec.file + ";" + spec.name;
    if (next.contains(key)) return fail(Errc::invalid, "rule group " + key + " is there twice");
    const auto old = before.find(key);
    if (old != before.end() && old->second->runner->same_as(spec, options.interval_default)) {
      prepared.kept.push_back(old->second);
      next.emplace(key, old->second);
    } else {
      const bool restored = durable || !first;
      auto group = TRY(RuleGroup::make(std::move(spec), options.interval_default, restored));
      const auto offset =
          grid_offset(group.spec().file, group.spec().name, group.interval(), options.grid_hash);
      auto entry = std::make_shared<Entry>();
      entry->runner = std::make_shared<GroupRunner>(std::move(group), offset, !restored);
      entry->world = world;
      if (first) TRY(entry->runner->load(*world));
      prepared.fresh.push_back(entry);
      next.emplace(key, std::move(entry));
    }
    prepared.order.push_back(std::move(key));
  }
  return Commit([this, lock = std::move(reload_lock), prepared = std::move(prepared)]() mutable {
    replace(std::move(prepared));
  });
}

void Manager::replace(Prepared prepared) {
  auto& [options, world, before, next, order, kept, fresh] = prepared;
  const auto now = world_.clock.now();
  std::vector<Ending> endings;
  std::map<std::string, std::vector<std::string>> rule_keys;
  for (auto& [key, entry] : before) {
    const auto found = next.find(key);
    if (found != next.end() && found->second == entry) continue;
    entry->runner->retire(found == next.end() ? nullptr : found->second->runner.get());
    if (found != next.end()) continue;
    const auto spec = entry->runner->status().spec;
    endings.push_back({entry->runner->series(), now,
                       unix_nanos(now) + 2 * entry->runner->interval(),
                       spec.query_offset.value_or(options.query_offset_default)});
  }
  for (const auto& entry : fresh) entry->runner->show();
  for (const auto& [key, entry] : next) rule_keys.emplace(key, entry->runner->rule_keys());
  if (options.restore == RuleManagerOptions::Restore::durable) {
    if (auto status = states_.keep_only(rule_keys); !status)
      log::warn("state of rules that went stays in the database",
                {{"error", status.error().message}});
  }
  {
    const std::lock_guard lock(mutex_);
    for (auto& [key, entry] : entries_)
      if (const auto found = next.find(key); found == next.end() || found->second != entry)
        entry->removed = true;
    std::erase_if(queue_, [](const auto& waiting) { return waiting.second->removed; });
    for (const auto& entry : kept) entry->world = world;
    for (const auto& entry : fresh) {
      entry->next = next_grid_time(*entry, unix_nanos(now));
      queue_.emplace(entry->next, entry);
    }
    entries_ = std::move(next);
    order_ = std::move(order);
    endings_.insert(endings_.end(), std::make_move_iterator(endings.begin()),
                    std::make_move_iterator(endings.end()));
    on_ingest_ = options.evaluate_on_ingest;
    sleep_.request_stop();
    if (!started_) {
      started_ = true;
      dispatcher_ = start_thread("rules", [this](std::stop_token stop) { dispatch(stop); });
    }
  }
  watch_series();
}

Nanos Manager::next_grid_time(const Entry& entry, Nanos now) {
  const Nanos interval = entry.runner->interval(), since = now - entry.runner->offset();
  return since - since % interval + entry.runner->offset() + interval;
}

// The wall clock was set back: the groups that wait would wait for the time to come again.
void Manager::restart_grids(Nanos now) {
  std::multimap<Nanos, std::shared_ptr<Entry>> queue;
  for (auto& [time, entry] : queue_) {
    entry->next = next_grid_time(*entry, now);
    queue.emplace(entry->next, std::move(entry));
  }
  queue_ = std::move(queue);
  for (auto& ending : endings_) ending.due = std::min(ending.due, now);
}

void Manager::watch_series() {
  if (!ingest_) return;
  std::vector<IngestLoop::Target> targets;
  {
    const std::lock_guard lock(mutex_);
    if (on_ingest_) {
      for (const auto& [key, entry] : entries_) {
        if (entry->world->environment.query_offset.count() != 0) continue;
        for (auto& rule : entry->runner->early_rules())
          targets.push_back(
              {selectors_of(rule.expr),
               [this, runner = entry->runner, world = entry->world, index = rule.index] {
                 if (!runner->evaluate_early(index, *world)) return;
                 const auto save = [runner, world, index] { runner->save(index, *world); };
                 if (!pool_.submit(save)) save();
               }});
      }
    }
  }
  ingest_->set_targets(std::move(targets));
}

void Manager::dispatch(std::stop_token stop) {
  while (!stop.stop_requested()) {
    std::vector<std::shared_ptr<Entry>> due;
    std::vector<Ending> ending;
    Nanos next = Nanos::max();
    std::stop_token sleep;
    {
      const std::lock_guard lock(mutex_);
      sleep_ = {};
      sleep = sleep_.get_token();
      const auto now = unix_nanos(world_.clock.now());
      if (now < looked_at_ - kClockStepBack) restart_grids(now);
      looked_at_ = now;
      while (!queue_.empty() && queue_.begin()->first <= now) {
        due.push_back(std::move(queue_.begin()->second));
        queue_.erase(queue_.begin());
      }
      if (!queue_.empty()) next = queue_.begin()->first;
      for (auto& e : endings_)
        if (e.due <= now) ending.push_back(std::move(e));
      std::erase_if(endings_, [&](const Ending& e) { return e.due <= now; });
      for (const auto& e : endings_) next = std::min(next, e.due);
    }
    for (auto& e : ending) end_series(std::move(e));
    for (auto& entry : due) {
      if (pool_.submit([this, entry] { run(entry); })) continue;
      run(entry);  // more groups than the queue takes: this one is evaluated here
    }
    const std::stop_callback stop_sleep(stop, [this] { wake(); });
    const auto now = unix_nanos(world_.clock.now());
    const auto pause =
        std::min<Nanos>(next == Nanos::max() ? Nanos::max() : next - now, std::chrono::seconds(1));
    if (pause > Nanos{}) world_.clock.sleep_for(pause, sleep);
  }
}

void Manager::wake() {
  const std::lock_guard lock(mutex_);
  sleep_.request_stop();
}

void Manager::run(const std::shared_ptr<Entry>& entry) {
  std::shared_ptr<const RunnerWorld> world;
  Nanos at;
  {
    const std::lock_guard lock(mutex_);
    if (entry->removed || stopped_) return;
    world = entry->world;
    at = entry->next;
  }
  entry->runner->evaluate(Time(std::chrono::floor<Millis>(at)), *world);
  const Nanos interval = entry->runner->interval();
  const auto late = unix_nanos(world_.clock.now()) - at;
  const auto missed = std::max<std::int64_t>(0, late / interval - 1);
  if (missed > 0) entry->runner->note_missed(static_cast<std::uint64_t>(missed));
  const std::lock_guard lock(mutex_);
  if (entry->removed || stopped_) return;
  entry->next = at + (missed + 1) * interval;
  queue_.emplace(entry->next, entry);
  sleep_.request_stop();
}

// Series of a group that went, unless a rule that stayed gives them by now.
void Manager::end_series(Ending ending) {
  std::unordered_set<Labels> alive;
  std::vector<std::shared_ptr<GroupRunner>> runners;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, entry] : entries_) runners.push_back(entry->runner);
  }
  for (const auto& runner : runners)
    for (auto& labels : runner->series()) alive.insert(std::move(labels));
  std::vector<RuleSample> samples;
  for (auto& labels : ending.series)
    if (!alive.contains(labels))
      samples.push_back({std::move(labels), std::bit_cast<double>(kStaleNaNBits), nullptr});
  if (samples.empty()) return;
  const auto written =
      write_rule_samples(world_.appender, ending.removed_at - ending.query_offset, samples);
  if (!written)
    log::warn("series of rules that went were not marked stale",
              {{"error", written.error().message}});
}

std::vector<GroupStatus> Manager::groups() const {
  std::vector<std::shared_ptr<GroupRunner>> runners;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& key : order_) runners.push_back(entries_.at(key)->runner);
  }
  std::vector<GroupStatus> out;
  out.reserve(runners.size());
  for (const auto& runner : runners) out.push_back(runner->status());
  return out;
}

void Manager::stop() {
  std::vector<Entry> entries;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    stopped_ = true;
    for (const auto& [key, entry] : entries_) entries.push_back(*entry);
  }
  if (ingest_) ingest_->stop();
  dispatcher_.request_stop();
  wake();
  if (dispatcher_.joinable()) dispatcher_.join();
  for (const auto& entry : entries) {
    entry.runner->retire(nullptr);
    entry.runner->save_rest(*entry.world);
  }
}

}  // namespace

Result<std::unique_ptr<RuleManager>> RuleManager::open(World world, RuleManagerOptions options) {
  auto states = TRY(AlertStateStore::open(world.database));
  return std::unique_ptr<RuleManager>(
      new Manager(std::move(world), std::move(states), options.concurrent_max));
}

}  // namespace pharos::rules
