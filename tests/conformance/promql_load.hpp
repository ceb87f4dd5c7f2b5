// Carries out `load` and `load_with_nhcb` of a PromQL script.
#pragma once
#include "query/memory_store.hpp"
#include "tests/conformance/promql_script.hpp"

namespace pharos::conformance {

using query::MemoryStore;

Status load(MemoryStore& store, const LoadCommand& command);

}  // namespace pharos::conformance
