// What is valid and yet wrong: rules that cannot fire, or that say something other than they seem
// to.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "query/promql/ast.hpp"
#include "rules/rule_file.hpp"

namespace pharos::rules::lint {

struct Finding {
  std::string check;  // "label-mismatch", …: the names that select checks
  std::string group, rule;
  std::uint32_t line = 0;
  bool cannot_fire = false;  // else: probably not what is meant
  std::string what;
};

// Each check with a sentence, for help texts.
struct Check {
  std::string_view name, about;
};
std::vector<Check> checks();

// Looks at the rules alone. Rules whose expression does not parse are passed over: parse_rule_file
// has named them.
std::vector<Finding> look_at(const std::vector<RuleGroupSpec>& groups);
std::vector<Finding> look_at(const RuleGroupSpec& group, const RuleSpec& rule);

// The parts of an expression that a check against a live server asks about.
struct Join {
  std::string text, left, right;  // a binary operation between vectors, and its operands
};
struct Questions {
  std::vector<std::string> selectors;  // outside absent(): `up{job="a"}`
  std::vector<Join> joins;             // those that give nothing when nothing matches
  std::vector<std::string> counters_wanted, gauges_wanted;  // metric names under rate() / deriv()
};
Questions questions(const query::promql::Node& node);

}  // namespace pharos::rules::lint
