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
void log_change(const RuleGroupSpec& group, const RuleGroup::Rule& rule, const std::string& before) {
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
      group_(std::move(group)),
      restore_(restore_for_state) {}
GroupRunner::~GroupRunner() = default;

void GroupRunner::show() {
  meters_ = std::make_unique<Meters>(key_);
  meters_->interval.set(seconds(interval_));
  const std::lock_guard lock(mutex_);
  meters_->rules.set(static_cast<double>(group_.rules().size()));
}

void GroupRunner::evaluate(Time at, const RunnerWorld& world) {
  const auto began = world.clock.monotonic();
  meters_->scheduled.add();
  std::uint64_t evaluations = 0, failures = 0;
  std::size_t size = 0;
  {
    const std::lock_guard lock(mutex_);
    if (retired_) return;
    group_.begin();
    size = group_.rules().size();
    evaluations = group_.counts().evaluations;
    failures = group_.counts().failures;
  }
  query::SharedResults results(plan_);
  RuleEnvironment environment = world.environment;
  if (!plan_.empty() && world.shared_query)
    environment.query = [&](const std::string& expr, Time t) {
      return world.shared_query(expr, t, results);
    };
  for (std::size_t i = 0; i < size; ++i) {
    const std::lock_guard lock(mutex_);
    if (retired_) return;
    const auto error = group_.rules()[i].last_error;
    group_.evaluate_rule(i, at, environment);
    log_change(group_.spec(), group_.rules()[i], error);
    stats().rule_seconds.observe(group_.rules()[i].evaluation_seconds);
  }
  {
    const std::lock_guard lock(mutex_);
    if (retired_) return;
    const auto took = world.clock.monotonic() - began;
    group_.finish(at, took, world.environment);
    meters_->evaluations.add(static_cast<double>(group_.counts().evaluations - evaluations));
    meters_->failures.add(static_cast<double>(group_.counts().failures - failures));
    meters_->samples.set(static_cast<double>(group_.counts().samples_last));
    meters_->last_seconds.set(seconds(took));
    meters_->last_time.set(static_cast<double>(to_unix_millis(world.clock.now())) / 1000);
    stats().group_seconds.observe(seconds(took));
    ++evaluations_;
  }
  // After the second evaluation there is data enough, and recording rules have run.
  if (evaluations_ == 2) restore_for_state(world);
  save(world);
}

void GroupRunner::restore_for_state(const RunnerWorld& world) {
  const auto began = world.clock.monotonic();
  const std::lock_guard lock(mutex_);
  if (!restore_ || retired_) return;
  restore_ = false;
  const auto querier = world.querier();
  const auto now = world.clock.now();
  for (auto& rule : group_.rules()) {
    auto* const alerting = rule.alerting();
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
  }
  meters_->restore_seconds.set(seconds(world.clock.monotonic() - began));
}

bool GroupRunner::evaluate_early(std::size_t index, const RunnerWorld& world) {
  const std::lock_guard lock(mutex_);
  if (retired_ || index >= group_.rules().size()) return false;
  // A query that fails changes nothing; the next grid time says so.
  (void)group_.evaluate_early(index, world.clock.now(), world.environment);
  const auto* const alerting = group_.rules()[index].alerting();
  return world.states != nullptr && alerting != nullptr && !alerting->unsaved().empty();
}

void GroupRunner::save(const RunnerWorld& world) {
  if (world.states == nullptr) return;
  const std::lock_guard save_lock(save_mutex_);
  std::vector<AlertStateChange> changes;
  std::vector<std::size_t> indices;
  {
    const std::lock_guard lock(mutex_);
    if (retired_) return;
    for (std::size_t i = 0; i < group_.rules().size(); ++i) {
      auto* const alerting = group_.rules()[i].alerting();
      if (alerting == nullptr) continue;
      const auto unsaved = alerting->unsaved();
      if (unsaved.empty() && alerting->removed().empty()) continue;
      AlertStateChange change{group_.rules()[i].key, {}, alerting->removed()};
      for (const auto* const alert : unsaved) change.changed.push_back(*alert);
      changes.push_back(std::move(change));
      indices.push_back(i);
      alerting->set_saved();
    }
  }
  if (changes.empty()) return;
  const auto status = world.states->save(key_, changes);
  if (status) return;
  stats().unsaved.add();
  log::error("alert state is not durable, it will be tried again",
             {{"group", key_}, {"error", status.error().message}});
  const std::lock_guard lock(mutex_);
  for (std::size_t n = 0; n < changes.size(); ++n)
    if (auto* const alerting = group_.rules()[indices[n]].alerting())
      alerting->set_unsaved(changes[n].removed);
}

Status GroupRunner::load(const RunnerWorld& world) {
  if (world.states == nullptr) return {};
  auto saved = TRY(world.states->load(key_));
  if (saved.empty()) return {};
  const auto querier = world.querier();
  const auto now = world.clock.now();
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < group_.rules().size(); ++i) {
    const auto found = saved.find(group_.rules()[i].key);
    const auto* const alerting = group_.rules()[i].alerting();
    if (found == saved.end() || alerting == nullptr) continue;
    std::vector<ForStateSample> samples;
    const bool pending = std::ranges::any_of(
        found->second, [](const auto& alert) { return alert.state == AlertState::pending; });
    if (pending)
      samples = TRY(read_for_state(*querier, *alerting, now - std::chrono::hours(24), now));
    group_.adopt_saved(i, std::move(found->second), samples, now);
  }
  return {};
}

void GroupRunner::retire(GroupRunner* next) {
  const std::lock_guard save_lock(save_mutex_);
  const std::lock_guard lock(mutex_);
  retired_ = true;
  if (next == nullptr) {
    if (meters_) meters_->remove();
    return;
  }
  next->group_.adopt(group_);
  next->restore_ = restore_;
  next->evaluations_ = evaluations_;
}

void GroupRunner::note_missed(std::uint64_t iterations) {
  missed_ += iterations;
  meters_->missed.add(static_cast<double>(iterations));
  meters_->scheduled.add(static_cast<double>(iterations));
}

bool GroupRunner::same_as(const RuleGroupSpec& spec, Millis interval) const {
  const std::lock_guard lock(mutex_);
  return interval_ == (spec.interval.count() > 0 ? spec.interval : interval) &&
         same_group(group_.spec(), spec);
}

std::vector<Labels> GroupRunner::series() const {
  const std::lock_guard lock(mutex_);
  std::vector<Labels> out;
  for (const auto& rule : group_.rules())
    out.insert(out.end(), rule.series.begin(), rule.series.end());
  return out;
}

std::vector<std::string> GroupRunner::rule_keys() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  for (const auto& rule : group_.rules()) out.push_back(rule.key);
  return out;
}

std::vector<GroupRunner::EarlyRule> GroupRunner::early_rules() const {
  const std::lock_guard lock(mutex_);
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
  const std::lock_guard lock(mutex_);
  GroupStatus out;
  out.spec = group_.spec();
  out.interval = interval_;
  out.evaluation_seconds = group_.evaluation_seconds();
  out.last_evaluation = group_.last_evaluation();
  out.iterations_missed = missed_;
  for (const auto& rule : group_.rules()) {
    RuleStatus status;
    status.spec = rule.spec();
    status.spec.expr = rule.expr_text();
    status.health = rule.health;
    status.last_error = rule.last_error;
    status.evaluation_seconds = rule.evaluation_seconds;
    status.last_evaluation = rule.last_evaluation;
    if (const auto* const alerting = rule.alerting()) {
      status.state = alerting->state();
      status.alerts = alerting->active();
    }
    out.rules.push_back(std::move(status));
  }
  return out;
}

}  // namespace pharos::rules
