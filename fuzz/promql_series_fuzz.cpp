// The notation for series in tests, and whole test scripts.
#include <cstdint>
#include <string_view>

#include "../tests/conformance/promql_script.cpp"
#include "query/promql/series_description.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pharos::query::promql;
  if (size > 4096) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text.find("99999") != text.npos) return 0;  // long repetitions are bounded, but slow to make
  (void)parse_series_description(text);
  (void)parse_start_offsets(text);
  (void)pharos::conformance::parse_script(text);
  return 0;
}
