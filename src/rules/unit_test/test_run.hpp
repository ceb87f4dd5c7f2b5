// Runs one group of a rule unit-test file in virtual time: promtool's order of events and texts.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/threads.hpp"
#include "rules/rule_file.hpp"
#include "rules/unit_test/test_file.hpp"

namespace pharos::rules::unit_test {

// What did not hold, each as promtool words it (several lines, indented); empty: passed. `groups`
// are those of all rule files, in the order of the files. Thread-safe: groups of tests share
// nothing.
std::vector<std::string> run_test_group(const TestFile& file, const TestGroup& test,
                                        const std::vector<RuleGroupSpec>& groups,
                                        const std::shared_ptr<ThreadPool>& pool);

}  // namespace pharos::rules::unit_test
