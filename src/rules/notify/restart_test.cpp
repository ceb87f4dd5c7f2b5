#include "base/metric.hpp"
#include "rules/notify/alertmanager_fixture_test.hpp"
#include "rules/notify/metrics.hpp"

namespace pharos::rules::notify {
namespace {

TEST_F(AlertmanagerTest, ARestartLosesNothingAndRepeatsNothing) {
  start(kPlain);
  post({kUp1}, 1h);
  pass(10s);
  EXPECT_EQ(sent().size(), 1u);
  Silence silence{.matchers = {Matcher::equal("i", "9")}};
  silence.ends_at = clock_.now() + 1h;
  const auto id = am_->set_silence(silence);
  restart();
  EXPECT_EQ(am_->alerts({}).size(), 1u);
  EXPECT_TRUE(am_->silence(*id));
  pass(4min);
  EXPECT_THAT(sent(), IsEmpty());
  EXPECT_EQ(am_->deliveries(10).back().outcome, "sent");
  pass(2min);
  EXPECT_THAT(sent(), ElementsAre(R"(a {}:{alertname="Up"} +1 - (repeat interval))"));
}

TEST_F(AlertmanagerTest, AnIntentThatWasNotSentGoesOutAfterARestartUnderTheSameKey) {
  world_.outcomes["a"].assign(1, {.kind = SendOutcome::Kind::retry, .error = "no"});
  start(kPlain);
  post({kUp1}, 1h);
  pass(10s);
  EXPECT_THAT(sent(), IsEmpty());
  restart();
  am_->tick();
  ASSERT_EQ(world_.sent.size(), 1u);
  EXPECT_EQ(world_.sent[0].key.size(), 32u);
}

TEST_F(AlertmanagerTest, ARestartKeepsInhibition) {
  start(kInhibit);
  const Labels page{{"severity", "page"}, {"dc", "x"}, {"i", "p"}};
  const Labels warn{{"severity", "warn"}, {"dc", "x"}, {"i", "w"}};
  post({warn, page}, 1h);
  pass(10s);
  EXPECT_EQ(sent().size(), 1u);
  restart();
  pass(3min);
  EXPECT_THAT(sent(), IsEmpty());
}

TEST_F(AlertmanagerTest, AnAlertDoesNotResolveBecauseWeWereDown) {
  start(kPlain);
  post({kUp1}, 4min);
  pass(10s);
  sent();
  am_.reset();
  clock_.advance(1h);
  open();
  pass(2min);
  EXPECT_THAT(sent(), ElementsAre(R"(a {}:{alertname="Up"} +1 - (repeat interval))"));
  pass(5min);  // nobody reports it: now it ends
  EXPECT_THAT(sent(), ElementsAre(R"(a {}:{alertname="Up"} + -1 (all alerts resolved))"));
}

TEST_F(AlertmanagerTest, HistoryTellsWhatBeganAndEndedAndWhatASilenceWouldHaveHidden) {
  start(kPlain);
  const Time begin = clock_.now();
  post({kUp1, kUp2}, 1h);
  pass(10s);
  resolve({kUp1});
  pass(60s);
  const Interval all{begin, clock_.now() + 1s};
  const auto history = am_->history({}, all, 100);
  ASSERT_TRUE(history);
  ASSERT_EQ(history->size(), 3u);
  EXPECT_EQ((*history)[2].kind, AlertTransition::Kind::resolved);
  // Of more than are asked for the newest, in the same order, across batches and within one.
  const auto newest = am_->history({}, all, 2);
  ASSERT_EQ(newest->size(), 2u);
  EXPECT_EQ((*newest)[0].alert.labels, (*history)[1].alert.labels);
  EXPECT_EQ((*newest)[1].kind, AlertTransition::Kind::resolved);
  EXPECT_THAT(*am_->history({}, all, 0), IsEmpty());
  const std::vector<Matcher> one{Matcher::equal("i", "1")}, up{Matcher::equal("alertname", "Up")};
  const auto some = am_->preview_silence(one, all);
  EXPECT_EQ(some->alerts, 1u);
  EXPECT_EQ(some->notifications, 2u);
  EXPECT_EQ(some->whole, 0u);
  EXPECT_EQ(am_->preview_silence(up, all)->whole, 2u);
}

TEST_F(AlertmanagerTest, ACompactedJournalRestoresTheSame) {
  start(kPlain);
  for (int i = 0; i < 30; ++i) {
    std::vector<Alert> alerts;
    for (int j = 0; j < 300; ++j)
      alerts.push_back(
          {.labels = {{"alertname", "A" + std::to_string(i)}, {"i", std::to_string(j)}},
           .starts_at = clock_.now(),
           .ends_at = clock_.now() + 1h});
    ASSERT_TRUE(am_->post(std::move(alerts)));
  }
  pass(11min, 1min);
  std::vector<std::uint64_t> before, after;
  for (const auto& view : am_->alerts({})) before.push_back(fingerprint(view.alert.labels));
  restart();
  for (const auto& view : am_->alerts({})) after.push_back(fingerprint(view.alert.labels));
  EXPECT_EQ(before.size(), 9'000u);
  EXPECT_EQ(before, after);
}

// A full disk, by a limit of the database itself.
class FullDisk : public AlertmanagerTest {
 protected:
  void limit_pages(const std::string& pages) {
    const auto status = database_->read([&](Database& db) -> Status {
      auto pragma = TRY(db.prepare("PRAGMA max_page_count = " + pages));
      return pragma.run();
    });
    ASSERT_TRUE(status) << status.error().message;
  }
};

TEST_F(FullDisk, NothingIsAcknowledgedAlertingGoesOnAndItRecovers) {
  start(kPlain);
  limit_pages("1");  // not below what is there: no growth
  Silence silence{.matchers = {Matcher::equal("i", "1")}, .comment = std::string(50'000, 'x')};
  silence.ends_at = clock_.now() + 1h;
  EXPECT_FALSE(am_->set_silence(silence));
  EXPECT_THAT(am_->silences({}), IsEmpty());
  std::vector<Alert> alerts;
  for (int i = 0; i < 500; ++i)
    alerts.push_back({.labels = {{"alertname", "Up"},
                                 {"i", std::to_string(i)},
                                 {"x", std::to_string(i * 2654435761u)}},
                      .ends_at = clock_.now() + 1h});
  EXPECT_FALSE(am_->post(alerts));
  pass(10s);
  EXPECT_EQ(sent().size(), 1u);  // from memory
  limit_pages("1000000");
  pass(2s);
  EXPECT_TRUE(am_->set_silence(silence));
  EXPECT_TRUE(am_->post(alerts));
  restart();
  EXPECT_EQ(am_->alerts({}).size(), 500u);
  pass(3min);
  EXPECT_THAT(sent(), IsEmpty());  // the log of what was sent meanwhile has been stored
}

}  // namespace
}  // namespace pharos::rules::notify
