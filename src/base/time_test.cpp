#include "base/time.hpp"

#include <gtest/gtest.h>

#include "base/quoted.hpp"

namespace pharos {
namespace {

using namespace std::chrono_literals;

std::string error_of(std::string_view text) {
  const auto result = parse_duration(text);
  return result ? "" : result.error().message;
}

TEST(Duration, ReadsPrometheusUnits) {
  EXPECT_EQ(*parse_duration("0"), 0ms);
  EXPECT_EQ(*parse_duration("0s"), 0ms);
  EXPECT_EQ(*parse_duration("324ms"), 324ms);
  EXPECT_EQ(*parse_duration("1h30m"), 90min);
  EXPECT_EQ(*parse_duration("3w2d"), 23 * 24h);
  EXPECT_EQ(*parse_duration("1y2w3d4h5m6s7ms"), (365 + 14 + 3) * 24h + 4h + 5min + 6s + 7ms);
}

TEST(Duration, RefusesInPrometheusWords) {
  EXPECT_EQ(error_of(""), "empty duration string");
  EXPECT_EQ(error_of("1"), "not a valid duration string: \"1\"");
  EXPECT_EQ(error_of("-1s"), "not a valid duration string: \"-1s\"");
  EXPECT_EQ(error_of("1s1m"), "not a valid duration string: \"1s1m\"");
  EXPECT_EQ(error_of("1s1s"), "not a valid duration string: \"1s1s\"");
  EXPECT_EQ(error_of("1x"), "unknown unit \"x\" in duration \"1x\"");
  EXPECT_EQ(error_of("1.5h"), "unknown unit \".\" in duration \"1.5h\"");
  EXPECT_EQ(error_of("300y"), "duration out of range");
  EXPECT_EQ(error_of("99999999999999999999s"),
            "not a valid duration string: \"99999999999999999999s\"");
}

TEST(Duration, WritesTheLargestUnitsThatFit) {
  EXPECT_EQ(format_duration(0ms), "0s");
  EXPECT_EQ(format_duration(90min), "1h30m");
  EXPECT_EQ(format_duration(8 * 24h), "8d");
  EXPECT_EQ(format_duration(14 * 24h), "2w");
  EXPECT_EQ(format_duration(365 * 24h), "1y");
  EXPECT_EQ(format_duration(1s + 5ms), "1s5ms");
  EXPECT_EQ(format_duration(-90min), "-1h30m");
}

TEST(TimeText, ReadsUnixSecondsAndRfc3339) {
  EXPECT_EQ(to_unix_millis(*parse_time("1435781430.781")), 1435781430781);
  EXPECT_EQ(to_unix_millis(*parse_time("-1.5")), -1500);
  EXPECT_EQ(to_unix_millis(*parse_time("1e3")), 1'000'000);
  EXPECT_EQ(to_unix_millis(*parse_time("2015-07-01T20:10:30.781Z")), 1435781430781);
  EXPECT_EQ(to_unix_millis(*parse_time("2015-07-01T20:10:30.7812345Z")), 1435781430781);
  EXPECT_EQ(to_unix_millis(*parse_time("2015-07-01T22:10:30+02:00")), 1435781430000);
  for (const auto* bad :
       {"", "now", "NaN", "+Inf", "1e300", "2015-07-01", "2015-02-30T00:00:00Z",
        "2015-07-01T20:10:30", "2015-07-01T20:10:30.Z", "2015-07-01T20:10:30+0200", "12 "})
    EXPECT_EQ(parse_time(bad).error().message,
              "cannot parse \"" + std::string(bad) + "\" to a valid timestamp");
}

TEST(TimeText, WritesUtcMilliseconds) {
  EXPECT_EQ(format_time(from_unix_millis(1435781430781)), "2015-07-01T20:10:30.781Z");
  EXPECT_EQ(format_time(from_unix_millis(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(Quoted, EscapesAsGoDoes) {
  EXPECT_EQ(quoted("a\"b\\c\n"), R"("a\"b\\c\n")");
  EXPECT_EQ(quoted("\xff\x01 é"), R"("\xff\x01 é")");
  EXPECT_TRUE(valid_utf8("plain ascii and é, ∑, 😀"));
  for (const auto* bad : {"\x80", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "abc\xe2\x82"})
    EXPECT_FALSE(valid_utf8(bad));
}

}  // namespace
}  // namespace pharos
