// An Alertmanager in virtual time with receivers that remember, for tests.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "base/manual_clock.hpp"
#include "rules/notify/alertmanager.hpp"
#include "rules/receivers/receiver_config.hpp"

namespace pharos::rules::notify {

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

inline constexpr std::string_view kPlain = R"(
route: {receiver: a, group_by: [alertname], group_wait: 10s, group_interval: 60s, repeat_interval: 5m}
receivers: [{name: a, webhook_configs: [{url: "http://h/"}]}]
)";

inline constexpr std::string_view kInhibit = R"(
route: {receiver: a, group_by: [severity], group_wait: 10s, group_interval: 60s, repeat_interval: 5m}
receivers: [{name: a, webhook_configs: [{url: "http://h/"}]}]
inhibit_rules:
- {source_matchers: [severity="page"], target_matchers: [severity="warn"], equal: [dc]}
)";

inline const Labels kUp1{{"alertname", "Up"}, {"i", "1"}}, kUp2{{"alertname", "Up"}, {"i", "2"}},
    kUp3{{"alertname", "Up"}, {"i", "3"}};

}  // namespace pharos::rules::notify
