#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "api/fake_services_test.hpp"
#include "api/result_json.hpp"

namespace pharos::api {
namespace {

using query::Point;
using query::Series;
using testing::HasSubstr;

struct QueryApi : testing::Test {
  FakeServer server;
  void SetUp() override { server.start(); }
  void expect_bad(const std::string& target, const std::string& error) {
    const auto response = server.get(target);
    EXPECT_EQ(response.status, 400) << target;
    const auto json = codec::Json::parse(response.body);
    ASSERT_TRUE(json) << response.body;
    EXPECT_EQ((*json)["status"].string(), "error");
    EXPECT_EQ((*json)["errorType"].string(), "bad_data");
    EXPECT_EQ((*json)["error"].string(), error) << target;
  }
};

TEST_F(QueryApi, AnswersAVector) {
  query::Output output;
  output.value = query::Vector{
      {Series{Labels{{"__name__", "up"}, {"job", "a\"b"}}, {Point{1435781430781, 1.5, nullptr}}}}};
  output.annotations.warnings = {"w1"};
  output.annotations.infos = {"i1"};
  server.next_output = output;
  const auto response =
      server.get("/api/v1/query?query=up&time=1435781430.781&timeout=5s&lookback_delta=2m");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.get("Content-Type"), "application/json");
  EXPECT_EQ(
      response.body,
      R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up","job":"a\"b"},)"
      R"("value":[1435781430.781,"1.5"]}]},"warnings":["w1"],"infos":["i1"]})");
  EXPECT_EQ(server.last_query.expr, "up");
  EXPECT_EQ(server.last_query.start_ms, 1435781430781);
  EXPECT_EQ(server.last_query.step_ms, 0);
  EXPECT_EQ(server.last_query.timeout, Millis{5000});
  EXPECT_EQ(server.last_query.lookback, Millis{120000});
  EXPECT_EQ(server.last_query.source, "api 10.0.0.1:1234");
}

TEST_F(QueryApi, AnswersScalarsAndStrings) {
  server.next_output = query::Output{.value = query::Scalar{1000, -0.0}};
  EXPECT_THAT(server.get("/api/v1/query?query=1").body,
              HasSubstr(R"({"resultType":"scalar","result":[1,"-0"]})"));
  server.next_output = query::Output{.value = query::Text{1500, "x\n"}};
  EXPECT_THAT(server.get("/api/v1/query?query=1").body,
              HasSubstr(R"({"resultType":"string","result":[1.500,"x\n"]})"));
}

TEST_F(QueryApi, AnswersAMatrixWithFloatsAndHistograms) {
  auto histogram = std::make_shared<Histogram>();
  histogram->count = 5;
  histogram->sum = 3.5;
  histogram->zero_threshold = 0.001;
  histogram->zero_count = 2;
  histogram->positive_spans = {{0, 3}};
  histogram->positive = {1, 0, 2};
  server.next_output = query::Output{
      .value = query::Matrix{
          {Series{Labels{{"a", "b"}},
                  {Point{1000, 1, nullptr}, Point{2000, NAN, nullptr}, Point{3000, 0, histogram}}},
           Series{Labels{}, {Point{1000, INFINITY, nullptr}}}}}};
  EXPECT_EQ(
      server.get("/api/v1/query_range?query=up&start=1&end=3&step=1").body,
      R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[1,"1"],[2,"NaN"]],)"
      R"("histograms":[[3,{"count":"5","sum":"3.5","buckets":[[3,"-0.001","0.001","2"],[0,"0.5","1","1"],[0,"2","4","2"]]}]]},)"
      R"({"metric":{},"values":[[1,"+Inf"]]}]}})");
  EXPECT_EQ(server.last_query.step_ms, 1000);
  EXPECT_EQ(server.last_query.end_ms, 3000);
}

TEST_F(QueryApi, TakesFormsByPost) {
  server.next_output = query::Output{.value = query::Scalar{0, 1}};
  EXPECT_EQ(server
                .ask("POST", "/api/v1/query_range",
                     "query=sum%28up%29&start=2015-07-01T20:10:30.781Z&end=1435781460.781&step=15s")
                .status,
            200);
  EXPECT_EQ(server.last_query.expr, "sum(up)");
  EXPECT_EQ(server.last_query.start_ms, 1435781430781);
  EXPECT_EQ(server.last_query.step_ms, 15000);
}

TEST_F(QueryApi, CutsToTheLimitAndSaysSo) {
  server.next_output =
      query::Output{.value = query::Vector{{Series{Labels{{"a", "1"}}, {Point{0, 1, nullptr}}},
                                            Series{Labels{{"a", "2"}}, {Point{0, 1, nullptr}}}}}};
  const auto body = server.get("/api/v1/query?query=up&limit=1").body;
  EXPECT_THAT(body, HasSubstr(R"("warnings":["results truncated due to limit"])"));
  EXPECT_THAT(body, testing::Not(HasSubstr(R"("a":"2")")));
}

TEST_F(QueryApi, ShowsStatsWhenAsked) {
  query::Output output{.value = query::Scalar{0, 1}};
  output.stats.samples_read = 7;
  output.stats.samples_per_step = {3, 4};
  server.next_output = output;
  const auto all = server.get("/api/v1/query_range?query=up&start=0&end=1&step=1&stats=all").body;
  EXPECT_THAT(
      all,
      HasSubstr(
          R"("samples":{"totalQueryableSamplesPerStep":[[0,3],[1,4]],"totalQueryableSamples":7,"peakSamples":0})"));
  EXPECT_THAT(server.get("/api/v1/query?query=up&stats=true").body,
              HasSubstr(R"("samples":{"totalQueryableSamples":7)"));
  EXPECT_THAT(server.get("/api/v1/query?query=up").body, testing::Not(HasSubstr("stats")));
}

TEST_F(QueryApi, RefusesInPrometheusWords) {
  expect_bad(
      "/api/v1/query?query=up&time=abc",
      R"(invalid parameter "time": invalid time value for 'time': cannot parse "abc" to a valid timestamp)");
  expect_bad("/api/v1/query?query=up&timeout=1x",
             R"(invalid parameter "timeout": cannot parse "1x" to a valid duration)");
  expect_bad("/api/v1/query?query=up&limit=x",
             R"(invalid parameter "limit": strconv.Atoi: parsing "x": invalid syntax)");
  expect_bad("/api/v1/query?query=up&limit=-1",
             R"(invalid parameter "limit": limit must be non-negative)");
  expect_bad("/api/v1/query?query=up&lookback_delta=x",
             R"(error parsing lookback delta duration: cannot parse "x" to a valid duration)");
  expect_bad("/api/v1/query_range?query=up&end=1&step=1",
             R"(invalid parameter "start": cannot parse "" to a valid timestamp)");
  expect_bad("/api/v1/query_range?query=up&start=2&end=1&step=1",
             R"(invalid parameter "end": end timestamp must not be before start time)");
  for (const auto* step : {"0", "-1"})
    expect_bad(
        std::string("/api/v1/query_range?query=up&start=1&end=2&step=") + step,
        R"(invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer)");
  expect_bad("/api/v1/query_range?query=up&start=0&end=11001&step=1",
             "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the "
             "query resolution (?step=XX)");
  EXPECT_EQ(server.get("/api/v1/query_range?query=up&start=0&end=11000&step=1").status, 200);
  expect_bad("/api/v1/query?query=up&x=%zz",
             R"(error parsing form values: invalid URL escape "%zz")");
}

TEST_F(QueryApi, ReadsTheEndsOfTime) {
  EXPECT_EQ(server.get("/api/v1/query?query=up&time=-292273086-05-16T16:47:06Z").status, 200);
  EXPECT_LT(server.last_query.start_ms, -(std::int64_t{1} << 60));
  EXPECT_EQ(server.get("/api/v1/query?query=up&time=%2B292277025-08-18T07:12:54.999999999Z").status,
            200);
  EXPECT_GT(server.last_query.start_ms, std::int64_t{1} << 60);
}

TEST_F(QueryApi, MapsEngineErrors) {
  const auto expect = [&](Errc code, int status, const std::string& type,
                          const std::string& error) {
    server.next_output = Result<query::Output>(fail(code, "what"));
    const auto response = server.get("/api/v1/query?query=up");
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.body,
              R"({"status":"error","errorType":")" + type + R"(","error":")" + error + "\"}");
  };
  expect(Errc::invalid, 400, "bad_data", R"(invalid parameter \"query\": what)");
  expect(Errc::conflict, 422, "execution", "what");
  expect(Errc::limit, 422, "execution", "what");
  expect(Errc::timeout, 503, "timeout", "what");
  expect(Errc::cancelled, 499, "canceled", "what");
  expect(Errc::unavailable, 503, "unavailable", "what");
  expect(Errc::corrupt, 500, "internal", "what");
}

TEST_F(QueryApi, FormatsAndParsesExpressions) {
  EXPECT_EQ(server.get("/api/v1/format_query?query=sum(up)by(x)").body,
            R"x({"status":"success","data":"sum by (x) (up)"})x");
  expect_bad("/api/v1/format_query?query=sum(",
             R"(invalid parameter "query": 1:5: parse error: unclosed left parenthesis)");
  EXPECT_EQ(server.get("/api/v1/parse_query?query=1").body,
            R"({"status":"success","data":{"type":"numberLiteral","val":"1"}})");
}

TEST_F(QueryApi, ShowsExemplars) {
  server.data->exemplar_series = {
      {Labels{{"__name__", "a"}}, {Exemplar{Labels{{"trace", "x"}}, 6, 1600096945479}}}};
  EXPECT_EQ(
      server.get("/api/v1/query_exemplars?query=a").body,
      R"({"status":"success","data":[{"seriesLabels":{"__name__":"a"},"exemplars":[{"labels":{"trace":"x"},"value":"6","timestamp":1600096945.479}]}]})");
  EXPECT_EQ(server.get("/api/v1/query_exemplars?query=1").status, 204);
  expect_bad("/api/v1/query_exemplars?query=a&start=2&end=1",
             "end timestamp must not be before start timestamp");
}

TEST_F(QueryApi, AnswersCrossOriginRequests) {
  const auto options = server.ask("OPTIONS", "/api/v1/query", "", {{"Origin", "http://x"}});
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.headers.get("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(options.headers.get("Access-Control-Allow-Methods"), "GET, POST, OPTIONS");
  EXPECT_EQ(server.get("/api/v1/query?query=up").headers.get("Access-Control-Allow-Origin"), "");
  EXPECT_EQ(server.get("/api/v1/nope").status, 404);
}

TEST(QueryApiCors, FollowsItsPattern) {
  FakeServer server;
  server.options.cors_origin = "https?://(a|b)\\.example";
  server.start();
  const auto allowed = [&](const std::string& origin) {
    return std::string(server.ask("GET", "/api/v1/query?query=1", "", {{"Origin", origin}})
                           .headers.get("Access-Control-Allow-Origin"));
  };
  EXPECT_EQ(allowed("https://a.example"), "https://a.example");
  EXPECT_EQ(allowed("https://evil.example"), "");
}

TEST(Truncate, LeavesScalarsAlone) {
  query::Value scalar = query::Scalar{0, 1};
  EXPECT_FALSE(truncate(scalar, 1));
}

}  // namespace
}  // namespace pharos::api
