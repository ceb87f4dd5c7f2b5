#include "api/alertmanager/alert_scan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/json.hpp"

namespace pharos::api::alertmanager {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string error_of(std::string_view body) {
  const auto scanned = scan_alerts(body);
  return scanned ? "" : scanned.error().message;
}

std::string refusal_of(std::string_view alert) {
  const auto scanned = scan_alerts("[" + std::string(alert) + "]");
  if (!scanned) return "error: " + scanned.error().message;
  return scanned->refused.empty() ? "" : scanned->refused[0].error;
}

TEST(AlertScan, ReadsWhatPrometheusSends) {
  const auto scanned = scan_alerts(
      R"([{"annotations":{"summary":"it is \"down\"\n"},"endsAt":"2026-11-28T19:26:16.123Z",)"
      R"("startsAt":"2026-11-28T19:22:16.123456789Z","generatorURL":"http://p/graph?g0.expr=up",)"
      R"("labels":{"job":"a","alertname":"Down"}}])");
  ASSERT_TRUE(scanned) << scanned.error().message;
  ASSERT_THAT(scanned->alerts, SizeIs(1));
  const auto& alert = scanned->alerts[0];
  EXPECT_EQ(alert.labels, (Labels{{"alertname", "Down"}, {"job", "a"}}));
  EXPECT_EQ(alert.annotations, (Labels{{"summary", "it is \"down\"\n"}}));
  EXPECT_EQ(format_time(alert.starts_at), "2026-11-28T19:22:16.123Z");
  EXPECT_EQ(format_time(alert.ends_at), "2026-11-28T19:26:16.123Z");
  EXPECT_EQ(alert.generator_url, "http://p/graph?g0.expr=up");
}

TEST(AlertScan, KeepsGoodAlertsBesideBadOnes) {
  const auto scanned = scan_alerts(
      R"([{"labels":{"a":"1"}},{"labels":{"a":2}},5,{"annotations":{}},{"labels":{"a":"3"}},)"
      R"({"labels":{"a":"4"},"startsAt":"yesterday"}])");
  ASSERT_TRUE(scanned) << scanned.error().message;
  EXPECT_THAT(scanned->position, ElementsAre(0, 4));
  ASSERT_THAT(scanned->refused, SizeIs(4));
  EXPECT_EQ(scanned->refused[0].position, 1U);
  EXPECT_THAT(scanned->refused[0].error, HasSubstr("must be a string"));
  EXPECT_EQ(scanned->refused[1].position, 2U);
  EXPECT_EQ(scanned->refused[2].error, "labels in body is required");
  EXPECT_THAT(scanned->refused[3].error, HasSubstr("startsAt: \"yesterday\""));
}

TEST(AlertScan, TakesOtherKeysAndNulls) {
  const auto scanned = scan_alerts(
      R"( [ { "x" : [1, {"y": [null, -0.5e+3]}], "labels" : { "b":"2", "a":"1", "b":"3", "e":"", "n":null },)"
      R"( "endsAt": null, "startsAt": "", "annotations": null } ] )");
  ASSERT_TRUE(scanned) << scanned.error().message;
  ASSERT_THAT(scanned->alerts, SizeIs(1));
  EXPECT_EQ(scanned->alerts[0].labels, (Labels{{"a", "1"}, {"b", "3"}}));
  EXPECT_EQ(scanned->alerts[0].starts_at, Time{});
  EXPECT_THAT(scanned->refused, IsEmpty());
}

TEST(AlertScan, ReadsTimesWithAnyOffset) {
  const auto scanned = scan_alerts(
      R"([{"labels":{"a":"1"},"startsAt":"2026-11-28T21:22:16+02:00","endsAt":"0001-01-01T00:00:00Z"}])");
  ASSERT_TRUE(scanned);
  EXPECT_EQ(format_time(scanned->alerts.at(0).starts_at), "2026-11-28T19:22:16.000Z");
  EXPECT_EQ(scanned->alerts[0].ends_at, Time{});
  EXPECT_THAT(refusal_of(R"({"labels":{"a":"1"},"startsAt":"1700000000"})"), HasSubstr("RFC 3339"));
  EXPECT_THAT(refusal_of(R"({"labels":{"a":"1"},"startsAt":"2026-02-30T00:00:00Z"})"),
              HasSubstr("RFC 3339"));
  EXPECT_THAT(refusal_of(R"({"labels":{"a":"1"},"startsAt":17})"), HasSubstr("must be a string"));
}

TEST(AlertScan, DecodesEscapesAsTheJsonParserDoes) {
  for (const std::string text : {R"("plain")", R"("\u00e9\n\t\"\\\/\b\f\r")", R"("\ud83d\ude00")",
                                 "\"é😀\"", R"("a\u0041")"}) {
    const auto scanned = scan_alerts(R"([{"labels":{"a":)" + text + "}}]");
    ASSERT_TRUE(scanned) << text;
    const auto json = codec::Json::parse(text);
    ASSERT_TRUE(json) << text;
    EXPECT_EQ(scanned->alerts.at(0).labels.get("a"), json->string()) << text;
  }
}

TEST(AlertScan, PutsTheReplacementCharacterForWhatIsNoText) {
  for (const std::string text : {R"("\ud83d")", R"("\ude00")", "\"\xff\""}) {
    const auto scanned = scan_alerts(R"([{"labels":{"a":)" + text + "}}]");
    ASSERT_TRUE(scanned) << text;
    EXPECT_EQ(scanned->alerts.at(0).labels.get("a"), "\xEF\xBF\xBD") << text;
  }
}

TEST(AlertScan, RefusesBodiesThatAreNoList) {
  EXPECT_EQ(error_of("[]"), "");
  EXPECT_EQ(error_of("null"), "");
  EXPECT_THAT(error_of(""), HasSubstr("unexpected end"));
  EXPECT_THAT(error_of("{}"), HasSubstr("expected a list of alerts at byte 0"));
  EXPECT_THAT(error_of("[{\"labels\":{\"a\":\"1\"}"), HasSubstr("expected ','"));
  EXPECT_THAT(error_of("[] x"), HasSubstr("after the list"));
  EXPECT_THAT(error_of("[{\"labels\":{\"a\":\"1}}]"), HasSubstr("unexpected end of a string"));
  EXPECT_THAT(error_of("[{\"x\":tru}]"), HasSubstr("invalid character"));
  EXPECT_THAT(error_of("[{\"x\":01}]"), HasSubstr("invalid character"));
  std::string deep = "[{\"x\":";
  for (int i = 0; i < 100'000; ++i) deep += '[';
  EXPECT_THAT(error_of(deep), HasSubstr("nested deeper than 64"));
}

}  // namespace
}  // namespace pharos::api::alertmanager
