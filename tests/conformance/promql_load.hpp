// Carries out `load` and `load_with_nhcb` of a PromQL script.
#pragma once
#include "tests/conformance/memory_querier.hpp"
#include "tests/conformance/promql_script.hpp"

namespace pharos::conformance {

Status load(MemoryStore& store, const LoadCommand& command);

}  // namespace pharos::conformance
