#include "api/parameters.hpp"

#include <charconv>
#include <cmath>

#include "base/quoted.hpp"

namespace pharos::api {
namespace {

// The ends of time as Prometheus' own client libraries send them.
constexpr std::string_view kMinText = "-292273086-05-16T16:47:06Z";
constexpr std::string_view kMaxText = "+292277025-08-18T07:12:54.999999999Z";

std::optional<double> parse_float(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double v = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (text.empty() || ec != std::errc{} || end != text.data() + text.size()) return {};
  return v;
}

}  // namespace

Parsed<net::Form> read_form(const net::Request& request) {
  auto form = request.form();
  if (!form) return std::unexpected(bad_data("error parsing form values: " + form.error().message));
  return std::move(*form);
}

Result<Time> parse_api_time(std::string_view text) {
  if (text == kMinText) return from_unix_millis(kTimeMin);
  if (text == kMaxText) return from_unix_millis(kTimeMax);
  return parse_time(text);
}

Result<Millis> parse_api_duration(std::string_view text) {
  if (const auto seconds = parse_float(text)) {
    if (std::abs(*seconds * 1e9) > 0x1p63)
      return fail(Errc::invalid,
                  "cannot parse " + quoted(text) + " to a valid duration. It overflows int64");
    if (!std::isnan(*seconds)) return Millis{static_cast<std::int64_t>(*seconds * 1000)};
  } else if (const auto duration = parse_duration(text)) {
    return *duration;
  }
  return fail(Errc::invalid, "cannot parse " + quoted(text) + " to a valid duration");
}

Parsed<UnixMillis> time_parameter(const net::Form& form, std::string_view name,
                                  UnixMillis otherwise) {
  const auto text = form.get(name);
  if (text.empty()) return otherwise;
  const auto time = parse_api_time(text);
  if (!time)
    return std::unexpected(bad_parameter(
        name, "invalid time value for '" + std::string(name) + "': " + time.error().message));
  return to_unix_millis(*time);
}

Parsed<std::optional<Millis>> timeout_parameter(const net::Form& form) {
  const auto text = form.get("timeout");
  if (text.empty()) return std::optional<Millis>();
  const auto timeout = parse_api_duration(text);
  if (!timeout) return std::unexpected(bad_parameter("timeout", timeout.error().message));
  return std::optional(*timeout);
}

Parsed<std::size_t> limit_parameter(const net::Form& form) {
  const auto text = form.get("limit");
  if (text.empty()) return std::size_t{0};
  const auto limit = parse_integer(text);
  if (!limit)
    return std::unexpected(
        bad_parameter("limit", "strconv.Atoi: parsing " + quoted(text) + ": invalid syntax"));
  if (*limit < 0) return std::unexpected(bad_parameter("limit", "limit must be non-negative"));
  return static_cast<std::size_t>(*limit);
}

Parsed<TimeRange> range_parameters(const net::Form& form) {
  const auto from = time_parameter(form, "start", kTimeMin);
  if (!from) return std::unexpected(from.error());
  const auto to = time_parameter(form, "end", kTimeMax);
  if (!to) return std::unexpected(to.error());
  return TimeRange{*from, *to};
}

std::optional<bool> parse_bool(std::string_view text) {
  for (const std::string_view yes : {"1", "t", "T", "TRUE", "true", "True"})
    if (text == yes) return true;
  for (const std::string_view no : {"0", "f", "F", "FALSE", "false", "False"})
    if (text == no) return false;
  return {};
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t v = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (text.empty() || ec != std::errc{} || end != text.data() + text.size()) return {};
  return v;
}

}  // namespace pharos::api
