// The list of parts from arbitrary bytes: what decodes must encode to itself again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "metrics/manifest.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto manifest = pharos::metrics::Manifest::decode({reinterpret_cast<const char*>(data), size});
  if (manifest && pharos::metrics::Manifest::decode(manifest->encode()).value() != *manifest) std::abort();
  return 0;
}
