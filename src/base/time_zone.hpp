// IANA time zones out of the system's zoneinfo files (TZif, RFC 8536): g++ 12 has no named zones
// and the C library knows only one zone at a time.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

namespace pharos {

// A wall-clock reading in some zone.
struct CivilTime {
  int year = 1970, month = 1, day = 1;  // month 1..12, day 1..31
  int hour = 0, minute = 0, second = 0, millis = 0;
  auto operator<=>(const CivilTime&) const = default;

  int weekday() const;                  // 0 = Sunday
  CivilTime plus_days(int days) const;  // the same clock reading, so many days on
};
int days_in_month(int year, int month);

// Immutable, cheap to copy, thread-safe.
class TimeZone {
 public:
  TimeZone();  // UTC
  // "Europe/Berlin", "UTC", "" (UTC) or "Local" (the machine's own zone). Errc::not_found with the
  // nearest reason; names that leave the zoneinfo folder are refused.
  static Result<TimeZone> find(std::string_view name);
  // A TZif file's bytes. Errc::corrupt.
  static Result<TimeZone> parse(std::string_view bytes, std::string name);

  const std::string& name() const;
  CivilTime local(Time t) const;
  std::int32_t offset_seconds(Time t) const;  // east of UTC is positive
  std::string abbreviation(Time t) const;     // "CEST"
  // The instant of a clock reading. A reading that occurs twice is the first of them; one that is
  // skipped is moved forward by what was skipped (02:30 becomes 03:30), as RFC 5545 wants.
  Time instant(const CivilTime& local) const;

 private:
  struct Rules;
  explicit TimeZone(std::shared_ptr<const Rules> rules) : rules_(std::move(rules)) {}
  std::shared_ptr<const Rules> rules_;
};

}  // namespace pharos
