// Who is on call when: rotations in layers, restrictions, calendars, overrides.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "base/time_zone.hpp"
#include "rules/oncall/recurrence.hpp"

namespace pharos::rules::oncall {

// Hand-offs keep their clock reading over changes of summer time when the shift is in days or
// weeks; shifts in hours are elapsed time.
struct Rotation {
  std::string name;
  std::vector<std::vector<std::string>> users;  // who takes which turn; several may share one
  CivilTime start;                              // first hand-off, in the schedule's zone
  int every_days = 7;                           // length of a turn; 0: `every` counts
  Millis every{0};
  std::optional<CivilTime> until;

  // Only then is somebody on call; empty: always. Minutes of the day; `end` <= `begin` goes over
  // midnight and belongs to the day on which it begins.
  struct Hours {
    std::vector<int> weekdays;  // 0 = Sunday; empty: every day
    int begin = 0, end = 1440;
  };
  std::vector<Hours> hours;
};

// One event of a calendar: a person, a time, perhaps recurring.
struct CalendarEvent {
  std::string uid;
  std::vector<std::string> users;
  CivilTime start;
  TimeZone zone;
  Millis duration{0};
  std::optional<Recurrence> recurrence;
  std::vector<Time> excluded;    // EXDATE
  std::optional<Time> replaces;  // RECURRENCE-ID: this one instead of that occurrence
};

struct Override {
  std::string id;
  std::vector<std::string> users;  // empty: nobody
  Interval during{};
  std::string created_by;
};

struct Shift {
  Interval during{};
  std::vector<std::string> users;
  std::string source;  // "rotation weekdays", "calendar", "override"
  bool operator==(const Shift&) const = default;
};

struct Schedule {
  std::string name;
  TimeZone zone;
  std::vector<Rotation> rotations;    // later ones win where they have somebody
  std::vector<CalendarEvent> events;  // win over rotations
  std::vector<Override> overrides;    // win over all; later ones over earlier ones

  // Who is on call at an instant; nobody: empty. Pure.
  std::vector<std::string> on_call(Time at) const;
  // Everybody's shifts in [from, to), neighbouring equal ones joined, gaps left out; at most
  // `limit`.
  std::vector<Shift> shifts(Time from, Time to, std::size_t limit = 10'000) const;
};

// Turn number of a rotation at an instant (from 0), none before its start or after its end.
std::optional<std::int64_t> turn_at(const Rotation& rotation, const TimeZone& zone, Time at);

}  // namespace pharos::rules::oncall
