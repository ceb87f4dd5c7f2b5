#include <cstdint>

#include "base/time_zone.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto zone = pharos::TimeZone::parse({reinterpret_cast<const char*>(data), size}, "fuzz");
  if (!zone) return 0;
  constexpr std::int64_t kTimes[] = {-5'000'000'000'000, 0, 1'800'000'000'000, 9'000'000'000'000};
  for (const auto ms : kTimes) {
    const auto local = zone->local(pharos::from_unix_millis(ms));
    (void)zone->instant(local);
  }
  return 0;
}
