#include "rules/oncall/schedule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.hpp"

namespace pharos::rules::oncall {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Time at(std::string_view text) {
  return *parse_time(text);
}
TimeZone berlin() {
  return *TimeZone::find("Europe/Berlin");
}
Schedule weekly() {
  Schedule out{.name = "primary", .zone = berlin()};
  out.rotations.push_back(
      {.name = "weeks", .users = {{"ada"}, {"grace"}}, .start = {2026, 3, 16, 9}, .every_days = 7});
  return out;
}

TEST(Schedule, HandsOverAtTheSameClockReadingThroughSummerTime) {
  const auto schedule = weekly();
  EXPECT_THAT(schedule.on_call(at("2026-03-16T07:59:59Z")), IsEmpty());  // before it starts
  EXPECT_THAT(schedule.on_call(at("2026-03-16T08:00:00Z")), ElementsAre("ada"));
  EXPECT_THAT(schedule.on_call(at("2026-03-23T07:59:59Z")), ElementsAre("ada"));
  EXPECT_THAT(schedule.on_call(at("2026-03-23T08:00:00Z")), ElementsAre("grace"));
  // The clock changed on the 29th: 09:00 is 07:00 UTC now.
  EXPECT_THAT(schedule.on_call(at("2026-03-30T06:59:59Z")), ElementsAre("grace"));
  EXPECT_THAT(schedule.on_call(at("2026-03-30T07:00:00Z")), ElementsAre("ada"));
}

TEST(Schedule, HoursRestrictARotationAndMayGoOverMidnight) {
  auto schedule = weekly();
  schedule.rotations[0].hours = {
      {.weekdays = {5}, .begin = 22 * 60, .end = 6 * 60}};  // Friday night
  EXPECT_THAT(schedule.on_call(at("2026-03-20T21:30:00Z")), ElementsAre("ada"));
  EXPECT_THAT(schedule.on_call(at("2026-03-21T04:59:00Z")), ElementsAre("ada"));  // still its night
  EXPECT_THAT(schedule.on_call(at("2026-03-21T05:00:00Z")), IsEmpty());
  EXPECT_THAT(schedule.on_call(at("2026-03-21T22:00:00Z")), IsEmpty());
}

TEST(Schedule, LaterLayersWinWhereTheyHaveSomebodyAndOverridesWinOverAll) {
  auto schedule = weekly();
  schedule.rotations.push_back(
      {.name = "office",
       .users = {{"linus"}},
       .start = {2026, 3, 16, 0},
       .every_days = 1,
       .hours = {{.weekdays = {1, 2, 3, 4, 5}, .begin = 540, .end = 1020}}});
  EXPECT_THAT(schedule.on_call(at("2026-03-17T10:00:00Z")), ElementsAre("linus"));
  EXPECT_THAT(schedule.on_call(at("2026-03-17T17:00:00Z")), ElementsAre("ada"));
  schedule.overrides.push_back(
      {"1", {"edsger"}, {at("2026-03-17T09:30:00Z"), at("2026-03-17T10:30:00Z")}, "ada"});
  EXPECT_THAT(schedule.on_call(at("2026-03-17T10:00:00Z")), ElementsAre("edsger"));

  const auto shifts = schedule.shifts(at("2026-03-17T06:00:00Z"), at("2026-03-17T20:00:00Z"));
  ASSERT_EQ(shifts.size(), 5u);
  EXPECT_EQ(
      shifts[0],
      (Shift{{at("2026-03-17T06:00:00Z"), at("2026-03-17T08:00:00Z")}, {"ada"}, "rotation weeks"}));
  EXPECT_EQ(shifts[2].source, "override");
  EXPECT_EQ(shifts[4].during.begin, at("2026-03-17T16:00:00Z"));
}

TEST(Schedule, CalendarEventsRecurAreExcludedAndReplaced) {
  auto schedule = weekly();
  CalendarEvent event{.uid = "a",
                      .users = {"margaret"},
                      .start = {2026, 3, 17, 12},
                      .zone = berlin(),
                      .duration = std::chrono::hours(1),
                      .recurrence = *Recurrence::parse("FREQ=DAILY", berlin()),
                      .excluded = {at("2026-03-18T11:00:00Z")}};
  schedule.events.push_back(event);
  auto moved = event;
  moved.recurrence.reset();
  moved.excluded.clear();
  moved.start = {2026, 3, 19, 15};
  moved.replaces = at("2026-03-19T11:00:00Z");
  schedule.events.push_back(moved);
  EXPECT_THAT(schedule.on_call(at("2026-03-17T11:30:00Z")), ElementsAre("margaret"));
  EXPECT_THAT(schedule.on_call(at("2026-03-18T11:30:00Z")), ElementsAre("ada"));  // excluded
  EXPECT_THAT(schedule.on_call(at("2026-03-19T11:30:00Z")), ElementsAre("ada"));  // moved away
  EXPECT_THAT(schedule.on_call(at("2026-03-19T14:30:00Z")), ElementsAre("margaret"));
  EXPECT_THAT(schedule.on_call(at("2026-04-17T10:30:00Z")),
              ElementsAre("margaret"));  // summer time
}

// What shifts() lists is what on_call() answers, everywhere; years of both changes of the clock.
TEST(Schedule, ShiftsAgreeWithTheAnswerAtEveryInstant) {
  Random random(7);
  for (int round = 0; round < 40; ++round) {
    Schedule schedule{
        .name = "s",
        .zone = *TimeZone::find(round % 2 ? "America/New_York" : "Australia/Lord_Howe")};
    for (int i = 0; i < 3; ++i) {
      Rotation rotation{.name = std::to_string(i),
                        .start = {2026, 1 + static_cast<int>(random.below(12)),
                                  1 + static_cast<int>(random.below(28)),
                                  static_cast<int>(random.below(24)), 30}};
      for (std::uint64_t u = 0; u <= random.below(3); ++u)
        rotation.users.push_back({"u" + std::to_string(i) + std::to_string(u)});
      rotation.every_days = static_cast<int>(random.below(8));
      rotation.every = std::chrono::hours(1 + random.below(20));
      if (random.below(2))
        rotation.hours = {{.weekdays = {static_cast<int>(random.below(7))},
                           .begin = static_cast<int>(random.below(1440)),
                           .end = static_cast<int>(random.below(1441))}};
      schedule.rotations.push_back(rotation);
    }
    const Time from = at("2026-01-01T00:00:00Z") + std::chrono::hours(random.below(8000));
    const Time to = from + std::chrono::hours(24 * 14);
    const auto shifts = schedule.shifts(from, to);
    for (Time t = from; t < to; t += std::chrono::minutes(10)) {
      const auto found =
          std::ranges::find_if(shifts, [&](const Shift& s) { return s.during.contains(t); });
      const auto users = found == shifts.end() ? std::vector<std::string>() : found->users;
      ASSERT_EQ(users, schedule.on_call(t)) << "round " << round << " at " << format_time(t);
    }
  }
}

}  // namespace
}  // namespace pharos::rules::oncall
