#include "rules/notify/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace pharos::rules::notify {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kTree = R"(
route:
  receiver: everyone
  group_by: [alertname]
  group_wait: 10s
  routes:
    - matchers: [severity="page", team=~"a|b"]
      receiver: pager
      continue: true
      group_interval: 1m
      mute_time_intervals: [night]
      labels: {owner: '{{ .GroupLabels.team }}', runbook: x}
      routes:
        - match: {env: test}
          labels: {runbook: y}
          deduplicate: 5m
    - match_re: {team: "b.*"}
      group_by: ['...']
      rate_limit: {notifications: 10, per: 1h}
time_intervals:
  - name: night
    time_intervals:
      - times: [{start_time: "22:00", end_time: "24:00"}]
receivers:
  - name: everyone
  - name: pager
)";

AlertmanagerConfig parsed(std::string_view text) {
  auto config = parse_alertmanager_config(text, "am.yml");
  if (!config) ADD_FAILURE() << config.error().message;
  return config ? std::move(*config) : AlertmanagerConfig{};
}
std::string error_of(std::string_view text) {
  const auto config = parse_alertmanager_config(text, "am.yml");
  return config ? "accepted" : config.error().message;
}
std::vector<std::string> ids(const Route& root, const Labels& labels) {
  std::vector<std::string> out;
  for (const auto* route : match_routes(root, labels)) out.push_back(route->id);
  return out;
}

TEST(AlertmanagerConfig, ANodeInheritsWhatItDoesNotSay) {
  const auto config = parsed(kTree);
  const auto& pager = config.route.routes[0];
  const auto& test = pager.routes[0];
  EXPECT_EQ(test.receiver, "pager");
  EXPECT_EQ(test.group_wait, Millis(10'000));
  EXPECT_EQ(test.group_interval, Millis(60'000));
  EXPECT_THAT(test.mute_intervals, ElementsAre());  // these are not inherited
  EXPECT_EQ(test.labels.to_string(), R"({owner="{{ .GroupLabels.team }}", runbook="y"})");
  EXPECT_EQ(test.deduplicate, Millis(300'000));
  EXPECT_TRUE(config.route.routes[1].group_by_all);
  EXPECT_EQ(config.route.routes[1].rate_limit.notifications, 10u);
}

TEST(AlertmanagerConfig, TheDeepestNodesTakeAnAlertAndContinueGoesOn) {
  const auto config = parsed(kTree);
  EXPECT_THAT(ids(config.route, {{"severity", "page"}, {"team", "b"}, {"env", "test"}}),
              ElementsAre(R"({}/{severity="page",team=~"a|b"}/0/{env="test"}/0)",
                          R"({}/{team=~"^(?:b.*)$"}/1)"));
  EXPECT_THAT(ids(config.route, {{"severity", "page"}}), ElementsAre("{}"));
}

TEST(AlertmanagerConfig, GroupKeysAreAlertmanagers) {
  const auto config = parsed(kTree);
  const Labels alert{{"alertname", "Up"}, {"job", "x"}};
  EXPECT_EQ(group_key(config.route, group_labels(config.route, alert)), R"({}:{alertname="Up"})");
  EXPECT_EQ(group_key(config.route, {{"alertname", "a\"b"}, {"weird.label", "x"}}),
            R"({}:{alertname="a\"b", weird.label="x"})");
}

TEST(AlertmanagerConfig, MistakesAreNamedWithTheirPlace) {
  EXPECT_EQ(error_of("route:\n  receiver: x\nreceivers:\n- name: y\n"),
            R"(am.yml:2:13: undefined receiver "x" used in route)");
  EXPECT_EQ(error_of("route:\n  receiver: x\n  group_wiat: 3s\nreceivers:\n- name: x\n"),
            R"(am.yml:3:3: unknown key "group_wiat", did you mean "group_wait"?)");
  EXPECT_THAT(error_of("route:\n  receiver: x\n  routes:\n  - matchers: ['a=~\"[\"']\n"
                       "receivers:\n- name: x\n"),
              HasSubstr("am.yml:4:16: \"a=~\\\"[\\\"\": "));
  EXPECT_THAT(error_of("route:\n  receiver: x\n  routes:\n  - active_time_intervals: [never]\n"
                       "receivers:\n- name: x\n"),
              HasSubstr("am.yml:4:29: undefined time interval \"never\""));
}

TEST(AlertmanagerConfig, TheTextThatIsShownHidesSecretsAndReadsBack) {
  const auto config = parsed(
      "global:\n  smtp_auth_password: hunter2\n  slack_api_url: 'https://hooks/T/secret'\n"
      "  opsgenie_api_url: https://ops.example/\n"
      "route:\n  receiver: 'x'  # comment\nreceivers:\n"
      "- name: x\n  webhook_configs:\n  - url: http://h/?token=abc\n    max_alerts: 3\n"
      "    http_config: {basic_auth: {username: u, password: pw}}\n  slack_configs: []\n");
  for (const auto* secret : {"hunter2", "T/secret", "token=abc", "pw"})
    EXPECT_THAT(config.text, Not(HasSubstr(secret)));
  EXPECT_THAT(config.text, HasSubstr("https://ops.example/"));
  EXPECT_THAT(config.text, HasSubstr("max_alerts: 3"));
  const auto again = parse_alertmanager_config(config.text, "shown.yml");
  ASSERT_TRUE(again) << again.error().message << "\n" << config.text;
  EXPECT_EQ(again->text, config.text);
}

TEST(AlertmanagerConfig, InhibitRulesHaveOneSourceOrMany) {
  const auto config = parsed(R"(
route: {receiver: x}
receivers: [{name: x}]
inhibit_rules:
- source_match: {severity: critical}
  target_match_re: {severity: warn.*}
  equal: [b, a]
- sources:
  - {matchers: [a="1"], equal: [dc]}
  - {matchers: [b="2"]}
  target_matchers: [c="3"]
)");
  ASSERT_EQ(config.inhibit_rules.size(), 2u);
  EXPECT_THAT(config.inhibit_rules[0].sources[0].equal, ElementsAre("a", "b"));
  EXPECT_EQ(matchers_text(config.inhibit_rules[0].target), R"({severity=~"^(?:warn.*)$"})");
  EXPECT_EQ(config.inhibit_rules[1].sources.size(), 2u);
}

TimeInterval interval_of(const std::string& text) {
  const auto yaml = codec::Yaml::parse(text, "t.yml");
  auto interval = parse_time_interval(*yaml);
  if (!interval) ADD_FAILURE() << interval.error().message;
  return interval ? *interval : TimeInterval{};
}
bool contains(const std::string& interval, const char* at) {
  return interval_of(interval).contains(*parse_time(at));
}

TEST(TimeInterval, AllFieldsMustHold) {
  const std::string office =
      "{times: [{start_time: '09:00', end_time: '17:00'}], weekdays: ['monday:friday']}";
  EXPECT_TRUE(contains(office, "2024-03-01T09:00:00Z"));
  EXPECT_TRUE(contains(office, "2024-03-01T16:59:59Z"));
  EXPECT_FALSE(contains(office, "2024-03-01T17:00:00Z"));
  EXPECT_FALSE(contains(office, "2024-03-02T12:00:00Z"));  // a Saturday
  EXPECT_TRUE(contains("{}", "2024-03-02T12:00:00Z"));
}

TEST(TimeInterval, DaysCountFromTheEndOfTheMonthToo) {
  EXPECT_TRUE(contains("{days_of_month: ['-1']}", "2024-02-29T10:00:00Z"));
  EXPECT_FALSE(contains("{days_of_month: ['-1']}", "2024-02-28T10:00:00Z"));
  EXPECT_TRUE(contains("{days_of_month: ['1:5', '-3:-1']}", "2023-02-26T10:00:00Z"));
  EXPECT_FALSE(contains("{days_of_month: ['31']}", "2024-02-29T10:00:00Z"));
  EXPECT_TRUE(contains("{months: ['november:december'], years: ['2024']}", "2024-12-31T00:00:00Z"));
  EXPECT_FALSE(contains("{months: ['1:3']}", "2024-04-01T00:00:00Z"));
}

TEST(TimeInterval, ThePlaceHasItsOwnClock) {
  if (!TimeZone::find("Europe/Berlin")) GTEST_SKIP() << "no zone files on this machine";
  const std::string night =
      "{times: [{start_time: '00:00', end_time: '06:00'}], location: Europe/Berlin}";
  EXPECT_TRUE(contains(night, "2024-07-01T22:00:00Z"));
  EXPECT_FALSE(contains(night, "2024-07-01T04:00:00Z"));
}

TEST(TimeInterval, WhatCannotBeIsRefused) {
  const auto error = [](const std::string& text) {
    const auto yaml = codec::Yaml::parse(text, "t.yml");
    const auto interval = parse_time_interval(*yaml);
    return interval ? std::string("accepted") : interval.error().message;
  };
  EXPECT_THAT(error("{times: [{start_time: '9:00', end_time: '17:00'}]}"), HasSubstr("9:00"));
  EXPECT_THAT(error("{times: [{start_time: '17:00', end_time: '09:00'}]}"),
              HasSubstr("start time"));
  EXPECT_THAT(error("{times: [{start_time: '17:00'}]}"), HasSubstr("both"));
  EXPECT_THAT(error("{weekdays: ['friday:monday']}"), HasSubstr("start day"));
  EXPECT_THAT(error("{weekdays: ['fri']}"), HasSubstr("fri is not a valid weekday"));
  EXPECT_THAT(error("{days_of_month: ['-5:5']}"), HasSubstr("negative"));
  EXPECT_THAT(error("{days_of_month: ['32']}"), HasSubstr("out of range"));
  EXPECT_THAT(error("{months: ['13']}"), HasSubstr("13 is not a valid month"));
  EXPECT_THAT(error("{location: Mars/Olympus}"), HasSubstr("Mars/Olympus"));
  EXPECT_THAT(error("{day: [1]}"), HasSubstr("unknown key"));
}

TEST(MatcherParser, OldTextsKeepTheirMeaning) {
  EXPECT_EQ(matchers_text(*parse_matchers(R"({foo=bar\\})")), R"({foo="bar\\"})");
  EXPECT_EQ(matchers_text(*parse_matchers("a=,b=x y")), R"({a="",b="x y"})");
  EXPECT_EQ(matchers_text(*parse_matchers(R"("dot.ted"="x")")), R"({dot.ted="x"})");
  EXPECT_FALSE(parse_matcher("{a=b}"));
  EXPECT_FALSE(parse_matchers("a"));
}

// Whom the pack tells: what would be lost if a severity came before the teams.
TEST(AlertmanagerConfig, ThePackReachesTheOwnersAndTheSeverities) {
  std::ifstream in(std::string(PHAROS_SOURCE_FOLDER) + "/packs/dwcp/alertmanager.yml");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto config = parse_alertmanager_config(text, "alertmanager.yml");
  ASSERT_TRUE(config) << config.error().message;
  const auto told = [&](const Labels& labels) {
    std::vector<std::string> out;
    for (const auto* route : match_routes(config->route, labels)) {
      out.push_back(route->receiver);
      EXPECT_EQ(route->deduplicate, Millis(std::chrono::minutes(5)));
    }
    return out;
  };
  EXPECT_THAT(told({{"alertname", "C"}, {"severity", "warning"}, {"component", "canary"}}),
              ElementsAre("canary-team", "deployment-team", "warnings"));
  EXPECT_THAT(
      told({{"alertname", "DWCPSLAViolation"}, {"severity", "critical"}, {"component", "sla"}}),
      ElementsAre("sla", "oncall-immediate", "critical"));
  EXPECT_THAT(told({{"alertname", "R"},
                    {"severity", "critical"},
                    {"auto_rollback", "true"},
                    {"escalation", "immediate"}}),
              ElementsAre("rollback", "oncall-immediate", "critical"));
  EXPECT_THAT(told({{"alertname", "A"}, {"severity", "critical"}, {"escalation", "low"}}),
              ElementsAre("critical"));
  EXPECT_THAT(told({{"alertname", "A"}, {"severity", "warning"}, {"component", "amst"}}),
              ElementsAre("specialists", "warnings"));
  EXPECT_THAT(told({{"alertname", "PBFTConsensusFailure"},
                    {"severity", "critical"},
                    {"escalation", "high"}}),
              ElementsAre("byzantine", "oncall-high", "critical"));
  EXPECT_THAT(told({{"alertname", "A"}}), ElementsAre("default"));
}

}  // namespace
}  // namespace pharos::rules::notify
