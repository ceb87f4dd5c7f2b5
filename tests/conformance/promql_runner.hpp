// Runs PromQL scripts against the engine: every eval is judged, a failing one does not stop the
// file.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "tests/conformance/case_result.hpp"

namespace pharos::conformance {

struct PromqlOptions {
  bool exact_texts = true;  // false: annotations and errors by presence only
  bool extra_runs = true;   // step invariance and range mode of instant evals
  std::function<bool(const std::string& id)> wanted;  // empty: all
  bool list_only = false;                             // results without running
};

// Ids are `FILE:LINE  EXPR`.
Result<std::vector<CaseResult>> run_promql_cases(const std::string& file,
                                                 const PromqlOptions& options = {});

}  // namespace pharos::conformance
