// One rule group in the server: its lock, its state in the database, its metrics.
#pragma once
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

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

// Thread-safe. Each rule has a lock of its own, held while it is evaluated: a slow query keeps no
// other rule of the group from being judged on ingest. Who looks takes none of them but sees what
// the last evaluation of each rule published.
class GroupRunner {
 public:
  GroupRunner(RuleGroup group, Nanos offset, bool restore_for_state);

  Nanos offset() const { return offset_; }
  Millis interval() const { return interval_; }
  const std::string& key() const { return key_; }
  GroupStatus status() const;  // never waits for an evaluation
  bool same_as(const RuleGroupSpec& spec, Millis interval) const;

  // All rules at one grid time. Ends early when retire() was called.
  void evaluate(Time at, const RunnerWorld& world);
  // True when there is something to save(index), which may take the time of an fsync.
  bool evaluate_early(std::size_t index, const RunnerWorld& world);
  void save(std::size_t index, const RunnerWorld& world);
  // After retire(), at the end of the process: what an evaluation told that was cut short.
  void save_rest(const RunnerWorld& world);
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
  enum class Life : std::uint8_t { running, handed_over, ended };
  // Of a rule what changes, as readers see it; a new one replaces it.
  struct Seen {
    AlertState state = AlertState::inactive;
    std::shared_ptr<const std::vector<ActiveAlert>> alerts;  // none: empty
    std::string health = "unknown", last_error;
    double evaluation_seconds = 0;
    std::optional<Time> last_evaluation;
  };
  void publish(std::size_t index);  // with the lock of the rule
  void publish_all();               // before anybody else has the group
  void publish_times();             // with mutex_
  void restore_for_state(const RunnerWorld& world);
  void save(std::size_t begin, std::size_t end, Life life, const RunnerWorld& world);

  const Nanos offset_;
  const Millis interval_;
  const std::string key_;
  std::unique_ptr<Meters> meters_;  // made by show()
  const query::SharedPlan plan_;    // sub-expressions that several of its rules have
  std::atomic<std::uint64_t> missed_{0};

  // Taken in this order: save_mutex_, mutex_, rule_mutexes_ by index, published_mutex_.
  std::mutex save_mutex_;  // one save at a time, in the order of the changes
  mutable std::mutex mutex_;
  mutable std::deque<std::mutex> rule_mutexes_;  // one for each rule of group_
  // Its rules are guarded by rule_mutexes_, all else that changes by mutex_. Specs never change.
  // Only the one who evaluates on the grid changes Rule::series and the counts.
  RuleGroup group_;
  // Read with one of the locks held; who finds it changed changes nothing any more.
  std::atomic<Life> life_{Life::running};
  bool restore_;         // guarded by mutex_: ALERTS_FOR_STATE is read after the second evaluation
  int evaluations_ = 0;  // guarded by mutex_

  mutable std::mutex published_mutex_;
  std::vector<std::shared_ptr<const Seen>> seen_;  // guarded by published_mutex_; by rule
  double evaluation_seconds_ = 0;                  // guarded by published_mutex_
  std::optional<Time> last_evaluation_;            // guarded by published_mutex_

 public:
  ~GroupRunner();
};

}  // namespace pharos::rules
