// A group of rules: evaluated in order at the times of its grid, with stale markers for what ends.
// Pure: time and data come in as arguments. Not thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>
#include <variant>
#include <vector>

#include "rules/evaluation/alerting_rule.hpp"
#include "rules/evaluation/recording_rule.hpp"

namespace pharos::rules {

// Prometheus spreads groups over their interval by a hash of file and name. Its releases hash in
// two ways: over separated pairs (up to 2.43, and builds without tags), or over length-prefixed
// ones.
enum class GridHash : std::uint8_t { separated, length_prefixed };

// The group's evaluation times are offset + n * interval. Nanoseconds, as Prometheus counts them.
Nanos grid_offset(const std::string& file, const std::string& name, Millis interval, GridHash hash);
// The last of them at or before `now`, cut to milliseconds.
Time grid_time(Nanos now_unix, Nanos offset, Millis interval);

class RuleGroup {
 public:
  struct Rule {
    std::variant<RecordingRule, AlertingRule> rule;
    std::string key;  // name and labels, numbered where two are alike: the same over reloads
    std::string health = "unknown", last_error;
    double evaluation_seconds = 0;
    std::optional<Time> last_evaluation;
    std::unordered_set<Labels> series;  // given at the last evaluation

    const RuleSpec& spec() const;
    const std::string& expr_text() const;
    AlertingRule* alerting() { return std::get_if<AlertingRule>(&rule); }
    const AlertingRule* alerting() const { return std::get_if<AlertingRule>(&rule); }
  };
  struct Counts {
    std::uint64_t evaluations = 0, failures = 0, samples_last = 0;
  };

  // `interval`: used when the group has none. `restored`: see AlertingRule::make.
  static Result<RuleGroup> make(RuleGroupSpec spec, Millis interval, bool restored = true);

  void evaluate(Time at, const RuleEnvironment& world);
  // The same in steps, for one who lets others look between two rules: begin, every rule in order,
  // finish.
  void begin();
  void evaluate_rule(std::size_t index, Time at, const RuleEnvironment& world);
  void finish(Time at, Nanos took, const RuleEnvironment& world);
  // Between grid times, rule `index` alone.
  Status evaluate_early(std::size_t index, Time now, const RuleEnvironment& world);
  // Alerts of a rule as a database kept them: see AlertingRule::adopt.
  void adopt_saved(std::size_t index, std::vector<ActiveAlert> alerts,
                   std::span<const ForStateSample> samples, Time at);
  // The state of rules with the same name and labels; series of those that went become stale at the
  // next evaluation.
  void adopt(RuleGroup& before);
  // Marks everything it ever gave as stale: the group is no more.
  void end(Time at, const RuleEnvironment& world);

  const RuleGroupSpec& spec() const { return spec_; }
  Millis interval() const { return interval_; }
  Millis query_offset(const RuleEnvironment& world) const {
    return spec_.query_offset.value_or(world.query_offset);
  }
  std::vector<Rule>& rules() { return rules_; }
  const std::vector<Rule>& rules() const { return rules_; }
  const Counts& counts() const { return counts_; }
  double evaluation_seconds() const { return evaluation_seconds_; }
  std::optional<Time> last_evaluation() const { return last_evaluation_; }
  std::string key() const { return spec_.file + ";" + spec_.name; }

 private:
  RuleGroup(RuleGroupSpec spec, Millis interval) : spec_(std::move(spec)), interval_(interval) {}
  void write(Rule& rule, Time at, std::vector<RuleSample> samples, const RuleEnvironment& world);
  void write_stale(Time at, const RuleEnvironment& world);

  RuleGroupSpec spec_;
  Millis interval_;
  std::vector<Rule> rules_;
  std::vector<Labels> stale_;  // of rules that went
  Counts counts_;
  double evaluation_seconds_ = 0;
  std::optional<Time> last_evaluation_;
};

// The same rules, interval, limit and offset: a reload may keep it as it is.
bool same_group(const RuleGroupSpec& a, const RuleGroupSpec& b);

}  // namespace pharos::rules
