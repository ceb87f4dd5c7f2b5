#include "rules/oncall/recurrence.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pharos::rules::oncall {
namespace {

using ::testing::ElementsAre;

Time at(std::string_view text) {
  return *parse_time(text);
}
std::vector<std::string> dates(std::string_view rule, CivilTime start, std::string_view zone_name,
                               std::string_view from, std::string_view to) {
  const auto zone = *TimeZone::find(zone_name);
  const auto parsed = Recurrence::parse(rule, zone);
  if (!parsed) return {parsed.error().message};
  std::vector<std::string> out;
  for (const Time t : parsed->occurrences(start, zone, at(from), at(to)))
    out.push_back(format_time(t).substr(0, 16));
  return out;
}

// The examples of RFC 5545, section 3.8.5.3, with the dates that it lists.
TEST(Recurrence, TheExamplesOfTheStandard) {
  const CivilTime start{1997, 9, 2, 9};
  const char* zone = "America/New_York";
  EXPECT_THAT(dates("FREQ=DAILY;INTERVAL=10;COUNT=5", start, zone, "1997-01-01T00:00:00Z",
                    "1999-01-01T00:00:00Z"),
              ElementsAre("1997-09-02T13:00", "1997-09-12T13:00", "1997-09-22T13:00",
                          "1997-10-02T13:00", "1997-10-12T13:00"));
  EXPECT_THAT(
      dates("FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", start, zone,
            "1997-01-01T00:00:00Z", "1999-01-01T00:00:00Z"),
      ElementsAre("1997-09-02T13:00", "1997-09-04T13:00", "1997-09-16T13:00", "1997-09-18T13:00",
                  "1997-09-30T13:00", "1997-10-02T13:00", "1997-10-14T13:00", "1997-10-16T13:00"));
  EXPECT_THAT(dates("FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", {1997, 9, 22, 9}, zone,
                    "1997-01-01T00:00:00Z", "1999-01-01T00:00:00Z"),
              ElementsAre("1997-09-22T13:00", "1997-10-20T13:00", "1997-11-17T14:00",
                          "1997-12-22T14:00", "1998-01-19T14:00", "1998-02-16T14:00"));
  EXPECT_THAT(dates("FREQ=MONTHLY;BYMONTHDAY=-3", {1997, 9, 28, 9}, zone, "1997-09-01T00:00:00Z",
                    "1998-03-01T00:00:00Z"),
              ElementsAre("1997-09-28T13:00", "1997-10-29T14:00", "1997-11-28T14:00",
                          "1997-12-29T14:00", "1998-01-29T14:00", "1998-02-26T14:00"));
  EXPECT_THAT(
      dates("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", {1997, 8, 5, 9}, zone,
            "1997-01-01T00:00:00Z", "1999-01-01T00:00:00Z"),
      ElementsAre("1997-08-05T13:00", "1997-08-10T13:00", "1997-08-19T13:00", "1997-08-24T13:00"));
  EXPECT_THAT(
      dates("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", {1997, 8, 5, 9}, zone,
            "1997-01-01T00:00:00Z", "1999-01-01T00:00:00Z"),
      ElementsAre("1997-08-05T13:00", "1997-08-17T13:00", "1997-08-19T13:00", "1997-08-31T13:00"));
  EXPECT_THAT(dates("FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8;COUNT=3",
                    {1996, 11, 5, 9}, zone, "1990-01-01T00:00:00Z", "2010-01-01T00:00:00Z"),
              ElementsAre("1996-11-05T14:00", "2000-11-07T14:00", "2004-11-02T14:00"));
}

TEST(Recurrence, SkipsDatesThatAMonthDoesNotHave) {
  EXPECT_THAT(dates("FREQ=MONTHLY", {2026, 1, 31, 0}, "UTC", "2026-01-01T00:00:00Z",
                    "2026-06-01T00:00:00Z"),
              ElementsAre("2026-01-31T00:00", "2026-03-31T00:00", "2026-05-31T00:00"));
}

TEST(Recurrence, AFarWindowGivesTheSameAsCountingUpToIt) {
  for (const char* rule :
       {"FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR",
        "FREQ=MONTHLY;INTERVAL=5;BYDAY=2WE", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"}) {
    const CivilTime start{2001, 1, 3, 8};
    auto all = dates(rule, start, "Europe/Berlin", "2001-01-01T00:00:00Z", "2060-01-01T00:00:00Z");
    std::erase_if(all, [](const std::string& t) { return t < "2050-01-01T00:00"; });
    EXPECT_EQ(all,
              dates(rule, start, "Europe/Berlin", "2050-01-01T00:00:00Z", "2060-01-01T00:00:00Z"))
        << rule;
  }
}

TEST(Recurrence, IsWrittenAsItWasRead) {
  for (const char* rule :
       {"FREQ=WEEKLY;BYDAY=MO,FR", "FREQ=MONTHLY;INTERVAL=2;UNTIL=20261231T235959Z;BYDAY=-1FR",
        "FREQ=YEARLY;COUNT=3;BYMONTH=2;BYMONTHDAY=-1;WKST=SU"}) {
    const auto parsed = Recurrence::parse(rule, TimeZone());
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->to_string(), rule);
  }
}

TEST(Recurrence, BadRulesAreNamed) {
  for (const char* rule :
       {"", "FREQ=SECONDLY", "FREQ=WEEKLY;BYDAY=XX", "FREQ=DAILY;INTERVAL=0", "BYDAY=MO",
        "FREQ=DAILY;COUNT=2;UNTIL=20261231", "FREQ=WEEKLY;BYDAY=2MO", "FREQ=DAILY;UNTIL=2026",
        "FREQ=MONTHLY;BYSETPOS=1", "FREQ=DAILY;NONSENSE=1", "FREQ", "FREQ=MONTHLY;BYMONTHDAY=32"})
    EXPECT_FALSE(Recurrence::parse(rule, TimeZone())) << rule;
}

// 29 February every 100 years never comes soon; the search is bounded.
TEST(Recurrence, ARuleThatNeverFitsEnds) {
  EXPECT_EQ(dates("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", {2026, 1, 1, 0}, "UTC",
                  "2026-01-02T00:00:00Z", "9999-01-01T00:00:00Z")
                .size(),
            0u);
}

}  // namespace
}  // namespace pharos::rules::oncall
