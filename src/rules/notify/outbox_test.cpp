#include "base/metric.hpp"
#include "rules/notify/alertmanager_fixture_test.hpp"
#include "rules/notify/metrics.hpp"

namespace pharos::rules::notify {
namespace {

TEST_F(AlertmanagerTest, AFailedAttemptIsMadeAgainBeyondTheDeadlineOfTheFlush) {
  world_.outcomes["a"].assign(6, {.kind = SendOutcome::Kind::retry, .status = 503, .error = "no"});
  start(kPlain);
  post({kUp1}, 1h);
  pass(10s);
  EXPECT_THAT(sent(), IsEmpty());
  pass(30s);
  EXPECT_THAT(sent(), ElementsAre(R"(a {}:{alertname="Up"} +1 - (first notification))"));
  EXPECT_THAT(outcomes(), ElementsAre("sent", "retrying: no"));
  EXPECT_EQ(am_->deliveries(1)[0].attempts, 7);
}

TEST_F(AlertmanagerTest, WhatIsAnsweredButNeverConfirmedIsSentThreeTimesAtMost) {
  start(kPlain);
  for (int i = 0; i < 9; ++i)
    world_.outcomes["a"].push_back({.kind = SendOutcome::Kind::retry,
                                    .status = 200,
                                    .error = "the answer is not whole",
                                    .unconfirmed = true});
  post({kUp1}, 1h);
  pass(4min);
  EXPECT_EQ(world_.outcomes["a"].size(), 6U) << "as good as sent until the repeat interval";
  EXPECT_THAT(outcomes(), testing::Contains("sent: not confirmed: the answer is not whole"));
  pass(5min);
  EXPECT_EQ(world_.outcomes["a"].size(), 3U);
}

TEST_F(AlertmanagerTest, TellsHowLongTheOldestNotificationWaits) {
  start(kPlain);
  for (int i = 0; i < 50; ++i)
    world_.outcomes["a"].push_back({.kind = SendOutcome::Kind::retry, .error = "down"});
  post({kUp1}, 1h);
  pass(10s);
  EXPECT_EQ(metrics().outbox_oldest.value(), 0);
  pass(30s);
  EXPECT_EQ(metrics().outbox_oldest.value(), 30);
  world_.outcomes["a"].clear();
  pass(65s);
  EXPECT_EQ(metrics().outbox_oldest.value(), 0);
}

TEST_F(AlertmanagerTest, ARefusedNotificationIsTriedAgainWithTheNextFlush) {
  world_.outcomes["a"] = {{.kind = SendOutcome::Kind::failed, .status = 400, .error = "bad"}};
  start(kPlain);
  post({kUp1}, 1h);
  pass(10s);
  EXPECT_THAT(outcomes(), ElementsAre("failed: bad"));
  pass(60s);
  EXPECT_THAT(sent(), ElementsAre(R"(a {}:{alertname="Up"} +1 - (first notification))"));
}

TEST_F(AlertmanagerTest, WhatEndsBeforeItCouldBeSaidIsNotSaid) {
  world_.outcomes["a"].assign(1000, {.kind = SendOutcome::Kind::retry, .error = "down"});
  start(kPlain);
  post({kUp1}, 1h);
  pass(30s);
  resolve({kUp1});
  pass(60s);
  world_.outcomes.clear();
  pass(10min);
  EXPECT_THAT(sent(), IsEmpty());
  EXPECT_THAT(outcomes(), testing::Contains(HasSubstr("superseded")));
}

TEST_F(AlertmanagerTest, WhatIsOverTheRateLimitWaitsAndIsRecorded) {
  start(R"(
route:
  {receiver: a, group_by: [i], group_wait: 10s, rate_limit: {notifications: 2, per: 1m}}
receivers: [{name: a, webhook_configs: [{url: "http://h/"}]}]
)");
  post({kUp1, kUp2, kUp3}, 1h);
  pass(10s);
  EXPECT_EQ(sent().size(), 2u);
  EXPECT_THAT(outcomes(), testing::Contains("rate limited: 2 per 1m"));
  pass(30s);
  EXPECT_EQ(sent().size(), 1u);
}

TEST_F(AlertmanagerTest, TellsWhichReceiverFailsAndForgetsItWhenItGoes) {
  start(R"(
route:
  receiver: good
  group_wait: 10s
  routes:
  - {receiver: dead, continue: true}
  - {receiver: good}
receivers:
- {name: good, webhook_configs: [{url: http://x/}]}
- {name: dead, webhook_configs: [{url: http://x/}]}
)");
  const auto shown = [](const std::string& receiver) {
    const auto text = metrics_text();
    const auto series = "pharos_notify_consecutive_failures{receiver=\"" + receiver +
                        "\",integration=\"webhook[0]\"} ";
    const auto at = text.find(series);
    return at == text.npos
               ? std::string("none")
               : text.substr(at + series.size(), text.find('\n', at) - at - series.size());
  };
  EXPECT_EQ(shown("dead"), "0");
  for (int i = 0; i < 4; ++i)
    world_.outcomes["dead"].push_back({.kind = SendOutcome::Kind::retry, .error = "down"});
  post({kUp1}, 1h);
  pass(11s);
  EXPECT_NE(shown("dead"), "0");
  EXPECT_EQ(shown("good"), "0");
  pass(1min);
  EXPECT_EQ(shown("dead"), "0") << "it was sent";
  world_.outcomes["dead"].push_back({.kind = SendOutcome::Kind::failed, .error = "refused"});
  post({kUp2}, 1h);
  pass(6min);
  EXPECT_EQ(shown("dead"), "1");
  configure(R"(
route: {receiver: good}
receivers:
- {name: good, webhook_configs: [{url: http://x/}]}
)");
  EXPECT_EQ(shown("dead"), "none");
  EXPECT_EQ(shown("good"), "0");
}

TEST_F(AlertmanagerTest, ADirectNotificationGoesOutOnceForItsKey) {
  start(kPlain);
  Notification page{.alerts = {{.labels = kUp1}}};
  page.idempotency_key = "page-7";
  ASSERT_TRUE(am_->send_to("a", page));
  ASSERT_TRUE(am_->send_to("a", page));
  am_->tick();
  ASSERT_TRUE(am_->send_to("a", page));
  restart();
  ASSERT_TRUE(am_->send_to("a", page));
  am_->tick();
  EXPECT_EQ(sent().size(), 1u);
  EXPECT_EQ(am_->send_to("nobody", page).error().code, Errc::not_found);
}

}  // namespace
}  // namespace pharos::rules::notify
