// Calendars in and out (RFC 5545): how people bring their rota and take it with them.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "rules/oncall/schedule.hpp"

namespace pharos::rules::oncall {

struct CalendarLimits {
  std::size_t bytes_max = 4u << 20, events_max = 20'000;
};

// The VEVENTs of a calendar. SUMMARY names who is on call: user names separated by commas. Times
// with a TZID use the zone of that IANA name, times without either Z or TZID are in `zone`, dates
// are whole days. Cancelled events are left out. Errc::invalid names the line; Errc::limit the
// limit.
Result<std::vector<CalendarEvent>> parse_calendar(std::string_view text, const TimeZone& zone,
                                                  const CalendarLimits& limits = {});

// A calendar of shifts, in UTC, one event each. `now` stamps them; equal shifts keep their UID.
std::string write_calendar(std::string_view name, std::span<const Shift> shifts, Time now);

}  // namespace pharos::rules::oncall
