// Other people's configuration and rule files: must load, or must be refused.
#pragma once
#include <string>
#include <vector>

#include "base/result.hpp"
#include "case_result.hpp"

namespace pharos::conformance {

// Rows with `config_yaml` or `rules_yaml` of a JSON-lines file; files they refer to are looked up
// in aux/ beside it. A file that needs an unsupported discovery kind is a SKIP.
Result<std::vector<CaseResult>> run_config_cases(const std::string& file);

}  // namespace pharos::conformance
