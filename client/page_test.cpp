// The three formats, what is escaped, and that bad input costs a report and nothing else.
#include "pharos/page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "page_protobuf.hpp"
#include "pharos/reading.hpp"

namespace pharos::client {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::array<double, 3> kBounds{0.1, 1, 10};
constexpr auto kRequests = counter("http_requests_total", "Requests served.", "method", "code");
constexpr auto kHits = counter("cache_hits", "Cache hits.");
constexpr auto kLatency =
    histogram("latency_seconds", "Latency.", kBounds, "method").with_exemplars();
constexpr auto kTemperature = gauge("temperature", "Line one\nand \\ \"two\".", "place");
constexpr auto kSizes = summary("size_bytes", "Sizes.", kQuantiles);

std::string silent;
struct Quiet {
  Quiet() {
    silent.clear();
    set_problem_log([](const char* line) { silent += line; });
  }
  ~Quiet() { set_problem_log(nullptr); }
};

TEST(Page, TextIsWhatPrometheusReads) {
  Registry registry;
  series(registry, kRequests, "GET", "200").add(3);
  series(registry, kRequests, "POST", "500").add(0.5);
  series(registry, kHits).add(7);
  const auto latency = series(registry, kLatency, "GET");
  for (double v : {0.05, 0.1, 0.5, 100.0}) latency.record(v);
  series(registry, kTemperature, "a\"b\\c\nd").set(-3.5);
  EXPECT_EQ(render(registry), R"(# HELP http_requests_total Requests served.
# TYPE http_requests_total counter
http_requests_total{method="GET",code="200"} 3
http_requests_total{method="POST",code="500"} 0.5
# HELP cache_hits Cache hits.
# TYPE cache_hits counter
cache_hits 7
# HELP latency_seconds Latency.
# TYPE latency_seconds histogram
latency_seconds_bucket{method="GET",le="0.1"} 2
latency_seconds_bucket{method="GET",le="1"} 3
latency_seconds_bucket{method="GET",le="10"} 3
latency_seconds_bucket{method="GET",le="+Inf"} 4
latency_seconds_sum{method="GET"} 100.65
latency_seconds_count{method="GET"} 4
# HELP temperature Line one\nand \\ "two".
# TYPE temperature gauge
temperature{place="a\"b\\c\nd"} -3.5
)");
}

TEST(Page, OpenMetricsKeepsEveryName) {
  Registry registry;
  series(registry, kRequests, "GET", "200").add(3, TraceContext{1, 2, 3, true});
  series(registry, kHits).add(7);
  series(registry, kLatency, "GET").record(0.5, TraceContext{0xab, 0xcd, 0xef, true});
  const std::string page = render(registry, Format::openmetrics);
  EXPECT_THAT(
      page,
      HasSubstr(
          "# TYPE http_requests counter\nhttp_requests_total{method=\"GET\",code=\"200\"} 3 # "
          "{trace_id=\"00000000000000010000000000000002\",span_id=\"0000000000000003\"} 3 "));
  EXPECT_THAT(page, HasSubstr("# TYPE cache_hits unknown\ncache_hits 7\n"));
  EXPECT_THAT(page, HasSubstr("latency_seconds_bucket{method=\"GET\",le=\"1\"} 1 # "
                              "{trace_id=\"00000000000000ab00000000000000cd\""));
  EXPECT_TRUE(page.size() > 6 && page.substr(page.size() - 6) == "# EOF\n");
  EXPECT_THAT(render(registry, Format::text), Not(HasSubstr("trace_id")))
      << "text 0.0.4 has no exemplars";
}

TEST(Page, AFamilyWithoutSeriesIsNotShown) {
  Registry registry;
  Counters family(kRequests, registry);
  EXPECT_EQ(render(registry), "");
  EXPECT_EQ(render(registry, Format::protobuf), "");
  family.with("GET", "200");
  EXPECT_THAT(render(registry), HasSubstr("http_requests_total{method=\"GET\",code=\"200\"} 0\n"));
  family.hide("GET", "200");
  EXPECT_EQ(render(registry), "");
  family.with("GET", "200").add();
  EXPECT_THAT(render(registry), HasSubstr(" 1\n"));
}

TEST(Page, NumbersAreWrittenAsGoWritesThem) {
  Registry registry;
  static constexpr std::array<double, 6> kOdd{1e-05, 0.0001, 0.1, 512, 65536, 1e6};
  constexpr auto kHistogram = histogram("odd", "Odd.", kOdd);
  series(registry, kHistogram).record(1);
  const std::string page = render(registry);
  for (const char* le : {"1e-05", "0.0001", "0.1", "512", "65536", "1e+06", "+Inf"}) {
    EXPECT_THAT(page, HasSubstr("le=\"" + std::string(le) + "\"")) << page;
  }
  constexpr auto kGauge = gauge("g", "G.");
  const auto one = series(registry, kGauge);
  for (auto [value, text] : {std::pair{1.0 / 0.0, "+Inf"},
                             {-1.0 / 0.0, "-Inf"},
                             {0.0 / 0.0, "NaN"},
                             {-0.0, "-0"},
                             {5e-324, "5e-324"}}) {
    one.set(value);
    EXPECT_THAT(render(registry), HasSubstr("g " + std::string(text) + "\n"));
  }
  constexpr auto kBig = counter("big_total", "Big.");
  series(registry, kBig).add(std::uint64_t{18446744073709551615U});
  EXPECT_THAT(render(registry), HasSubstr("big_total 18446744073709551615\n"));
}

TEST(Page, ANativeHistogramShowsPowersOfTwoToThoseWhoCannotReadIt) {
  Registry registry;
  constexpr auto kNative = native_histogram("n_seconds", "N.");
  const auto one = series(registry, kNative);
  for (double v : {0.0, 0.3, 1.0, 1.5, 3.9, -0.7}) one.record(v);
  const std::string page = render(registry);
  EXPECT_THAT(page, HasSubstr("n_seconds_bucket{le=\"-0.5\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("n_seconds_bucket{le=\"0.5\"} 3\nn_seconds_bucket{le=\"1\"} "
                              "4\nn_seconds_bucket{le=\"2\"} 5\n"
                              "n_seconds_bucket{le=\"4\"} 6\nn_seconds_bucket{le=\"+Inf\"} 6\n"));
  EXPECT_EQ(one.count(), 6U);
}

TEST(Page, WhatIsCountedInBulkIsCountedAsOften) {
  Registry registry;
  const auto classic = series(registry, kLatency, "GET");
  const auto native = series(registry, native_histogram("n_seconds", "N."));
  for (const auto& one : {classic, native}) {
    one.record_many(0.5, 1000);
    one.record_many(0.5, 0);
    EXPECT_EQ(one.count(), 1000U);
    EXPECT_EQ(one.sum(), 500);
  }
}

TEST(Page, AReadingHasTheValuesWithoutAPage) {
  Registry registry;
  series(registry, kRequests, "G\"ET", "200").add(3);
  const auto latency = series(registry, kLatency, "GET");
  for (double v : {0.05, 0.5, 50.0}) latency.record(v);
  Reading reading;
  std::string seen;
  registry.each([&](const detail::Family& family) {
    family.each([&](const detail::Series& one) {
      reading.read(family, one, 0);
      seen += family.name();
      each_label(one, [&](std::string_view name, std::string_view value) {
        seen.append(" ").append(name).append("=").append(value);
      });
      seen += family.definition().type == Type::counter ? " " + std::to_string(reading.whole) : "";
      for (auto bucket : reading.buckets) seen += " " + std::to_string(bucket);
      seen += '\n';
    });
  });
  EXPECT_EQ(seen,
            "http_requests_total method=G\"ET code=200 3\nlatency_seconds method=GET 1 1 0 1\n");
}

TEST(Page, SpansFillSmallGapsAndSkipLargeOnes) {
  const auto spans = detail::spans_of({{-3, 2}, {-2, 5}, {0, 1}, {10, 4}});
  ASSERT_EQ(spans.spans.size(), 2U);
  EXPECT_EQ(spans.spans[0].offset, -3);
  EXPECT_EQ(spans.spans[0].length, 4U);
  EXPECT_EQ(spans.spans[1].offset, 9);
  EXPECT_EQ(spans.spans[1].length, 1U);
  EXPECT_THAT(spans.deltas, testing::ElementsAre(2, 3, -5, 1, 3));
}

TEST(Page, SummariesGiveTheQuantilesOfTheirWindow) {
  Registry registry;
  const auto one = series(registry, kSizes);
  EXPECT_THAT(render(registry), HasSubstr("size_bytes{quantile=\"0.5\"} NaN\n"));
  for (int i = 1; i <= 1000; ++i) one.record(i);
  detail::Family& family = registry.find("size_bytes", Type::summary);
  double q[4];
  const auto at = [&](std::int64_t second) {
    family.each([&](const detail::Series& s) { family.quantiles(s, second, q); });
  };
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                       std::chrono::steady_clock::now().time_since_epoch())
                       .count();
  at(now + 60);
  EXPECT_NEAR(q[0], 500, 500 * 0.012);
  EXPECT_NEAR(q[1], 950, 950 * 0.012);
  EXPECT_NEAR(q[2], 990, 990 * 0.012);
  EXPECT_NEAR(q[3], 1000, 1000 * 0.012);
  for (int minute = 2; minute < 30; ++minute) at(now + 60 * minute);
  EXPECT_TRUE(q[0] != q[0]) << "what is older than the window no longer counts";
  one.record(-5), one.record(0), one.record(7);
  at(now + 60 * 30);
  EXPECT_EQ(q[0], 0);
  EXPECT_NEAR(q[3], 7, 0.1);
  EXPECT_EQ(one.count(), 1003U);
}

TEST(Page, NegotiationFollowsTheScraper) {
  EXPECT_EQ(negotiate(""), Format::text);
  EXPECT_EQ(negotiate("*/*"), Format::text);
  EXPECT_EQ(negotiate("application/json"), Format::text);
  EXPECT_EQ(negotiate("application/openmetrics-text;version=1.0.0,application/"
                      "openmetrics-text;version=0.0.1;q=0.75,"
                      "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
            Format::openmetrics);
  EXPECT_EQ(
      negotiate("application/"
                "vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,"
                "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/"
                "*;q=0.1"),
      Format::protobuf);
  EXPECT_EQ(negotiate("text/plain;version=0.0.4;q=0.9, application/openmetrics-text;q=0.2"),
            Format::text);
  EXPECT_EQ(negotiate("application/openmetrics-text; version=2.0.0"), Format::text);
  EXPECT_EQ(negotiate(",,;q=,q=q=;"), Format::text);
}

// The size DWCP asks of a scrape: a page of 1,000 series, a fifth of them histograms, all with
// values of their own.
TEST(Page, AThousandSeriesGzippedAreUnder50Kilobytes) {
  Registry registry;
  std::uint64_t seed = 1;
  const auto some = [&seed] {
    return static_cast<double>((seed = seed * 6364136223846793005u + 1442695040888963407u) >> 40) /
           256;
  };
  for (int i = 0; i < 500; ++i) series(registry, kRequests, "GET", std::to_string(i)).add(some());
  for (int i = 0; i < 300; ++i) series(registry, kTemperature, std::to_string(i)).set(some());
  constexpr auto seconds = histogram("wait_seconds", "Waits.", kSeconds, "queue");
  for (int i = 0; i < 200; ++i) {
    const auto queue = series(registry, seconds, std::to_string(i));
    for (int n = 0; n < 50; ++n) queue.record(some() / 6000);
  }
  EXPECT_LT(gzip(render(registry, Format::text)).size(), 50'000U);
  EXPECT_LT(gzip(render(registry, Format::openmetrics)).size(), 50'000U);
  EXPECT_LT(gzip(render(registry, Format::protobuf)).size(), 50'000U);
}

TEST(Page, GzipComesBackAsItWas) {
  std::string page;
  for (int i = 0; i < 10'000; ++i) page += "series{n=\"" + std::to_string(i) + "\"} 1\n";
  const std::string zipped = gzip(page);
  EXPECT_LT(zipped.size(), page.size() / 3);
  std::string back(page.size() + 10, '\0');
  z_stream z{};
  ASSERT_EQ(inflateInit2(&z, 15 + 16), Z_OK);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(zipped.data()));
  z.avail_in = static_cast<uInt>(zipped.size());
  z.next_out = reinterpret_cast<Bytef*>(&back[0]);
  z.avail_out = static_cast<uInt>(back.size());
  ASSERT_EQ(inflate(&z, Z_FINISH), Z_STREAM_END);
  back.resize(z.total_out);
  inflateEnd(&z);
  EXPECT_EQ(back, page);
}

TEST(BadInput, IsReportedCountedAndOtherwiseWithoutEffect) {
  Quiet quiet;
  Registry registry;
  const auto count = [](Problem kind) { return problems(kind); };
  const auto before = [&] {
    std::array<std::uint64_t, kProblems> all{};
    for (unsigned i = 0; i < kProblems; ++i) all[i] = count(static_cast<Problem>(i));
    return all;
  }();
  const auto rose = [&](Problem kind) { return count(kind) - before[static_cast<unsigned>(kind)]; };

  const std::string name = "bad name";
  series(registry, counter(name.c_str(), "Not a name.")).add();
  series(registry, counter("x_total", "Reserved.", "__internal"), "v").add();
  series(registry, histogram("h", "Reserved.", kBounds, "le"), "v").record(1);
  static constexpr std::array<double, 2> kDown{2, 1};
  series(registry, histogram("h2", "Bounds that fall.", kDown)).record(1);
  EXPECT_EQ(rose(Problem::definition), 4U);

  series(registry, kRequests, "GET", "200").add();
  series(registry, gauge("http_requests_total", "Taken.")).set(1);
  EXPECT_EQ(rose(Problem::conflict), 1U);
  const std::string_view one[] = {"GET"};
  Counters(kRequests, registry).with_values(one, 1).add();
  EXPECT_EQ(rose(Problem::label_count), 1U);
  registry.find("nothing_of_this_name", Type::gauge);
  EXPECT_EQ(rose(Problem::unknown), 1U);

  series(registry, kRequests, "GET", "200").add(-1);
  series(registry, kRequests, "GET", "200").add(0.0 / 0.0);
  series(registry, kLatency, "GET").record(0.0 / 0.0);
  EXPECT_EQ(rose(Problem::value), 3U);

  series(registry, kTemperature, "\xff\xfe ok").set(1);
  series(registry, kTemperature, std::string(2000, 'x')).set(1);
  EXPECT_EQ(rose(Problem::label_value), 2U);

  constexpr auto kFew = counter("few_total", "Few.", "n").with_series_max(2);
  for (const char* n : {"1", "2", "3", "4"}) series(registry, kFew, n).add();
  EXPECT_EQ(rose(Problem::series_limit), 2U);

  const std::string page = render(registry);
  EXPECT_THAT(page, HasSubstr("http_requests_total{method=\"GET\",code=\"200\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("place=\"\xef\xbf\xbd\xef\xbf\xbd ok\""));
  EXPECT_THAT(page, HasSubstr("place=\"" + std::string(1024, 'x') + "\""));
  EXPECT_THAT(page, Not(HasSubstr("n=\"3\"")));
  EXPECT_THAT(page, Not(HasSubstr("bad name")));
  EXPECT_THAT(silent, HasSubstr("pharos client: conflict: http_requests_total: defined twice"));
  const auto said = silent.size();
  registry.find("nothing_of_this_name", Type::gauge);
  EXPECT_EQ(silent.size(), said) << "once per subject";
  EXPECT_THAT(render(Registry::standard()),
              HasSubstr("pharos_client_errors_total{reason=\"conflict\"}"));
}

TEST(BadInput, AThrowingCallbackDoesNotReachTheHost) {
  Quiet quiet;
  Registry registry;
  const auto gauge_handle = series(registry, gauge("asked", "Set when asked."));
  registry.on_collect([&] { gauge_handle.set(42); });
  registry.on_collect([] { throw 1; });
  const auto number = registry.on_collect([&] { gauge_handle.set(7); });
  registry.forget(number);
  const auto before = problems(Problem::callback);
  EXPECT_THAT(render(registry), HasSubstr("asked 42\n"));
  EXPECT_EQ(problems(Problem::callback), before + 1);
}

}  // namespace
}  // namespace pharos::client
