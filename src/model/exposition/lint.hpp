// Style of metrics pages, in the words of Prometheus' own linter (promtool check metrics).
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace pharos::exposition {

struct LintProblem {
  std::string metric, text;  // "http_requests", "counter metrics should have \"_total\" suffix"
};

// Of a page in text format 0.0.4, sorted by metric and text. Errc::invalid when it does not parse.
Result<std::vector<LintProblem>> lint(std::string_view page);

}  // namespace pharos::exposition
