#include "rules/oncall/schedule.hpp"

#include <algorithm>
#include <set>

namespace pharos::rules::oncall {
namespace {

constexpr Millis kDay = std::chrono::hours(24);

std::int64_t day_number(const CivilTime& c) {
  return std::chrono::sys_days{std::chrono::year{c.year} / c.month / c.day}
      .time_since_epoch()
      .count();
}

CivilTime at_minute(const CivilTime& day, int minute) {
  CivilTime out = day;
  out.hour = minute / 60;
  out.minute = minute % 60;
  out.second = out.millis = 0;
  return minute == 1440 ? CivilTime{day.year, day.month, day.day}.plus_days(1) : out;
}

// The hours of one entry that begin on the day of `day`, as instants.
std::optional<Interval> hours_on(const Rotation::Hours& hours, const CivilTime& day,
                                 const TimeZone& zone) {
  if (!hours.weekdays.empty() &&
      std::ranges::find(hours.weekdays, day.weekday()) == hours.weekdays.end())
    return std::nullopt;
  const auto end_day = hours.end <= hours.begin ? day.plus_days(1) : day;
  return Interval{zone.instant(at_minute(day, hours.begin)),
                  zone.instant(at_minute(end_day, hours.end))};
}

bool within_hours(const Rotation& rotation, const TimeZone& zone, Time at) {
  if (rotation.hours.empty()) return true;
  const auto today = zone.local(at);
  return std::ranges::any_of(rotation.hours, [&](const auto& hours) {
    for (const int back : {0, -1}) {
      const auto during = hours_on(hours, today.plus_days(back), zone);
      if (during && during->contains(at)) return true;
    }
    return false;
  });
}

Time handoff(const Rotation& rotation, const TimeZone& zone, std::int64_t turn) {
  if (rotation.every_days > 0)
    return zone.instant(rotation.start.plus_days(static_cast<int>(turn * rotation.every_days)));
  return zone.instant(rotation.start) + rotation.every * turn;
}

// Occurrences of an event that overlap [from, to).
std::vector<Interval> occurrences(const CalendarEvent& event, const std::vector<CalendarEvent>& all,
                                  Time from, Time to, std::size_t limit) {
  std::vector<Time> starts;
  if (event.recurrence) {
    starts =
        event.recurrence->occurrences(event.start, event.zone, from - event.duration, to, limit);
  } else {
    starts.push_back(event.zone.instant(event.start));
  }
  std::vector<Interval> out;
  for (const Time start : starts) {
    if (std::ranges::find(event.excluded, start) != event.excluded.end()) continue;
    const bool replaced =
        event.recurrence && std::ranges::any_of(all, [&](const CalendarEvent& other) {
          return other.uid == event.uid && other.replaces == start;
        });
    if (replaced) continue;
    const Interval during{start, start + event.duration};
    if (during.begin < to && during.end > from) out.push_back(during);
  }
  return out;
}

void add_unique(std::vector<std::string>& into, const std::vector<std::string>& users) {
  for (const auto& user : users)
    if (std::ranges::find(into, user) == into.end()) into.push_back(user);
}

}  // namespace

std::optional<std::int64_t> turn_at(const Rotation& rotation, const TimeZone& zone, Time at) {
  if (at < zone.instant(rotation.start)) return std::nullopt;
  if (rotation.until && at >= zone.instant(*rotation.until)) return std::nullopt;
  std::int64_t turn = 0;
  if (rotation.every_days > 0) {
    turn = (day_number(zone.local(at)) - day_number(rotation.start)) / rotation.every_days;
    while (turn > 0 && handoff(rotation, zone, turn) > at) --turn;
    while (handoff(rotation, zone, turn + 1) <= at) ++turn;
  } else {
    turn = (at - zone.instant(rotation.start)) / rotation.every;
  }
  return turn;
}

std::vector<std::string> Schedule::on_call(Time at) const {
  for (auto entry = overrides.rbegin(); entry != overrides.rend(); ++entry)
    if (entry->during.contains(at)) return entry->users;
  std::vector<std::string> users;
  bool in_event = false;
  for (const auto& event : events) {
    if (occurrences(event, events, at, at + Millis(1), 1'000).empty()) continue;
    in_event = true;
    add_unique(users, event.users);
  }
  if (in_event) return users;
  for (auto rotation = rotations.rbegin(); rotation != rotations.rend(); ++rotation) {
    if (rotation->users.empty() || !within_hours(*rotation, zone, at)) continue;
    if (const auto turn = turn_at(*rotation, zone, at))
      return rotation->users[static_cast<std::size_t>(*turn) % rotation->users.size()];
  }
  return {};
}

std::vector<Shift> Schedule::shifts(Time from, Time to, std::size_t limit) const {
  // Every instant at which the answer may change; between two of them it is the same.
  std::set<Time> edges{from, to};
  const auto edge = [&](Time t) {
    if (from < t && t < to) edges.insert(t);
  };
  for (const auto& rotation : rotations) {
    edge(zone.instant(rotation.start));
    if (rotation.until) edge(zone.instant(*rotation.until));
    const Time begin = std::max(from, zone.instant(rotation.start));
    if (const auto turn = turn_at(rotation, zone, begin)) {
      for (auto next = *turn + 1; edges.size() < limit * 2; ++next) {
        const Time t = handoff(rotation, zone, next);
        if (t >= to) break;
        edge(t);
      }
    }
    for (const auto& hours : rotation.hours) {
      auto day = zone.local(from - kDay);
      for (; zone.instant(at_minute(day, 0)) < to && edges.size() < limit * 2;
           day = day.plus_days(1)) {
        if (const auto during = hours_on(hours, day, zone)) {
          edge(during->begin);
          edge(during->end);
        }
      }
    }
  }
  for (const auto& event : events)
    for (const auto& during : occurrences(event, events, from, to, limit)) {
      edge(during.begin);
      edge(during.end);
    }
  for (const auto& entry : overrides) {
    edge(entry.during.begin);
    edge(entry.during.end);
  }

  const auto source_at = [&](Time at) -> std::string {
    if (std::ranges::any_of(overrides, [&](const auto& o) { return o.during.contains(at); }))
      return "override";
    if (std::ranges::any_of(events, [&](const auto& event) {
          return !occurrences(event, events, at, at + Millis(1), 1'000).empty();
        }))
      return "calendar";
    for (auto rotation = rotations.rbegin(); rotation != rotations.rend(); ++rotation)
      if (!rotation->users.empty() && within_hours(*rotation, zone, at) &&
          turn_at(*rotation, zone, at))
        return "rotation " + rotation->name;
    return "";
  };

  std::vector<Shift> out;
  for (auto begin = edges.begin(), end = std::next(begin); end != edges.end(); begin = end++) {
    auto users = on_call(*begin);
    if (users.empty()) continue;
    auto source = source_at(*begin);
    if (!out.empty() && out.back().during.end == *begin && out.back().users == users &&
        out.back().source == source) {
      out.back().during.end = *end;
      continue;
    }
    if (out.size() >= limit) break;
    out.push_back({{*begin, *end}, std::move(users), std::move(source)});
  }
  return out;
}

}  // namespace pharos::rules::oncall
