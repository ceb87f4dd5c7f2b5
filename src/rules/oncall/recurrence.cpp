#include "rules/oncall/recurrence.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace pharos::rules::oncall {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"SU", "MO", "TU", "WE", "TH", "FR", "SA"};
constexpr std::array<std::string_view, 4> kFrequencies = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
constexpr int kPeriodsMax = 200'000;  // empty periods stepped over before a rule is given up

std::optional<int> parse_int(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  int n = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return n;
}

template <class Each>
Status for_each_word(std::string_view list, Each each) {
  while (true) {
    const auto comma = list.find(',');
    TRY(each(list.substr(0, comma)));
    if (comma == list.npos) return {};
    list.remove_prefix(comma + 1);
  }
}

std::int64_t day_number(const CivilTime& c) {
  return std::chrono::sys_days{std::chrono::year{c.year} / c.month / c.day}
      .time_since_epoch()
      .count();
}
CivilTime on_date(const CivilTime& clock, int year, int month, int day) {
  CivilTime out = clock;
  out.year = year;
  out.month = month;
  out.day = day;
  return out;
}

// The candidates of one period, ascending. `index` counts periods from the one that holds `start`.
std::vector<CivilTime> candidates(const Recurrence& rule, const CivilTime& start,
                                  std::int64_t index) {
  std::vector<CivilTime> out;
  const auto step = index * rule.interval;
  const auto month_allowed = [&](int month) {
    return rule.months.empty() || std::ranges::find(rule.months, month) != rule.months.end();
  };
  const auto add_month = [&](int year, int month) {
    const int days = days_in_month(year, month);
    std::vector<int> dates;
    if (!rule.days_of_month.empty()) {
      for (const int d : rule.days_of_month) {
        const int date = d > 0 ? d : days + 1 + d;
        if (date >= 1 && date <= days) dates.push_back(date);
      }
    }
    if (!rule.weekdays.empty()) {
      std::vector<int> matching;
      for (const auto& weekday : rule.weekdays) {
        std::vector<int> all;
        for (int d = 1; d <= days; ++d)
          if (CivilTime{year, month, d}.weekday() == weekday.day) all.push_back(d);
        const auto size = static_cast<int>(all.size());
        if (weekday.ordinal == 0)
          matching.insert(matching.end(), all.begin(), all.end());
        else if (weekday.ordinal > 0 && weekday.ordinal <= size)
          matching.push_back(all[static_cast<std::size_t>(weekday.ordinal - 1)]);
        else if (weekday.ordinal < 0 && -weekday.ordinal <= size)
          matching.push_back(all[static_cast<std::size_t>(size + weekday.ordinal)]);
      }
      if (rule.days_of_month.empty()) {
        dates = std::move(matching);
      } else {
        std::erase_if(dates,
                      [&](int d) { return std::ranges::find(matching, d) == matching.end(); });
      }
    }
    if (rule.days_of_month.empty() && rule.weekdays.empty() && start.day <= days)
      dates.push_back(start.day);
    std::ranges::sort(dates);
    dates.erase(std::unique(dates.begin(), dates.end()), dates.end());
    for (const int d : dates) out.push_back(on_date(start, year, month, d));
  };

  switch (rule.frequency) {
    case Recurrence::Frequency::daily: {
      const auto day = start.plus_days(static_cast<int>(step));
      const bool weekday_allowed =
          rule.weekdays.empty() ||
          std::ranges::any_of(rule.weekdays, [&](const auto& w) { return w.day == day.weekday(); });
      const int from_end = day.day - days_in_month(day.year, day.month) - 1;
      const bool date_allowed =
          rule.days_of_month.empty() || std::ranges::any_of(rule.days_of_month, [&](int d) {
            return d == day.day || d == from_end;
          });
      if (weekday_allowed && date_allowed && month_allowed(day.month)) out.push_back(day);
      break;
    }
    case Recurrence::Frequency::weekly: {
      const int into_week = (start.weekday() - rule.week_start + 7) % 7;
      const auto first = start.plus_days(static_cast<int>(step * 7 - into_week));
      for (int i = 0; i < 7; ++i) {
        const auto day = first.plus_days(i);
        const bool wanted = rule.weekdays.empty()
                                ? day.weekday() == start.weekday()
                                : std::ranges::any_of(rule.weekdays, [&](const auto& w) {
                                    return w.day == day.weekday();
                                  });
        if (wanted && month_allowed(day.month)) out.push_back(day);
      }
      break;
    }
    case Recurrence::Frequency::monthly: {
      const std::int64_t months = std::int64_t{start.year} * 12 + start.month - 1 + step;
      const int month = static_cast<int>(months % 12) + 1;
      if (month_allowed(month)) add_month(static_cast<int>(months / 12), month);
      break;
    }
    case Recurrence::Frequency::yearly: {
      const int year = start.year + static_cast<int>(step);
      if (rule.months.empty() && (rule.weekdays.empty() && rule.days_of_month.empty())) {
        add_month(year, start.month);
      } else {
        for (int month = 1; month <= 12; ++month)
          if (rule.months.empty() || month_allowed(month)) add_month(year, month);
      }
      break;
    }
  }
  return out;
}

// Calendars end somewhere: 8,000 years on.
bool beyond_calendar(const Recurrence& rule, std::int64_t index) {
  constexpr std::int64_t kDays[] = {1, 7, 28, 365};
  return index * rule.interval * kDays[static_cast<std::size_t>(rule.frequency)] > 8'000 * 365ll;
}

// A period well before `from`, so that far-away windows do not step through all the years between.
std::int64_t first_period(const Recurrence& rule, const CivilTime& start, const CivilTime& from) {
  const std::int64_t days = day_number(from) - day_number(start);
  if (days <= 0) return 0;
  std::int64_t periods = 0;
  switch (rule.frequency) {
    case Recurrence::Frequency::daily: periods = days; break;
    case Recurrence::Frequency::weekly: periods = days / 7; break;
    case Recurrence::Frequency::monthly: periods = days / 31; break;
    case Recurrence::Frequency::yearly: periods = days / 366; break;
  }
  return std::max<std::int64_t>(0, periods / rule.interval - 2);
}

}  // namespace

Result<Recurrence> Recurrence::parse(std::string_view rule, const TimeZone& zone) {
  const auto wrong = [&](std::string_view part, std::string_view why) {
    return fail(Errc::invalid, "recurrence '" + std::string(part) + "': " + std::string(why));
  };
  Recurrence out;
  bool has_frequency = false;
  if (rule.starts_with("RRULE:")) rule.remove_prefix(6);
  while (!rule.empty()) {
    const auto semicolon = rule.find(';');
    const auto part = rule.substr(0, semicolon);
    rule = semicolon == rule.npos ? std::string_view() : rule.substr(semicolon + 1);
    const auto equals = part.find('=');
    if (equals == part.npos) return wrong(part, "expected NAME=VALUE");
    const auto name = part.substr(0, equals), value = part.substr(equals + 1);
    if (value.empty()) return wrong(part, "the value is missing");
    if (name == "FREQ") {
      const auto found = std::ranges::find(kFrequencies, value);
      if (found == kFrequencies.end())
        return wrong(part, "the frequency must be DAILY, WEEKLY, MONTHLY or YEARLY");
      out.frequency = static_cast<Frequency>(found - kFrequencies.begin());
      has_frequency = true;
    } else if (name == "INTERVAL") {
      const auto n = parse_int(value);
      if (!n || *n < 1 || *n > 10'000) return wrong(part, "expected a number from 1 to 10000");
      out.interval = *n;
    } else if (name == "COUNT") {
      const auto n = parse_int(value);
      if (!n || *n < 1 || *n > 1'000'000) return wrong(part, "expected a number from 1 to 1000000");
      out.count = static_cast<std::uint32_t>(*n);
    } else if (name == "UNTIL") {
      CivilTime c;
      const auto digits = [&](std::size_t at, std::size_t length, int& into) {
        const auto n =
            at + length <= value.size() ? parse_int(value.substr(at, length)) : std::nullopt;
        if (n) into = *n;
        return n.has_value();
      };
      bool good = digits(0, 4, c.year) && digits(4, 2, c.month) && digits(6, 2, c.day) &&
                  c.month >= 1 && c.month <= 12 && c.day >= 1 &&
                  c.day <= days_in_month(c.year, c.month);
      const bool whole_day = value.size() == 8;
      if (good && !whole_day)
        good = value.size() >= 15 && value[8] == 'T' && digits(9, 2, c.hour) &&
               digits(11, 2, c.minute) && digits(13, 2, c.second) &&
               (value.size() == 15 || value.substr(15) == "Z");
      if (!good) return wrong(part, "expected a date like 20261231 or 20261231T235959Z");
      if (whole_day) c.hour = 23, c.minute = 59, c.second = 59;
      out.until = value.ends_with('Z') ? TimeZone().instant(c) : zone.instant(c);
    } else if (name == "BYDAY") {
      TRY(for_each_word(value, [&](std::string_view word) -> Status {
        if (word.size() < 2) return wrong(part, "expected days like MO or -1FR");
        const auto day = std::ranges::find(kDays, word.substr(word.size() - 2));
        if (day == kDays.end()) return wrong(part, "expected days like MO or -1FR");
        Weekday weekday{static_cast<int>(day - kDays.begin())};
        if (const auto ordinal = word.substr(0, word.size() - 2); !ordinal.empty()) {
          const auto n = parse_int(ordinal);
          if (!n || *n == 0 || *n < -5 || *n > 5)
            return wrong(part, "the week of a month is 1 to 5 or -1 to -5");
          weekday.ordinal = *n;
        }
        out.weekdays.push_back(weekday);
        return {};
      }));
    } else if (name == "BYMONTHDAY") {
      TRY(for_each_word(value, [&](std::string_view word) -> Status {
        const auto n = parse_int(word);
        if (!n || *n == 0 || *n < -31 || *n > 31)
          return wrong(part, "a day of the month is 1 to 31 or -1 to -31");
        out.days_of_month.push_back(*n);
        return {};
      }));
    } else if (name == "BYMONTH") {
      TRY(for_each_word(value, [&](std::string_view word) -> Status {
        const auto n = parse_int(word);
        if (!n || *n < 1 || *n > 12) return wrong(part, "a month is 1 to 12");
        out.months.push_back(*n);
        return {};
      }));
    } else if (name == "WKST") {
      const auto day = std::ranges::find(kDays, value);
      if (day == kDays.end()) return wrong(part, "expected a day like MO");
      out.week_start = static_cast<int>(day - kDays.begin());
    } else if (name == "BYSETPOS" || name == "BYHOUR" || name == "BYMINUTE" || name == "BYSECOND" ||
               name == "BYYEARDAY" || name == "BYWEEKNO") {
      return fail(Errc::unsupported, "recurrence '" + std::string(part) +
                                         "': " + std::string(name) + " is not supported");
    } else {
      return wrong(part, "unknown part");
    }
  }
  if (!has_frequency) return wrong("", "FREQ is missing");
  if (out.count && out.until) return wrong("", "COUNT and UNTIL exclude each other");
  const bool by_month = out.frequency == Frequency::monthly || out.frequency == Frequency::yearly;
  if (!by_month && std::ranges::any_of(out.weekdays, [](const auto& w) { return w.ordinal != 0; }))
    return wrong("BYDAY", "a week of the month needs FREQ=MONTHLY or FREQ=YEARLY");
  if (out.frequency == Frequency::weekly && !out.days_of_month.empty())
    return wrong("BYMONTHDAY", "not to be used with FREQ=WEEKLY");
  if (out.frequency == Frequency::yearly && out.months.empty() &&
      std::ranges::any_of(out.weekdays, [](const auto& w) { return w.ordinal != 0; }))
    return fail(Errc::unsupported,
                "recurrence 'BYDAY': weeks counted over a whole year are not supported; name the "
                "months with BYMONTH");
  return out;
}

std::string Recurrence::to_string() const {
  std::string out = "FREQ=" + std::string(kFrequencies[static_cast<std::size_t>(frequency)]);
  const auto list = [&](std::string_view name, const auto& items, auto text) {
    if (items.empty()) return;
    out += ";" + std::string(name) + "=";
    for (std::size_t i = 0; i < items.size(); ++i) out += (i ? "," : "") + text(items[i]);
  };
  if (interval != 1) out += ";INTERVAL=" + std::to_string(interval);
  if (count) out += ";COUNT=" + std::to_string(*count);
  if (until) {
    const auto c = TimeZone().local(*until);
    char text[32];
    std::snprintf(text, sizeof text, ";UNTIL=%04d%02d%02dT%02d%02d%02dZ", c.year, c.month, c.day,
                  c.hour, c.minute, c.second);
    out += text;
  }
  const auto number = [](int n) { return std::to_string(n); };
  list("BYMONTH", months, number);
  list("BYMONTHDAY", days_of_month, number);
  list("BYDAY", weekdays, [](const Weekday& w) {
    return (w.ordinal ? std::to_string(w.ordinal) : std::string()) +
           std::string(kDays[static_cast<std::size_t>(w.day)]);
  });
  if (week_start != 1) out += ";WKST=" + std::string(kDays[static_cast<std::size_t>(week_start)]);
  return out;
}

std::vector<Time> Recurrence::occurrences(const CivilTime& start, const TimeZone& zone, Time from,
                                          Time to, std::size_t limit) const {
  std::vector<Time> out;
  const Time first = zone.instant(start);
  // The start counts as an occurrence even when the rule does not name it (RFC 5545, 3.8.5.3).
  std::uint32_t counted = 0;
  const auto take = [&](Time t) {  // false: no more
    if (until && t > *until) return false;
    if (count && counted >= *count) return false;
    ++counted;
    if (t >= to) return false;
    if (t >= from) out.push_back(t);
    return out.size() < limit;
  };
  if (limit == 0 || !take(first)) return out;
  // COUNT is counted from the start; without it the years before `from` are jumped over.
  std::int64_t index = count ? 0 : first_period(*this, start, zone.local(from));
  for (int idle = 0; idle < kPeriodsMax && !beyond_calendar(*this, index); ++index, ++idle) {
    for (const auto& day : candidates(*this, start, index)) {
      const Time t = zone.instant(day);
      if (t <= first) continue;
      if (!take(t)) return out;
      idle = 0;
    }
  }
  return out;
}

}  // namespace pharos::rules::oncall
