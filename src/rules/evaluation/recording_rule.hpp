// A rule that records its expression as series under a name of its own.
#pragma once
#include <string>
#include <vector>

#include "rules/evaluation/rule_environment.hpp"
#include "rules/rule_file.hpp"

namespace pharos::rules {

// Immutable.
class RecordingRule {
 public:
  static Result<RecordingRule> make(RuleSpec spec);  // merged with its group (merged_rule)
  Result<std::vector<RuleSample>> evaluate(Time at, Millis query_offset, std::uint64_t limit,
                                           const RuleEnvironment& world) const;
  const RuleSpec& spec() const { return spec_; }
  const std::string& expr_text() const { return expr_text_; }

 private:
  RecordingRule(RuleSpec spec, std::string expr_text)
      : spec_(std::move(spec)), expr_text_(std::move(expr_text)) {}
  RuleSpec spec_;
  std::string expr_text_;
};

}  // namespace pharos::rules
