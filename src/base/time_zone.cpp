#include "base/time_zone.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

namespace pharos {
namespace {

constexpr std::string_view kZoneFolder = "/usr/share/zoneinfo/";
constexpr std::size_t kFileBytesMax = 1 << 20;
constexpr std::int64_t kDay = 86'400;

std::int64_t days_of(int year, int month, int day) {
  return std::chrono::sys_days{std::chrono::year{year} / month / day}.time_since_epoch().count();
}
std::int64_t seconds_of(const CivilTime& c) {
  return days_of(c.year, c.month, c.day) * kDay + c.hour * 3600 + c.minute * 60 + c.second;
}
CivilTime civil_of(std::int64_t millis) {
  const auto at = std::chrono::sys_time<Millis>{Millis{millis}};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day ymd{day};
  const std::chrono::hh_mm_ss time{at - day};
  return {static_cast<int>(ymd.year()),
          static_cast<int>(static_cast<unsigned>(ymd.month())),
          static_cast<int>(static_cast<unsigned>(ymd.day())),
          static_cast<int>(time.hours().count()),
          static_cast<int>(time.minutes().count()),
          static_cast<int>(time.seconds().count()),
          static_cast<int>(time.subseconds().count())};
}

// When a POSIX rule changes the clock, in local standard or summer time: day of a year and second.
struct RuleDay {
  enum class Kind { month_week, julian, zero_based } kind = Kind::month_week;
  int month = 0, week = 0, day = 0;  // month_week: weekday in `day`
  int second = 2 * 3600;

  std::int64_t local_second(int year) const {
    std::int64_t days = 0;
    switch (kind) {
      case Kind::julian:  // 1..365, 29 February is never counted
        days = days_of(year, 1, 1) + day - 1 + (day >= 60 && days_in_month(year, 2) == 29 ? 1 : 0);
        break;
      case Kind::zero_based: days = days_of(year, 1, 1) + day; break;
      case Kind::month_week: {
        const int first_weekday = CivilTime{year, month, 1}.weekday();
        int date = 1 + (day - first_weekday + 7) % 7 + (week - 1) * 7;
        while (date > days_in_month(year, month)) date -= 7;
        days = days_of(year, month, date);
        break;
      }
    }
    return days * kDay + second;
  }
};

// "CET-1CEST,M3.5.0,M10.5.0/3": what holds after the last transition of the file.
struct PosixRule {
  std::string standard, summer;
  int standard_offset = 0, summer_offset = 0;  // seconds east
  RuleDay begins, ends;
  bool has_summer() const { return !summer.empty(); }

  bool is_summer(std::int64_t utc) const {
    if (!has_summer()) return false;
    const int year = civil_of((utc + standard_offset) * 1000).year;
    const std::int64_t begin = begins.local_second(year) - standard_offset;
    const std::int64_t end = ends.local_second(year) - summer_offset;
    return begin < end ? begin <= utc && utc < end : !(end <= utc && utc < begin);
  }
};

struct RuleReader {
  std::string_view text;
  bool failed = false;

  bool eat(char c) {
    if (text.empty() || text.front() != c) return false;
    text.remove_prefix(1);
    return true;
  }
  std::string name() {
    std::string out;
    if (eat('<')) {
      while (!text.empty() && text.front() != '>') out += text.front(), text.remove_prefix(1);
      failed |= !eat('>');
    } else {
      while (!text.empty() && std::isalpha(static_cast<unsigned char>(text.front())))
        out += text.front(), text.remove_prefix(1);
    }
    failed |= out.empty();
    return out;
  }
  int number() {
    int n = 0, digits = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9' && digits < 4)
      n = n * 10 + (text.front() - '0'), text.remove_prefix(1), ++digits;
    failed |= digits == 0;
    return n;
  }
  int time() {  // [+-]h[h[h]][:mm[:ss]]
    const bool negative = eat('-');
    if (!negative) eat('+');
    int seconds = number() * 3600;
    if (eat(':')) seconds += number() * 60;
    if (eat(':')) seconds += number();
    return negative ? -seconds : seconds;
  }
  RuleDay day() {
    RuleDay out;
    if (eat('M')) {
      out.month = number();
      failed |= !eat('.');
      out.week = number();
      failed |= !eat('.');
      out.day = number();
      failed |= out.month < 1 || out.month > 12 || out.week < 1 || out.week > 5 || out.day > 6;
    } else if (eat('J')) {
      out.kind = RuleDay::Kind::julian;
      out.day = number();
      failed |= out.day < 1 || out.day > 365;
    } else {
      out.kind = RuleDay::Kind::zero_based;
      out.day = number();
      failed |= out.day > 365;
    }
    if (eat('/')) out.second = time();
    return out;
  }
};

std::optional<PosixRule> parse_posix_rule(std::string_view text) {
  RuleReader in{text};
  PosixRule rule;
  rule.standard = in.name();
  rule.standard_offset = -in.time();
  if (!in.failed && !in.text.empty()) {
    rule.summer = in.name();
    rule.summer_offset = rule.standard_offset + 3600;
    if (!in.text.empty() && in.text.front() != ',') rule.summer_offset = -in.time();
    if (!in.eat(',')) return std::nullopt;
    rule.begins = in.day();
    if (!in.eat(',')) return std::nullopt;
    rule.ends = in.day();
  }
  if (in.failed || !in.text.empty()) return std::nullopt;
  return rule;
}

// Big-endian fields of the file, bounds checked.
struct FileReader {
  std::string_view bytes;
  std::size_t at = 0;
  bool failed = false;

  std::uint64_t take(int count) {
    if (bytes.size() - at < static_cast<std::size_t>(count)) {
      failed = true;
      return 0;
    }
    std::uint64_t n = 0;
    for (int i = 0; i < count; ++i) n = n << 8 | static_cast<unsigned char>(bytes[at++]);
    return n;
  }
  void skip(std::uint64_t count) {
    if (count > bytes.size() - at)
      failed = true;
    else
      at += count;
  }
};

std::optional<std::string> read_file(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return std::nullopt;
  std::string out(kFileBytesMax, '\0');
  out.resize(std::fread(out.data(), 1, out.size(), file));
  std::fclose(file);
  return out;
}

}  // namespace

int days_in_month(int year, int month) {
  return static_cast<int>(
      static_cast<unsigned>((std::chrono::year{year} / month / std::chrono::last).day()));
}
int CivilTime::weekday() const {
  return static_cast<int>(((days_of(year, month, day) + 4) % 7 + 7) % 7);
}
CivilTime CivilTime::plus_days(int days) const {
  CivilTime moved = civil_of((days_of(year, month, day) + days) * kDay * 1000);
  moved.hour = hour;
  moved.minute = minute;
  moved.second = second;
  moved.millis = millis;
  return moved;
}

struct TimeZone::Rules {
  struct Kind {
    std::int32_t offset = 0;
    std::string abbreviation;
  };
  std::string name = "UTC";
  std::vector<std::int64_t> transitions;  // Unix seconds, ascending
  std::vector<std::uint8_t> kind_after;   // one per transition
  std::vector<Kind> kinds{{0, "UTC"}};
  std::uint8_t kind_before = 0;
  std::optional<PosixRule> tail;

  // Offset and abbreviation in force at a Unix second.
  std::pair<std::int32_t, std::string_view> at(std::int64_t second) const {
    const auto after = std::upper_bound(transitions.begin(), transitions.end(), second);
    if (after == transitions.end() && tail) {
      return tail->is_summer(second)
                 ? std::pair{tail->summer_offset, std::string_view(tail->summer)}
                 : std::pair{tail->standard_offset, std::string_view(tail->standard)};
    }
    const auto& kind =
        after == transitions.begin()
            ? kinds[kind_before]
            : kinds[kind_after[static_cast<std::size_t>(after - transitions.begin()) - 1]];
    return {kind.offset, kind.abbreviation};
  }
};

TimeZone::TimeZone() {
  static const auto utc = std::make_shared<const Rules>();
  rules_ = utc;
}
const std::string& TimeZone::name() const {
  return rules_->name;
}

std::int32_t TimeZone::offset_seconds(Time t) const {
  return rules_->at(std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count()).first;
}
std::string TimeZone::abbreviation(Time t) const {
  return std::string(
      rules_->at(std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count()).second);
}
CivilTime TimeZone::local(Time t) const {
  return civil_of(to_unix_millis(t) + std::int64_t{offset_seconds(t)} * 1000);
}
Time TimeZone::instant(const CivilTime& local) const {
  const std::int64_t wall = seconds_of(local);
  const auto result = [&](std::int64_t offset) {
    return Time{Millis{(wall - offset) * 1000 + local.millis}};
  };
  // Offsets never reach a day: those in force a day before and after are the only candidates.
  const std::int64_t before = rules_->at(wall - kDay).first, after = rules_->at(wall + kDay).first;
  const bool fits_before = rules_->at(wall - before).first == before;
  const bool fits_after = rules_->at(wall - after).first == after;
  if (fits_before && fits_after) return std::min(result(before), result(after));
  if (fits_after) return result(after);
  return result(before);  // also in a gap: the offset before it moves the reading forward
}

Result<TimeZone> TimeZone::parse(std::string_view bytes, std::string name) {
  const auto damaged = [&](std::string_view what) {
    return fail(Errc::corrupt, "time zone " + name + ": " + std::string(what));
  };
  FileReader in{bytes};
  auto rules = std::make_shared<Rules>();
  rules->name = name;
  int time_bytes = 4;
  for (bool second_block = false;; second_block = true) {
    if (!bytes.substr(in.at).starts_with("TZif")) return damaged("not a TZif file");
    in.skip(4);
    const auto version = in.take(1);
    in.skip(15);
    const auto is_utc = in.take(4), is_standard = in.take(4), leaps = in.take(4);
    const auto times = in.take(4), types = in.take(4), characters = in.take(4);
    if (in.failed || types == 0 || types > 256 || times > bytes.size() || characters > 4096)
      return damaged("counts out of range");
    if (version >= '2' && !second_block) {  // 32-bit data first, for old readers
      in.skip(times * 5 + types * 6 + characters + leaps * 8 + is_standard + is_utc);
      if (in.failed) return damaged("cut short");
      time_bytes = 8;
      continue;
    }
    for (std::uint64_t i = 0; i < times; ++i) {
      const auto raw = in.take(time_bytes);
      rules->transitions.push_back(
          time_bytes == 8 ? static_cast<std::int64_t>(raw)
                          : static_cast<std::int32_t>(static_cast<std::uint32_t>(raw)));
    }
    for (std::uint64_t i = 0; i < times; ++i) {
      rules->kind_after.push_back(static_cast<std::uint8_t>(in.take(1)));
      if (rules->kind_after.back() >= types) return damaged("a transition names no type");
    }
    std::vector<std::uint8_t> names;
    rules->kinds.clear();
    for (std::uint64_t i = 0; i < types; ++i) {
      rules->kinds.push_back(
          {static_cast<std::int32_t>(static_cast<std::uint32_t>(in.take(4))), {}});
      in.skip(1);  // summer time or not: the abbreviation says it
      names.push_back(static_cast<std::uint8_t>(in.take(1)));
      if (const std::int64_t offset = rules->kinds.back().offset; offset <= -kDay || offset >= kDay)
        return damaged("an offset of a day or more");
    }
    if (in.failed || characters > bytes.size() - in.at) return damaged("cut short");
    const auto text = bytes.substr(in.at, characters);
    for (std::size_t i = 0; i < names.size(); ++i)
      if (names[i] < text.size()) {
        const auto name_text = text.substr(names[i]);
        rules->kinds[i].abbreviation = name_text.substr(0, name_text.find('\0'));
      }
    in.skip(characters + leaps * (static_cast<std::uint64_t>(time_bytes) + 4) + is_standard +
            is_utc);
    if (in.failed) return damaged("cut short");
    if (!std::is_sorted(rules->transitions.begin(), rules->transitions.end()))
      return damaged("transitions out of order");
    if (version >= '2') {
      auto footer = bytes.substr(in.at);
      if (footer.starts_with('\n')) footer.remove_prefix(1);
      footer = footer.substr(0, footer.find('\n'));
      if (!footer.empty()) {
        rules->tail = parse_posix_rule(footer);
        if (!rules->tail) return damaged("its rule '" + std::string(footer) + "' does not parse");
      }
    }
    return TimeZone(std::move(rules));
  }
}

Result<TimeZone> TimeZone::find(std::string_view name) {
  if (name.empty() || name == "UTC") return TimeZone();
  static std::mutex mutex;
  static std::map<std::string, TimeZone, std::less<>> known;  // guarded by mutex
  const std::lock_guard lock(mutex);
  if (const auto found = known.find(name); found != known.end()) return found->second;
  const bool plain = std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) || c == '/' || c == '_' || c == '-' || c == '+';
  });
  if (!plain || name.front() == '/')
    return fail(Errc::not_found, "unknown time zone " + std::string(name));
  const auto path = name == "Local" ? std::string("/etc/localtime")
                                    : std::string(kZoneFolder) + std::string(name);
  const auto bytes = read_file(path);
  if (!bytes || bytes->empty()) {
    if (name == "Local") return TimeZone();  // a machine without the file lives in UTC
    return fail(Errc::not_found, "unknown time zone " + std::string(name) + " (no " + path + ")");
  }
  auto zone = TRY(parse(*bytes, std::string(name)));
  known.emplace(std::string(name), zone);
  return zone;
}

}  // namespace pharos
