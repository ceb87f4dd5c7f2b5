// A calendar that parses answers who is on call without running away, and its shifts are written
// and read back.
#include <cstdint>
#include <cstdlib>

#include "rules/oncall/ical.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pharos;
  using namespace pharos::rules::oncall;
  const auto events = parse_calendar({reinterpret_cast<const char*>(data), size}, TimeZone(),
                                     {.bytes_max = 65536, .events_max = 20});
  if (!events) return 0;
  const Schedule schedule{.name = "fuzz", .events = *events};
  const Time from = from_unix_millis(1'774'000'000'000), to = from + std::chrono::hours(24 * 30);
  const auto shifts = schedule.shifts(from, to, 100);
  if (!parse_calendar(write_calendar("fuzz", shifts, from), TimeZone())) std::abort();
  return 0;
}
