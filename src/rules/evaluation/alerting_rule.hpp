// The state machine of an alerting rule, exactly Prometheus' at grid times, with Pharos' own keys
// (no_data, clear, flap_damping) on top. Pure: time and data come in as arguments. Not thread-safe.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "rules/evaluation/active_alert.hpp"
#include "rules/evaluation/condition.hpp"
#include "rules/evaluation/flap_history.hpp"
#include "rules/evaluation/rule_environment.hpp"
#include "rules/rule_file.hpp"
#include "rules/template.hpp"

namespace pharos::rules {

// The newest sample of an ALERTS_FOR_STATE series: when the alert was last seen active, and since
// when it was then.
struct ForStateSample {
  Labels labels;  // without the metric name
  Time seen_at{}, active_at{};
};

class AlertingRule {
 public:
  using Alerts = std::unordered_map<Labels, ActiveAlert>;

  // `spec` with the labels and policies of its group merged in (merged_rule). With `restored` false
  // no series are written until restore() or set_restored().
  static Result<AlertingRule> make(RuleSpec spec, bool restored = true);

  // One evaluation at a grid time. Returns the samples of ALERTS and ALERTS_FOR_STATE, stamped
  // at - query_offset. On error the state is as it was, but for an exceeded limit, which clears it.
  Result<std::vector<RuleSample>> evaluate(Time at, Millis query_offset, std::uint64_t limit,
                                           const RuleEnvironment& world);
  // Between grid times: only what fires and resolves at once is judged; nothing is written.
  bool judges_early() const { return fires_at_once() && restored_; }
  bool fires_at_once() const;  // neither `for` nor anything that keeps it firing
  Status evaluate_early(Time now, std::uint64_t limit, const RuleEnvironment& world);
  // Delivers the alerts that are due. On error they stay due.
  Status send(Time at, Millis interval, const RuleEnvironment& world);

  // Prometheus' way of finding `for` states again: `samples` are of this rule, within the outage
  // tolerance. `at`: now.
  void restore(std::span<const ForStateSample> samples, Time at, Millis grace);
  // The durable way: alerts as they were saved. `samples` tell until when pending ones were
  // observed; the time after that, less one interval, does not count as pending.
  void adopt(std::vector<ActiveAlert> alerts, std::span<const ForStateSample> samples, Time at,
             Millis interval);
  void adopt(const AlertingRule& before);  // the same rule before a reload
  void set_restored() { restored_ = true; }
  bool restored() const { return restored_; }
  std::vector<Matcher> for_state_matchers() const;  // of its ALERTS_FOR_STATE series

  const RuleSpec& spec() const { return spec_; }
  const std::string& expr_text() const { return condition_.text; }  // as the parser prints it
  const Alerts& alerts() const { return alerts_; }                  // resolved ones included
  std::vector<ActiveAlert> active() const;                          // sorted by labels
  std::vector<Labels> series() const;                               // that its alerts have now
  AlertState state() const;                                         // the highest of the alerts'

  // What the state database lacks.
  std::vector<const ActiveAlert*> unsaved() const;
  const std::vector<Labels>& removed() const { return removed_; }
  void set_saved();
  void set_unsaved(const std::vector<Labels>& removed);  // it could not be saved after all

 private:
  struct Text {
    std::string name, constant;
    std::optional<Template> pattern;  // none: constant
  };
  AlertingRule(RuleSpec spec, Condition condition)
      : spec_(std::move(spec)), condition_(std::move(condition)) {}

  // Why an alert stays although the expression does not give it.
  enum class Keep : std::uint8_t { no, unknown, uncleared };
  class Facts;  // of which elements the data is there, and which are clear: asked for when needed

  Result<Alerts> candidates(Time at, Millis query_offset, const RuleEnvironment& world) const;
  ActiveAlert make_alert(const RuleSample& sample, Time at, const RuleEnvironment& world) const;
  std::string expand(const Text& text, const AlertTemplateData& data,
                     const TemplateContext& context) const;
  bool holds_missing(Time at) const;
  Result<Keep> keep(const ActiveAlert& alert, Time at, Facts& facts) const;
  Result<std::unordered_map<Labels, Keep>> keepers(const Alerts& found, Time at,
                                                   Facts& facts) const;
  Status add_missing(Alerts& found, Time at, Facts& facts, const RuleEnvironment& world);
  bool advance(ActiveAlert& alert, bool holds, const std::unordered_map<Labels, Keep>& kept,
               Time at);
  bool expired(const ActiveAlert& alert, Time at) const;
  void forget(Alerts::iterator alert);
  RuleSample sample(const ActiveAlert& alert, std::string_view metric, double value) const;
  Alert message(const ActiveAlert& alert, Time at, Millis interval,
                const RuleEnvironment& world) const;

  RuleSpec spec_;
  Condition condition_;
  std::vector<Text> labels_, annotations_;
  Alerts alerts_;
  std::unordered_map<Labels, Time> known_;       // elements seen, with no_data: alert only
  std::vector<Labels> removed_;                  // saved once, gone since
  std::optional<Time> began_at_, evaluated_at_;  // first and last evaluation
  std::optional<Time> settles_at_;  // after a restart: until then missing data changes nothing
  bool restored_ = true;
};

// A rule with its group's labels and policies: the rule's own win.
RuleSpec merged_rule(const RuleGroupSpec& group, const RuleSpec& rule);

}  // namespace pharos::rules
