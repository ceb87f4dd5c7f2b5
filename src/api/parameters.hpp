// Reading request parameters as Prometheus does, with its error texts.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "api/answer.hpp"
#include "base/time.hpp"
#include "model/matcher.hpp"
#include "net/http.hpp"

namespace pharos::api {

// A value, or the answer that refuses the request.
template <class T>
using Parsed = std::expected<T, Failure>;

// Query parameters and form body. `error parsing form values: …` when malformed.
Parsed<net::Form> read_form(const net::Request& request);

// What start and end mean when absent: far beyond any sample, near enough that differences and
// windows around them do not overflow.
inline constexpr UnixMillis kTimeMin = -(std::int64_t{1} << 61), kTimeMax = std::int64_t{1} << 61;

// Unix seconds, RFC 3339, or the two ends of time as Prometheus prints them.
Result<Time> parse_api_time(std::string_view text);
// Seconds ("15", "0.5") or a Prometheus duration ("1m"). Negative seconds are allowed.
Result<Millis> parse_api_duration(std::string_view text);

Parsed<UnixMillis> time_parameter(const net::Form& form, std::string_view name,
                                  UnixMillis otherwise);
Parsed<std::optional<Millis>> timeout_parameter(const net::Form& form);
Parsed<std::size_t> limit_parameter(const net::Form& form);  // 0: none
struct TimeRange {
  UnixMillis from_ms, to_ms;
};
Parsed<TimeRange> range_parameters(const net::Form& form);  // start, end

// match[]: one list of matchers per value. Refuses lists that match the empty label set.
Result<std::vector<std::vector<Matcher>>> parse_selectors(const net::Form& form);

// Go's strconv.ParseBool.
std::optional<bool> parse_bool(std::string_view text);
std::optional<std::int64_t> parse_integer(std::string_view text);  // Go's strconv.Atoi

}  // namespace pharos::api

// The value of a Parsed, or return its refusal as a response from this handler. A whole right-hand
// side only, as TRY.
#define TRY_PARSED(expression)                        \
  __extension__({                                     \
    auto&& parsed_ = (expression);                    \
    if (!parsed_) [[unlikely]]                        \
      return ::pharos::api::respond(parsed_.error()); \
    std::move(*parsed_);                              \
  })
