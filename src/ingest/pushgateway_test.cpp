#include "ingest/pushgateway.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/manual_clock.hpp"
#include "base/sim_disk.hpp"
#include "ingest/fake_appender_test.hpp"
#include "ingest/push_group.hpp"
#include "ingest/push_path.hpp"

namespace pharos::ingest {
namespace {

using testing::HasSubstr;

TEST(PushPath, GroupsAreLabels) {
  EXPECT_EQ(parse_push_path("/j/instance/i%2F1")->to_string(), "{instance=\"i/1\", job=\"j\"}");
  EXPECT_EQ(parse_push_path("@base64/YS9i/path@base64/L3Zhci90bXA=/e@base64/=")->to_string(), "{job=\"a/b\", path=\"/var/tmp\"}");
  EXPECT_EQ(parse_push_path("/").error().message, "job name is required");
  EXPECT_EQ(parse_push_path("/j/a").error().message, "odd number of components in label string \"/j/a\"");
  EXPECT_EQ(parse_push_path("/j/__a/b").error().message, "improper label name \"__a\"");
  EXPECT_THAT(parse_push_path("/j/a@base64/!!").error().message, HasSubstr("invalid base64 encoding in label a=\"!!\""));
}

struct PushgatewayTest : testing::Test {
  std::shared_ptr<SimDisk> disk = std::make_shared<SimDisk>(7);
  std::shared_ptr<FakeAppender> appender = std::make_shared<FakeAppender>();
  ManualClock clock{from_unix_millis(1'000'000)};
  PushgatewayConfig config;
  net::Router router;
  std::shared_ptr<Pushgateway> gateway;

  PushgatewayTest() {
    config.background = false;
    open();
  }
  void open() {
    auto opened = Pushgateway::open(disk, appender, clock, config);
    ASSERT_TRUE(opened) << opened.error().message;
    gateway = *opened;
    router = {};
    register_pushgateway(router, gateway, config);
  }
  net::Response send(std::string method, std::string path, std::string body = {}) {
    clock.advance(Millis(1000));
    net::Request request;
    request.method = method;
    request.path = request.raw_path = path;
    request.body = std::move(body);
    auto match = router.find(method, path);
    if (!match.handler) return net::Response::text(404, "");
    request.path_params = std::move(match.params);
    return (*match.handler)(request);
  }
};

TEST_F(PushgatewayTest, APushIsStoredAtOnceAndThenRepeated) {
  EXPECT_EQ(send("PUT", "/metrics/job/backup/instance/a", "# TYPE done gauge\ndone{job=\"other\"} 5\n").status, 200);
  auto stored = appender->of("done{instance=\"a\", job=\"backup\"}");
  ASSERT_EQ(stored.size(), 1u);
  EXPECT_EQ(stored[0].value, 5);
  EXPECT_EQ(appender->of("push_time_seconds{instance=\"a\", job=\"backup\"}")[0].value, 1001);
  EXPECT_EQ(appender->of("push_failure_time_seconds{instance=\"a\", job=\"backup\"}")[0].value, 0);
  clock.advance(Millis(60'000));
  gateway->repeat();
  EXPECT_EQ(appender->of("done{instance=\"a\", job=\"backup\"}").size(), 2u);
}

TEST_F(PushgatewayTest, PutReplacesAllPostOnlyTheSameNames) {
  send("PUT", "/metrics/job/j", "a 1\nb 2\n");
  send("POST", "/metrics/job/j", "b 3\n");
  gateway->repeat();
  EXPECT_EQ(appender->of("a{job=\"j\"}").back().value, 1);
  EXPECT_EQ(appender->of("b{job=\"j\"}").back().value, 3);
  send("PUT", "/metrics/job/j", "c 4\n");
  EXPECT_TRUE(is_stale(appender->of("a{job=\"j\"}").back().value));
  EXPECT_TRUE(is_stale(appender->of("b{job=\"j\"}").back().value));
}

TEST_F(PushgatewayTest, DeleteEndsTheSeries) {
  send("PUT", "/metrics/job/j", "a 1\n");
  EXPECT_EQ(send("DELETE", "/metrics/job/j").status, 202);
  EXPECT_EQ(gateway->groups(), 0u);
  EXPECT_TRUE(is_stale(appender->of("a{job=\"j\"}").back().value));
  EXPECT_EQ(send("DELETE", "/metrics/job/never").status, 202);
}

TEST_F(PushgatewayTest, GroupsSurviveARestart) {
  send("PUT", "/metrics/job@base64/YS9i", "# HELP a what\n# TYPE a counter\na{x=\"1\"} 1\n");
  gateway.reset();
  appender->forget_refs();
  open();
  EXPECT_EQ(gateway->groups(), 1u);
  clock.advance(Millis(1000));
  gateway->repeat();
  EXPECT_EQ(appender->of("a{job=\"a/b\", x=\"1\"}").size(), 2u);
}

TEST_F(PushgatewayTest, ADamagedGroupFileHarmsNoOther) {
  send("PUT", "/metrics/job/good", "a 1\n");
  ASSERT_TRUE(disk->replace("pushgateway/0000.group", as_bytes("PHRSPUSHnonsense")));
  open();
  EXPECT_EQ(gateway->groups(), 1u);
  EXPECT_TRUE(disk->exists("pushgateway/0000.group.damaged"));
}

TEST_F(PushgatewayTest, InconsistentPushesAreRememberedAsFailures) {
  send("PUT", "/metrics/job/j", "a 1\n");
  const auto response = send("PUT", "/metrics/job/j", "a 1 1234567\n");
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("pushed metrics must not have timestamps"));
  EXPECT_EQ(appender->of("push_failure_time_seconds{job=\"j\"}").back().value, 1002);
  EXPECT_EQ(send("PUT", "/metrics/job/j", "a{ 1\n").status, 400);
  EXPECT_EQ(send("PUT", "/metrics/job/j", "a 1\na 2\n").status, 400);
  EXPECT_THAT(send("GET", "/api/v1/metrics").body, HasSubstr("\"last_push_successful\":false"));
}

TEST_F(PushgatewayTest, TheStatusShowsGroupsAsThePushgatewayDoes) {
  send("PUT", "/metrics/job/j", "# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 3\nh_sum 4\nh_count 3\n# TYPE g gauge\ng{x=\"y\"} 1.5\n");
  const auto body = send("GET", "/api/v1/metrics").body;
  EXPECT_THAT(body, HasSubstr("\"labels\":{\"job\":\"j\"},\"last_push_successful\":true"));
  EXPECT_THAT(body, HasSubstr("\"type\":\"GAUGE\",\"metrics\":[{\"labels\":{\"job\":\"j\",\"x\":\"y\"},\"value\":\"1.5\"}]"));
  EXPECT_THAT(body, HasSubstr("\"buckets\":{\"1\":\"2\",\"+Inf\":\"3\"},\"count\":\"3\",\"sum\":\"4\""));
}

TEST_F(PushgatewayTest, TooManyGroupsAreRefused) {
  config.groups_max = 1;
  open();
  EXPECT_EQ(send("PUT", "/metrics/job/a", "a 1\n").status, 200);
  EXPECT_EQ(send("PUT", "/metrics/job/b", "a 1\n").status, 429);
}

TEST(PushGroup, EveryFlippedByteIsNoticed) {
  PushGroup group;
  group.key = {{"job", "j"}};
  group.pushed_ms = 5;
  group.families["a"].series.push_back({.labels = {{"__name__", "a"}, {"job", "j"}}, .value = 2});
  const auto bytes = encode_push_group(group);
  ASSERT_TRUE(decode_push_group(bytes));
  EXPECT_EQ(decode_push_group(bytes)->families.at("a").series[0].value, 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x20);
    EXPECT_FALSE(decode_push_group(damaged)) << i;
    EXPECT_FALSE(decode_push_group(std::string_view(bytes).substr(0, i))) << i;
  }
}

}  // namespace
}  // namespace pharos::ingest
