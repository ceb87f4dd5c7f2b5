#include "rules/notify/alertmanager.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "base/manual_clock.hpp"
#include "base/metric.hpp"
#include "rules/notify/metrics.hpp"
#include "rules/receivers/receiver_config.hpp"

namespace pharos::rules::notify {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// What arrived, as "receiver {group} firing:a,b resolved:c (reason)".
struct Sent {
  std::string receiver, group, reason, key;
  std::vector<std::string> firing, resolved;
  std::string text() const {
    const auto joined = [](const std::vector<std::string>& names) {
      std::string out;
      for (const auto& name : names) out += (out.empty() ? "" : ",") + name;
      return out;
    };
    return receiver + " " + group + " +" + joined(firing) + " -" + joined(resolved) + " (" +
           reason + ")";
  }
};

struct World {
  std::vector<Sent> sent;
  std::map<std::string, std::deque<SendOutcome>> outcomes;  // by receiver; none: sent
  std::map<std::string, bool> send_resolved;                // by receiver; none: true
};

class Recorder final : public Integration {
 public:
  Recorder(World& world, std::string receiver, std::size_t index)
      : world_(world), receiver_(std::move(receiver)), index_(index) {}
  std::string_view kind() const override { return "webhook"; }
  std::size_t index() const override { return index_; }
  bool send_resolved() const override {
    const auto set = world_.send_resolved.find(receiver_);
    return set == world_.send_resolved.end() || set->second;
  }
  SendOutcome send(const Notification& n, Millis, std::stop_token) override {
    if (auto& planned = world_.outcomes[receiver_]; !planned.empty()) {
      auto outcome = planned.front();
      planned.pop_front();
      if (outcome.kind != SendOutcome::Kind::sent) return outcome;
    }
    Sent sent{
        .receiver = receiver_, .group = n.group_key, .reason = n.reason, .key = n.idempotency_key};
    for (const auto& alert : n.alerts)
      (alert.ends_at == Time{} ? sent.firing : sent.resolved)
          .emplace_back(alert.labels.get("i").empty() ? alert.labels.get("alertname")
                                                      : alert.labels.get("i"));
    world_.sent.push_back(std::move(sent));
    return {};
  }

 private:
  World& world_;
  std::string receiver_;
  std::size_t index_;
};

class AlertmanagerTest : public ::testing::Test {
 protected:
  void SetUp() override { database_ = *Database::open(":memory:"); }

  void start(std::string_view config) {
    config_text_ = config;
    open();
  }
  void open(AlertmanagerOptions options = {}) {
    auto made = Alertmanager::open(
        *database_, clock_, std::move(options),
        [this](const receivers::ReceiverConfig& receiver, const AlertmanagerConfig&) {
          std::vector<std::unique_ptr<Integration>> out;
          for (std::size_t i = 0; i < receiver.webhook.size(); ++i)
            out.push_back(std::make_unique<Recorder>(world_, receiver.name, i));
          return Result<std::vector<std::unique_ptr<Integration>>>(std::move(out));
        });
    ASSERT_TRUE(made) << made.error().message;
    am_ = std::move(*made);
    configure(config_text_);
  }
  void configure(std::string_view text) {
    auto config = parse_alertmanager_config(text, "am.yml");
    ASSERT_TRUE(config) << config.error().message;
    const auto status =
        am_->set_config(std::make_shared<const AlertmanagerConfig>(std::move(*config)));
    ASSERT_TRUE(status) << status.error().message;
  }
  // As after kill -9: nothing but the database is left.
  void restart(AlertmanagerOptions options = {}) {
    am_.reset();
    open(std::move(options));
  }

  void post(std::initializer_list<Labels> labels, Millis ends_in = 0ms) {
    std::vector<Alert> alerts;
    for (const auto& set : labels) {
      Alert alert{.labels = set, .starts_at = clock_.now()};
      if (ends_in != 0ms) alert.ends_at = clock_.now() + ends_in;
      alerts.push_back(std::move(alert));
    }
    const auto refused = am_->post(std::move(alerts));
    ASSERT_TRUE(refused) << refused.error().message;
    EXPECT_THAT(*refused, IsEmpty());
  }
  void resolve(std::initializer_list<Labels> labels) {
    std::vector<Alert> alerts;
    for (const auto& set : labels)
      alerts.push_back({.labels = set, .starts_at = clock_.now() - 1h, .ends_at = clock_.now()});
    ASSERT_TRUE(am_->post(std::move(alerts)));
  }
  void pass(Millis time, Millis step = 1s) {
    for (Millis gone{0}; gone < time; gone += step) {
      clock_.advance(step);
      am_->tick();
    }
  }
  std::vector<std::string> sent() {
    std::vector<std::string> out;
    for (const auto& one : std::exchange(world_.sent, {})) out.push_back(one.text());
    return out;
  }
  std::vector<std::string> outcomes() {
    std::vector<std::string> out;
    for (const auto& record : am_->deliveries(100))
      out.push_back(record.outcome + (record.cause.empty() ? "" : ": " + record.cause));
    return out;
  }

  std::unique_ptr<Database> database_;
  ManualClock clock_{from_unix_millis(1'700'000'000'000)};
  World world_;
  std::string config_text_;
  std::unique_ptr<Alertmanager> am_;
};

constexpr std::string_view kPlain = R"(
route: {receiver: a, group_by: [alertname], group_wait: 10s, group_interval: 60s, repeat_interval: 5m}
receivers: [{name: a, webhook_configs: [{url: "http://h/"}]}]
)";

const Labels kUp1{{"alertname", "Up"}, {"i", "1"}}, kUp2{{"alertname", "Up"}, {"i", "2"}},
    kUp3{{"alertname", "Up"}, {"i", "3"}};

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

constexpr std::string_view kInhibit = R"(
route: {receiver: a, group_by: [severity], group_wait: 10s, group_interval: 60s, repeat_interval: 5m}
receivers: [{name: a, webhook_configs: [{url: "http://h/"}]}]
inhibit_rules:
- {source_matchers: [severity="page"], target_matchers: [severity="warn"], equal: [dc]}
)";

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
  post({page, {{"severity", "warn"}, {"dc", "x"}}, {{"severity", "warn"}, {"dc", "y"}},
        {{"severity", "warn"}, {"dc", "z"}}},
       1h);
  Silence silence{.matchers = {Matcher::equal("dc", "y")}};
  silence.ends_at = clock_.now() + 1h;
  ASSERT_TRUE(am_->set_silence(silence));
  pass(2s);
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

TEST_F(AlertmanagerTest, PostsFillInTimesAndKeepTheValidOnesOfAMixedBatch) {
  start(kPlain);
  const Time now = clock_.now();
  const auto refused = am_->post({{.labels = kUp1},
                                  {.labels = {}},
                                  {.labels = kUp2, .starts_at = now, .ends_at = now - 1s},
                                  {.labels = kUp3, .ends_at = now + 1min}});
  ASSERT_TRUE(refused);
  ASSERT_EQ(refused->size(), 2u);
  EXPECT_EQ((*refused)[0].index, 1u);
  EXPECT_EQ((*refused)[1].error.message, "start time must be before end time");
  const auto alerts = am_->alerts({});
  ASSERT_EQ(alerts.size(), 2u);
  for (const auto& view : alerts) {
    const bool open_end = view.alert.labels == kUp1;
    EXPECT_EQ(view.alert.timeout, open_end);
    EXPECT_EQ(view.alert.starts_at, open_end ? now : now + 1min);
    EXPECT_EQ(view.alert.ends_at, open_end ? now + 5min : now + 1min);
  }
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

TEST_F(AlertmanagerTest, AlertsThatAreTooLargeAreRefusedByNameAndTheOthersKept) {
  start(kPlain);
  AlertmanagerOptions options;
  options.alert_bytes_max = 1000;
  options.alerts_bytes_max = 2500;
  restart(options);
  const auto of = [&](const char* name, std::size_t bytes) {
    return Alert{.labels = Labels{{"alertname", name}},
                 .annotations = Labels{{"text", std::string(bytes, 'x')}},
                 .ends_at = clock_.now() + 1h};
  };
  auto refused = am_->post({of("Small", 10), of("Large", 1000), of("A", 900), of("B", 900)});
  ASSERT_TRUE(refused);
  ASSERT_EQ(refused->size(), 1u);
  EXPECT_EQ(refused->at(0).index, 1u);
  EXPECT_EQ(refused->at(0).error.message,
            "labels and annotations of Large have 1018 bytes, the limit is 1000");
  // All together: 500 are left.
  refused = am_->post({of("C", 900), of("A", 950), of("D", 100)});
  ASSERT_TRUE(refused);
  ASSERT_EQ(refused->size(), 1u);
  EXPECT_EQ(refused->at(0).index, 0u);
  EXPECT_EQ(refused->at(0).error.message, "the limit of 2500 bytes of alerts is reached");
  EXPECT_EQ(am_->alerts({}).size(), 4u);
  // What ends is heard, and its room is free again when it has been forgotten.
  auto ended = of("A", 950);
  ended.ends_at = clock_.now();
  ASSERT_THAT(*am_->post({ended}), IsEmpty());
  pass(1h);
  EXPECT_THAT(*am_->post({of("C", 900)}), IsEmpty());
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
