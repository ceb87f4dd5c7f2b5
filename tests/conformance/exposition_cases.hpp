// Exposition cases: what a scraper accepts, what it reads, what a strict validator refuses.
#pragma once
#include <string>
#include <vector>

#include "tests/conformance/case_result.hpp"

namespace pharos::conformance {

// *.jsonl; a *.txt file is one page that must parse (OpenMetrics when its name has ".om.").
Result<std::vector<CaseResult>> run_exposition_cases(const std::string& file);

}  // namespace pharos::conformance
