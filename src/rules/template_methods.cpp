// The methods that Go gives the values of templates: times, durations, and Alertmanager's label
// maps, pairs and alerts.
#include <algorithm>

#include "rules/template_functions.hpp"

namespace pharos::rules::detail {
namespace {

using V = TemplateValue;
using K = TemplateValue::Kind;
using Arguments = std::span<const TemplateValue>;
using Found = Result<std::optional<TemplateValue>>;

std::unexpected<Error> wrong(std::string what) {
  return fail(Errc::invalid, std::move(what));
}
Status count(Arguments a, std::size_t n, std::string_view name) {
  if (a.size() == n) return {};
  return wrong("wrong number of args for " + std::string(name) + ": want " + std::to_string(n) +
               " got " + std::to_string(a.size()));
}
Status expect(const V& v, K kind, std::string_view type) {
  if (v.kind() == kind) return {};
  return wrong("wrong type for value; expected " + std::string(type) + "; got " + v.type_name());
}

V same_zone(const V& like, Time t) {
  return like.zone() == nullptr ? V::time(t) : V::time(t, *like.zone());
}

// Go's durations end at 292 years.
Nanos clamped_nanos(Millis span) {
  constexpr Millis kMost{INT64_MAX / 1'000'000};
  if (span > kMost) return Nanos{INT64_MAX};
  if (span < -kMost) return Nanos{INT64_MIN};
  return std::chrono::duration_cast<Nanos>(span);
}

constexpr Time kGoZero = from_unix_millis(-62135596800000);  // 0001-01-01

Found time_method(const V& v, std::string_view name, Arguments a) {
  const Time t = v.as_time();
  if (name == "Format") {
    TRY(count(a, 1, name));
    TRY(expect(a[0], K::text, "string"));
    return V::string(format_layout(t, a[0].as_string(), v.zone()));
  }
  if (name == "Sub" || name == "Before" || name == "After" || name == "Equal") {
    TRY(count(a, 1, name));
    TRY(expect(a[0], K::time, "time.Time"));
    if (name == "Sub") return V::duration(clamped_nanos(t - a[0].as_time()));
    return V::boolean(name == "Before"  ? t < a[0].as_time()
                      : name == "After" ? t > a[0].as_time()
                                        : t == a[0].as_time());
  }
  if (name == "Add") {
    TRY(count(a, 1, name));
    TRY(expect(a[0], K::duration, "time.Duration"));
    return same_zone(v, t + std::chrono::duration_cast<Millis>(a[0].as_duration()));
  }
  if (!a.empty()) return std::nullopt;
  if (name == "Unix")
    return V::integer(std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count());
  if (name == "UnixMilli") return V::integer(to_unix_millis(t));
  if (name == "UnixNano")  // wraps around far from 1970, as Go's does
    return V::integer(
        static_cast<std::int64_t>(static_cast<std::uint64_t>(to_unix_millis(t)) * 1'000'000u));
  if (name == "UTC") return V::time(t);
  if (name == "IsZero") return V::boolean(t == kGoZero);
  if (name == "String") return V::string(v.print());
  const Time local =
      t + std::chrono::seconds(v.zone() == nullptr ? 0 : v.zone()->offset_seconds(t));
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{local - day};
  if (name == "Year") return V::integer(static_cast<int>(date.year()));
  if (name == "Month") return V::string(format_layout(t, "January", v.zone()));
  if (name == "Weekday") return V::string(format_layout(t, "Monday", v.zone()));
  if (name == "Day") return V::integer(static_cast<unsigned>(date.day()));
  if (name == "YearDay")
    return V::integer((day - std::chrono::sys_days(date.year() / 1 / 1)).count() + 1);
  if (name == "Hour") return V::integer(clock.hours().count());
  if (name == "Minute") return V::integer(clock.minutes().count());
  if (name == "Second") return V::integer(clock.seconds().count());
  if (name == "Nanosecond") return V::integer(clock.subseconds().count() * 1'000'000);
  return std::nullopt;
}

Found duration_method(const V& v, std::string_view name, Arguments a) {
  const std::int64_t n = v.as_duration().count();
  if (name == "Round" || name == "Truncate") {
    TRY(count(a, 1, name));
    TRY(expect(a[0], K::duration, "time.Duration"));
    const std::int64_t step = a[0].as_duration().count();
    if (step <= 0) return v;
    const std::int64_t rest = n % step;
    if (name == "Truncate") return V::duration(Nanos{n - rest});
    if (n < 0) return V::duration(Nanos{-rest + -rest < step ? n - rest : n - rest - step});
    return V::duration(Nanos{rest + rest < step ? n - rest : n - rest + step});
  }
  if (!a.empty()) return std::nullopt;
  const auto real = static_cast<double>(n);
  if (name == "Hours") return V::real(real / 3.6e12);
  if (name == "Minutes") return V::real(real / 6e10);
  if (name == "Seconds") return V::real(real / 1e9);
  if (name == "Milliseconds") return V::integer(n / 1'000'000);
  if (name == "Microseconds") return V::integer(n / 1000);
  if (name == "Nanoseconds") return V::integer(n);
  if (name == "Abs") return V::duration(Nanos{n < 0 ? -n : n});
  if (name == "String") return V::string(v.print());
  return std::nullopt;
}

// Names and values, alertname first, then by name.
std::vector<std::pair<std::string, V>> sorted_pairs(const V& kv) {
  std::vector<std::pair<std::string, V>> pairs(kv.members().members.begin(),
                                               kv.members().members.end());
  const auto name = std::ranges::find(pairs, "alertname", &std::pair<std::string, V>::first);
  if (name != pairs.end()) std::rotate(pairs.begin(), name, name + 1);
  return pairs;
}
V pair(std::string name, V value) {
  V::Map map{.order = {"Name", "Value"}, .is_struct = true, .type = "template.Pair"};
  map.members.emplace("Name", V::string(std::move(name)));
  map.members.emplace("Value", std::move(value));
  return V::map(std::move(map));
}

Found kv_method(const V& v, std::string_view name, Arguments a) {
  if (name == "Remove") {
    TRY(count(a, 1, name));
    if (a[0].kind() != K::list || a[0].type_name() != "[]string")
      return wrong("wrong type for value; expected []string; got " + a[0].type_name());
    V::Map map{.of_strings = true, .type = "template.KV"};
    for (const auto& [key, value] : v.members().members) {
      const bool removed =
          std::ranges::any_of(a[0].items(), [&](const V& item) { return item.as_string() == key; });
      if (!removed) map.members.emplace(key, value);
    }
    return V::map(std::move(map));
  }
  if (!a.empty()) return std::nullopt;
  V::List items;
  if (name == "SortedPairs") {
    for (auto& [key, value] : sorted_pairs(v)) items.push_back(pair(key, std::move(value)));
    return V::list(std::move(items), "template.Pairs");
  }
  if (name == "Names" || name == "Values") {
    for (auto& [key, value] : sorted_pairs(v))
      items.push_back(name == "Names" ? V::string(key) : std::move(value));
    return V::list(std::move(items), "[]string");
  }
  if (name == "String") return V::string(v.print());
  return std::nullopt;
}

Found pairs_method(const V& v, std::string_view name, Arguments a) {
  if (!a.empty()) return std::nullopt;
  if (name == "String") return V::string(v.print());
  if (name != "Names" && name != "Values") return std::nullopt;
  V::List items;
  for (const auto& item : v.items())
    items.push_back(item.members().members.at(name == "Names" ? "Name" : "Value"));
  return V::list(std::move(items), "[]string");
}

Found alerts_method(const V& v, std::string_view name, Arguments a) {
  if (!a.empty() || (name != "Firing" && name != "Resolved")) return std::nullopt;
  V::List items;
  for (const auto& alert : v.items())
    if (alert.members().members.at("Status").as_string() ==
        (name == "Firing" ? "firing" : "resolved"))
      items.push_back(alert);
  return V::list(std::move(items), "[]template.Alert");
}

}  // namespace

Result<std::optional<TemplateValue>> call_method(const TemplateValue& receiver,
                                                 std::string_view name, Arguments arguments) {
  switch (receiver.kind()) {
    case K::time: return time_method(receiver, name, arguments);
    case K::duration: return duration_method(receiver, name, arguments);
    case K::map:
      if (receiver.members().type == "template.KV") return kv_method(receiver, name, arguments);
      return std::nullopt;
    case K::list:
      if (receiver.type_name() == "template.Pairs") return pairs_method(receiver, name, arguments);
      if (receiver.type_name() == "template.Alerts")
        return alerts_method(receiver, name, arguments);
      return std::nullopt;
    default: return std::nullopt;
  }
}

}  // namespace pharos::rules::detail
