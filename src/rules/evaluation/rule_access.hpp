// A rule's way to data: queries by the engine, samples through an appender.
#pragma once
#include <functional>
#include <memory>

#include "model/appender.hpp"
#include "model/querier.hpp"
#include "query/engine.hpp"
#include "rules/evaluation/alerting_rule.hpp"
#include "rules/evaluation/rule_environment.hpp"

namespace pharos::rules {

// What a query function of RuleEnvironment must give, out of an engine's answer. Errc::conflict
// with Prometheus' text when it is neither a vector nor a scalar.
Result<std::vector<RuleSample>> rule_samples(query::Value value);

Result<RuleWriteOutcome> write_rule_samples(Appender& appender, Time at,
                                            std::span<const RuleSample> samples);

// `query` and `write` of an environment over these, which must outlive it.
RuleEnvironment rule_environment(query::Engine& engine, Querier& querier, Appender& appender);

// The newest samples of the rule's ALERTS_FOR_STATE series in [from, to]; series that ended are
// left out.
Result<std::vector<ForStateSample>> read_for_state(Querier& querier, const AlertingRule& rule,
                                                   Time from, Time to);

}  // namespace pharos::rules
