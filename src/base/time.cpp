#include "base/time.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>

#include "base/quoted.hpp"

namespace pharos {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t millis;
  bool exact_only;  // written only when nothing remains: "90m" is 1h30m, but 8 days are not "1w1d"
};
constexpr std::array<Unit, 7> kUnits{{{"y", 365ull * 24 * 3600 * 1000, true},
                                      {"w", 7ull * 24 * 3600 * 1000, true},
                                      {"d", 24ull * 3600 * 1000, false},
                                      {"h", 3600ull * 1000, false},
                                      {"m", 60ull * 1000, false},
                                      {"s", 1000, false},
                                      {"ms", 1, false}}};

// Prometheus holds durations in nanoseconds, in 63 bits.
constexpr std::uint64_t kMillisMax =
    static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / 1'000'000;

bool digit(char c) {
  return c >= '0' && c <= '9';
}

// Fixed-width decimal number at `at`; -1 when there is none.
int number(std::string_view text, std::size_t at, std::size_t width) {
  if (at + width > text.size()) return -1;
  int v = 0;
  for (std::size_t i = at; i < at + width; ++i) {
    if (!digit(text[i])) return -1;
    v = v * 10 + (text[i] - '0');
  }
  return v;
}

std::optional<Time> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  // 2006-01-02T15:04:05[.fraction](Z|±07:00)
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
      text[16] != ':')
    return {};
  const int y = number(text, 0, 4), mo = number(text, 5, 2), d = number(text, 8, 2);
  const int h = number(text, 11, 2), mi = number(text, 14, 2), s = number(text, 17, 2);
  if (y < 0 || mo < 0 || d < 0 || h < 0 || h > 23 || mi < 0 || mi > 59 || s < 0 || s > 59)
    return {};
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)},
                            day{static_cast<unsigned>(d)}};
  if (!date.ok()) return {};
  std::int64_t t =
      sys_days{date}.time_since_epoch().count() * 86'400'000ll + ((h * 60 + mi) * 60ll + s) * 1000;
  std::size_t at = 19;
  if (text[at] == '.' || text[at] == ',') {
    const auto begin = ++at;
    int scale = 100;
    for (; at < text.size() && digit(text[at]); ++at, scale /= 10) t += (text[at] - '0') * scale;
    if (at == begin) return {};
  }
  if (at >= text.size()) return {};
  if (text[at] == 'Z')
    return at + 1 == text.size() ? std::optional(from_unix_millis(t)) : std::nullopt;
  if ((text[at] != '+' && text[at] != '-') || text.size() != at + 6 || text[at + 3] != ':')
    return {};
  const int oh = number(text, at + 1, 2), om = number(text, at + 4, 2);
  if (oh < 0 || oh > 23 || om < 0 || om > 59) return {};
  const std::int64_t shift = (oh * 60 + om) * 60'000ll;
  return from_unix_millis(text[at] == '+' ? t - shift : t + shift);
}

}  // namespace

Result<Millis> parse_duration(std::string_view text) {
  if (text == "0") return Millis{0};
  if (text.empty()) return fail(Errc::invalid, "empty duration string");
  const auto bad = [&] {
    return fail(Errc::invalid, "not a valid duration string: " + quoted(text));
  };
  std::uint64_t total = 0;
  std::size_t unit_min = 0;
  for (auto rest = text; !rest.empty();) {
    std::size_t n = 0;
    while (n < rest.size() && digit(rest[n])) ++n;
    std::uint64_t v = 0;
    if (n == 0 || std::from_chars(rest.data(), rest.data() + n, v).ec != std::errc{}) return bad();
    rest.remove_prefix(n);
    std::size_t m = 0;
    while (m < rest.size() && !digit(rest[m])) ++m;
    if (m == 0) return bad();
    const auto word = rest.substr(0, m);
    rest.remove_prefix(m);
    std::size_t unit = 0;
    while (unit < kUnits.size() && kUnits[unit].name != word) ++unit;
    if (unit == kUnits.size())
      return fail(Errc::invalid, "unknown unit " + quoted(word) + " in duration " + quoted(text));
    if (unit < unit_min) return bad();
    unit_min = unit + 1;
    if (v > kMillisMax / kUnits[unit].millis) return fail(Errc::invalid, "duration out of range");
    total += v * kUnits[unit].millis;
    if (total > kMillisMax) return fail(Errc::invalid, "duration out of range");
  }
  return Millis{static_cast<std::int64_t>(total)};
}

std::string format_duration(Millis duration) {
  auto ms = duration.count();
  if (ms == 0) return "0s";
  std::string out;
  // Negating in unsigned arithmetic is defined for the smallest number too.
  auto left = ms < 0 ? 0 - static_cast<std::uint64_t>(ms) : static_cast<std::uint64_t>(ms);
  if (ms < 0) out += '-';
  for (const auto& unit : kUnits) {
    if (unit.exact_only && left % unit.millis != 0) continue;
    if (const auto v = left / unit.millis; v > 0) {
      out += std::to_string(v);
      out += unit.name;
      left -= v * unit.millis;
    }
  }
  return out;
}

Result<Time> parse_time(std::string_view text) {
  double seconds = 0;
  const auto digits = text.starts_with('+') ? text.substr(1) : text;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  if (error == std::errc{} && end == digits.data() + digits.size() && !digits.empty()) {
    // Rounded to the millisecond; 9e15 s keeps the product inside 63 bits.
    if (std::isfinite(seconds) && std::abs(seconds) < 9e15) {
      const double whole = std::trunc(seconds);
      return from_unix_millis(static_cast<std::int64_t>(whole) * 1000 +
                              static_cast<std::int64_t>(std::round((seconds - whole) * 1000)));
    }
  } else if (const auto t = parse_rfc3339(text)) {
    return *t;
  }
  return fail(Errc::invalid, "cannot parse " + quoted(text) + " to a valid timestamp");
}

std::string format_time(Time t) {
  using namespace std::chrono;
  const auto days = floor<std::chrono::days>(t);
  const year_month_day date{days};
  const auto ms = (t - days).count();
  char out[64];
  const int n = std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                              static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                              static_cast<unsigned>(date.day()), static_cast<int>(ms / 3'600'000),
                              static_cast<int>(ms / 60'000 % 60), static_cast<int>(ms / 1000 % 60),
                              static_cast<int>(ms % 1000));
  return {out, static_cast<std::size_t>(n)};
}

}  // namespace pharos
