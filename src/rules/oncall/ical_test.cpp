#include "rules/oncall/ical.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pharos::rules::oncall {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Time at(std::string_view text) {
  return *parse_time(text);
}
std::string calendar(std::string_view events) {
  return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + std::string(events) + "END:VCALENDAR\r\n";
}

TEST(Calendar, EventsComeWithZonesRecurrencesAndExceptions) {
  const auto events = parse_calendar(
      calendar(
          "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\n"
          "END:STANDARD\r\nEND:VTIMEZONE\r\n"
          "BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:ada\\, "
          "grace\r\nDTSTART;TZID=Europe/Berlin:20260316T090000\r\n"
          "DTEND;TZID=Europe/Berlin:20260323T090000\r\nRRULE:FREQ=WEEKLY;INTER\r\n VAL=2\r\n"
          "EXDATE;TZID=\"Europe/Berlin\":20260330T090000\r\n"
          "BEGIN:VALARM\r\nDTSTART:nonsense\r\nEND:VALARM\r\nEND:VEVENT\r\n"
          "BEGIN:VEVENT\r\nUID:2\r\nSTATUS:CANCELLED\r\nDTSTART:20260101\r\nEND:VEVENT\r\n"
          "BEGIN:VEVENT\r\nUID:3\r\nSUMMARY:linus\r\nDTSTART;VALUE=DATE:20260506\r\nEND:"
          "VEVENT\r\n"),
      TimeZone());
  ASSERT_TRUE(events) << events.error().message;
  ASSERT_EQ(events->size(), 2u);
  EXPECT_THAT((*events)[0].users, ElementsAre("ada", "grace"));
  EXPECT_EQ((*events)[0].recurrence->interval, 2);
  Schedule schedule{.name = "s", .events = *events};
  EXPECT_THAT(schedule.on_call(at("2026-03-16T08:00:00Z")), ElementsAre("ada", "grace"));
  EXPECT_TRUE(schedule.on_call(at("2026-03-30T07:00:00Z")).empty());  // excluded
  EXPECT_THAT(schedule.on_call(at("2026-04-13T07:00:00Z")), ElementsAre("ada", "grace"));
  EXPECT_THAT(schedule.on_call(at("2026-05-06T23:59:59Z")), ElementsAre("linus"));  // a whole day
}

TEST(Calendar, WhatIsWrittenIsReadBack) {
  const std::vector<Shift> shifts = {{{at("2026-03-16T08:00:00Z"), at("2026-03-23T08:00:00Z")},
                                      {"ada", "grace"},
                                      "rotation weeks"},
                                     {{at("2026-03-23T08:00:00Z"), at("2026-03-30T07:00:00Z")},
                                      {"Ådå Løvelåce; of a name that is rather longer than one "
                                       "line of a calendar file may be, ünfolded"},
                                      ""}};
  const auto text = write_calendar("primary, all", shifts, at("2026-03-01T00:00:00Z"));
  for (std::size_t begin = 0, end; (end = text.find("\r\n", begin)) != text.npos; begin = end + 2)
    EXPECT_LE(end - begin, 75u);
  const auto events = parse_calendar(text, TimeZone());
  ASSERT_TRUE(events) << events.error().message;
  Schedule schedule{.name = "s", .events = *events};
  const auto back = schedule.shifts(at("2026-03-01T00:00:00Z"), at("2026-04-30T00:00:00Z"));
  ASSERT_EQ(back.size(), 2u);
  EXPECT_EQ(back[0].during.begin, shifts[0].during.begin);
  EXPECT_THAT(back[0].users, ElementsAre("ada", "grace"));
  EXPECT_EQ(back[1].during.end, shifts[1].during.end);
  // The name itself holds a comma: two people, as SUMMARY has it.
  EXPECT_EQ(back[1].users.size(), 2u);
}

TEST(Calendar, MistakesNameTheirLine) {
  const auto error = [](const std::string& text) {
    const auto events = parse_calendar(text, TimeZone());
    return events ? std::string("read") : events.error().message;
  };
  EXPECT_THAT(error("hello"), HasSubstr("line 1"));
  EXPECT_THAT(error(""), HasSubstr("BEGIN:VCALENDAR"));
  EXPECT_THAT(error(calendar("BEGIN:VEVENT\r\nSUMMARY:a\r\nEND:VEVENT\r\n")),
              HasSubstr("line 3: the event has no DTSTART"));
  EXPECT_THAT(error(calendar("BEGIN:VEVENT\r\nDTSTART:20261301\r\nEND:VEVENT\r\n")),
              HasSubstr("line 4: DTSTART"));
  EXPECT_THAT(
      error(calendar("BEGIN:VEVENT\r\nDTSTART;TZID=Mars/Base:20260101T000000\r\nEND:VEVENT\r\n")),
      HasSubstr("unknown time zone Mars/Base"));
  EXPECT_THAT(
      error(calendar(
          "BEGIN:VEVENT\r\nDTSTART:20260101T000000Z\r\nRRULE:FREQ=HOURLY\r\nEND:VEVENT\r\n")),
      HasSubstr("line 5: recurrence"));
  EXPECT_THAT(error("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n"), HasSubstr("VEVENT is not closed"));
  EXPECT_THAT(
      error(calendar("BEGIN:VEVENT\r\nDTSTART:20260102\r\nDTEND:20260101\r\nEND:VEVENT\r\n")),
      HasSubstr("ends before it begins"));
}

TEST(Calendar, TooManyEventsAreRefused) {
  std::string events;
  for (int i = 0; i < 5; ++i) events += "BEGIN:VEVENT\r\nDTSTART:20260101\r\nEND:VEVENT\r\n";
  const auto read = parse_calendar(calendar(events), TimeZone(), {.events_max = 4});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::limit);
}

}  // namespace
}  // namespace pharos::rules::oncall
