#include "scrape/target.hpp"

#include <gtest/gtest.h>

#include "scrape/histogram_limit.hpp"
#include "scrape/sample_labels.hpp"

namespace pharos::scrape {
namespace {

using namespace std::chrono_literals;

ScrapeConfig job() {
  ScrapeConfig out;
  out.job_name = "node";
  out.params = {{"module", {"http 2xx"}}, {"b", {"1", "2"}}};
  return out;
}

TEST(Target, GetsItsDefaultsAndUrl) {
  const auto target = make_target(job(), Labels{{"__address__", "h:1"}, {"__meta_x", "y"}, {"zone", "a"}}, Labels{{"zone", "b"}, {"rack", "r"}});
  ASSERT_TRUE(target);
  EXPECT_EQ((*target)->labels.to_string(), R"({instance="h:1", job="node", rack="r", zone="a"})");
  EXPECT_EQ((*target)->url, "http://h:1/metrics?b=1&b=2&module=http+2xx");
  EXPECT_EQ((*target)->discovered.get("__scrape_interval__"), "1m");
  EXPECT_EQ((*target)->discovered.get("__param_module"), "http 2xx");
  EXPECT_EQ((*target)->all_labels.get("__meta_x"), "");
}

TEST(Target, RelabellingMovesDropsAndRefuses) {
  auto config = job();
  config.params.clear();
  config.relabel = {{.source_labels = {"__meta_path"}, .regex = *Regex::compile("(.+)"), .target_label = "__metrics_path__"},
                    {.target_label = "__scrape_interval__", .replacement = "5s"},
                    {.target_label = "__scrape_timeout__", .replacement = "1s"}};
  auto target = make_target(config, Labels{{"__address__", "h:1"}, {"__meta_path", "/a b"}}, {});
  ASSERT_TRUE(target);
  EXPECT_EQ((*target)->url, "http://h:1/a%20b");
  EXPECT_EQ((*target)->interval, 5s);
  EXPECT_EQ(make_target(config, Labels{}, {}).error().message, "no address");
  EXPECT_EQ(make_target(config, Labels{{"__address__", "http://h"}}, {}).error().message, "\"http://h\" is not a valid hostname");
  config.relabel = {{.target_label = "__scrape_interval__", .replacement = "5s"}};
  EXPECT_EQ(make_target(config, Labels{{"__address__", "h"}}, {}).error().message,
            "scrape timeout cannot be greater than scrape interval (\"10s\" > \"5s\")");
  config.relabel = {{.source_labels = {"__address__"}, .regex = *Regex::compile("h"), .action = RelabelAction::drop}};
  EXPECT_FALSE(make_target(config, Labels{{"__address__", "h"}}, {})->has_value());
}

TEST(Target, FirstOffsetIsWithinTheIntervalAndOnAnAbsoluteGrid) {
  const auto target = **make_target(job(), Labels{{"__address__", "h:1"}}, {});
  const auto first = first_offset(target, from_unix_millis(1'000'000), 0);
  const auto later = first_offset(target, from_unix_millis(1'000'500), 0);
  EXPECT_GT(first, 0ms);
  EXPECT_LE(first, 60s);
  EXPECT_EQ((1'000'000 + first.count()) % 60'000, (1'000'500 + later.count()) % 60'000);
  EXPECT_NE(first, first_offset(target, from_unix_millis(1'000'000), 12'345));
}

TEST(Target, AcceptHeaderWeighsTheProtocols) {
  EXPECT_EQ(accept_header({ScrapeProtocol::openmetrics_text_1_0_0, ScrapeProtocol::openmetrics_text_0_0_1, ScrapeProtocol::prometheus_text_1_0_0,
                           ScrapeProtocol::prometheus_text_0_0_4}, NameEscaping::allow_utf8),
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,"
            "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2");
}

TEST(SampleLabels, ConflictsKeepTheirPrefixChain) {
  const ScrapeConfig config;
  EXPECT_EQ(sample_labels(Labels{{"__name__", "a"}, {"job", "1"}, {"exported_job", "2"}}, {}, Labels{{"job", "t"}, {"exported_job", "u"}}, config).to_string(),
            R"({__name__="a", exported_exported_exported_job="2", exported_exported_job="1", exported_job="u", job="t"})");
}

TEST(HistogramLimit, ResolutionFallsUntilTheBucketsFit) {
  Histogram h;
  h.schema = 2;
  h.integer = true;
  h.count = 10;
  h.positive_spans = {{-1, 4}, {2, 2}};  // buckets -1 0 1 2 and 5 6
  h.positive = {1, 2, 3, 1, 1, 2};
  const auto merged = with_schema(h, 1);  // 0 (-1,0) 1 (1,2) 3 (5,6)
  EXPECT_EQ(merged.positive_spans, (std::vector<Span>{{0, 2}, {1, 1}}));
  EXPECT_EQ(merged.positive, (std::vector<double>{3, 4, 3}));
  const auto fitting = limited(std::make_shared<const Histogram>(h), 3, 0);
  ASSERT_TRUE(fitting);
  EXPECT_EQ((*fitting)->schema, 1);
  EXPECT_TRUE((*fitting)->validate());
  Histogram custom;
  custom.schema = kCustomBucketsSchema;
  custom.custom_values = {1, 2};
  custom.positive_spans = {{0, 3}};
  custom.positive = {1, 1, 1};
  EXPECT_EQ(limited(std::make_shared<const Histogram>(custom), 2, 0).error().message, "histogram bucket limit exceeded");
  EXPECT_EQ(schema_for_factor(1.1), 2);
  EXPECT_EQ(schema_for_factor(0), 8);
  EXPECT_EQ(schema_for_factor(1e300), -4);
}

}  // namespace
}  // namespace pharos::scrape
