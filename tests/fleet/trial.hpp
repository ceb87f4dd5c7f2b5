// A fault in a virtual fleet, and what the rules of the pack say about it: the fleet's samples go
// straight into a store, the rules are worked out over it by a backtest.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rules/backtest/backtest.hpp"
#include "sim/world.hpp"

namespace pharos::fleet {

using Groups = std::vector<rules::RuleGroupSpec>;

// Groups of all rule files of a folder (not of folders below it). `step`: every group is worked out
// so often, as it is by a server that evaluates what new samples touch, whatever its interval.
Result<Groups> load_rules(const std::string& folder, Millis step);
// Those groups' recording rules and, of the alerting ones, those named "file/alert".
Groups only(const Groups& groups, const std::vector<std::string>& alerts);
// "phase1/DWCPHighLatency"
std::string full_name(const rules::RuleGroupSpec& group, const std::string& alert);

// What packs/dwcp/faults.yml says of a kind.
struct Expectation {
  std::string kind, target;  // target: "component: pba", or empty
  double severity = 0.7, seconds = 600;
  std::vector<std::string> alerts, fast;  // that fire: "file/alert"; those of rules/fast

  sim::Fault fault(const sim::Fleet& fleet) const;
};
Result<std::vector<Expectation>> load_expectations(const std::string& file);

struct Trial {
  sim::FleetConfig fleet{.regions = 3, .nodes = 9, .vms_per_node = 2, .seed = 11};
  Millis scrape = std::chrono::seconds(15);
  double rollout_first_hours = 0;  // 0: no rollout
  double warm_up_s = 4200, length_s = 900;
  std::vector<sim::Fault> faults;  // `at_seconds` from the end of the warm-up
};

// A rollout that is stuck must have begun: its stage of 10 % is 25 minutes old at the onset.
Trial trial_of(const Expectation& one);
Trial fast_trial_of(const Expectation& one);

class TrialRun {
 public:
  // Simulates and stores. `pool` works out the queries.
  static Result<std::unique_ptr<TrialRun>> run(const Trial& trial,
                                               std::shared_ptr<ThreadPool> pool);
  ~TrialRun();

  // From `from_s` after the start to the end.
  Result<std::vector<rules::backtest::RuleReport>> judge(const Groups& groups, double from_s);

  const sim::World& world() const { return *world_; }
  sim::World& world() { return *world_; }
  std::size_t series() const { return series_; }
  double onset_s() const { return onset_s_; }  // of the first fault, from the start
  double seconds_from_start(Time at) const;
  // The value of an instant query with one element, at so many seconds from the start.
  Result<double> value(const std::string& expr, double at_s);

 private:
  TrialRun() = default;
  struct Parts;
  std::unique_ptr<sim::World> world_;
  std::unique_ptr<Parts> parts_;
  std::size_t series_ = 0;
  double onset_s_ = 0;
};

// Seconds within which an alert must fire after the onset: longest window, `for`, and 30 s.
double time_allowed_s(const rules::RuleSpec& rule);

}  // namespace pharos::fleet
