#include "base/metric.hpp"
#include "rules/notify/alertmanager_fixture_test.hpp"
#include "rules/notify/metrics.hpp"

namespace pharos::rules::notify {
namespace {

TEST_F(AlertmanagerTest, ASilenceHidesAndItsRecordNamesIt) {
  start(kPlain);
  Silence silence{.matchers = {Matcher::equal("i", "1")}};
  silence.ends_at = clock_.now() + 5min;
  const auto id = am_->set_silence(silence);
  ASSERT_TRUE(id) << id.error().message;
  post({kUp1}, 1h);
  pass(10s);
  EXPECT_THAT(sent(), IsEmpty());
  EXPECT_THAT(outcomes(), ElementsAre("silenced: " + *id));
  EXPECT_THAT(am_->alerts({})[0].marks.silenced_by, ElementsAre(*id));
  ASSERT_TRUE(am_->expire_silence(*id));
  pass(60s);
  EXPECT_EQ(sent().size(), 1u);
  EXPECT_EQ(am_->expire_silence("nobody").error().code, Errc::not_found);
}

TEST_F(AlertmanagerTest, ChangingASilenceKeepsItsPast) {
  start(kPlain);
  Silence silence{.matchers = {Matcher::equal("i", "1")}};
  silence.ends_at = clock_.now() + 1h;
  auto kept = *am_->silence(*am_->set_silence(silence));
  clock_.advance(1min);
  kept.ends_at += 1h;  // longer: the same silence
  EXPECT_EQ(*am_->set_silence(kept), kept.id);
  auto other = kept;
  other.matchers = {Matcher::equal("i", "2")};
  const auto replaced = am_->set_silence(other);
  EXPECT_NE(*replaced, kept.id);
  EXPECT_EQ(am_->silence(kept.id)->state_at(clock_.now()), Silence::State::expired);
  other.matchers = {*Matcher::make(MatchOp::regex, "i", ".*")};
  EXPECT_THAT(am_->set_silence(other).error().message,
              HasSubstr("must not match the empty string"));
  other.id = "11111111-0000-4000-8000-000000000000";
  other.matchers = {Matcher::equal("i", "2")};
  EXPECT_EQ(am_->set_silence(other).error().code, Errc::not_found);
}

TEST_F(AlertmanagerTest, AFiringSourceInhibitsItsTargets) {
  start(kInhibit);
  const Labels page{{"severity", "page"}, {"dc", "x"}, {"i", "p"}};
  const Labels near{{"severity", "warn"}, {"dc", "x"}, {"i", "near"}};
  const Labels far{{"severity", "warn"}, {"dc", "y"}, {"i", "far"}};
  post({near, far, page}, 1h);
  pass(10s);
  EXPECT_THAT(sent(), UnorderedElementsAre(R"(a {}:{severity="warn"} +far - (first notification))",
                                           R"(a {}:{severity="page"} +p - (first notification))"));
  EXPECT_THAT(outcomes(), testing::Contains("inhibited: " + fingerprint_text(page)));
  resolve({page});
  pass(60s);
  EXPECT_THAT(sent(),
              UnorderedElementsAre(R"(a {}:{severity="page"} + -p (all alerts resolved))",
                                   R"(a {}:{severity="warn"} +near,far - (new alerts in group))"));
}

TEST_F(AlertmanagerTest, CountsAlertsByTheirState) {
  start(kInhibit);
  const auto counts = [] {
    std::vector<double> out;
    for (const auto* state : {"active", "suppressed", "unprocessed"})
      out.push_back(metrics().alerts.with({state}).value());
    return out;
  };
  const Labels page{{"severity", "page"}, {"dc", "x"}};
  post({page,
        {{"severity", "warn"}, {"dc", "x"}},
        {{"severity", "warn"}, {"dc", "y"}},
        {{"severity", "warn"}, {"dc", "z"}}},
       1h);
  Silence silence{.matchers = {Matcher::equal("dc", "y")}};
  silence.ends_at = clock_.now() + 1h;
  ASSERT_TRUE(am_->set_silence(silence));
  pass(2s);
  EXPECT_THAT(counts(), ElementsAre(0, 0, 4)) << "no group has been looked at";
  pass(9s);
  EXPECT_THAT(counts(), ElementsAre(2, 2, 0)) << "one is inhibited, one silenced";
  resolve({page});
  pass(2s);
  EXPECT_THAT(counts(), ElementsAre(2, 1, 0)) << "what is resolved is in no state";
  // More than are counted every second: the sweep does it.
  for (int i = 0; i < 3'000; ++i)
    post({{{"severity", "info"}, {"dc", i % 3 == 0 ? "y" : "x"}, {"i", std::to_string(i)}}}, 1h);
  pass(31s);
  EXPECT_THAT(counts(), ElementsAre(2'002, 1'001, 0));
}

TEST_F(AlertmanagerTest, MutedAndInactiveRoutesSayNothingAndSayWhy) {
  start(R"(
route:
  receiver: a
  group_wait: 10s
  group_interval: 60s
  routes:
  - {matchers: [r="muted"], mute_time_intervals: [now]}
  - {matchers: [r="inactive"], active_time_intervals: [never]}
receivers: [{name: a, webhook_configs: [{url: "http://h/"}]}]
time_intervals:
- {name: now, time_intervals: [{years: ['2000:2100']}]}
- {name: never, time_intervals: [{years: ['1990']}]}
)");
  post({{{"r", "muted"}}, {{"r", "inactive"}}}, 1h);
  pass(10s);
  EXPECT_THAT(sent(), IsEmpty());
  EXPECT_THAT(outcomes(), UnorderedElementsAre("muted: now", "inactive: never"));
  const auto preview = am_->preview({{"r", "muted"}}, clock_.now());
  ASSERT_EQ(preview.size(), 1u);
  EXPECT_THAT(preview[0].muted_by, ElementsAre("now"));
  EXPECT_THAT(preview[0].integrations, ElementsAre("webhook[0]"));
  EXPECT_THAT(am_->preview({{"r", "muted"}}, *parse_time("1995-01-01T00:00:00Z"))[0].muted_by,
              IsEmpty());
}

}  // namespace
}  // namespace pharos::rules::notify
