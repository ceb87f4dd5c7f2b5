#include "rules/receivers/integrations_fixture_test.hpp"

namespace pharos::rules::receivers {
namespace {

TEST(Integrations, SlackErrorsMayComeWithStatus200) {
  std::string answer;
  Recorder recorder([&](const net::Request&) { return net::Response::json(200, answer); });
  const auto database = *Database::open(":memory:");
  auto o = options();
  o.memory = *ReceiverMemory::open(*database, system_clock());
  const std::string yaml = "{name: a, slack_configs: [{app_token: xoxb, app_url: '" +
                           recorder.url() +
                           "/api/chat.postMessage', channel: '#c', update_message: true}]}";
  auto made = make(yaml, o);
  answer = R"({"ok":false,"error":"channel_not_found"})";
  auto outcome = send(made, firing());
  EXPECT_EQ(outcome.kind, SendOutcome::Kind::failed);
  EXPECT_EQ(outcome.error, "channel \"#c\": error response from Slack: channel_not_found");
  answer = R"({"ok":false,"error":"ratelimited"})";
  EXPECT_EQ(send(made, firing()).kind, SendOutcome::Kind::retry);
  answer = R"({"ok":true,"channel":"C1","ts":"12.3"})";
  EXPECT_EQ(send(made, firing()).kind, SendOutcome::Kind::sent);
  (void)recorder.take();
  // After a restart: the same message, changed.
  o.memory = *ReceiverMemory::open(*database, system_clock());
  made = make(yaml, o);
  send(made, resolved());
  const auto requests = recorder.take();
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].path, "/api/chat.update");
  EXPECT_EQ(requests[0].headers.get("Authorization"), "Bearer xoxb");
  EXPECT_EQ(body_of(requests[0])["ts"].string(), "12.3");
  EXPECT_EQ(body_of(requests[0])["channel"].string(), "C1");
}

}  // namespace
}  // namespace pharos::rules::receivers
