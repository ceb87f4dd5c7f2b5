// What every runner of case files gives back.
#pragma once
#include <string>
#include <vector>

#include "base/result.hpp"

namespace pharos::conformance {

struct CaseResult {
  std::string id;      // file:line and name
  bool pass = false;
  bool skip = false;   // counts neither way; `reason` says why
  std::string reason;  // of a failure or a skip
};

// Runs every case of one file. An error means that the file itself cannot be read.
using CaseRunner = Result<std::vector<CaseResult>> (*)(const std::string& file);

}  // namespace pharos::conformance
