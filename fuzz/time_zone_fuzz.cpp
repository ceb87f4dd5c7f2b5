#include <cstdint>

#include "base/time_zone.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto zone = pharos::TimeZone::parse({reinterpret_cast<const char*>(data), size}, "fuzz");
  if (!zone) return 0;
  for (const std::int64_t ms :
       {-5'000'000'000'000, 0ll, 1'800'000'000'000ll, 9'000'000'000'000ll}) {
    const auto local = zone->local(pharos::from_unix_millis(ms));
    (void)zone->instant(local);
  }
  return 0;
}
