#include "rules/evaluation/group_runner.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/metric.hpp"
#include "rules/evaluation/rule_access.hpp"

namespace pharos::rules {
namespace {

// Prometheus' names: dashboards of rule evaluation know them.
struct Stats {
  Distribution rule_seconds{"prometheus_rule_evaluation_duration_seconds",
                            "The duration for a rule to execute.",
                            {0.0001, 0.001, 0.01, 0.1, 1, 10}};
  Distribution group_seconds{"prometheus_rule_group_duration_seconds",
                             "The duration of rule group evaluations.",
                             {0.001, 0.01, 0.1, 1, 10, 60}};
  Counter missed{"prometheus_rule_group_iterations_missed_total",
                 "The total number of rule group evaluations missed due to slow rule group "
                 "evaluation.",
                 {"rule_group"}};
  Counter scheduled{"prometheus_rule_group_iterations_total",
                    "The total number of scheduled rule group evaluations, whether executed or "
                    "missed.",
                    {"rule_group"}};
  Counter evaluations{
      "prometheus_rule_evaluations_total", "The total number of rule evaluations.", {"rule_group"}};
  Counter failures{"prometheus_rule_evaluation_failures_total",
                   "The total number of rule evaluation failures.",
                   {"rule_group"}};
  Gauge interval{
      "prometheus_rule_group_interval_seconds", "The interval of a rule group.", {"rule_group"}};
  Gauge last_time{"prometheus_rule_group_last_evaluation_timestamp_seconds",
                  "The timestamp of the last rule group evaluation in seconds.",
                  {"rule_group"}};
  Gauge last_seconds{"prometheus_rule_group_last_duration_seconds",
                     "The duration of the last rule group evaluation.",
                     {"rule_group"}};
  Gauge restore_seconds{"prometheus_rule_group_last_restore_duration_seconds",
                        "The duration of the last alert rules alerts restoration using the "
                        "`ALERTS_FOR_STATE` series.",
                        {"rule_group"}};
  Gauge rules{"prometheus_rule_group_rules", "The number of rules.", {"rule_group"}};
  Gauge samples{"prometheus_rule_group_last_evaluation_samples",
                "The number of samples returned during the last rule group evaluation.",
                {"rule_group"}};
  Counter unsaved{"pharos_rules_state_failures_total",
                  "Times alert state could not be made durable; it is tried again."};
};
Stats& stats() {
  static Stats instance;
  return instance;
}

// Once for each error, not at every evaluation.
void log_change(const RuleGroupSpec& group, const RuleGroup::Rule& rule,
                const std::string& before) {
  if (rule.last_error == before) return;
  if (rule.last_error.empty())
    log::info("rule works again",
              {{"file", group.file}, {"group", group.name}, {"rule", rule.spec().name}});
  else
    log::warn("rule fails", {{"file", group.file},
                             {"group", group.name},
                             {"rule", rule.spec().name},
                             {"error", rule.last_error}});
}

double seconds(Nanos duration) {
  return std::chrono::duration<double>(duration).count();
}

// What a rule of the group writes must be read anew by those behind it.
query::SharedPlan plan_of(const RuleGroup& group) {
  std::vector<std::string> exprs, written{"ALERTS", "ALERTS_FOR_STATE"};
  for (const auto& rule : group.rules()) {
    exprs.push_back(rule.expr_text());
    if (!rule.spec().alerting) written.push_back(rule.spec().name);
  }
  return query::SharedPlan(exprs, written);
}

}  // namespace

struct GroupRunner::Meters {
  explicit Meters(const std::string& of)
      : key(of),
        missed(stats().missed.with({of})),
        scheduled(stats().scheduled.with({of})),
        evaluations(stats().evaluations.with({of})),
        failures(stats().failures.with({of})),
        interval(stats().interval.with({of})),
        last_time(stats().last_time.with({of})),
        last_seconds(stats().last_seconds.with({of})),
        restore_seconds(stats().restore_seconds.with({of})),
        rules(stats().rules.with({of})),
        samples(stats().samples.with({of})) {}
  // A gauge that nobody sets any more would look like a group that stalls.
  void remove() const {
    for (const auto* counter :
         {&stats().missed, &stats().scheduled, &stats().evaluations, &stats().failures})
      counter->remove({key});
    for (const auto* gauge : {&stats().interval, &stats().last_time, &stats().last_seconds,
                              &stats().restore_seconds, &stats().rules, &stats().samples})
      gauge->remove({key});
  }
  const std::string key;
  Counter missed, scheduled, evaluations, failures;
  Gauge interval, last_time, last_seconds, restore_seconds, rules, samples;
};

GroupRunner::GroupRunner(RuleGroup group, Nanos offset, bool restore_for_state)
    : offset_(offset),
      interval_(group.interval()),
      key_(group.key()),
      plan_(plan_of(group)),
      rule_mutexes_(group.rules().size()),
      group_(std::move(group)),
      restore_(restore_for_state),
      seen_(group_.rules().size()) {
  publish_all();
}
GroupRunner::~GroupRunner() = default;

void GroupRunner::show() {
  meters_ = std::make_unique<Meters>(key_);
  meters_->interval.set(seconds(interval_));
  meters_->rules.set(static_cast<double>(group_.rules().size()));
}

void GroupRunner::publish(std::size_t index) {
  const auto& rule = group_.rules()[index];
  auto seen = std::make_shared<Seen>();
  seen->health = rule.health;
  seen->last_error = rule.last_error;
  seen->evaluation_seconds = rule.evaluation_seconds;
  seen->last_evaluation = rule.last_evaluation;
  if (const auto* const alerting = rule.alerting(); alerting != nullptr) {
    seen->state = alerting->state();
    if (!alerting->alerts().empty())
      seen->alerts = std::make_shared<const std::vector<ActiveAlert>>(alerting->active());
  }
  std::shared_ptr<const Seen> before = std::move(seen);  // freed after the lock
  const std::lock_guard lock(published_mutex_);
  seen_[index].swap(before);
}

void GroupRunner::publish_times() {
  const std::lock_guard lock(published_mutex_);
  evaluation_seconds_ = group_.evaluation_seconds();
  last_evaluation_ = group_.last_evaluation();
}

void GroupRunner::publish_all() {
  for (std::size_t i = 0; i < group_.rules().size(); ++i) publish(i);
  publish_times();
}

void GroupRunner::evaluate(Time at, const RunnerWorld& world) {
  const auto began = world.clock.monotonic();
  meters_->scheduled.add();
  if (life_ != Life::running) return;
  group_.begin();
  const auto before = group_.counts();
  query::SharedResults results(plan_);
  RuleEnvironment environment = world.environment;
  if (!plan_.empty() && world.shared_query)
    environment.query = [&](const std::string& expr, Time t) {
      return world.shared_query(expr, t, results);
    };
  for (std::size_t i = 0; i < group_.rules().size(); ++i) {
    const std::lock_guard lock(rule_mutexes_[i]);
    if (life_ != Life::running) return;
    const auto error = group_.rules()[i].last_error;
    group_.evaluate_rule(i, at, environment);
    publish(i);
    log_change(group_.spec(), group_.rules()[i], error);
    stats().rule_seconds.observe(group_.rules()[i].evaluation_seconds);
  }
  bool restores = false;
  {
    const std::lock_guard lock(mutex_);
    if (life_ != Life::running) return;
    const auto took = world.clock.monotonic() - began;
    group_.finish(at, took, world.environment);
    publish_times();
    meters_->evaluations.add(static_cast<double>(group_.counts().evaluations - before.evaluations));
    meters_->failures.add(static_cast<double>(group_.counts().failures - before.failures));
    meters_->samples.set(static_cast<double>(group_.counts().samples_last));
    meters_->last_seconds.set(seconds(took));
    meters_->last_time.set(static_cast<double>(to_unix_millis(world.clock.now())) / 1000);
    stats().group_seconds.observe(seconds(took));
    // After the second evaluation there is data enough, and recording rules have run.
    restores = ++evaluations_ == 2;
  }
  if (restores) restore_for_state(world);
  save(0, group_.rules().size(), Life::running, world);
}

void GroupRunner::restore_for_state(const RunnerWorld& world) {
  const auto began = world.clock.monotonic();
  const std::lock_guard lock(mutex_);
  if (!restore_ || life_ != Life::running) return;
  restore_ = false;
  const auto querier = world.querier();
  const auto now = world.clock.now();
  for (std::size_t i = 0; i < group_.rules().size(); ++i) {
    const std::lock_guard rule_lock(rule_mutexes_[i]);
    auto* const alerting = group_.rules()[i].alerting();
    if (alerting == nullptr) continue;
    std::vector<ForStateSample> samples;
    if (alerting->spec().hold >= world.for_grace_period) {
      auto found = read_for_state(*querier, *alerting, now - world.outage_tolerance, now);
      if (found)
        samples = std::move(*found);
      else
        log::error("the state of an alerting rule was not restored",
                   {{"rule", alerting->spec().name}, {"error", found.error().message}});
    }
    alerting->restore(samples, now, world.for_grace_period);
    publish(i);
  }
  meters_->restore_seconds.set(seconds(world.clock.monotonic() - began));
}

bool GroupRunner::evaluate_early(std::size_t index, const RunnerWorld& world) {
  if (index >= group_.rules().size()) return false;
  const std::lock_guard lock(rule_mutexes_[index]);
  if (life_ != Life::running) return false;
  // A query that fails changes nothing; the next grid time says so.
  (void)group_.evaluate_early(index, world.clock.now(), world.environment);
  const auto* const alerting = group_.rules()[index].alerting();
  if (alerting == nullptr || alerting->unsaved().empty()) return false;
  publish(index);
  return world.states != nullptr;
}

void GroupRunner::save(std::size_t index, const RunnerWorld& world) {
  save(index, index + 1, Life::running, world);
}

void GroupRunner::save_rest(const RunnerWorld& world) {
  save(0, group_.rules().size(), Life::ended, world);
}

void GroupRunner::save(std::size_t begin, std::size_t end, Life life, const RunnerWorld& world) {
  if (world.states == nullptr) return;
  const std::lock_guard save_lock(save_mutex_);
  std::vector<AlertStateChange> changes;
  std::vector<std::size_t> indices;
  for (auto i = begin; i < end; ++i) {
    auto* const alerting = group_.rules()[i].alerting();
    if (alerting == nullptr) continue;
    const std::lock_guard lock(rule_mutexes_[i]);
    if (life_ != life) return;
    const auto unsaved = alerting->unsaved();
    if (unsaved.empty() && alerting->removed().empty()) continue;
    AlertStateChange change{group_.rules()[i].key, {}, alerting->removed()};
    for (const auto* const alert : unsaved) change.changed.push_back(*alert);
    changes.push_back(std::move(change));
    indices.push_back(i);
    alerting->set_saved();
  }
  if (changes.empty()) return;
  const auto status = world.states->save(key_, changes);
  if (status) return;
  stats().unsaved.add();
  log::error("alert state is not durable, it will be tried again",
             {{"group", key_}, {"error", status.error().message}});
  for (std::size_t n = 0; n < changes.size(); ++n) {
    const std::lock_guard lock(rule_mutexes_[indices[n]]);
    if (auto* const alerting = group_.rules()[indices[n]].alerting())
      alerting->set_unsaved(changes[n].removed);
  }
}

Status GroupRunner::load(const RunnerWorld& world) {
  if (world.states == nullptr) return {};
  auto saved = TRY(world.states->load(key_));
  if (saved.empty()) return {};
  const auto querier = world.querier();
  const auto now = world.clock.now();
  for (std::size_t i = 0; i < group_.rules().size(); ++i) {
    const std::lock_guard lock(rule_mutexes_[i]);
    const auto found = saved.find(group_.rules()[i].key);
    const auto* const alerting = group_.rules()[i].alerting();
    if (found == saved.end() || alerting == nullptr) continue;
    std::vector<ForStateSample> samples;
    const bool pending = std::ranges::any_of(
        found->second, [](const auto& alert) { return alert.state == AlertState::pending; });
    if (pending)
      samples = TRY(read_for_state(*querier, *alerting, now - std::chrono::hours(24), now));
    group_.adopt_saved(i, std::move(found->second), samples, now);
    publish(i);
  }
  return {};
}

void GroupRunner::retire(GroupRunner* next) {
  const std::lock_guard save_lock(save_mutex_);
  life_ = next != nullptr ? Life::handed_over : Life::ended;
  const std::lock_guard lock(mutex_);
  // Whoever holds one of these now is the last to change that rule.
  for (auto& mutex : rule_mutexes_) const std::lock_guard done(mutex);
  if (next == nullptr) {
    if (meters_) meters_->remove();
    return;
  }
  next->group_.adopt(group_);
  next->restore_ = restore_;
  next->evaluations_ = evaluations_;
  next->publish_all();
}

void GroupRunner::note_missed(std::uint64_t iterations) {
  missed_ += iterations;
  meters_->missed.add(static_cast<double>(iterations));
  meters_->scheduled.add(static_cast<double>(iterations));
}

bool GroupRunner::same_as(const RuleGroupSpec& spec, Millis interval) const {
  return interval_ == (spec.interval.count() > 0 ? spec.interval : interval) &&
         same_group(group_.spec(), spec);
}

std::vector<Labels> GroupRunner::series() const {
  std::vector<Labels> out;
  for (std::size_t i = 0; i < group_.rules().size(); ++i) {
    const std::lock_guard lock(rule_mutexes_[i]);
    if (life_ == Life::handed_over) break;  // the next one has them
    const auto& series = group_.rules()[i].series;
    out.insert(out.end(), series.begin(), series.end());
  }
  return out;
}

std::vector<std::string> GroupRunner::rule_keys() const {
  std::vector<std::string> out;
  for (const auto& rule : group_.rules()) out.push_back(rule.key);
  return out;
}

std::vector<GroupRunner::EarlyRule> GroupRunner::early_rules() const {
  std::vector<EarlyRule> out;
  // With an offset the newest samples are not looked at.
  if (group_.spec().query_offset.value_or(Millis(0)).count() != 0) return out;
  for (std::size_t i = 0; i < group_.rules().size(); ++i) {
    const auto* const alerting = group_.rules()[i].alerting();
    if (alerting != nullptr && alerting->fires_at_once()) out.push_back({i, alerting->expr_text()});
  }
  return out;
}

GroupStatus GroupRunner::status() const {
  GroupStatus out;
  std::vector<std::shared_ptr<const Seen>> seen;
  {
    const std::lock_guard lock(published_mutex_);
    seen = seen_;
    out.evaluation_seconds = evaluation_seconds_;
    out.last_evaluation = last_evaluation_;
  }
  out.spec = group_.spec();
  out.interval = interval_;
  out.iterations_missed = missed_;
  out.rules.reserve(seen.size());
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const auto& rule = group_.rules()[i];
    RuleStatus status;
    status.spec = rule.spec();
    status.spec.expr = rule.expr_text();
    status.health = seen[i]->health;
    status.last_error = seen[i]->last_error;
    status.evaluation_seconds = seen[i]->evaluation_seconds;
    status.last_evaluation = seen[i]->last_evaluation;
    status.state = seen[i]->state;
    if (seen[i]->alerts) status.alerts = *seen[i]->alerts;
    out.rules.push_back(std::move(status));
  }
  return out;
}

}  // namespace pharos::rules
