#include "rules/evaluation/recording_rule.hpp"

#include <unordered_set>

#include "query/promql/ast.hpp"

namespace pharos::rules {

Result<RecordingRule> RecordingRule::make(RuleSpec spec) {
  const auto root = TRY(query::promql::parse(spec.expr));
  return RecordingRule(std::move(spec), query::promql::to_string(*root));
}

Result<std::vector<RuleSample>> RecordingRule::evaluate(Time at, Millis query_offset,
                                                        std::uint64_t limit,
                                                        const RuleEnvironment& world) const {
  auto samples = TRY(world.query(spec_.expr, at - query_offset));
  std::unordered_set<Labels> seen;
  LabelsBuilder labels;
  for (auto& sample : samples) {
    labels.reset(sample.labels);
    labels.set(kMetricName, spec_.name);
    for (const auto& [name, value] : spec_.labels) labels.set(name, value);
    sample.labels = labels.build();
    if (samples.size() > 1 && !seen.insert(sample.labels).second)
      return fail(Errc::conflict,
                  "vector contains metrics with the same labelset after applying rule labels");
  }
  if (limit > 0 && samples.size() > limit)
    return fail(Errc::limit, "exceeded limit of " + std::to_string(limit) + " with " +
                                 std::to_string(samples.size()) + " series");
  return samples;
}

}  // namespace pharos::rules
