// Time intervals of alertmanager.yml: when a route is muted or active.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "base/time_zone.hpp"
#include "codec/yaml.hpp"

namespace pharos::rules::notify {

// Contains an instant when every field that is given has a range that holds it, in `zone`.
struct TimeInterval {
  struct Range {
    int begin = 0, end = 0;
  };                                 // both ends included, but minutes: [begin, end)
  std::vector<Range> minutes;        // of the day, 0..1440
  std::vector<Range> weekdays;       // 0 = Sunday
  std::vector<Range> days_of_month;  // 1..31; negative ones count from the end, -1 = last
  std::vector<Range> months;         // 1..12
  std::vector<Range> years;
  TimeZone zone;  // UTC unless given

  bool contains(Time t) const;
};

// One entry of `time_intervals:` of a named interval. Errc::invalid with the place.
Result<TimeInterval> parse_time_interval(const codec::Yaml& node);

}  // namespace pharos::rules::notify
