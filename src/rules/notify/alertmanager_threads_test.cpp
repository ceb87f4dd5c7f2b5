// With the threads of the server: real time, real receivers that hang.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>

#include "rules/notify/alertmanager.hpp"
#include "rules/receivers/receiver_config.hpp"

namespace pharos::rules::notify {
namespace {

using namespace std::chrono_literals;

struct Shared {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::map<std::string, std::size_t> sent, alerts;  // by receiver
  std::atomic<std::size_t> hanging{0};

  template <class Question>
  bool wait_for(Question question) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 60s, question);
  }
};

// Receivers called hang… never answer until they are stopped.
class Receiver final : public Integration {
 public:
  Receiver(Shared& shared, std::string name) : shared_(shared), name_(std::move(name)) {}
  std::string_view kind() const override { return "webhook"; }
  std::size_t index() const override { return 0; }
  bool send_resolved() const override { return true; }
  SendOutcome send(const Notification& notification, Millis, std::stop_token stop) override {
    std::unique_lock lock(shared_.mutex);
    if (name_.starts_with("hang")) {
      ++shared_.hanging;
      shared_.changed.notify_all();
      shared_.changed.wait(lock, stop, [] { return false; });
      return {.kind = SendOutcome::Kind::retry, .error = "stopped"};
    }
    ++shared_.sent[name_];
    shared_.alerts[name_] += notification.alerts.size();
    shared_.changed.notify_all();
    return {};
  }

 private:
  Shared& shared_;
  std::string name_;
};

std::unique_ptr<Alertmanager> make(Database& database, Shared& shared, std::string_view config,
                                   AlertmanagerOptions options = {}) {
  auto am = *Alertmanager::open(
      database, system_clock(), std::move(options),
      [&shared](const receivers::ReceiverConfig& receiver, const AlertmanagerConfig&) {
        std::vector<std::unique_ptr<Integration>> out;
        out.push_back(std::make_unique<Receiver>(shared, receiver.name));
        return Result<std::vector<std::unique_ptr<Integration>>>(std::move(out));
      });
  auto parsed = parse_alertmanager_config(config, "am.yml");
  EXPECT_TRUE(parsed);
  EXPECT_TRUE(am->set_config(std::make_shared<const AlertmanagerConfig>(std::move(*parsed))));
  am->start();
  return am;
}

TEST(AlertmanagerThreads, ReceiversThatHangDoNotBlockAnother) {
  Shared shared;
  const auto database = *Database::open(":memory:");
  std::string config = "route:\n  receiver: good\n  group_wait: 0s\n  group_by: [i]\n  routes:\n";
  std::string receivers = "receivers:\n- {name: good}\n";
  for (int i = 0; i < 12; ++i) {
    const auto name = "hang" + std::to_string(i);
    config += "  - {matchers: ['r=\"" + name + "\"'], receiver: " + name + "}\n";
    receivers += "- {name: " + name + "}\n";
  }
  const auto am = make(*database, shared, config + receivers, {.send_threads = 2});
  std::vector<Alert> alerts;
  for (int i = 0; i < 36; ++i)
    alerts.push_back(
        {.labels = {{"i", std::to_string(i)}, {"r", "hang" + std::to_string(i % 12)}}});
  ASSERT_TRUE(am->post(alerts));
  ASSERT_TRUE(shared.wait_for([&] { return shared.hanging >= 12; }));
  ASSERT_TRUE(am->post({{.labels = {{"i", "x"}}}, {.labels = {{"i", "y"}}}}));
  EXPECT_TRUE(shared.wait_for([&] { return shared.sent["good"] == 2; }));
  am->stop();
}

TEST(AlertmanagerThreads, PostersReadersAndReloadsGoTogether) {
  Shared shared;
  const auto database = *Database::open(":memory:");
  constexpr std::string_view kConfig = R"(
route: {receiver: good, group_wait: 1ms, group_interval: 5ms, repeat_interval: 1h, group_by: [g]}
receivers: [{name: good}]
inhibit_rules: [{source_matchers: [s="1"], target_matchers: [s="2"], equal: [g]}]
)";
  const auto am = make(*database, shared, kConfig);
  constexpr int kPosters = 3, kRounds = 40;
  std::atomic<int> posting{kPosters};
  std::vector<std::jthread> threads;
  for (int p = 0; p < kPosters; ++p) {
    threads.emplace_back([&, p] {
      for (int round = 0; round < kRounds; ++round) {
        std::vector<Alert> alerts;
        for (int i = 0; i < 10; ++i)
          alerts.push_back({.labels = {{"g", std::to_string(i)},
                                       {"p", std::to_string(p)},
                                       {"s", std::to_string(round % 3)}},
                            .ends_at = system_clock().now() + (round % 2 == 0 ? 1h : 0h)});
        EXPECT_TRUE(am->post(std::move(alerts)));
      }
      --posting;
    });
  }
  threads.emplace_back([&] {
    while (posting > 0) {
      (void)am->alerts({});
      (void)am->groups({});
      (void)am->preview({{"g", "1"}, {"s", "2"}}, system_clock().now());
      Silence silence{.matchers = {Matcher::equal("p", "1")}};
      silence.ends_at = system_clock().now() + 1h;
      const auto id = am->set_silence(silence);
      EXPECT_TRUE(id);
      EXPECT_TRUE(am->set_config(am->config()));
      EXPECT_TRUE(am->expire_silence(*id));
      (void)am->deliveries(20);
    }
  });
  threads.clear();
  ASSERT_TRUE(am->post({{.labels = {{"g", "last"}, {"s", "9"}}}}));
  const auto groups = am->groups({});
  EXPECT_TRUE(shared.wait_for([&] { return shared.sent["good"] > 0; }));
  am->stop();
  EXPECT_FALSE(groups.empty());
}

}  // namespace
}  // namespace pharos::rules::notify
