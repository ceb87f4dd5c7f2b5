// Numbers, times and printf as Go writes them.
#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>

#include "model/labels.hpp"
#include "rules/template_functions.hpp"

namespace pharos::rules::detail {
namespace {

std::string special(double v) {
  return std::isnan(v) ? "NaN" : v > 0 ? "+Inf" : "-Inf";
}

// %.4g
std::string four_digits(double v) {
  if (!std::isfinite(v)) return special(v);
  char buffer[48];
  std::snprintf(buffer, sizeof buffer, "%.4g", v);
  return buffer;
}

std::string scaled(double v, double step, std::span<const std::string_view> up) {
  std::string_view prefix;
  for (const auto p : up) {
    if (std::abs(v) < step) break;
    prefix = p;
    v /= step;
  }
  return four_digits(v) + std::string(prefix);
}

constexpr std::array<std::string_view, 8> kUp{"k", "M", "G", "T", "P", "E", "Z", "Y"};
constexpr std::array<std::string_view, 8> kUp1024{"ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"};
constexpr std::array<std::string_view, 8> kDown{"m", "u", "n", "p", "f", "a", "z", "y"};

std::string scaled_down(double v) {
  std::string_view prefix;
  for (const auto p : kDown) {
    if (std::abs(v) >= 1) break;
    prefix = p;
    v *= 1000;
  }
  return four_digits(v) + std::string(prefix);
}

}  // namespace

std::string query_escape(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto b = static_cast<unsigned char>(c);
    if (std::isalnum(b) != 0 || c == '-' || c == '_' || c == '.' || c == '~')
      out += c;
    else if (c == ' ')
      out += '+';
    else
      ((out += '%') += kHex[b >> 4]) += kHex[b & 15];
  }
  return out;
}

std::string humanize(double v) {
  if (v == 0 || !std::isfinite(v)) return four_digits(v);
  return std::abs(v) >= 1 ? scaled(v, 1000, kUp) : scaled_down(v);
}

std::string humanize_1024(double v) {
  if (std::abs(v) <= 1 || !std::isfinite(v)) return four_digits(v);
  return scaled(v, 1024, kUp1024);
}

std::string humanize_duration(double v) {
  if (!std::isfinite(v)) return special(v);
  if (v == 0) return "0s";
  if (std::abs(v) < 1) return scaled_down(v) + "s";
  const std::string sign = v < 0 ? "-" : "";
  v = std::abs(v);
  if (v >= 9.2e18) return sign + four_digits(v) + "s";
  const auto whole = static_cast<std::int64_t>(v);
  const auto seconds = std::to_string(whole % 60) + "s",
             minutes = std::to_string(whole / 60 % 60) + "m ",
             hours = std::to_string(whole / 3600 % 24) + "h ",
             days = std::to_string(whole / 86400) + "d ";
  if (whole >= 86400) return sign + days + hours + minutes + seconds;
  if (whole >= 3600) return sign + hours + minutes + seconds;
  if (whole >= 60) return sign + minutes + seconds;
  return sign + four_digits(v) + "s";
}

std::string humanize_percentage(double v) {
  return four_digits(v * 100) + "%";
}

Result<std::string> humanize_timestamp(double v) {
  if (!std::isfinite(v)) return special(v);
  if (std::abs(v) > 9.2e9)
    return fail(Errc::invalid,
                "value " + print_real(v) + " is not a timestamp within the years 1678 to 2262");
  return TemplateValue::time(from_unix_millis(static_cast<UnixMillis>(std::floor(v * 1000 + 0.5))))
      .print();
}

namespace {

constexpr std::array<std::string_view, 12> kMonths{"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kDays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                "Thursday", "Friday", "Saturday"};

std::string digits(std::int64_t n, std::size_t width, char fill = '0') {
  std::string text = std::to_string(n);
  if (text.size() < width) text.insert(0, width - text.size(), fill);
  return text;
}

// "+05:30", with `z` "Z" for none.
std::string zone_offset(std::int32_t seconds, bool z, std::string_view separator, bool minutes) {
  if (z && seconds == 0) return "Z";
  const auto total = (seconds < 0 ? -seconds : seconds) / 60;
  return (seconds < 0 ? "-" : "+") + digits(total / 60, 2) +
         (minutes ? std::string(separator) + digits(total % 60, 2) : "");
}

// ".000" or ".999": a point or comma and a run of one digit that no other digit follows. 0: none.
std::size_t fraction_length(std::string_view layout) {
  if (layout.size() < 2 || (layout[0] != '.' && layout[0] != ',')) return 0;
  if (layout[1] != '0' && layout[1] != '9') return 0;
  std::size_t n = 1;
  while (n < layout.size() && layout[n] == layout[1]) ++n;
  const bool digit_follows = n < layout.size() && layout[n] >= '0' && layout[n] <= '9';
  return digit_follows ? 0 : n;
}

std::string fraction_text(std::string_view part, std::int64_t millis) {
  std::string all = digits(millis, 3) + "000000";
  all.resize(part.size() - 1, '0');
  if (part[1] == '9') {
    while (!all.empty() && all.back() == '0') all.pop_back();
    if (all.empty()) return {};
  }
  return part[0] + all;
}

}  // namespace

std::string format_layout(Time t, std::string_view layout, const TimeZone* zone) {
  const std::int32_t offset = zone == nullptr ? 0 : zone->offset_seconds(t);
  const Time local = t + std::chrono::seconds(offset);
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{local - day};
  const auto month = static_cast<unsigned>(date.month()), mday = static_cast<unsigned>(date.day());
  const auto year = static_cast<int>(date.year());
  const auto hour = clock.hours().count(), minute = clock.minutes().count(),
             second = clock.seconds().count();
  const auto year_day = (day - std::chrono::sys_days(date.year() / 1 / 1)).count() + 1;
  const auto hour12 = hour % 12 == 0 ? 12 : hour % 12;
  const std::string_view month_name = kMonths[month - 1],
                         day_name = kDays[std::chrono::weekday{day}.c_encoding()];
  // Longer keys stand before their beginnings.
  const std::array<std::pair<std::string_view, std::string>, 31> parts{{
      {"January", std::string(month_name)},
      {"Jan", std::string(month_name.substr(0, 3))},
      {"Monday", std::string(day_name)},
      {"Mon", std::string(day_name.substr(0, 3))},
      {"MST", zone == nullptr ? "UTC" : zone->abbreviation(t)},
      {"2006", digits(year, 4)},
      {"-07:00", zone_offset(offset, false, ":", true)},
      {"-0700", zone_offset(offset, false, "", true)},
      {"-07", zone_offset(offset, false, "", false)},
      {"Z07:00", zone_offset(offset, true, ":", true)},
      {"Z0700", zone_offset(offset, true, "", true)},
      {"Z07", zone_offset(offset, true, "", false)},
      {"002", digits(year_day, 3)},
      {"__2", digits(year_day, 3, ' ')},
      {"01", digits(month, 2)},
      {"02", digits(mday, 2)},
      {"03", digits(hour12, 2)},
      {"04", digits(minute, 2)},
      {"05", digits(second, 2)},
      {"06", digits(year % 100, 2)},
      {"15", digits(hour, 2)},
      {"PM", hour < 12 ? "AM" : "PM"},
      {"pm", hour < 12 ? "am" : "pm"},
      {"_2006", "_" + digits(year, 4)},
      {"_2", digits(mday, 2, ' ')},
      {"1", std::to_string(month)},
      {"2", std::to_string(mday)},
      {"3", std::to_string(hour12)},
      {"4", std::to_string(minute)},
      {"5", std::to_string(second)},
  }};
  std::string out;
  for (std::size_t i = 0; i < layout.size();) {
    const auto rest = layout.substr(i);
    if (const auto n = fraction_length(rest); n > 0) {
      out += fraction_text(rest.substr(0, n), clock.subseconds().count());
      i += n;
      continue;
    }
    const auto part = std::ranges::find_if(parts, [&](const auto& entry) {
      return !entry.first.empty() && rest.starts_with(entry.first);
    });
    if (part == parts.end()) {
      out += layout[i++];
      continue;
    }
    out += part->second;
    i += part->first.size();
  }
  return out;
}

namespace {

struct Verb {
  std::string flags;  // of "+-# 0"
  int width = -1, precision = -1;
  char letter = 'v';
};

std::string pad(std::string text, const Verb& verb, bool numeric) {
  if (verb.width < 0) return text;
  std::size_t glyphs = 0;
  for (const char c : text) glyphs += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  const auto width = static_cast<std::size_t>(verb.width);
  if (glyphs >= width) return text;
  if (verb.flags.find('-') != std::string::npos) return text + std::string(width - glyphs, ' ');
  if (numeric && verb.flags.find('0') != std::string::npos) {
    const std::size_t sign = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    text.insert(sign, width - glyphs, '0');
    return text;
  }
  return std::string(width - glyphs, ' ') + text;
}

std::string real_text(double v, const Verb& verb) {
  const bool plus = verb.flags.find('+') != std::string::npos;
  if (!std::isfinite(v)) return std::isnan(v) ? "NaN" : v > 0 ? "+Inf" : "-Inf";
  if (verb.precision < 0 && (verb.letter == 'v' || verb.letter == 'g' || verb.letter == 'G'))
    return (plus && v >= 0 ? "+" : "") + print_real(v);
  const std::string format = std::string("%") + (plus ? "+" : "") + ".*" +
                             (verb.letter == 'v'   ? 'g'
                              : verb.letter == 'F' ? 'f'
                                                   : verb.letter);
  char buffer[512];
  const int precision = verb.precision < 0 ? 6 : std::min(verb.precision, 100);
  const int n = std::snprintf(buffer, sizeof buffer, format.c_str(), precision, v);
  return std::string(buffer, static_cast<std::size_t>(std::min<int>(n, sizeof buffer - 1)));
}

std::string integer_text(std::int64_t n, const Verb& verb) {
  const int base = verb.letter == 'x' || verb.letter == 'X' ? 16
                   : verb.letter == 'o'                     ? 8
                   : verb.letter == 'b'                     ? 2
                                                            : 10;
  std::string digits;
  std::uint64_t v = n < 0 ? 0 - static_cast<std::uint64_t>(n) : static_cast<std::uint64_t>(n);
  do {
    digits.insert(digits.begin(),
                  (verb.letter == 'X' ? "0123456789ABCDEF"
                                      : "0123456789abcdef")[v % static_cast<unsigned>(base)]);
    v /= static_cast<unsigned>(base);
  } while (v != 0);
  if (n < 0) return "-" + digits;
  return (verb.flags.find('+') != std::string::npos ? "+" : "") + digits;
}

std::string hex_text(std::string_view text, bool upper) {
  std::string out;
  const char* kHex = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  for (const char c : text)
    (out += kHex[static_cast<unsigned char>(c) >> 4]) += kHex[static_cast<unsigned char>(c) & 15];
  return out;
}

std::string argument_text(const TemplateValue& value, const Verb& verb) {
  using K = TemplateValue::Kind;
  const char c = verb.letter;
  const auto is = [&](std::string_view letters) { return letters.find(c) != letters.npos; };
  switch (value.kind()) {
    case K::real:
      if (is("vgGeEfF"))
        return pad(real_text(value.as_real(), verb), verb, std::isfinite(value.as_real()));
      break;
    case K::integer:
      if (is("vdxXob")) return pad(integer_text(value.as_integer(), verb), verb, true);
      if (c == 'c' && value.as_integer() >= 0 && value.as_integer() < 128)
        return pad(std::string(1, static_cast<char>(value.as_integer())), verb, false);
      break;
    case K::boolean:
      if (is("vt")) return pad(value.print(), verb, false);
      break;
    case K::text: {
      std::string text = value.as_string();
      if (verb.precision >= 0 && is("vsq"))
        text = text.substr(0, static_cast<std::size_t>(verb.precision));
      if (is("vs")) return pad(text, verb, false);
      if (c == 'q') return pad(go_quote(text), verb, false);
      if (is("xX")) return pad(hex_text(text, c == 'X'), verb, false);
      break;
    }
    case K::list: {
      if (is("vs")) return pad(value.print(), verb, false);
      std::string out = "[";
      for (std::size_t i = 0; i < value.items().size(); ++i)
        out += (i == 0 ? "" : " ") + argument_text(value.items()[i], verb);
      return out + "]";
    }
    case K::nil: return c == 'v' ? "<nil>" : "%!" + std::string(1, c) + "(<nil>)";
    default:
      if (is("vs")) return pad(value.print(), verb, false);
      break;
  }
  return "%!" + std::string(1, c) + "(" + value.type_name() + "=" + value.print() + ")";
}

}  // namespace

std::string format_printf(std::string_view format, std::span<const TemplateValue> arguments) {
  constexpr int kWidthMax = 1000;
  std::string out;
  std::size_t next = 0;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      out += format[i];
      continue;
    }
    Verb verb;
    const auto number = [&](int& into) {
      if (i < format.size() && format[i] == '*') {
        ++i;
        if (next < arguments.size() && arguments[next].kind() == TemplateValue::Kind::integer)
          into = static_cast<int>(
              std::clamp<std::int64_t>(arguments[next].as_integer(), 0, kWidthMax));
        ++next;
        return;
      }
      for (; i < format.size() && format[i] >= '0' && format[i] <= '9'; ++i)
        into = std::min(kWidthMax, std::max(into, 0) * 10 + (format[i] - '0'));
    };
    for (++i;
         i < format.size() && std::string_view("+-# 0").find(format[i]) != std::string_view::npos;
         ++i)
      verb.flags += format[i];
    number(verb.width);
    if (i < format.size() && format[i] == '.') {
      ++i;
      verb.precision = 0;
      number(verb.precision);
    }
    if (i >= format.size()) {
      out += "%!(NOVERB)";
      break;
    }
    verb.letter = format[i];
    if (verb.letter == '%') {
      out += '%';
    } else if (next >= arguments.size()) {
      out += "%!" + std::string(1, verb.letter) + "(MISSING)";
      ++next;
    } else {
      out += argument_text(arguments[next++], verb);
    }
  }
  if (next < arguments.size()) {
    out += "%!(EXTRA ";
    for (std::size_t i = next; i < arguments.size(); ++i)
      out += (i == next ? "" : ", ") + arguments[i].type_name() + "=" + arguments[i].print();
    out += ')';
  }
  return out;
}

}  // namespace pharos::rules::detail
