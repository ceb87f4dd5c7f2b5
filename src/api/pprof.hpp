// CPU samples as a profile that `go tool pprof` and its kin read: perftools.profiles.Profile, gzipped.
#pragma once
#include <string>

#include "base/cpu_sampler.hpp"

namespace pharos::api {

// Addresses get their mapping (with build id) and, where a symbol table is in the file or in FILE.debug beside it,
// the function's name.
std::string encode_profile(const CpuSamples& samples, Time ended);

}  // namespace pharos::api
