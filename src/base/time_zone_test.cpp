#include "base/time_zone.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.hpp"

namespace pharos {
namespace {

Time at(std::string_view text) {
  return *parse_time(text);
}
TimeZone zone(std::string_view name) {
  auto found = TimeZone::find(name);
  EXPECT_TRUE(found) << (found ? "" : found.error().message);
  return found ? *found : TimeZone();
}

TEST(TimeZone, KnowsTheWallClockOnBothSidesOfAChange) {
  const auto berlin = zone("Europe/Berlin");
  EXPECT_EQ(berlin.local(at("2026-03-29T00:59:59Z")), (CivilTime{2026, 3, 29, 1, 59, 59}));
  EXPECT_EQ(berlin.local(at("2026-03-29T01:00:00Z")), (CivilTime{2026, 3, 29, 3, 0, 0}));
  EXPECT_EQ(berlin.abbreviation(at("2026-07-01T00:00:00Z")), "CEST");
  EXPECT_EQ(berlin.offset_seconds(at("2026-12-01T00:00:00Z")), 3600);
}

TEST(TimeZone, ASkippedReadingMovesForwardAndADoubleOneIsTheFirst) {
  const auto berlin = zone("Europe/Berlin");
  EXPECT_EQ(berlin.instant({2026, 3, 29, 2, 30}), at("2026-03-29T01:30:00Z"));  // 03:30 summer time
  EXPECT_EQ(berlin.instant({2026, 10, 25, 2, 30}), at("2026-10-25T00:30:00Z"));
  EXPECT_EQ(berlin.instant({2026, 10, 25, 3, 0}), at("2026-10-25T02:00:00Z"));
}

TEST(TimeZone, RulesHoldBeyondTheFilesLastTransition) {
  const auto york = zone("America/New_York");
  EXPECT_EQ(york.local(at("2150-07-01T12:00:00Z")).hour, 8);
  EXPECT_EQ(york.local(at("2150-01-01T12:00:00Z")).hour, 7);
  EXPECT_EQ(zone("Australia/Lord_Howe").offset_seconds(at("2150-01-01T00:00:00Z")), 11 * 3600);
  EXPECT_EQ(zone("Australia/Lord_Howe").offset_seconds(at("2150-07-01T00:00:00Z")),
            10 * 3600 + 1800);
}

// The C library is the judge: every zone here, hours around every change from 1970 to 2037.
TEST(TimeZone, AgreesWithTheCLibraryFrom1970To2037) {
  const std::string before = getenv("TZ") ? getenv("TZ") : "";
  Random random(20261128);
  for (const char* name : {"Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata",
                           "Australia/Lord_Howe", "Africa/Casablanca", "Europe/Dublin",
                           "Pacific/Apia", "Asia/Tehran", "America/St_Johns"}) {
    const auto mine = zone(name);
    setenv("TZ", name, 1);
    tzset();
    std::int32_t last = mine.offset_seconds(from_unix_millis(0));
    for (std::int64_t hour = 0; hour < 24 * 365 * 67; ++hour) {
      const Time t = from_unix_millis(hour * 3'600'000);
      const auto offset = mine.offset_seconds(t);
      // Every hour near a change, and one hour in 300 elsewhere.
      if (offset == last && random.below(300) != 0) continue;
      last = offset;
      for (std::int64_t second = hour * 3600 - 1; second <= hour * 3600; ++second) {
        const time_t clock = second;
        struct tm theirs {};
        localtime_r(&clock, &theirs);
        const Time instant = from_unix_millis(second * 1000);
        const CivilTime local = mine.local(instant);
        ASSERT_EQ(local, (CivilTime{theirs.tm_year + 1900, theirs.tm_mon + 1, theirs.tm_mday,
                                    theirs.tm_hour, theirs.tm_min, theirs.tm_sec}))
            << name << " at " << second;
        ASSERT_EQ(local.weekday(), theirs.tm_wday);
        // Back again: the same instant, or the earlier of two with this reading.
        const Time back = mine.instant(local);
        ASSERT_EQ(mine.local(back), local) << name << " at " << second;
        ASSERT_LE(back, instant);
      }
    }
  }
  before.empty() ? unsetenv("TZ") : setenv("TZ", before.c_str(), 1);
  tzset();
}

TEST(TimeZone, RefusesNamesThatAreNone) {
  for (const char* name : {"Mars/Olympus", "../../etc/passwd", "/etc/localtime", "Europe/Berlin\n"})
    EXPECT_FALSE(TimeZone::find(name)) << name;
}

TEST(TimeZone, DamagedFilesAreErrors) {
  std::FILE* file = std::fopen("/usr/share/zoneinfo/Europe/Berlin", "rb");
  ASSERT_NE(file, nullptr);
  std::string bytes(100'000, '\0');
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file));
  std::fclose(file);
  ASSERT_TRUE(TimeZone::parse(bytes, "x"));
  // Cut within the data it must say so; cut within the footer there is no rule or a shorter one.
  const auto data_end = bytes.rfind('\n', bytes.size() - 2);
  for (std::size_t size = 0; size < data_end; size += 7)
    EXPECT_FALSE(TimeZone::parse(std::string_view(bytes).substr(0, size), "x")) << size;
}

TEST(CivilTime, CountsDaysOverMonthsAndLeapYears) {
  EXPECT_EQ((CivilTime{2028, 2, 28, 9}).plus_days(2), (CivilTime{2028, 3, 1, 9}));
  EXPECT_EQ((CivilTime{2026, 11, 28}).weekday(), 6);
  EXPECT_EQ((CivilTime{1969, 12, 31}).weekday(), 3);
  EXPECT_EQ(days_in_month(2100, 2), 28);
}

}  // namespace
}  // namespace pharos
