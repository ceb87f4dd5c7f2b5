// Rules held against a running server: what its data says about them.
#pragma once
#include <string>
#include <vector>

#include "rules/lint/rule_lint.hpp"

namespace pharos::server {

// Asks any server with Prometheus' API: metrics that are not there, joins of which both sides have
// elements and that give none, types of metrics that do not suit a function. An error when the
// server cannot be asked at all.
Result<std::vector<rules::lint::Finding>> lint_against(
    const std::string& url, const std::vector<rules::RuleGroupSpec>& groups);

}  // namespace pharos::server
