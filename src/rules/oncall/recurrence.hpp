// Recurring instants after RFC 5545: the part of RRULE that calendars and maintenance windows use.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "base/time_zone.hpp"

namespace pharos::rules::oncall {

struct Recurrence {
  enum class Frequency : std::uint8_t { daily, weekly, monthly, yearly };
  struct Weekday {
    int day = 0;      // 0 = Sunday
    int ordinal = 0;  // monthly: 2 = second, -1 = last; 0 = every
    bool operator==(const Weekday&) const = default;
  };
  Frequency frequency = Frequency::weekly;
  int interval = 1;                    // every so many days, weeks, months, years
  std::optional<std::uint32_t> count;  // occurrences in all
  std::optional<Time> until;           // the last possible occurrence
  std::vector<Weekday> weekdays;       // BYDAY
  std::vector<int> days_of_month;      // BYMONTHDAY; negative ones from the end
  std::vector<int> months;             // BYMONTH
  int week_start = 1;                  // WKST, Monday by default
  bool operator==(const Recurrence&) const = default;

  // "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR". UNTIL without a Z is in `zone`. Errc::invalid names the
  // part; parts that are known and not done here (BYSETPOS, BYHOUR, …) are Errc::unsupported.
  static Result<Recurrence> parse(std::string_view rule, const TimeZone& zone);
  std::string to_string() const;

  // Occurrences in [from, to), in order, the first at `start` itself; at most `limit`. The clock
  // reading of `start` is kept over changes of summer time.
  std::vector<Time> occurrences(const CivilTime& start, const TimeZone& zone, Time from, Time to,
                                std::size_t limit = 10'000) const;
};

}  // namespace pharos::rules::oncall
