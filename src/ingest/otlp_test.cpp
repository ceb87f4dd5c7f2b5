#include "ingest/otlp.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/compress.hpp"
#include "ingest/fake_appender_test.hpp"
#include "ingest/otlp_json.hpp"
#include "ingest/otlp_names.hpp"

namespace pharos::ingest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

std::string metrics(std::string_view list, std::string_view resource = R"({"key":"service.name","value":{"stringValue":"shop"}})") {
  return R"({"resourceMetrics":[{"resource":{"attributes":[)" + std::string(resource) +
         R"(]},"scopeMetrics":[{"scope":{"name":"lib","version":"1"},"metrics":[)" + std::string(list) + "]}]}]}";
}

struct Otlp : testing::Test {
  std::shared_ptr<FakeAppender> appender = std::make_shared<FakeAppender>();
  std::shared_ptr<SeriesCache> cache = std::make_shared<SeriesCache>();
  OtlpReceiver receiver{appender, cache};

  net::Response post(std::string body, std::string type = "application/json") {
    net::Request request;
    request.method = "POST";
    request.headers.add("Content-Type", type);
    request.body = std::move(body);
    return receiver.handle_http(request);
  }
};

TEST_F(Otlp, SumsBecomeCountersWithUnitAndTotal) {
  const auto response = post(metrics(R"({"name":"http.requests","unit":"By","description":"d","sum":{"aggregationTemporality":2,"isMonotonic":true,
    "dataPoints":[{"asInt":"7","timeUnixNano":"2000000000","startTimeUnixNano":"1000000000","attributes":[{"key":"http.route","value":{"stringValue":"/a"}}]}]}})"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "{}");
  const auto stored = appender->of("http_requests_bytes_total{http_route=\"/a\", job=\"shop\"}");
  ASSERT_EQ(stored.size(), 1u);
  EXPECT_EQ(stored[0].value, 7);
  EXPECT_EQ(stored[0].t_ms, 2000);
  EXPECT_EQ(stored[0].start_ms, 1000);
  EXPECT_THAT(appender->metadata, ElementsAre(Metadata{"http_requests_bytes_total", MetricType::counter, "d", "bytes"}));
}

TEST_F(Otlp, ProtobufGivesTheSameAsJson) {
  const auto json = metrics(R"({"name":"temp","unit":"Cel","gauge":{"dataPoints":[{"asDouble":21.5,"timeUnixNano":1000000000}]}})");
  EXPECT_EQ(post(*otlp_metrics_from_json(json), "application/x-protobuf").status, 200);
  EXPECT_EQ(appender->of("temp_celsius{job=\"shop\"}")[0].value, 21.5);
  EXPECT_EQ(receiver.handle_grpc(*otlp_metrics_from_json(json)).status, net::GrpcStatus::ok);
  EXPECT_EQ(appender->resolved, 1u);
}

TEST_F(Otlp, HistogramsBecomeBucketsAndExemplarsFindTheirs) {
  post(metrics(R"({"name":"lat","unit":"s","histogram":{"aggregationTemporality":2,"dataPoints":[{"count":"6","sum":3.5,"timeUnixNano":1000000000,
    "bucketCounts":["1","2","3"],"explicitBounds":[0.1,1],"exemplars":[{"asDouble":0.5,"timeUnixNano":900000000,"traceId":"0af7651916cd43dd8448eb211c80319c"}]}]}})"));
  EXPECT_EQ(appender->of("lat_seconds_count{job=\"shop\"}")[0].value, 6);
  EXPECT_EQ(appender->of("lat_seconds_sum{job=\"shop\"}")[0].value, 3.5);
  EXPECT_EQ(appender->of("lat_seconds_bucket{job=\"shop\", le=\"0.1\"}")[0].value, 1);
  EXPECT_EQ(appender->of("lat_seconds_bucket{job=\"shop\", le=\"1\"}")[0].value, 3);
  EXPECT_EQ(appender->of("lat_seconds_bucket{job=\"shop\", le=\"+Inf\"}")[0].value, 6);
  ASSERT_EQ(appender->exemplars.size(), 1u);
  EXPECT_EQ(appender->exemplars.begin()->first.get("le"), "1");
  EXPECT_EQ(appender->exemplars.begin()->second[0].labels.get("trace_id"), "0af7651916cd43dd8448eb211c80319c");
}

TEST_F(Otlp, ExponentialHistogramsBecomeNative) {
  post(metrics(R"({"name":"e","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[{"count":"10","sum":5,"scale":2,"zeroCount":"1",
    "timeUnixNano":1000000000,"positive":{"offset":3,"bucketCounts":["4","0","0","0","5"]}}]}})"));
  const auto stored = appender->of("e{job=\"shop\"}");
  ASSERT_EQ(stored.size(), 1u);
  const auto& h = *stored[0].histogram;
  EXPECT_EQ(h.schema, 2);
  EXPECT_EQ(h.positive_spans, (std::vector<Span>{{4, 1}, {3, 1}}));
  EXPECT_EQ(h.positive, (std::vector<double>{4, 5}));
  EXPECT_EQ(h.zero_threshold, 1e-128);
  EXPECT_TRUE(h.validate());
}

TEST_F(Otlp, FineScalesAreMergedDownToEight) {
  post(metrics(R"({"name":"e","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[{"count":"6","scale":9,
    "timeUnixNano":1000000000,"positive":{"offset":-1,"bucketCounts":["1","2","3"]}}]}})"));
  const auto& h = *appender->of("e{job=\"shop\"}")[0].histogram;
  EXPECT_EQ(h.schema, 8);
  EXPECT_EQ(h.positive, (std::vector<double>{1, 5}));
  EXPECT_EQ(h.positive_spans, (std::vector<Span>{{0, 2}}));
}

TEST_F(Otlp, DeltasAreAddedUp) {
  const auto point = [](int t, int start) {
    return metrics(R"({"name":"d","sum":{"aggregationTemporality":1,"isMonotonic":true,"dataPoints":[{"asInt":"5","timeUnixNano":")" +
                   std::to_string(t) + R"(000000000","startTimeUnixNano":")" + std::to_string(start) + R"(000000000"}]}})");
  };
  post(point(20, 10));
  post(point(30, 20));
  const auto late = post(point(25, 20));
  EXPECT_THAT(late.body, HasSubstr("rejectedDataPoints\":\"1\""));
  post(point(40, 30));
  const auto stored = appender->of("d_total{job=\"shop\"}");
  ASSERT_EQ(stored.size(), 3u);
  EXPECT_EQ(stored[2].value, 15);
  EXPECT_EQ(stored[2].start_ms, 10'000);
  EXPECT_EQ(receiver.delta_streams(), 1u);
}

TEST_F(Otlp, DeltaHistogramsAreAddedUpAcrossScales) {
  const auto point = [](int t, int scale, std::string_view buckets) {
    return metrics(R"({"name":"d","exponentialHistogram":{"aggregationTemporality":1,"dataPoints":[{"count":"3","sum":1,"scale":)" + std::to_string(scale) +
                   R"(,"timeUnixNano":")" + std::to_string(t) + R"(000000000","positive":)" + std::string(buckets) + "}]}}");
  };
  post(point(1, 3, R"({"offset":0,"bucketCounts":["1","2"]})"));
  post(point(2, 2, R"({"offset":1,"bucketCounts":["3"]})"));
  const auto stored = appender->of("d{job=\"shop\"}");
  ASSERT_EQ(stored.size(), 2u);
  EXPECT_EQ(stored[1].histogram->schema, 2);
  EXPECT_EQ(stored[1].histogram->count, 6);
  EXPECT_EQ(stored[1].histogram->positive, (std::vector<double>{3, 3}));
}

TEST_F(Otlp, SummariesAndMissingValues) {
  post(metrics(R"({"name":"s","summary":{"dataPoints":[{"count":"2","sum":9,"timeUnixNano":1000000000,"quantileValues":[{"quantile":0.5,"value":4}]}]}},
               {"name":"g","gauge":{"dataPoints":[{"flags":1,"timeUnixNano":1000000000}]}})"));
  EXPECT_EQ(appender->of("s{job=\"shop\", quantile=\"0.5\"}")[0].value, 4);
  EXPECT_TRUE(is_stale(appender->of("g{job=\"shop\"}")[0].value));
}

TEST_F(Otlp, TheResourceBecomesTargetInfoAndPromotedLabels) {
  OtlpConfig config;
  config.promote_resource_attributes = {"host.name"};
  config.promote_scope_metadata = true;
  receiver.set_config(config);
  post(metrics(R"({"name":"g","gauge":{"dataPoints":[{"asDouble":1,"timeUnixNano":1000000000}]}})",
               R"({"key":"service.name","value":{"stringValue":"shop"}},{"key":"service.namespace","value":{"stringValue":"eu"}},
                  {"key":"service.instance.id","value":{"stringValue":"i1"}},{"key":"host.name","value":{"stringValue":"h"}},
                  {"key":"list","value":{"arrayValue":{"values":[{"intValue":"1"},{"stringValue":"x"}]}}})"));
  EXPECT_THAT(appender->names(), UnorderedElementsAre(
      "g{host_name=\"h\", instance=\"i1\", job=\"eu/shop\", otel_scope_name=\"lib\", otel_scope_version=\"1\"}",
      "target_info{host_name=\"h\", instance=\"i1\", job=\"eu/shop\", list=\"[1,\\\"x\\\"]\"}"));
}

TEST_F(Otlp, BadMetricsAreNamedInAPartialSuccess) {
  const auto response = post(metrics(R"({"name":"a","sum":{"aggregationTemporality":0,"dataPoints":[{"asInt":1,"timeUnixNano":1000000000}]}},
                                        {"name":"...","gauge":{"dataPoints":[{"asInt":1,"timeUnixNano":1000000000}]}},
                                        {"name":"ok","gauge":{"dataPoints":[{"asInt":1,"timeUnixNano":1000000000}]}})"));
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr("invalid temporality and type combination for metric"));
  EXPECT_THAT(response.body, HasSubstr("resulted in empty name"));
  EXPECT_THAT(appender->names(), ElementsAre("ok{job=\"shop\"}"));
}

TEST_F(Otlp, RefusesWhatItCannotRead) {
  EXPECT_EQ(post("{}", "text/plain").status, 415);
  EXPECT_EQ(post("{", "application/json").status, 400);
  EXPECT_EQ(post(R"({"resourceMetrics":{}})").status, 400);
  EXPECT_EQ(post("\x0a\x7f", "application/x-protobuf").status, 400);
  EXPECT_EQ(receiver.handle_grpc("\x0a\x7f").status, net::GrpcStatus::invalid_argument);
  appender->failure = Error{Errc::unavailable, "full"};
  EXPECT_EQ(post(metrics(R"({"name":"ok","gauge":{"dataPoints":[{"asInt":1,"timeUnixNano":1000000000}]}})")).status, 503);
}

TEST(OtlpNames, FollowTheTranslator) {
  const OtlpConfig config;
  const auto name = [&](const char* n, const char* u, OtlpKind k) { return otlp_metric_name(n, u, k, config).value(); };
  EXPECT_EQ(name("system.network.io", "By", OtlpKind::counter), "system_network_io_bytes_total");
  EXPECT_EQ(name("system.cpu.utilization", "1", OtlpKind::gauge), "system_cpu_utilization_ratio");
  EXPECT_EQ(name("process.speed", "m/s", OtlpKind::gauge), "process_speed_meters_per_second");
  EXPECT_EQ(name("requests.total", "{request}", OtlpKind::counter), "requests_total");
  EXPECT_EQ(name("1st.thing", "", OtlpKind::gauge), "_1st_thing");
  OtlpConfig plain;
  plain.escape_to_underscores = plain.add_suffixes = false;
  EXPECT_EQ(otlp_metric_name("a.b", "s", OtlpKind::counter, plain).value(), "a.b");
  plain.add_suffixes = true;
  EXPECT_EQ(otlp_metric_name("a.b", "s", OtlpKind::counter, plain).value(), "a.b_seconds_total");
  EXPECT_EQ(otlp_label_name("http.route", config).value(), "http_route");
  EXPECT_EQ(otlp_label_name("0x", config).value(), "key_0x");
  EXPECT_EQ(otlp_label_name("_private", config).value(), "key_private");
}

}  // namespace
}  // namespace pharos::ingest
