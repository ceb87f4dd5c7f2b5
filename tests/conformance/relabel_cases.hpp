// Relabelling cases: rules applied to label sets, and rules that are valid or not.
#pragma once
#include <string>
#include <vector>

#include "tests/conformance/case_result.hpp"

namespace pharos::conformance {

Result<std::vector<CaseResult>> run_relabel_cases(const std::string& file);

}  // namespace pharos::conformance
