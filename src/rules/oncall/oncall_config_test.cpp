#include "rules/oncall/oncall_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pharos::rules::oncall {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<OnCallConfig> parse(std::string_view text) {
  const auto yaml = codec::Yaml::parse(text, "pharos.yml");
  if (!yaml) return fail(yaml.error());
  return parse_oncall_config(*yaml, [](const std::string& path) -> Result<std::string> {
    if (path != "rota.ics") return fail(Errc::not_found, path + ": no such file");
    return std::string(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:grace\nDTSTART:20260317T090000\nDURATION:"
        "PT8H\n"
        "END:VEVENT\nEND:VCALENDAR\n");
  });
}

constexpr std::string_view kWhole = R"(
users:
  - {name: ada, receivers: [ada-phone]}
  - {name: grace, receivers: [grace-phone, grace-mail]}
schedules:
  - name: primary
    zone: Europe/Berlin
    rotations:
      - {name: weeks, users: [ada, grace], start: 2026-03-16T09:00, every: 1w}
      - name: nights
        users: [[ada, grace]]
        start: 2026-03-16
        every: 12h
        hours: [{days: ['monday:friday'], from: '22:00', to: '06:00'}]
    calendars: [rota.ics]
    overrides:
      - {users: [grace], from: 2026-03-18T00:00, to: 2026-03-19T00:00}
policies:
  - name: high
    steps:
      - wait: 10m
      - schedule: primary
      - {wait: 5m}
      - {users: [ada, grace], matchers: ['severity="critical"'], alerts_min: 2}
      - {receiver: chat, during: [{times: [{start_time: '09:00', end_time: '17:00'}]}]}
      - repeat: 2
heartbeats:
  - {name: backup, recurrence: FREQ=DAILY, start: 2026-01-01T03:00, zone: Europe/Berlin, grace: 30m, labels: {severity: critical}}
  - {name: probe, every: 1m}
maintenance:
  - {name: sunday, start: 2026-03-15T02:00, duration: 2h, recurrence: 'FREQ=WEEKLY', matchers: ['cluster="a"']}
)";

TEST(OnCallConfig, ReadsEverything) {
  const auto config = parse(kWhole);
  ASSERT_TRUE(config) << config.error().message;
  const auto at = [](std::string_view t) { return *parse_time(t); };
  const auto& primary = config->schedules[0];
  EXPECT_THAT(primary.on_call(at("2026-03-16T12:00:00Z")), ElementsAre("ada"));
  EXPECT_THAT(primary.on_call(at("2026-03-16T22:00:00Z")), ElementsAre("ada", "grace"));
  EXPECT_THAT(primary.on_call(at("2026-03-17T10:00:00Z")), ElementsAre("grace"));  // calendar
  EXPECT_THAT(primary.on_call(at("2026-03-18T10:00:00Z")), ElementsAre("grace"));  // override
  EXPECT_EQ(config->policies[0].steps.size(), 6u);
  EXPECT_EQ(config->heartbeats[1].every, std::chrono::minutes(1));
  EXPECT_TRUE(config->maintenance[0].recurrence.has_value());
}

TEST(OnCallConfig, AWebhookStepIsAReceiverOfItsOwn) {
  const auto config = parse(
      "policies: [{name: p, steps: [{webhook: 'http://tickets.example/new'}, {wait: 5m}, {repeat: "
      "2}]}]");
  ASSERT_TRUE(config) << config.error().message;
  const auto made = webhook_receivers(*config);
  ASSERT_EQ(made.size(), 1u);
  EXPECT_EQ(made[0]->name, config->policies[0].steps[0].names[0]);
  EXPECT_EQ(made[0]->webhook.at(0).url.value, "http://tickets.example/new");
  EXPECT_THAT(config->policies[0].place, HasSubstr("pharos.yml:1:"));
}

TEST(OnCallConfig, MistakesNameTheirPlace) {
  const auto error = [](std::string_view text) {
    const auto config = parse(text);
    return config ? std::string("read") : config.error().message;
  };
  EXPECT_THAT(error("users: [{name: a}]"), HasSubstr("no receivers"));
  EXPECT_THAT(error("policies: [{name: p, steps: [{wait: 5m, users: [a]}]}]"),
              HasSubstr("exactly one of"));
  EXPECT_THAT(error("policies: [{name: p, steps: [{users: [nobody]}]}]"),
              HasSubstr("there is no user nobody"));
  EXPECT_THAT(error("policies: [{name: p, steps: [{schedule: s}]}]"),
              HasSubstr("there is no schedule s"));
  EXPECT_THAT(error("policies: [{name: p, stepps: []}]"), HasSubstr("steps"));
  EXPECT_THAT(error("schedules: [{name: s, zone: Mars/Base}]"),
              HasSubstr("unknown time zone Mars/Base"));
  EXPECT_THAT(error("schedules: [{name: s, calendars: [none.ics]}]"),
              HasSubstr("none.ics: no such file"));
  EXPECT_THAT(error("heartbeats: [{name: h}]"), HasSubstr("either every or recurrence"));
  EXPECT_THAT(error("maintenance: [{name: m, start: 2026-01-01, duration: 1h}]"),
              HasSubstr("at least one matcher"));
  EXPECT_THAT(
      error("maintenance: [{name: m, start: yesterday, duration: 1h, matchers: ['a=\"b\"']}]"),
      HasSubstr("pharos.yml:1:32: start: 'yesterday' is not a local time"));
  EXPECT_THAT(error("users: [{name: a, receivers: [r]}, {name: a, receivers: [r]}]"),
              HasSubstr("used twice"));
  EXPECT_THAT(error("user: []"), HasSubstr("users"));
}

}  // namespace
}  // namespace pharos::rules::oncall
