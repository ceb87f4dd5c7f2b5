// The alertmanager set: routing, the matcher parser, whole configurations.
#pragma once
#include "tests/conformance/case_result.hpp"

namespace pharos::conformance {

Result<std::vector<CaseResult>> run_alertmanager_cases(const std::string& file);

}  // namespace pharos::conformance
