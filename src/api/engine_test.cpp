// The handlers over the real engine: what a client sees, end to end but for the socket.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/fake_services_test.hpp"

namespace pharos::api {
namespace {

using testing::HasSubstr;

struct EngineApi : testing::Test {
  FakeServer server;
  std::shared_ptr<ThreadPool> pool = std::make_shared<ThreadPool>("test", 2);
  query::Engine engine{query::EngineOptions{}, pool, system_clock()};

  void SetUp() override {
    server.services.run_query = [this](Querier& querier, const query::QueryRequest& request) {
      return engine.run(querier, request);
    };
    server.services.queries = [this] { return engine.queries(); };
    server.services.kill_query = [this](std::uint64_t id) { return engine.kill(id); };
    std::vector<std::pair<UnixMillis, double>> samples;
    for (int i = 0; i <= 60; ++i) samples.emplace_back(900'000 + i * 1000, i * 10);
    server.data->add(Labels{{"__name__", "requests_total"}, {"job", "a"}}, samples);
    server.data->add(Labels{{"__name__", "requests_total"}, {"job", "b"}}, samples);
    server.start();
  }
};

TEST_F(EngineApi, AnswersInstantQueries) {
  EXPECT_EQ(
      server.get("/api/v1/query?query=sum(rate(requests_total%5B30s%5D))&time=960").body,
      R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[960,"20"]}]}})");
  EXPECT_EQ(server.get("/api/v1/query?query=1%2B1&time=960.5").body,
            R"({"status":"success","data":{"resultType":"scalar","result":[960.500,"2"]}})");
}

TEST_F(EngineApi, AnswersRangeQueries) {
  EXPECT_EQ(
      server
          .get("/api/v1/query_range?query=requests_total%7Bjob=%22a%22%7D&start=900&end=902&step=1")
          .body,
      R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"requests_total","job":"a"},)"
      R"("values":[[900,"0"],[901,"10"],[902,"20"]]}]}})");
  EXPECT_EQ(
      server.get("/api/v1/query_range?query=up%5B5m%5D&start=1&end=10&step=1").body,
      R"({"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": invalid expression type \"range vector\" for range query, must be Scalar or instant Vector"})");
}

TEST_F(EngineApi, PassesParseAndExecutionErrorsOn) {
  const auto parse = server.get("/api/v1/query?query=up%7B");
  EXPECT_EQ(parse.status, 400);
  EXPECT_EQ(
      parse.body,
      R"({"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:4: parse error: unexpected end of input inside braces"})");
  const auto execution = server.get(
      "/api/v1/"
      "query?query=label_replace(requests_total,%22x%22,%22%22,%22job%22,%22(%22)&time=960");
  EXPECT_EQ(execution.status, 422);
  EXPECT_THAT(
      execution.body,
      HasSubstr(
          R"("errorType":"execution","error":"invalid regular expression in label_replace(): ()"));
}

TEST_F(EngineApi, ListsTheQueriesThatRan) {
  server.get("/api/v1/query?query=requests_total&time=960");
  EXPECT_THAT(server.get("/api/v1/status/queries").body,
              HasSubstr(R"("query":"requests_total","source":"api 10.0.0.1:1234","state":"done")"));
}

TEST_F(EngineApi, ShowsStatsAndNotes) {
  EXPECT_THAT(server.get("/api/v1/query?query=sum(requests_total)&time=960&stats=all").body,
              HasSubstr(R"("totalQueryableSamples":2)"));
  EXPECT_THAT(server.get("/api/v1/query?query=rate(requests%5B1m%5D)&time=960").body,
              testing::Not(HasSubstr("infos")));
}

}  // namespace
}  // namespace pharos::api
