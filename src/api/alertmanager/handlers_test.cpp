// Alertmanager's API over the real Alertmanager half, in memory and in time of our own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "api/fake_services_test.hpp"
#include "rules/notify/alertmanager.hpp"

namespace pharos::api {
namespace {

using codec::Json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view kConfig = R"(
route:
  receiver: everybody
  group_by: [alertname]
  routes:
    - {matchers: ['severity="page"'], receiver: pager}
receivers: [{name: everybody}, {name: pager}]
inhibit_rules:
  - {source_matchers: ['severity="page"'], target_matchers: ['severity="info"'], equal: [job]}
)";

struct AlertApi : testing::Test {
  FakeServer server;
  std::unique_ptr<Database> database = std::move(*Database::open(":memory:"));
  std::unique_ptr<rules::notify::Alertmanager> manager;
  std::optional<Time> stored_from;

  void SetUp() override {
    auto opened = rules::notify::Alertmanager::open(
        *database, server.clock, {},
        [](const auto&,
           const auto&) -> Result<std::vector<std::unique_ptr<rules::notify::Integration>>> {
          return std::vector<std::unique_ptr<rules::notify::Integration>>();
        });
    ASSERT_TRUE(opened) << opened.error().message;
    manager = std::move(*opened);
    auto config = rules::notify::parse_alertmanager_config(kConfig, "am.yml");
    ASSERT_TRUE(config) << config.error().message;
    ASSERT_TRUE(manager->set_config(
        std::make_shared<const rules::notify::AlertmanagerConfig>(std::move(*config))));
    server.services.alertmanager = manager.get();
    server.services.stored_from = [this] { return stored_from; };
    testing::internal::CaptureStderr();
    server.start();
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "") << "a route hides another";
  }

  net::Response send(const std::string& method, const std::string& path,
                     const std::string& body = "") {
    return server.ask(method, path, body);
  }
  Json get(const std::string& path) {
    const auto response = server.get(path);
    EXPECT_EQ(response.status, 200) << response.body;
    std::string body = response.body;
    if (response.stream)
      response.stream([&](std::string_view chunk) {
        body += chunk;
        return true;
      });
    auto json = Json::parse(body);
    EXPECT_TRUE(json) << body;
    return json ? std::move(*json) : Json();
  }
  std::vector<std::string> names(const std::string& query = "") {
    std::vector<std::string> out;
    const auto alerts = get("/api/v2/alerts" + query);
    for (const auto& alert : alerts.items()) out.push_back(alert["labels"]["alertname"].string());
    std::ranges::sort(out);
    return out;
  }
};

TEST_F(AlertApi, NoRouteHidesAnother) {
  net::Router router;
  testing::internal::CaptureStderr();
  ASSERT_TRUE(install(router, server.services, server.options));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(AlertApi, ListsWhatWasPosted) {
  EXPECT_EQ(
      send(
          "POST", "/api/v2/alerts",
          R"([{"labels":{"alertname":"A","job":"x","severity":"page"},"annotations":{"s":"t"},)"
          R"("generatorURL":"http://g"},{"labels":{"alertname":"B","job":"x","severity":"info"}}])")
          .status,
      200);
  EXPECT_THAT(names(), ElementsAre("A", "B"));
  EXPECT_THAT(names("?filter=severity%3D%22page%22"), ElementsAre("A"));
  EXPECT_THAT(names("?receiver=pag.r"), ElementsAre("A"));
  EXPECT_THAT(names("?receiver=page"), IsEmpty()) << "the pattern is anchored";
  EXPECT_THAT(names("?inhibited=false"), ElementsAre("A"));
  const auto alert = get("/api/v2/alerts?filter=alertname%3DA").items().at(0);
  EXPECT_EQ(alert["annotations"]["s"].string(), "t");
  EXPECT_EQ(alert["generatorURL"].string(), "http://g");
  EXPECT_EQ(alert["receivers"].items().at(0)["name"].string(), "pager");
  EXPECT_THAT(alert["fingerprint"].string(), SizeIs(16));
  EXPECT_THAT(get("/alertmanager/api/v2/alerts").items(), SizeIs(2)) << "also below a path prefix";
}

TEST_F(AlertApi, NamesTheBadAlertsOfABatchAndKeepsTheRest) {
  const auto response =
      send("POST", "/api/v2/alerts",
           R"([{"labels":{}},{"labels":{"alertname":"Good"}},{"labels":{"a":1}}])");
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("alert 0: "));
  EXPECT_THAT(response.body, HasSubstr("alert 2: "));
  EXPECT_THAT(names(), ElementsAre("Good"));
  EXPECT_EQ(send("POST", "/api/v2/alerts", "[{").status, 400);
  EXPECT_EQ(server.get("/api/v2/alerts?filter=a%3D~(").status, 400);
  EXPECT_EQ(server.get("/api/v2/alerts?receiver=(").status, 400);
}

TEST_F(AlertApi, StreamsLongLists) {
  std::string body = "[";
  for (int i = 0; i < 3'000; ++i)
    body += (i > 0 ? "," : "") + std::string(R"({"labels":{"alertname":"N)") + std::to_string(i) +
            "\"}}";
  EXPECT_EQ(send("POST", "/api/v2/alerts", body + "]").status, 200);
  const auto alerts = get("/api/v2/alerts");
  ASSERT_THAT(alerts.items(), SizeIs(3'000));
  for (std::size_t i = 1; i < alerts.items().size(); ++i)
    ASSERT_LT(alerts.items()[i - 1]["fingerprint"].string(),
              alerts.items()[i]["fingerprint"].string());
}

TEST_F(AlertApi, SilencesComeAndGo) {
  const auto silence = [&](std::string_view matchers) {
    return R"({"matchers":)" + std::string(matchers) + R"(,"startsAt":")" +
           format_time(server.clock.now()) + R"(","endsAt":")" +
           format_time(server.clock.now() + std::chrono::hours(1)) +
           R"(","createdBy":"ada","comment":"known"})";
  };
  send("POST", "/api/v2/alerts", R"([{"labels":{"alertname":"A"}}])");
  const auto made =
      send("POST", "/api/v2/silences",
           silence(R"([{"name":"alertname","value":"A","isRegex":false,"isEqual":true}])"));
  ASSERT_EQ(made.status, 200) << made.body;
  const auto id = (*Json::parse(made.body))["silenceID"].string();
  EXPECT_THAT(names("?silenced=false"), IsEmpty());
  EXPECT_EQ(get("/api/v2/alerts").items().at(0)["status"]["state"].string(), "suppressed");
  EXPECT_EQ(get("/api/v2/silence/" + id)["createdBy"].string(), "ada");
  EXPECT_THAT(get("/api/v2/silences").items(), SizeIs(1));
  EXPECT_THAT(get("/api/v2/silences?filter=alertname%3DA").items(), SizeIs(1));
  EXPECT_THAT(get("/api/v2/silences?filter=alertname%3DB").items(), SizeIs(0));
  EXPECT_EQ(send("DELETE", "/api/v2/silence/" + id).status, 200);
  EXPECT_THAT(names("?silenced=false"), ElementsAre("A"));
  EXPECT_EQ(get("/api/v2/silence/" + id)["status"]["state"].string(), "expired");

  EXPECT_EQ(send("POST", "/api/v2/silences", "{}").status, 422);
  EXPECT_EQ(send("POST", "/api/v2/silences", "[").status, 400);
  EXPECT_EQ(send("POST", "/api/v2/silences", silence("[]")).status, 422);
  EXPECT_EQ(
      send("POST", "/api/v2/silences", silence(R"([{"name":"a","value":"(","isRegex":true}])"))
          .status,
      400);
  EXPECT_EQ(server.get("/api/v2/silence/nonsense").status, 422);
  EXPECT_EQ(server.get("/api/v2/silence/00000000-0000-4000-8000-000000000000").status, 404);
}

TEST_F(AlertApi, TellsStatusAndReceivers) {
  const auto status = get("/api/v2/status");
  EXPECT_EQ(status["cluster"]["status"].string(), "disabled");
  EXPECT_THAT(status["config"]["original"].string(), HasSubstr("pager"));
  EXPECT_THAT(get("/api/v2/receivers").items(), SizeIs(2));
  const auto groups = get("/api/v2/alerts/groups");
  EXPECT_THAT(groups.items(), IsEmpty());
}

TEST_F(AlertApi, BacktestTakesTheFileWhateverTheBodyIsSaidToBe) {
  const std::string rules = "groups: [{name: g, rules: [{alert: Hot, expr: 'up > 1'}]}]";
  server.next_output = query::Output{.value = query::Vector{}};
  const std::string path = "/api/v1/backtest?start=0&end=600";
  const std::vector<std::pair<std::string, std::string>> yaml{{"Content-Type", "text/yaml"}};
  for (const auto& response :
       {server.ask("POST", path, rules), server.ask("POST", path, rules, yaml),
        server.ask("POST", path, "rules=" + net::url_encode(rules))}) {
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_THAT(response.body, HasSubstr("Hot"));
  }
  for (const auto* body : {"", " \n", "rules="}) {
    const auto response = server.ask("POST", path, body);
    EXPECT_EQ(response.status, 400) << body;
  }
  EXPECT_THAT(server.ask("POST", path, "").body, HasSubstr("rules is missing"));
}

TEST_F(AlertApi, BacktestSaysWhatWasStored) {
  server.next_output = query::Output{.value = query::Vector{}};
  const auto ask = [&] {
    const auto response = server.ask("POST", "/api/v1/backtest?start=0&end=600",
                                     "groups: [{name: g, rules: [{alert: Hot, expr: 'up > 1'}]}]");
    return (*codec::Json::parse(response.body))["data"];
  };
  EXPECT_EQ(ask()["evaluatedFrom"].string(), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(ask()["rules"].items().at(0)["evaluations"].integer(), 10);
  stored_from = from_unix_millis(300'000);
  EXPECT_EQ(ask()["evaluatedFrom"].string(), "1970-01-01T00:05:00.000Z");
  EXPECT_EQ(ask()["evaluatedTo"].string(), "1970-01-01T00:10:00.000Z");
  EXPECT_EQ(ask()["rules"].items().at(0)["evaluations"].integer(), 5);
}

TEST_F(AlertApi, TimesBeyondAllClocksAreReckonedWith) {
  const std::string ends = "?start=-8e15&end=8e15";
  EXPECT_EQ(server.get("/api/v1/alerts/history" + ends).status, 200);
  const auto tried = server.ask("POST", "/api/v1/backtest" + ends + "&interval=9e8",
                                "groups: [{name: g, rules: [{alert: Hot, expr: 'up > 1'}]}]");
  EXPECT_EQ(tried.status, 422);
  EXPECT_THAT(tried.body, HasSubstr("longer than ten years"));
  EXPECT_EQ(server.get("/api/v1/alerts/history?start=8e15&end=-8e15").status, 400);
}

TEST(Backtests, FourRunAtATimeAndAFifthIsToldToComeLater) {
  std::mutex mutex;
  std::condition_variable changed;
  int inside = 0;
  bool go = false;
  FakeServer server;
  server.services.run_query = [&](Querier&, const query::QueryRequest&) -> Result<query::Output> {
    std::unique_lock lock(mutex);
    ++inside;
    changed.notify_all();
    // A fifth that is let in does not wait with the others: the test shall fail, not hang.
    changed.wait(lock, [&] { return go || inside > 4; });
    return query::Output{.value = query::Vector{}};
  };
  server.start();
  const auto ask = [&] {
    return server.ask("POST", "/api/v1/backtest?start=0&end=600",
                      "groups: [{name: g, rules: [{alert: Hot, expr: 'up > 1'}]}]");
  };
  std::vector<int> statuses(4);
  {
    std::vector<std::jthread> running;
    for (auto& status : statuses) running.emplace_back([&] { status = ask().status; });
    {
      std::unique_lock lock(mutex);
      ASSERT_TRUE(changed.wait_for(lock, std::chrono::minutes(1), [&] { return inside == 4; }));
    }
    const auto fifth = ask();
    EXPECT_EQ(fifth.status, 503);
    EXPECT_THAT(fifth.body, HasSubstr("4 backtests are running: try again when one has ended"));
    EXPECT_THAT(fifth.body, HasSubstr("\"errorType\":\"unavailable\""));
    std::lock_guard lock(mutex);
    go = true;
    changed.notify_all();
  }
  EXPECT_THAT(statuses, ElementsAre(200, 200, 200, 200));
  EXPECT_EQ(ask().status, 200);  // their places are free again
}

TEST_F(AlertApi, PreviewsRoutesAndTellsHistory) {
  const auto preview = get("/api/v1/routes/preview?labels=%7Bseverity%3D%22page%22%7D");
  ASSERT_THAT(preview["data"].items(), SizeIs(1));
  EXPECT_EQ(preview["data"].items()[0]["receiver"].string(), "pager");
  send("POST", "/api/v2/alerts", R"([{"labels":{"alertname":"A"}}])");
  const auto end = format_time(server.clock.now() + std::chrono::hours(1));
  const auto history = get("/api/v1/alerts/history?end=" + end);
  ASSERT_THAT(history["data"].items(), SizeIs(1));
  EXPECT_EQ(history["data"].items()[0]["kind"].string(), "firing");
  EXPECT_THAT(get("/api/v1/alerts/noise?end=" + end)["data"].items(), SizeIs(1));
  EXPECT_THAT(get("/api/v1/deliveries")["data"].items(), IsEmpty());
  EXPECT_EQ(
      get("/api/v1/silences/preview?filter=alertname%3DA&end=" + end)["data"]["alerts"].integer(),
      1);
  EXPECT_EQ(server.get("/api/v1/silences/preview").status, 400);
}

}  // namespace
}  // namespace pharos::api
