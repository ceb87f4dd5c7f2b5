// Case files of one JSON object per line.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "codec/json.hpp"
#include "tests/conformance/case_result.hpp"

namespace pharos::conformance {

// Calls `run` for each row; it gives "" for a pass, else the reason. The id is file:line and the row's `name`.
Result<std::vector<CaseResult>> for_each_row(const std::string& file, const std::function<std::string(const codec::Json&)>& run);

Result<std::string> read_case_file(const std::string& file);
std::string decode_base64(const std::string& text);
// `input`, or `input_base64` decoded.
std::string input_of(const codec::Json& row);

}  // namespace pharos::conformance
