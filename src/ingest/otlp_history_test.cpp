#include "ingest/otlp_history.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/manual_clock.hpp"
#include "base/sim_disk.hpp"
#include "ingest/otlp.hpp"
#include "metrics/store.hpp"

namespace pharos::ingest {
namespace {

using testing::HasSubstr;

// A store on a simulated disk, which may fail and be opened again, and a receiver before it.
struct DeltaHistoryTest : testing::Test {
  ManualClock clock{from_unix_millis(1'000'000'000)};
  std::shared_ptr<SimDisk> disk = std::make_shared<SimDisk>(11);
  std::shared_ptr<ThreadPool> pool = std::make_shared<ThreadPool>("test", 2);
  std::shared_ptr<metrics::Store> store;
  std::unique_ptr<OtlpReceiver> receiver;
  OtlpConfig config;

  DeltaHistoryTest() { open(); }
  void open() {
    receiver.reset();
    store.reset();
    auto opened = metrics::Store::open(disk, "metrics", clock, pool, {.background = false});
    ASSERT_TRUE(opened) << opened.error().message;
    store = std::move(*opened);
    receiver = std::make_unique<OtlpReceiver>(store, std::make_shared<SeriesCache>(), config, store->querier());
  }
  static std::string at(int second) {
    return R"("startTimeUnixNano":")" + std::to_string(1'000'000 + second - 1) + R"(000000000","timeUnixNano":")" + std::to_string(1'000'000 + second) +
           R"(000000000")";
  }
  net::Response post(const std::string& metric) {
    net::Request request;
    request.method = "POST";
    request.path = "/v1/metrics";
    request.headers.add("Content-Type", "application/json");
    request.body = R"({"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeMetrics":[{"metrics":[)" +
                   metric + "]}]}]}";
    return receiver->handle_http(request);
  }
  net::Response counter(int second, int value) {
    return post(R"({"name":"d","sum":{"aggregationTemporality":1,"isMonotonic":true,"dataPoints":[{"asInt":")" + std::to_string(value) + R"(",)" + at(second) +
                "}]}}");
  }
  net::Response buckets(int second, const std::string& counts, int count) {
    return post(R"({"name":"b","histogram":{"aggregationTemporality":1,"dataPoints":[{"count":")" + std::to_string(count) +
                R"(","sum":1.5,"explicitBounds":[1,2],"bucketCounts":[)" + counts + "]," + at(second) + "}]}}");
  }
  net::Response exponential(int second) {
    return post(R"({"name":"e","exponentialHistogram":{"aggregationTemporality":1,"dataPoints":[{"count":"5","sum":2,"zeroCount":"1","scale":2,)" + at(second) +
                R"(,"positive":{"offset":3,"bucketCounts":["1","0","0","0","2"]},"negative":{"offset":-2,"bucketCounts":["1"]}}]}})");
  }
  SampleColumn read(const std::string& name, const std::string& le = "") {
    std::vector<Matcher> matchers{Matcher::equal("__name__", name)};
    if (!le.empty()) matchers.push_back(Matcher::equal("le", le));
    SampleColumn column;
    const auto selection = store->querier()->select(matchers, 0, 2'000'000'000, {});
    if (selection && (*selection)->size() == 1) EXPECT_TRUE((*selection)->read(0, 0, 2'000'000'000, column));
    return column;
  }
};

TEST_F(DeltaHistoryTest, StreamsGoOnAfterARestart) {
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(counter(round + 1, 5).status, 200);
    EXPECT_EQ(buckets(round + 1, "1,2,3", 6).status, 200);
    EXPECT_EQ(exponential(round + 1).status, 200);
    open();
  }
  const auto total = read("d_total");
  ASSERT_EQ(total.value, (std::vector<double>{5, 10, 15}));
  EXPECT_EQ(total.start_ms, (std::vector<UnixMillis>(3, 1'000'000'000)));
  EXPECT_EQ(read("b_count").value.back(), 18);
  EXPECT_EQ(read("b_sum").value.back(), 4.5);
  EXPECT_EQ(read("b_bucket", "1").value.back(), 3);
  EXPECT_EQ(read("b_bucket", "2").value.back(), 9);
  EXPECT_EQ(read("b_bucket", "+Inf").value.back(), 18);
  const auto e = read("e");
  ASSERT_EQ(e.size(), 3u);
  EXPECT_EQ(e.histograms.back()->count, 15);
  EXPECT_EQ(e.histograms.back()->zero_count, 3);
  EXPECT_EQ(e.histograms.back()->sum, 6);
  EXPECT_EQ(e.histograms.back()->positive, (std::vector<double>{3, 6}));
  EXPECT_EQ(e.histograms.back()->positive_spans, e.histograms.front()->positive_spans);
  EXPECT_EQ(e.histograms.back()->negative_spans, e.histograms.front()->negative_spans);
}

TEST_F(DeltaHistoryTest, CustomBucketsGoOnToo) {
  config.convert_histograms_to_nhcb = true;
  for (int round = 0; round < 2; ++round) {
    open();
    EXPECT_EQ(buckets(round + 1, "0,2,3", 5).status, 200);
  }
  const auto b = read("b");
  ASSERT_EQ(b.size(), 2u);
  EXPECT_EQ(b.histograms.back()->count, 10);
  EXPECT_EQ(b.histograms.back()->positive, (std::vector<double>{4, 6}));
}

TEST_F(DeltaHistoryTest, APointThatWasStoredBeforeTheEndIsNotCountedAgain) {
  EXPECT_EQ(counter(1, 5).status, 200);
  open();  // the answer was lost, the sender tries again
  EXPECT_THAT(counter(1, 5).body, testing::Not(HasSubstr("rejectedDataPoints")));
  EXPECT_EQ(counter(2, 5).status, 200);
  EXPECT_EQ(read("d_total").value, (std::vector<double>{5, 10}));
}

TEST_F(DeltaHistoryTest, AnotherPointAtTheSameTimeIsRefused) {
  EXPECT_EQ(counter(1, 5).status, 200);
  EXPECT_THAT(counter(1, 6).body, HasSubstr("rejectedDataPoints"));
  EXPECT_EQ(read("d_total").value, std::vector<double>{5});
}

TEST_F(DeltaHistoryTest, APointThatCouldNotBeStoredCountsOnceWhenItComesAgain) {
  EXPECT_EQ(counter(1, 5).status, 200);
  disk->fail_write_at(1);
  EXPECT_GE(counter(2, 7).status, 500);
  clock.advance(std::chrono::seconds(5));
  ASSERT_TRUE(store->maintain());
  const auto again = counter(2, 7);
  EXPECT_EQ(again.body.find("rejected"), std::string::npos) << again.status << again.body;
  EXPECT_EQ(read("d_total").value, (std::vector<double>{5, 12}));
}

TEST_F(DeltaHistoryTest, ASilentStreamGoesOnAfterItHasLeftMemory) {
  EXPECT_EQ(counter(1, 5).status, 200);
  EXPECT_EQ(buckets(2, "1,0,0", 1).status, 200);
  clock.advance(std::chrono::hours(2));
  EXPECT_EQ(buckets(7000, "1,0,0", 1).status, 200);
  EXPECT_EQ(counter(7001, 5).status, 200);
  EXPECT_EQ(read("d_total").value, (std::vector<double>{5, 10}));
}

}  // namespace
}  // namespace pharos::ingest
