#include "rules/notify/alertmanager_fixture_test.hpp"

namespace pharos::rules::notify {
namespace {

TEST_F(AlertmanagerTest, AGroupWaitsThenTellsAtIntervalsOnlyWhatIsNew) {
  start(kPlain);
  post({kUp1}, 1h);
  pass(9s);
  EXPECT_THAT(sent(), IsEmpty());
  pass(1s);
  EXPECT_THAT(sent(), ElementsAre(R"(a {}:{alertname="Up"} +1 - (first notification))"));
  post({kUp2}, 1h);
  pass(59s);
  EXPECT_THAT(sent(), IsEmpty());
  pass(1s);
  EXPECT_THAT(sent(), ElementsAre(R"(a {}:{alertname="Up"} +1,2 - (new alerts in group))"));
  pass(4min);
  EXPECT_THAT(sent(), IsEmpty());
  pass(2min);
  EXPECT_THAT(sent(), ElementsAre(R"(a {}:{alertname="Up"} +1,2 - (repeat interval))"));
}

TEST_F(AlertmanagerTest, ResolvedAlertsAreToldOnceAndLeaveTheirGroup) {
  start(kPlain);
  post({kUp1, kUp2}, 1h);
  pass(10s);
  sent();
  resolve({kUp1});
  pass(60s);
  EXPECT_THAT(sent(), ElementsAre(R"(a {}:{alertname="Up"} +2 -1 (new resolved alerts))"));
  resolve({kUp2});
  pass(60s);
  EXPECT_THAT(sent(), ElementsAre(R"(a {}:{alertname="Up"} + -2 (all alerts resolved))"));
  EXPECT_THAT(am_->groups({}), IsEmpty());
  pass(10min);
  EXPECT_THAT(sent(), IsEmpty());
}

TEST_F(AlertmanagerTest, AnAlertNobodyReportsAnyMoreResolvesAfterTheTimeout) {
  start(kPlain);
  post({kUp1});  // no end given: resolve_timeout of 5 minutes
  pass(10s);
  EXPECT_EQ(sent().size(), 1u);
  pass(6min);
  EXPECT_THAT(sent(), ElementsAre(R"(a {}:{alertname="Up"} + -1 (all alerts resolved))"));
}

TEST_F(AlertmanagerTest, WithoutSendResolvedTheEndIsNotedButNotTold) {
  world_.send_resolved["a"] = false;
  start(kPlain);
  post({kUp1}, 1h);
  pass(10s);
  sent();
  resolve({kUp1});
  pass(60s);
  EXPECT_THAT(sent(), IsEmpty());
  post({kUp1}, 1h);
  pass(60s);
  EXPECT_THAT(sent(), ElementsAre(R"(a {}:{alertname="Up"} +1 - (new alerts in group))"));
}

TEST_F(AlertmanagerTest, OldAlertsDoNotWait) {
  start(kPlain);
  ASSERT_TRUE(am_->post(
      {{.labels = kUp1, .starts_at = clock_.now() - 1min, .ends_at = clock_.now() + 1h}}));
  am_->tick();
  EXPECT_EQ(sent().size(), 1u);
}

TEST_F(AlertmanagerTest, AReturningAlertWithinTheWindowIsNoNews) {
  start(R"(
route: {receiver: a, group_by: [alertname], group_wait: 10s, group_interval: 60s, deduplicate: 5m}
receivers: [{name: a, webhook_configs: [{url: "http://h/"}]}]
)");
  post({kUp1, kUp2}, 1h);
  pass(10s);
  EXPECT_EQ(sent().size(), 1u);
  resolve({kUp1});
  pass(60s);
  EXPECT_EQ(sent().size(), 1u);
  post({kUp1}, 1h);
  pass(60s);
  EXPECT_THAT(sent(), IsEmpty());
  EXPECT_EQ(outcomes()[0], "deduplicated: told of within 5m");
  pass(5min);  // it stays: then it is news after all
  EXPECT_THAT(sent(), ElementsAre(R"(a {}:{alertname="Up"} +1,2 - (new alerts in group))"));
}

TEST_F(AlertmanagerTest, AOneShotGroupLeavesNewAlertsToANewGroup) {
  start(R"(
route: {receiver: a, group_by: [alertname], group_wait: 10s, group_interval: 60s, one_shot: true}
receivers: [{name: a, webhook_configs: [{url: "http://h/"}]}]
)");
  post({kUp1}, 1h);
  pass(10s);
  post({kUp2}, 1h);
  pass(10s);
  EXPECT_THAT(sent(), ElementsAre(R"(a {}:{alertname="Up"} +1 - (first notification))",
                                  R"(a {}:{alertname="Up"}#2 +2 - (first notification))"));
  restart();
  pass(3min);
  EXPECT_THAT(sent(), IsEmpty());
  resolve({kUp2});
  pass(60s);
  EXPECT_THAT(sent(), ElementsAre(R"(a {}:{alertname="Up"}#2 + -2 (all alerts resolved))"));
}

TEST_F(AlertmanagerTest, AnAcknowledgedGroupIsNotRepeatedButItsNewsIsTold) {
  start(kPlain);
  AlertmanagerOptions options;
  options.acknowledged = [](const Alert& alert) -> std::optional<std::string> {
    if (alert.labels.get("i") == "1") return "acknowledged by ada";
    return std::nullopt;
  };
  restart(options);
  post({kUp1}, 1h);
  pass(10s);
  EXPECT_EQ(sent().size(), 1u);
  pass(10min);
  EXPECT_THAT(sent(), IsEmpty());
  EXPECT_THAT(outcomes(), testing::Contains("acknowledged: acknowledged by ada"));
  post({kUp2}, 1h);
  pass(60s);
  EXPECT_THAT(sent(), ElementsAre(R"(a {}:{alertname="Up"} +1,2 - (new alerts in group))"));
}

TEST_F(AlertmanagerTest, ANewConfigurationCarriesGroupsOver) {
  start(kPlain);
  post({kUp1}, 1h);
  pass(10s);
  sent();
  configure(R"(
route:
  {receiver: a, group_by: [alertname], group_wait: 10s, group_interval: 60s, repeat_interval: 5m,
   routes: [{matchers: [i="2"], receiver: b}]}
receivers:
- {name: a, webhook_configs: [{url: "http://h/"}]}
- {name: b, webhook_configs: [{url: "http://h/"}]}
)");
  post({kUp2}, 1h);
  pass(2min);
  EXPECT_THAT(sent(), ElementsAre(R"(b {}/{i="2"}:{alertname="Up"} +2 - (first notification))"));
  pass(4min);
  EXPECT_EQ(sent().size(), 1u);  // the repeat of the first group
}

}  // namespace
}  // namespace pharos::rules::notify
