// A duration that parses is written and read back as itself; timestamps never crash.
#include <cstdlib>

#include "base/quoted.hpp"
#include "base/time.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto duration = pharos::parse_duration(text)) {
    const auto again = pharos::parse_duration(pharos::format_duration(*duration));
    if (!again || *again != *duration) std::abort();
  }
  if (const auto time = pharos::parse_time(text)) (void)time->time_since_epoch();
  if (!pharos::valid_utf8(pharos::quoted(text))) std::abort();
  return 0;
}
