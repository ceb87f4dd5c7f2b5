#include "rules/oncall/ical.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <optional>

#include "codec/checksum.hpp"

namespace pharos::rules::oncall {
namespace {

// One content line, unfolded: NAME;PARAM=VALUE:value.
struct Line {
  std::size_t number = 0;
  std::string name;
  std::map<std::string, std::string> parameters;
  std::string value;
};

Error wrong(std::size_t line, std::string what) {
  return {Errc::invalid, "calendar line " + std::to_string(line) + ": " + std::move(what)};
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

Result<Line> parse_line(std::string_view text, std::size_t number) {
  Line line{.number = number};
  std::size_t at = text.find_first_of(";:");
  if (at == text.npos || at == 0) return fail(wrong(number, "expected NAME:value"));
  line.name = upper(text.substr(0, at));
  while (text[at] == ';') {
    const auto equals = text.find('=', at);
    if (equals == text.npos) return fail(wrong(number, "a parameter has no value"));
    const auto name = upper(text.substr(at + 1, equals - at - 1));
    std::size_t end = equals + 1;
    std::string value;
    if (end < text.size() && text[end] == '"') {
      const auto quote = text.find('"', end + 1);
      if (quote == text.npos) return fail(wrong(number, "a quoted parameter does not end"));
      value = text.substr(end + 1, quote - end - 1);
      end = quote + 1;
    } else {
      end = std::min(text.find_first_of(";:", end), text.size());
      value = text.substr(equals + 1, end - equals - 1);
    }
    line.parameters[name] = std::move(value);
    if (end >= text.size() || (text[end] != ';' && text[end] != ':'))
      return fail(wrong(number, "expected ':' before the value"));
    at = end;
  }
  line.value = text.substr(at + 1);
  return line;
}

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      ++i;
      out += text[i] == 'n' || text[i] == 'N' ? '\n' : text[i];
    } else {
      out += text[i];
    }
  }
  return out;
}

struct Stamp {
  CivilTime local;
  TimeZone zone;
  bool whole_day = false;
  Time instant() const { return zone.instant(local); }
};

Result<Stamp> parse_stamp(const Line& line, std::string_view text, const TimeZone& zone) {
  Stamp out{.zone = zone};
  const auto number = [&](std::size_t at, std::size_t length, int& into) {
    if (at + length > text.size()) return false;
    const auto* end = text.data() + at + length;
    const auto [rest, code] = std::from_chars(text.data() + at, end, into);
    return code == std::errc() && rest == end && into >= 0;
  };
  auto& c = out.local;
  bool good = number(0, 4, c.year) && number(4, 2, c.month) && number(6, 2, c.day) && c.year >= 1 &&
              c.month >= 1 && c.month <= 12 && c.day >= 1 &&
              c.day <= days_in_month(c.year, c.month);
  if (good && text.size() == 8) {
    out.whole_day = true;
    return out;
  }
  good = good && text.size() >= 15 && text[8] == 'T' && number(9, 2, c.hour) &&
         number(11, 2, c.minute) && number(13, 2, c.second) && c.hour < 24 && c.minute < 60 &&
         c.second < 61 && (text.size() == 15 || text.substr(15) == "Z");
  if (!good)
    return fail(wrong(line.number, line.name + ": '" + std::string(text) +
                                       "' is not a time like 20260105T090000Z"));
  if (text.ends_with('Z')) {
    out.zone = TimeZone();
  } else if (const auto id = line.parameters.find("TZID"); id != line.parameters.end()) {
    auto found = TimeZone::find(id->second);
    if (!found) return fail(wrong(line.number, line.name + ": " + found.error().message));
    out.zone = *found;
  }
  return out;
}

// P1DT2H30M, PT15M, P2W.
Result<Millis> parse_period(const Line& line) {
  std::string_view text = line.value;
  const auto bad = [&] {
    return fail(wrong(line.number, "DURATION: '" + line.value + "' is not a duration like PT8H"));
  };
  if (text.starts_with('+')) text.remove_prefix(1);
  if (!text.starts_with('P') || text.size() < 3) return bad();
  text.remove_prefix(1);
  std::int64_t seconds = 0;
  bool in_time = false;
  while (!text.empty()) {
    if (text.front() == 'T') {
      in_time = true;
      text.remove_prefix(1);
      continue;
    }
    std::uint32_t n = 0;
    const auto [rest, code] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (code != std::errc() || rest == text.data() + text.size() || n > 1'000'000) return bad();
    const char unit = *rest;
    const std::int64_t length = !in_time && unit == 'W'   ? 604'800
                                : !in_time && unit == 'D' ? 86'400
                                : in_time && unit == 'H'  ? 3'600
                                : in_time && unit == 'M'  ? 60
                                : in_time && unit == 'S'  ? 1
                                                          : 0;
    if (length == 0) return bad();
    seconds += length * n;
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()) + 1);
  }
  return Millis(std::chrono::seconds(seconds));
}

std::vector<std::string> names_of(std::string_view summary) {
  std::vector<std::string> out;
  while (!summary.empty()) {
    const auto comma = summary.find(',');
    auto word = summary.substr(0, comma);
    summary = comma == summary.npos ? std::string_view() : summary.substr(comma + 1);
    while (!word.empty() && (word.front() == ' ' || word.front() == '\n')) word.remove_prefix(1);
    while (!word.empty() && (word.back() == ' ' || word.back() == '\n')) word.remove_suffix(1);
    if (!word.empty()) out.emplace_back(word);
  }
  return out;
}

// What has been read of a VEVENT so far.
struct Draft {
  CalendarEvent event;
  std::size_t line = 0;
  std::optional<Stamp> start, end;
  std::optional<Millis> duration;
  std::string rule;
  std::size_t rule_line = 0;
  bool cancelled = false;
};

Status take_line(Draft& draft, const Line& line, const TimeZone& zone) {
  if (line.name == "UID") {
    draft.event.uid = line.value;
  } else if (line.name == "SUMMARY") {
    draft.event.users = names_of(unescape(line.value));
  } else if (line.name == "DTSTART") {
    draft.start = TRY(parse_stamp(line, line.value, zone));
  } else if (line.name == "DTEND") {
    draft.end = TRY(parse_stamp(line, line.value, zone));
  } else if (line.name == "DURATION") {
    draft.duration = TRY(parse_period(line));
  } else if (line.name == "RRULE") {
    draft.rule = line.value;
    draft.rule_line = line.number;
  } else if (line.name == "EXDATE") {
    std::string_view list = line.value;
    while (!list.empty()) {
      const auto comma = list.find(',');
      const auto stamp = TRY(parse_stamp(line, list.substr(0, comma), zone));
      draft.event.excluded.push_back(stamp.instant());
      list = comma == list.npos ? std::string_view() : list.substr(comma + 1);
    }
  } else if (line.name == "RECURRENCE-ID") {
    const auto stamp = TRY(parse_stamp(line, line.value, zone));
    draft.event.replaces = stamp.instant();
  } else if (line.name == "STATUS") {
    draft.cancelled = upper(line.value) == "CANCELLED";
  } else if (line.name == "RDATE") {
    return fail(Errc::unsupported,
                wrong(line.number, "RDATE is not supported; use an event of its own").message);
  }
  return {};
}

Result<CalendarEvent> finish(Draft draft) {
  if (!draft.start) return fail(wrong(draft.line, "the event has no DTSTART"));
  auto& event = draft.event;
  event.start = draft.start->local;
  event.zone = draft.start->zone;
  if (draft.duration)
    event.duration = *draft.duration;
  else if (draft.end)
    event.duration = draft.end->instant() - draft.start->instant();
  else
    event.duration = draft.start->whole_day ? Millis(std::chrono::hours(24)) : Millis(0);
  if (event.duration < Millis(0)) return fail(wrong(draft.line, "the event ends before it begins"));
  if (!draft.rule.empty()) {
    auto rule = Recurrence::parse(draft.rule, event.zone);
    if (!rule) return fail(rule.error().code, wrong(draft.rule_line, rule.error().message).message);
    event.recurrence = std::move(*rule);
  }
  return std::move(event);
}

}  // namespace

Result<std::vector<CalendarEvent>> parse_calendar(std::string_view text, const TimeZone& zone,
                                                  const CalendarLimits& limits) {
  if (text.size() > limits.bytes_max)
    return fail(Errc::limit, "calendar: " + std::to_string(text.size()) + " bytes, the limit is " +
                                 std::to_string(limits.bytes_max));
  std::vector<CalendarEvent> out;
  std::optional<Draft> draft;
  std::vector<std::string> open;  // components we are in
  bool seen_calendar = false;
  std::size_t number = 0;
  while (!text.empty()) {
    // Unfold: a line that begins with a blank goes on with the one before.
    std::string joined;
    const std::size_t first = number + 1;
    do {
      const auto newline = text.find('\n');
      auto line = text.substr(0, newline);
      text = newline == text.npos ? std::string_view() : text.substr(newline + 1);
      ++number;
      if (line.ends_with('\r')) line.remove_suffix(1);
      joined += joined.empty() ? line : line.substr(std::min<std::size_t>(1, line.size()));
    } while (!text.empty() && (text.front() == ' ' || text.front() == '\t'));
    if (joined.find_first_not_of(" \t") == joined.npos) continue;

    const auto line = TRY(parse_line(joined, first));
    if (line.name == "BEGIN") {
      const auto component = upper(line.value);
      if (open.empty() && component != "VCALENDAR")
        return fail(wrong(first, "expected BEGIN:VCALENDAR"));
      if (open.size() >= 8) return fail(wrong(first, "components nested too deep"));
      seen_calendar = true;
      open.push_back(component);
      if (component == "VEVENT" && open.size() == 2) draft = Draft{.line = first};
      continue;
    }
    if (open.empty()) return fail(wrong(first, "expected BEGIN:VCALENDAR"));
    if (line.name == "END") {
      if (upper(line.value) != open.back())
        return fail(wrong(first, "END:" + line.value + " where " + open.back() + " is open"));
      open.pop_back();
      if (draft && open.size() == 1) {
        const bool cancelled = draft->cancelled;
        auto event = TRY(finish(std::move(*draft)));
        draft.reset();
        if (!cancelled) out.push_back(std::move(event));
        if (out.size() > limits.events_max)
          return fail(Errc::limit,
                      "calendar: more than " + std::to_string(limits.events_max) + " events");
      }
      continue;
    }
    if (draft && open.size() == 2) TRY(take_line(*draft, line, zone));
  }
  if (!open.empty()) return fail(wrong(number, open.back() + " is not closed"));
  if (!seen_calendar) return fail(wrong(1, "expected BEGIN:VCALENDAR"));
  return out;
}

namespace {

std::string stamp_text(Time t) {
  const auto c = TimeZone().local(t);
  char text[24];
  std::snprintf(text, sizeof text, "%04d%02d%02dT%02d%02d%02dZ", c.year, c.month, c.day, c.hour,
                c.minute, c.second);
  return text;
}

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == ';' || c == ',') out += '\\';
    if (c == '\n')
      out += "\\n";
    else if (c != '\r')
      out += c;
  }
  return out;
}

// Lines are at most 75 bytes, and a character is never cut in two.
void put_line(std::string& out, std::string_view line) {
  std::size_t room = 75;
  while (line.size() > room) {
    std::size_t cut = room;
    while (cut > 1 && (static_cast<unsigned char>(line[cut]) & 0xc0) == 0x80) --cut;
    out.append(line.substr(0, cut)).append("\r\n ");
    line.remove_prefix(cut);
    room = 74;
  }
  out.append(line).append("\r\n");
}

}  // namespace

std::string write_calendar(std::string_view name, std::span<const Shift> shifts, Time now) {
  std::string out;
  put_line(out, "BEGIN:VCALENDAR");
  put_line(out, "VERSION:2.0");
  put_line(out, "PRODID:-//Pharos//On-call//EN");
  put_line(out, "CALSCALE:GREGORIAN");
  put_line(out, "X-WR-CALNAME:" + escape(name));
  for (const auto& shift : shifts) {
    std::string users;
    for (const auto& user : shift.users) users += (users.empty() ? "" : ", ") + user;
    const auto begin = stamp_text(shift.during.begin), end = stamp_text(shift.during.end);
    char uid[20];
    std::snprintf(uid, sizeof uid, "%016llx",
                  static_cast<unsigned long long>(
                      codec::hash64(std::string(name) + '\n' + users + '\n' + begin + '\n' + end)));
    put_line(out, "BEGIN:VEVENT");
    put_line(out, "UID:" + std::string(uid) + "@pharos");
    put_line(out, "DTSTAMP:" + stamp_text(now));
    put_line(out, "DTSTART:" + begin);
    put_line(out, "DTEND:" + end);
    put_line(out, "SUMMARY:" + escape(users));
    if (!shift.source.empty()) put_line(out, "DESCRIPTION:" + escape(shift.source));
    put_line(out, "END:VEVENT");
  }
  put_line(out, "END:VCALENDAR");
  return out;
}

}  // namespace pharos::rules::oncall
