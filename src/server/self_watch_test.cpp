#include "server/self_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/manual_clock.hpp"

namespace pharos::server {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

struct Sink final : rules::AlertSink {
  std::vector<std::string> firing, summaries;
  Status deliver(std::span<const rules::Alert> alerts) override {
    for (const auto& alert : alerts) {
      firing.emplace_back(alert.labels.get("alertname"));
      summaries.emplace_back(alert.annotations.get("summary"));
    }
    return {};
  }
};

struct SelfWatching : testing::Test {
  ManualClock clock{from_unix_millis(1'000'000'000)};
  Sink sink;
  std::shared_ptr<query::MemoryStore> store = std::make_shared<query::MemoryStore>();
  SelfWatchOptions options{.enabled = false};  // rounds by hand
  std::unique_ptr<SelfWatch> watch;

  void SetUp() override { start(); }
  void start() {
    auto made = SelfWatch::start([this] { return store; }, sink, clock, options);
    ASSERT_TRUE(made) << made.error().message;
    watch = std::move(*made);
  }
  // Rounds every five seconds over `duration`; `page` gives the metrics at a time.
  void run(Millis duration, const std::function<std::string(Time)>& page) {
    sink.firing.clear();
    for (Millis passed{0}; passed <= duration; passed += 5s) {
      watch->round(clock.now(), page(clock.now()));
      clock.advance(5s);
    }
    for (const auto& rule : watch->group().rules()) EXPECT_EQ(rule.last_error, "");
  }
  static std::string line(std::string_view series, double value) {
    return std::string(series) + " " + std::to_string(value) + "\n";
  }
};

TEST_F(SelfWatching, IsQuietWhileAllIsWell) {
  run(2min, [](Time now) {
    const double seconds = static_cast<double>(to_unix_millis(now)) / 1000;
    return line("prometheus_rule_group_last_evaluation_timestamp_seconds{rule_group=\"g\"}",
                seconds - 20) +
           line("prometheus_rule_group_interval_seconds{rule_group=\"g\"}", 15) +
           line("pharos_notify_consecutive_failures{receiver=\"a\",integration=\"webhook[0]\"}",
                0) +
           line("prometheus_notifications_queue_length{alertmanager=\"a\"}", 10) +
           line("prometheus_notifications_queue_capacity{alertmanager=\"a\"}", 10000);
  });
  EXPECT_THAT(sink.firing, IsEmpty());
}

TEST_F(SelfWatching, SeesAStalledEvaluator) {
  const double began = static_cast<double>(to_unix_millis(clock.now())) / 1000;
  run(1min, [&](Time) {
    return line("prometheus_rule_group_last_evaluation_timestamp_seconds{rule_group=\"g\"}",
                began) +
           line("prometheus_rule_group_interval_seconds{rule_group=\"g\"}", 15);
  });
  EXPECT_THAT(sink.firing, Contains("PharosEvaluatorStalled"));
}

TEST_F(SelfWatching, AGroupThatAReloadTookAwayIsNotStalled) {
  const Time gone = clock.now() + 30s;
  run(4min, [&](Time now) {
    if (now >= gone) return std::string();
    return line("prometheus_rule_group_last_evaluation_timestamp_seconds{rule_group=\"g\"}",
                static_cast<double>(to_unix_millis(now)) / 1000) +
           line("prometheus_rule_group_interval_seconds{rule_group=\"g\"}", 15);
  });
  EXPECT_THAT(sink.firing, IsEmpty());
}

TEST_F(SelfWatching, SeesAReceiverThatGetsNothingThrough) {
  const auto page = [](double a, double b) {
    return [=](Time) {
      return line("pharos_notify_consecutive_failures{receiver=\"a\",integration=\"slack[0]\"}",
                  a) +
             line("pharos_notify_consecutive_failures{receiver=\"b\",integration=\"slack[0]\"}", b);
    };
  };
  run(2min, page(2, 0));
  EXPECT_THAT(sink.firing, Not(Contains("PharosReceiverFailing"))) << "it may yet get through";
  start();
  // Attempts become rare while it is down; the alert stays all the same. The other one is well.
  run(2min, page(0, 9));
  EXPECT_THAT(sink.firing, Contains("PharosReceiverFailing"));
  EXPECT_THAT(
      sink.summaries,
      Contains("Nothing gets through to receiver b (slack[0]): its last 9 attempts failed."));
  EXPECT_THAT(sink.summaries, Not(Contains(testing::HasSubstr("receiver a"))));
}

TEST_F(SelfWatching, SeesFullQueuesAndWhatWasDropped) {
  run(1min, [&](Time now) {
    const double seconds = static_cast<double>(to_unix_millis(now)) / 1000;
    return line("prometheus_notifications_queue_length{alertmanager=\"a\"}", 9'000) +
           line("prometheus_notifications_queue_capacity{alertmanager=\"a\"}", 10'000) +
           line("prometheus_notifications_dropped_total{alertmanager=\"a\"}", seconds);
  });
  EXPECT_THAT(sink.firing, Contains("PharosNotificationQueueFull"));
  EXPECT_THAT(sink.firing, Contains("PharosNotificationsDropped"));
}

TEST_F(SelfWatching, SeesANotificationThatDoesNotGetOut) {
  const auto waits = [](double seconds) {
    return [seconds](Time) { return line("pharos_notify_outbox_oldest_seconds", seconds); };
  };
  run(1min, waits(250));
  EXPECT_THAT(sink.firing, Not(Contains("PharosNotificationsLate")));
  run(1min, waits(400));
  EXPECT_THAT(sink.firing, Contains("PharosNotificationsLate"));
}

TEST_F(SelfWatching, SeesScrapesThatFail) {
  for (int i = 0; i < 3; ++i)
    for (UnixMillis t = 0; t <= 180'000; t += 5'000)
      store->put(Labels{{"__name__", "up"}, {"job", "node"}, {"instance", std::to_string(i)}},
                 to_unix_millis(clock.now()) + t, i == 0 ? 1 : 0);
  run(2min, [](Time) { return std::string(); });
  EXPECT_THAT(sink.firing, Contains("PharosScrapesFailing"));
}

TEST_F(SelfWatching, TheWatchdogAlwaysFiresWhenAskedFor) {
  run(10s, [](Time) { return std::string(); });
  EXPECT_THAT(sink.firing, IsEmpty());
  options.watchdog = true;
  start();
  run(10s, [](Time) { return std::string(); });
  EXPECT_THAT(sink.firing, Contains("PharosWatchdog"));
}

}  // namespace
}  // namespace pharos::server
