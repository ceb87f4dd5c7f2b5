#include "rules/notify/time_interval.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "codec/yaml_section.hpp"

namespace pharos::rules::notify {
namespace {

using codec::Yaml;
using codec::YamlSection;
using Range = TimeInterval::Range;

constexpr std::array<std::string_view, 7> kWeekdays = {"sunday",   "monday", "tuesday", "wednesday",
                                                       "thursday", "friday", "saturday"};
constexpr std::array<std::string_view, 12> kMonths = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};

std::string lower(std::string text) {
  for (auto& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

std::optional<int> number(std::string_view text) {
  int n = 0;
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return {};
  return n;
}

template <std::size_t N>
std::optional<int> position(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return {};
  return static_cast<int>(found - names.begin());
}

// "a" or "a:b", each read by `member`.
template <class Member>
Result<Range> range_of(const Yaml& node, std::string_view what, Member member) {
  const auto text = lower(TRY(node.text()));
  const auto colon = text.find(':');
  const std::string_view whole = text;
  const auto first = whole.substr(0, colon);
  const auto last = colon == text.npos ? first : whole.substr(colon + 1);
  if (last.find(':') != last.npos)
    return fail(node.error("couldn't parse range " + text + ", invalid format"));
  Range out;
  for (const auto& [word, into] : {std::pair{first, &out.begin}, std::pair{last, &out.end}}) {
    const std::optional<int> n = member(word);
    if (!n) return fail(node.error(std::string(word) + " is not a valid " + std::string(what)));
    *into = *n;
  }
  return out;
}

Result<Range> weekday_range(const Yaml& node) {
  const auto out =
      TRY(range_of(node, "weekday", [](auto word) { return position(kWeekdays, word); }));
  if (out.begin > out.end) return fail(node.error("start day cannot be after end day"));
  return out;
}

Result<Range> day_range(const Yaml& node) {
  const auto out = TRY(range_of(node, "day of the month", number));
  for (const int day : {out.begin, out.end}) {
    if (day == 0 || day < -31 || day > 31)
      return fail(
          node.error(std::to_string(day) + " is not a valid day of the month: out of range"));
  }
  if (out.begin < 0 && out.end > 0)
    return fail(node.error("end day must be negative if start day is negative"));
  // With the shortest month, what is always empty is caught.
  const auto counted = [](int day) { return day < 0 ? 28 + day : day; };
  if (counted(out.begin) > counted(out.end))
    return fail(node.error("end day " + std::to_string(out.end) + " is always before start day " +
                           std::to_string(out.begin)));
  return out;
}

Result<Range> month_range(const Yaml& node) {
  const auto out = TRY(range_of(node, "month", [](std::string_view word) -> std::optional<int> {
    if (const auto named = position(kMonths, word)) return *named + 1;
    const auto n = number(word);
    return n && *n >= 1 && *n <= 12 ? n : std::nullopt;
  }));
  if (out.begin > out.end)
    return fail(node.error(
        "end month " + std::string(kMonths[static_cast<std::size_t>(out.end - 1)]) +
        " is before start month " + std::string(kMonths[static_cast<std::size_t>(out.begin - 1)])));
  return out;
}

Result<Range> year_range(const Yaml& node) {
  const auto out = TRY(range_of(node, "year", number));
  if (out.begin > out.end)
    return fail(node.error("end year " + std::to_string(out.end) + " is before start year " +
                           std::to_string(out.begin)));
  return out;
}

Result<int> minute_of(const Yaml& node) {
  const auto text = TRY(node.text());
  const auto wrong = [&] {
    return fail(
        node.error("couldn't parse timestamp " + text + ", invalid format: expected HH:MM"));
  };
  if (text == "24:00") return 1440;
  if (text.size() != 5 || text[2] != ':') return wrong();
  const auto hour = number(std::string_view(text).substr(0, 2));
  const auto minute = number(std::string_view(text).substr(3));
  if (!hour || !minute || text[0] == '+' || text[3] == '+' || text[0] == '-' || text[3] == '-' ||
      *hour > 23 || *minute > 59)
    return wrong();
  return *hour * 60 + *minute;
}

Result<Range> minutes_range(const Yaml& node) {
  auto section = TRY(YamlSection::open(node, "times"));
  const auto* start = section.take("start_time");
  const auto* end = section.take("end_time");
  TRY(section.done());
  if (start == nullptr || end == nullptr)
    return fail(node.error("both start and end times must be provided"));
  const int begin_minute = TRY(minute_of(*start));
  const int end_minute = TRY(minute_of(*end));
  if (begin_minute >= end_minute)
    return fail(end->error("start time cannot be equal or greater than end time"));
  return Range{begin_minute, end_minute};
}

Status read_ranges(YamlSection& section, std::string_view key, std::vector<Range>& into,
                   Result<Range> (*read)(const Yaml&)) {
  const auto* list = section.take(key);
  if (list == nullptr) return {};
  if (list->kind() != Yaml::Kind::sequence)
    return fail(list->error(std::string(key) + " must be a list"));
  for (const auto& item : list->items()) {
    const auto range = TRY(read(item));
    into.push_back(range);
  }
  return {};
}

bool holds(const std::vector<Range>& ranges, int value) {
  return ranges.empty() || std::ranges::any_of(ranges, [&](const Range& range) {
           return range.begin <= value && value <= range.end;
         });
}

bool holds_day(const std::vector<Range>& ranges, int day, int days) {
  return ranges.empty() || std::ranges::any_of(ranges, [&](const Range& range) {
           const int begin = range.begin < 0 ? days + range.begin + 1 : range.begin;
           const int end = range.end < 0 ? days + range.end + 1 : range.end;
           return begin <= day && day <= end;
         });
}

}  // namespace

bool TimeInterval::contains(Time t) const {
  const auto local = zone.local(t);
  const int minute = local.hour * 60 + local.minute;
  const bool in_day = minutes.empty() || std::ranges::any_of(minutes, [&](const Range& range) {
                        return range.begin <= minute && minute < range.end;
                      });
  return in_day && holds_day(days_of_month, local.day, days_in_month(local.year, local.month)) &&
         holds(months, local.month) && holds(weekdays, local.weekday()) && holds(years, local.year);
}

Result<TimeInterval> parse_time_interval(const Yaml& node) {
  TimeInterval out;
  auto section = TRY(YamlSection::open(node, "a time interval"));
  TRY(read_ranges(section, "times", out.minutes, minutes_range));
  TRY(read_ranges(section, "weekdays", out.weekdays, weekday_range));
  TRY(read_ranges(section, "days_of_month", out.days_of_month, day_range));
  TRY(read_ranges(section, "months", out.months, month_range));
  TRY(read_ranges(section, "years", out.years, year_range));
  if (const auto* location = section.take("location")) {
    const auto name = TRY(location->text());
    auto zone = TimeZone::find(name);
    if (!zone) return fail(location->error(zone.error().message));
    out.zone = std::move(*zone);
  }
  TRY(section.done());
  return out;
}

}  // namespace pharos::rules::notify
