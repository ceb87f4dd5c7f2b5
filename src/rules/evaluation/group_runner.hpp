// One rule group in the server: its lock, its state in the database, its metrics.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>

#include "query/eval/shared_results.hpp"
#include "rules/evaluation/alert_state_store.hpp"
#include "rules/evaluation/rule_group.hpp"
#include "rules/evaluation/rule_manager.hpp"

namespace pharos::rules {

// What the groups of one manager share. Functions are thread-safe.
struct RunnerWorld {
  RuleEnvironment environment;
  // environment.query for rules that share what they have in common.
  std::function<Result<std::vector<RuleSample>>(const std::string& expr, Time at,
                                                query::SharedResults& shared)>
      shared_query;
  std::function<std::shared_ptr<Querier>()> querier;
  const Clock& clock;
  AlertStateStore* states = nullptr;  // none: not durable
  Millis outage_tolerance{0}, for_grace_period{0};
};

// Thread-safe. The lock is held for one rule at a time, so that those who look or evaluate on
// ingest never wait for a whole group.
class GroupRunner {
 public:
  GroupRunner(RuleGroup group, Nanos offset, bool restore_for_state);

  Nanos offset() const { return offset_; }
  Millis interval() const { return interval_; }
  const std::string& key() const { return key_; }
  GroupStatus status() const;
  bool same_as(const RuleGroupSpec& spec, Millis interval) const;

  // All rules at one grid time. Ends early when retire() was called.
  void evaluate(Time at, const RunnerWorld& world);
  // True when there is something to save(), which may take the time of an fsync.
  bool evaluate_early(std::size_t index, const RunnerWorld& world);
  void save(const RunnerWorld& world);
  void note_missed(std::uint64_t iterations);

  // Takes saved alerts from the database, for a group that starts with the process.
  Status load(const RunnerWorld& world);
  // Before the first evaluation, once nothing can fail any more: the group's metrics are there from
  // now on until it is retired with no next one.
  void show();
  // No evaluation starts any more; the state goes to `next` when there is one.
  void retire(GroupRunner* next);
  // The group is no more: its series, for stale markers.
  std::vector<Labels> series() const;
  std::vector<std::string> rule_keys() const;

  struct EarlyRule {
    std::size_t index;
    std::string expr;
  };
  std::vector<EarlyRule> early_rules() const;  // those that are judged between grid times

 private:
  struct Meters;
  void restore_for_state(const RunnerWorld& world);

  const Nanos offset_;
  const Millis interval_;
  const std::string key_;
  std::unique_ptr<Meters> meters_;  // made by show()
  const query::SharedPlan plan_;    // sub-expressions that several of its rules have
  std::atomic<std::uint64_t> missed_{0};

  std::mutex save_mutex_;  // one save at a time, in the order of the changes; taken before mutex_
  mutable std::mutex mutex_;
  RuleGroup group_;       // guarded by mutex_
  bool retired_ = false;  // guarded by mutex_
  bool restore_;          // guarded by mutex_: ALERTS_FOR_STATE is read after the second evaluation
  int evaluations_ = 0;   // guarded by mutex_

 public:
  ~GroupRunner();
};

}  // namespace pharos::rules
