#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/fake_services_test.hpp"
#include "api/federation.hpp"
#include "api/utf8_name.hpp"

namespace pharos::api {
namespace {

using testing::HasSubstr;

struct Api : testing::Test {
  FakeServer server;
  void expect(const std::string& target, int status, const std::string& body) {
    const auto response = server.get(target);
    EXPECT_EQ(response.status, status) << target;
    EXPECT_EQ(response.body, body) << target;
  }
  void fill() {
    server.data->add(Labels{{"__name__", "up"}, {"instance", "h:1"}, {"job", "a"}},
                     {{900'000, 1}, {990'000, 0}});
    server.data->add(Labels{{"__name__", "up"}, {"job", "b"}}, {{995'000, 1}});
    server.data->add(Labels{{"__name__", "my.metric"}, {"job", "a"}}, {{999'000, 0.25}});
    server.data->add(Labels{{"__name__", "gone"}, {"job", "a"}}, {{999'000, stale_nan()}});
    server.data->add(Labels{{"__name__", "old"}, {"job", "a"}}, {{1'000, 1}});
  }
};

TEST_F(Api, ListsSeriesLabelsAndValues) {
  fill();
  server.start();
  expect(
      "/api/v1/series?match[]=up", 200,
      R"({"status":"success","data":[{"__name__":"up","instance":"h:1","job":"a"},{"__name__":"up","job":"b"}]})");
  expect(
      "/api/v1/series?match[]=up&match[]=%7Bjob=%22b%22%7D&limit=1", 200,
      R"({"status":"success","data":[{"__name__":"up","instance":"h:1","job":"a"}],"warnings":["results truncated due to limit"]})");
  expect("/api/v1/series", 400,
         R"({"status":"error","errorType":"bad_data","error":"no match[] parameter provided"})");
  expect(
      "/api/v1/series?match[]=%7Ba=%22%22%7D", 400,
      R"({"status":"error","errorType":"bad_data","error":"invalid parameter \"match[]\": match[] must contain at least one non-empty matcher"})");
  expect("/api/v1/labels", 200, R"({"status":"success","data":["__name__","instance","job"]})");
  expect(
      "/api/v1/labels?limit=2", 200,
      R"({"status":"success","data":["__name__","instance"],"warnings":["results truncated due to limit"]})");
  expect("/api/v1/labels?limit=3", 200,
         R"({"status":"success","data":["__name__","instance","job"]})");
  expect(
      "/api/v1/labels?match[]=%7B%7D", 400,
      R"({"status":"error","errorType":"bad_data","error":"match[] must contain at least one non-empty matcher"})");
  expect("/api/v1/label/job/values", 200, R"({"status":"success","data":["a","b"]})");
  expect("/api/v1/label/job/values?match[]=up&match[]=old&start=900&end=994", 200,
         R"({"status":"success","data":["a"]})");
  expect("/api/v1/label/U__job/values", 200, R"({"status":"success","data":["a","b"]})");
  EXPECT_EQ(server.ask("POST", "/api/v1/series", "match[]=old").status, 200);
}

TEST_F(Api, ListsMetadataWithinItsLimits) {
  server.data->families = {{"a", MetricType::counter, "Help a.", ""},
                           {"a", MetricType::gauge, "Other.", ""},
                           {"b", MetricType::gauge, "Help b.", "s"}};
  server.start();
  expect("/api/v1/metadata?metric=b", 200,
         R"({"status":"success","data":{"b":[{"type":"gauge","unit":"s","help":"Help b."}]}})");
  expect("/api/v1/metadata?limit=1&limit_per_metric=1", 200,
         R"({"status":"success","data":{"a":[{"type":"counter","unit":"","help":"Help a."}]}})");
  expect("/api/v1/metadata?limit=x", 400,
         R"({"status":"error","errorType":"bad_data","error":"limit must be a number"})");
}

TEST_F(Api, ListsTargets) {
  server.services.targets = [] {
    Targets targets;
    targets.active.push_back({.discovered = Labels{{"__address__", "h:1"}},
                              .labels = Labels{{"job", "a"}},
                              .scrape_pool = "a",
                              .scrape_url = "http://h:1/metrics",
                              .global_url = "http://h:1/metrics",
                              .last_error = "refused",
                              .last_scrape = from_unix_millis(1000),
                              .last_scrape_seconds = 0.25,
                              .health = Health::down,
                              .interval = Millis{15000},
                              .timeout = Millis{10000}});
    targets.dropped.push_back({Labels{{"__address__", "d:1"}}, "b"});
    targets.dropped_counts = {{"a", 0}, {"b", 1}};
    return targets;
  };
  server.services.scrape_pools = [] { return std::vector<std::string>{"b", "a"}; };
  server.services.target_metadata = [] {
    return std::vector<TargetMetadata>{
        {Labels{{"job", "a"}}, {"up", MetricType::gauge, "Up.", ""}}};
  };
  server.start();
  expect(
      "/api/v1/targets", 200,
      R"({"status":"success","data":{"activeTargets":[{"discoveredLabels":{"__address__":"h:1"},"labels":{"job":"a"},)"
      R"("scrapePool":"a","scrapeUrl":"http://h:1/metrics","globalUrl":"http://h:1/metrics","lastError":"refused",)"
      R"("lastScrape":"1970-01-01T00:00:01.000Z","lastScrapeDuration":0.25,"health":"down","scrapeInterval":"15s",)"
      R"("scrapeTimeout":"10s"}],"droppedTargets":[{"discoveredLabels":{"__address__":"d:1"},"scrapePool":"b"}],)"
      R"("droppedTargetCounts":{"a":0,"b":1}}})");
  expect(
      "/api/v1/targets?state=active&scrapePool=b", 200,
      R"({"status":"success","data":{"activeTargets":[],"droppedTargets":[],"droppedTargetCounts":null}})");
  expect("/api/v1/scrape_pools", 200, R"({"status":"success","data":{"scrapePools":["a","b"]}})");
  expect(
      "/api/v1/targets/metadata?match_target=%7Bjob=%22a%22%7D", 200,
      R"({"status":"success","data":[{"target":{"job":"a"},"metric":"up","type":"gauge","help":"Up.","unit":""}]})");
  expect(
      "/api/v1/targets/metadata?metric=up", 200,
      R"({"status":"success","data":[{"target":{"job":"a"},"type":"gauge","help":"Up.","unit":""}]})");
}

TEST_F(Api, ListsRulesAndAlerts) {
  server.services.rules = [] {
    Rule record{.name = "a:b", .query = "sum(a)", .health = "ok"};
    Rule alert{
        .alerting = true,
        .name = "Down",
        .query = "up == 0",
        .annotations = Labels{{"summary", "x"}},
        .hold = Millis{60000},
        .state = "firing",
        .alerts = {{Labels{{"alertname", "Down"}}, Labels{}, "firing", from_unix_millis(0), {}, 1}},
        .health = "ok"};
    return std::vector<RuleGroup>{
        {"g", "r.yml", {record, alert}, Millis{15000}, 0, 0.5, from_unix_millis(0)}};
  };
  server.start();
  const std::string alert =
      R"({"labels":{"alertname":"Down"},"annotations":{},"state":"firing","activeAt":"1970-01-01T00:00:00.000Z","value":"1e+00"})";
  expect("/api/v1/alerts", 200, R"({"status":"success","data":{"alerts":[)" + alert + "]}}");
  const auto all = server.get("/api/v1/rules").body;
  EXPECT_THAT(
      all,
      HasSubstr(
          R"x({"name":"a:b","query":"sum(a)","health":"ok","evaluationTime":0,"lastEvaluation":"0001-01-01T00:00:00Z","type":"recording"})x"));
  EXPECT_THAT(
      all,
      HasSubstr(
          R"({"state":"firing","name":"Down","query":"up == 0","duration":60,"keepFiringFor":0,"labels":{},"annotations":{"summary":"x"},"alerts":[)" +
          alert));
  EXPECT_THAT(all, HasSubstr(R"("interval":15,"limit":0,"evaluationTime":0.5,)"));
  EXPECT_THAT(server.get("/api/v1/rules?type=record").body, testing::Not(HasSubstr("Down")));
  EXPECT_THAT(server.get("/api/v1/rules?exclude_alerts=true").body, HasSubstr(R"("alerts":[],)"));
  expect("/api/v1/rules?rule_group[]=other", 200, R"({"status":"success","data":{"groups":[]}})");
  expect(
      "/api/v1/rules?type=x", 400,
      R"({"status":"error","errorType":"bad_data","error":"invalid parameter \"type\": not supported value \"x\""})");
}

TEST_F(Api, WritesAlertValuesAsGo) {
  const double inf = std::numeric_limits<double>::infinity();
  server.services.rules = [inf] {
    Rule rule{.alerting = true, .name = "A", .query = "x", .state = "firing", .health = "ok"};
    for (const double v : {std::numeric_limits<double>::quiet_NaN(),
                           -std::numeric_limits<double>::quiet_NaN(), inf, -inf, 1.5e-7})
      rule.alerts.push_back({Labels{}, Labels{}, "firing", from_unix_millis(0), {}, v});
    return std::vector<RuleGroup>{{"g", "r.yml", {rule}, Millis{15000}, 0, 0, from_unix_millis(0)}};
  };
  server.start();
  const auto body = codec::Json::parse(server.get("/api/v1/alerts").body);
  ASSERT_TRUE(body);
  std::vector<std::string> values;
  for (const auto& alert : (*body)["data"]["alerts"].items())
    values.push_back(alert["value"].string());
  EXPECT_EQ(values, (std::vector<std::string>{"NaN", "NaN", "+Inf", "-Inf", "1.5e-07"}));
}

TEST_F(Api, NotifiesOfAFailedReload) {
  RuntimeInfo info;
  server.services.runtime = [&] { return info; };
  server.start();
  expect("/api/v1/notifications", 200, R"({"status":"success","data":[]})");
  info.reload_succeeded = false;
  info.last_reload_failure = from_unix_millis(1000);
  expect(
      "/api/v1/notifications", 200,
      R"({"status":"success","data":[{"text":"Configuration reload has failed.","date":"1970-01-01T00:00:01.000Z","active":true}]})");
}

TEST_F(Api, AnswersEmptyWithoutServices) {
  server.services = Services{.clock = &server.clock};
  server.start();
  expect("/api/v1/rules", 200, R"({"status":"success","data":{"groups":[]}})");
  expect("/api/v1/alerts", 200, R"({"status":"success","data":{"alerts":[]}})");
  expect("/api/v1/alertmanagers", 200,
         R"({"status":"success","data":{"activeAlertmanagers":[],"droppedAlertmanagers":[]}})");
  expect("/api/v1/status/flags", 200, R"({"status":"success","data":{}})");
  expect("/api/v1/status/walreplay", 200,
         R"({"status":"success","data":{"min":0,"max":0,"current":0}})");
  expect("/api/v1/status/queries", 200, R"({"status":"success","data":{"queries":[],"live":[]}})");
  for (const auto* path : {"config", "runtimeinfo", "buildinfo"})
    EXPECT_EQ(server.get(std::string("/api/v1/status/") + path).status, 200);
  EXPECT_EQ(server.get("/api/v1/status/tsdb").status, 503);
  EXPECT_EQ(server.get("/api/v1/query?query=1").status, 503);
  EXPECT_EQ(server.get("/api/v1/labels").status, 200);
  EXPECT_EQ(server.get("/federate?match[]=up").status, 200);
}

TEST_F(Api, ListsAndKillsQueries) {
  std::uint64_t killed = 0;
  server.services.queries = [] {
    return std::vector<query::QueryRecord>{
        {.id = 3, .expr = "up", .source = "api x", .state = "running", .samples = 9}};
  };
  server.services.kill_query = [&](std::uint64_t id) { return (killed = id) == 3; };
  server.start();
  EXPECT_THAT(server.get("/api/v1/status/queries").body,
              HasSubstr(R"({"id":3,"query":"up","source":"api x","state":"running",)"));
  EXPECT_EQ(server.ask("POST", "/api/v1/status/queries/3/kill").status, 200);
  EXPECT_EQ(killed, 3u);
  EXPECT_EQ(server.ask("POST", "/api/v1/status/queries/4/kill").status, 404);
  EXPECT_EQ(server.ask("POST", "/api/v1/status/queries/x/kill").status, 400);
}

TEST_F(Api, AdminAndLifecycleNeedTheirFlags) {
  server.start();
  EXPECT_EQ(server.ask("POST", "/api/v1/admin/tsdb/snapshot").body,
            R"({"status":"error","errorType":"unavailable","error":"admin APIs disabled"})");
  EXPECT_EQ(server.ask("POST", "/-/reload").status, 403);
  EXPECT_EQ(server.ask("PUT", "/-/quit").status, 403);
}

TEST_F(Api, ReloadsAndQuits) {
  int quits = 0;
  Status outcome;
  server.options.lifecycle = true;
  server.services.reload = [&] { return outcome; };
  server.services.quit = [&] { ++quits; };
  server.start();
  EXPECT_EQ(server.ask("POST", "/-/reload").status, 200);
  outcome = fail(Errc::invalid, "p.yml:3:1: bad");
  const auto failed = server.ask("PUT", "/-/reload");
  EXPECT_EQ(failed.status, 500);
  EXPECT_EQ(failed.body, "failed to reload config: p.yml:3:1: bad\n");
  EXPECT_EQ(server.get("/-/reload").status, 405);
  EXPECT_EQ(server.ask("POST", "/-/quit").status, 200);
  EXPECT_EQ(quits, 1);
}

TEST_F(Api, IsNotReadyWhileTheStoreOpens) {
  bool ready = false;
  server.services.ready = [&] { return ready; };
  server.start();
  EXPECT_EQ(server.get("/-/ready").status, 503);
  EXPECT_EQ(server.get("/-/healthy").status, 200);
  EXPECT_EQ(server.get("/api/v1/query?query=1").status, 503);
  EXPECT_EQ(server.get("/api/v1/status/walreplay").status, 200);
  EXPECT_EQ(server.get("/metrics").status, 200);
  ready = true;
  EXPECT_EQ(server.get("/-/ready").status, 200);
}

TEST_F(Api, LivesBelowARoutePrefix) {
  server.options.route_prefix = "/mon/";
  server.start();
  EXPECT_EQ(server.get("/mon/api/v1/rules").status, 200);
  EXPECT_EQ(server.get("/mon/-/healthy").status, 200);
  EXPECT_EQ(server.get("/api/v1/rules").status, 404);
  EXPECT_EQ(server.get("/mon/graph").headers.get("Location"), "/mon/#query");
  EXPECT_EQ(server.get("/mon/alerts").headers.get("Location"), "/mon/#alerts");
}

TEST_F(Api, ServesItselfAndThePage) {
  server.start();
  const auto metrics = server.get("/metrics");
  EXPECT_THAT(metrics.body, HasSubstr("# TYPE process_resident_memory_bytes gauge"));
  EXPECT_EQ(metrics.headers.get("Content-Type").substr(0, 10), "text/plain");
  const auto page = server.get("/");
  EXPECT_THAT(page.body, HasSubstr("<!doctype html>"));
  EXPECT_EQ(page.headers.get("Content-Type"), "text/html; charset=utf-8");
  EXPECT_THAT(server.get("/debug/pprof/cmdline").body, HasSubstr("api_test"));
  EXPECT_THAT(server.get("/debug/pprof/threads").body, HasSubstr("api_test"));
  EXPECT_THAT(server.get("/debug/pprof/memory").body, HasSubstr("resident_bytes"));
}

TEST_F(Api, GivesSlowCallsTheirTime) {
  server.options.query_timeout = std::chrono::minutes(5);
  server.start();
  EXPECT_EQ(server.router.find("GET", "/api/v1/query").options->handler_timeout,
            std::chrono::minutes(6));
  EXPECT_GE(server.router.find("POST", "/api/v1/admin/tsdb/compact").options->handler_timeout,
            std::chrono::hours(1));
}

TEST_F(Api, ShowsRunbooksAsMarkdown) {
  server.services.runbook = [](std::string_view name) -> Result<std::string> {
    if (name == "Full.md") return std::string("# Full <b>");
    return fail(Errc::not_found, "there is no runbook " + std::string(name));
  };
  server.start();
  const auto page = server.get("/api/v1/runbooks/Full.md");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, "# Full <b>");
  EXPECT_EQ(page.headers.get("Content-Type"), "text/markdown; charset=utf-8");
  EXPECT_EQ(page.headers.get("X-Content-Type-Options"), "nosniff");
  const auto none = server.get("/api/v1/runbooks/None.md");
  EXPECT_EQ(none.status, 404);
  EXPECT_THAT(none.body, HasSubstr("there is no runbook None.md"));
}

TEST_F(Api, PutsItsTitleOnThePage) {
  server.options.page_title = "A <b> & C";
  server.start();
  EXPECT_THAT(server.get("/").body, HasSubstr("<title>A &lt;b> &amp; C</title>"));
}

TEST_F(Api, FederatesTheNewestSamples) {
  fill();
  server.services.external_labels = [] { return Labels{{"job", "ignored"}, {"region", "eu"}}; };
  server.start();
  const auto response = server.get("/federate?match[]=%7B__name__=~%22.%2B%22%7D&match[]=up");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.get("Content-Type"),
            "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
  EXPECT_EQ(
      response.body,
      "# TYPE my_metric untyped\nmy_metric{job=\"a\",region=\"eu\",instance=\"\"} 0.25 999000\n"
      "# TYPE up untyped\nup{instance=\"h:1\",job=\"a\",region=\"eu\"} 0 990000\n"
      "up{job=\"b\",region=\"eu\",instance=\"\"} 1 995000\n");
  EXPECT_EQ(server.get("/federate").body, "");
  expect("/federate?match[]=up%7B", 400,
         "1:4: parse error: unexpected end of input inside braces\n");
  EXPECT_THAT(server
                  .ask("GET", "/federate?match[]=%7B__name__=~%22my.%2B%22%7D", "",
                       {{"Accept", "text/plain;escaping=allow-utf-8"}})
                  .body,
              HasSubstr("# TYPE \"my.metric\" untyped\n{\"my.metric\",job=\"a\""));
}

TEST_F(Api, FederatesOpenMetricsAndEveryWayOfWritingNames) {
  fill();
  server.start();
  const auto ask = [&](const std::string& accept) {
    return server.ask("GET", "/federate?match[]=%7B__name__=~%22my.%2B%7Cup%22%7D", "",
                      {{"Accept", accept}});
  };
  const auto page = ask(
      "text/plain;version=0.0.4;q=0.4,application/openmetrics-text;version=1.0.0;escaping=values;q="
      "0.6");
  EXPECT_EQ(page.headers.get("Content-Type"),
            "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=values");
  EXPECT_THAT(page.body, HasSubstr("# TYPE U__my_2e_metric unknown\nU__my_2e_metric{job=\"a\","));
  EXPECT_THAT(page.body, HasSubstr(" 0.25 999.000\n"));
  EXPECT_TRUE(page.body.ends_with("# EOF\n"));
  EXPECT_TRUE(exposition::validate_openmetrics(page.body));
  EXPECT_THAT(ask("text/plain;escaping=dots").body, HasSubstr("# TYPE my_dot_metric untyped\n"));
  EXPECT_THAT(ask("text/plain;escaping=nonsense").body, HasSubstr("# TYPE my_metric untyped\n"));
  EXPECT_THAT(std::string(ask("text/plain;version=1.0.0,*/*;q=0.1").headers.get("Content-Type")),
              HasSubstr("version=0.0.4"));
}

TEST_F(Api, FederatesProtobufToThoseWhoReadIt) {
  fill();
  server.start();
  const auto response = server.ask(
      "GET", "/federate?match[]=up", "",
      {{"Accept",
        "application/"
        "vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7"}});
  EXPECT_THAT(std::string(response.headers.get("Content-Type")),
              HasSubstr("application/vnd.google.protobuf"));
  EXPECT_THAT(response.body, HasSubstr("\x0a\x02up"));
}

TEST(Utf8Name, UnescapesValueEscaping) {
  EXPECT_EQ(unescape_name("U__my_2e_metric__x"), "my.metric_x");
  EXPECT_EQ(unescape_name("plain"), "plain");
  EXPECT_EQ(unescape_name("U___zz_"), "U___zz_");
}

}  // namespace
}  // namespace pharos::api
