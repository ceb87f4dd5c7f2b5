// Wall-clock time, durations and half-open intervals; their text forms as Prometheus writes them.
#pragma once
#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace pharos {

using Millis = std::chrono::milliseconds;
using Nanos = std::chrono::nanoseconds;
using Time = std::chrono::sys_time<Millis>;  // the one wall-clock type

// Columns of samples hold bare Unix milliseconds; names end in _ms.
using UnixMillis = std::int64_t;
constexpr UnixMillis to_unix_millis(Time t) { return t.time_since_epoch().count(); }
constexpr Time from_unix_millis(UnixMillis t) { return Time{Millis{t}}; }

struct Interval {  // half-open everywhere: [begin, end)
  Time begin, end;
  constexpr bool contains(Time t) const { return begin <= t && t < end; }
  constexpr bool empty() const { return end <= begin; }
  bool operator==(const Interval&) const = default;
};

// "1h30m", "15s", "500ms", "2w1d", "1y": units y w d h m s ms, each at most once, in this order;
// "0" is zero. Errors as Prometheus words them.
Result<Millis> parse_duration(std::string_view text);
std::string format_duration(Millis duration);  // "1h30m", "0s"

// "2026-11-21T03:30:00.123Z" with any offset, or Unix seconds with a fraction.
Result<Time> parse_time(std::string_view text);
std::string format_time(Time t);  // RFC 3339, UTC, milliseconds

}  // namespace pharos
