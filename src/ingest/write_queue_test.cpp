#include "ingest/write_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "base/sim_disk.hpp"
#include "ingest/fake_appender_test.hpp"
#include "ingest/remote_write.hpp"
#include "net/http_server.hpp"

namespace pharos::ingest {
namespace {

using testing::ElementsAre;

// A journal of batches: positions count them.
class FakeFeed final : public SampleFeed {
 public:
  Result<Batch> next(Position from, std::size_t) override {
    std::lock_guard lock(mutex);
    if (from.offset >= batches.size()) return Batch{.next = from};
    Batch batch = batches[from.offset];
    batch.next = {0, from.offset + 1};
    if (from.offset > 0 && !defined_again.exchange(true)) batch.series = batches[0].series;
    return batch;
  }
  Position begin() const override { return {}; }
  Position end() const override {
    std::lock_guard lock(mutex);
    return {0, batches.size()};
  }
  void hold(const std::string&, std::optional<Position> position) override {
    std::lock_guard lock(mutex);
    held = position;
  }
  std::vector<Metadata> metadata() override { return {{"m", MetricType::counter, "help", ""}}; }
  void append(UnixMillis t_ms, double value) {
    std::lock_guard lock(mutex);
    Batch batch;
    if (batches.empty()) batch.series = {{SeriesRef{1}, {{"__name__", "m"}, {"job", "a"}}}, {SeriesRef{2}, {{"__name__", "noise"}}}};
    batch.floats = {{SeriesRef{1}, t_ms, value}, {SeriesRef{2}, t_ms, value}};
    batches.push_back(batch);
  }
  mutable std::mutex mutex;
  std::vector<Batch> batches;
  std::optional<Position> held;
  std::atomic<bool> defined_again{true};
};

struct RemoteWriterTest : testing::Test {
  std::shared_ptr<FakeFeed> feed = std::make_shared<FakeFeed>();
  std::shared_ptr<SimDisk> disk = std::make_shared<SimDisk>(3);
  std::shared_ptr<net::HttpClient> client = net::HttpClient::create();
  std::shared_ptr<FakeAppender> appender = std::make_shared<FakeAppender>();
  std::shared_ptr<SeriesCache> cache = std::make_shared<SeriesCache>();
  std::shared_ptr<net::Router> router = std::make_shared<net::Router>();
  std::atomic<int> failures{0}, refusals{0};
  std::unique_ptr<net::HttpServer> server;
  RemoteWriteTarget target;

  RemoteWriterTest() {
    router->add("POST", "/write", [this](const net::Request& r) {
      if (failures > 0) return --failures, net::Response::text(503, "later");
      if (refusals > 0) return --refusals, net::Response::text(400, "never");
      return handle_remote_write(r, *appender, *cache, {});
    });
    net::HttpServerConfig config;
    config.listen = "127.0.0.1:0";
    server = std::move(*net::HttpServer::start(config, router, std::make_shared<ThreadPool>("test", 2), system_clock()));
    target.url = "http://127.0.0.1:" + std::to_string(server->port()) + "/write";
    target.name = "t";
    target.fingerprint = "1";
    target.queue.min_backoff = Millis(1);
    RelabelRule drop;
    drop.source_labels = {"__name__"};
    drop.regex = Regex::compile("noise").value();
    drop.action = RelabelAction::drop;
    target.write_relabel = {drop};
  }
  ~RemoteWriterTest() override { server.reset(); }
  std::unique_ptr<RemoteWriter> start() {
    auto writer = std::make_unique<RemoteWriter>(feed, disk, client, system_clock());
    EXPECT_TRUE(writer->set_targets({target}, {{"region", "eu"}}));
    return writer;
  }
  std::vector<double> received() const {
    std::vector<double> out;
    for (const auto& s : appender->of("m{job=\"a\", region=\"eu\"}")) out.push_back(s.value);
    return out;
  }
};

TEST_F(RemoteWriterTest, SendsWhatComesAfterItsStartRelabelled) {
  feed->append(1, 1);
  feed->defined_again = false;
  const auto writer = start();
  feed->append(2, 2);
  feed->append(3, 3);
  ASSERT_TRUE(writer->flush(Millis(5000)));
  EXPECT_THAT(received(), ElementsAre(2, 3));
  EXPECT_THAT(appender->names(), ElementsAre("m{job=\"a\", region=\"eu\"}"));
}

TEST_F(RemoteWriterTest, TriesAgainWhenTheOtherSideIsUnwell) {
  failures = 3;
  const auto writer = start();
  for (int i = 1; i <= 5; ++i) feed->append(i, i);
  ASSERT_TRUE(writer->flush(Millis(5000)));
  EXPECT_THAT(received(), ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(RemoteWriterTest, DropsWhatIsRefusedForGood) {
  refusals = 1;
  target.metadata_send = false;
  const auto writer = start();
  feed->append(1, 1);
  ASSERT_TRUE(writer->flush(Millis(5000)));
  EXPECT_THAT(received(), ElementsAre());
  feed->append(2, 2);
  ASSERT_TRUE(writer->flush(Millis(5000)));
  EXPECT_THAT(received(), ElementsAre(2));
}

TEST_F(RemoteWriterTest, GoesOnWhereItWasAfterARestart) {
  auto writer = start();
  feed->append(1, 1);
  ASSERT_TRUE(writer->flush(Millis(5000)));
  writer.reset();
  feed->append(2, 2);  // while nobody sends
  feed->defined_again = false;
  writer = start();
  ASSERT_TRUE(writer->flush(Millis(5000)));
  EXPECT_THAT(received(), ElementsAre(1, 2));
}

TEST_F(RemoteWriterTest, Version2ArrivesTheSame) {
  target.version2 = true;
  const auto writer = start();
  for (int i = 1; i <= 3; ++i) feed->append(i, i);
  ASSERT_TRUE(writer->flush(Millis(5000)));
  EXPECT_THAT(received(), ElementsAre(1, 2, 3));
  ASSERT_FALSE(appender->metadata.empty());
  EXPECT_EQ(appender->metadata[0].help, "help");
}

TEST_F(RemoteWriterTest, ExemplarsHistogramsAndStartTimesGoAlong) {
  for (const bool version2 : {false, true}) {
    target.version2 = version2;
    target.send_exemplars = target.send_native_histograms = true;
    target.fingerprint = version2 ? "2" : "1";
    appender->samples.clear();
    appender->exemplars.clear();
    feed->defined_again = !version2;
    const auto writer = start();
    feed->append(10, 1);
    auto histogram = std::make_shared<Histogram>();
    histogram->count = 3;
    histogram->integer = true;
    histogram->positive_spans = {{0, 1}};
    histogram->positive = {3};
    {
      std::lock_guard lock(feed->mutex);
      auto batch = feed->batches.back();
      batch.floats = {{SeriesRef{1}, 20, 2}, {SeriesRef{2}, 20, 2}};
      batch.series = feed->batches.front().series;
      batch.series.emplace_back(SeriesRef{3}, Labels{{"__name__", "h"}});
      batch.float_start_ms = {5, 0};
      batch.histograms = {{SeriesRef{3}, 21, histogram}};
      batch.histogram_start_ms = {6};
      batch.exemplars = {{SeriesRef{1}, {Labels{{"trace_id", "abc"}}, 0.5, 19, true}}, {SeriesRef{3}, {Labels{{"trace_id", "def"}}, 0.25, 18, true}}};
      feed->batches.push_back(batch);
      SampleFeed::Batch alone{.series = batch.series};
      alone.exemplars = {{SeriesRef{1}, {Labels{{"trace_id", "late"}}, 0.75, 20, true}}};
      feed->batches.push_back(alone);
    }
    ASSERT_TRUE(writer->flush(Millis(5000)));
    const auto floats = appender->of("m{job=\"a\", region=\"eu\"}");
    ASSERT_GE(floats.size(), 2u);
    EXPECT_EQ(floats[1].start_ms, version2 ? 5 : 0);
    const auto histograms = appender->of("h{region=\"eu\"}");
    ASSERT_EQ(histograms.size(), 1u);
    EXPECT_EQ(histograms[0].histogram->positive, std::vector<double>{3});
    EXPECT_EQ(histograms[0].start_ms, version2 ? 6 : 0);
    std::vector<std::string> traces;
    for (const auto& [series, list] : appender->exemplars)
      for (const auto& e : list) traces.push_back(std::string(e.labels.get("trace_id")));
    EXPECT_THAT(traces, testing::UnorderedElementsAre("abc", "def", "late"));
  }
}

TEST_F(RemoteWriterTest, ATargetThatGoesLetsTheJournalGo) {
  const auto writer = start();
  EXPECT_TRUE(feed->held);
  ASSERT_TRUE(writer->set_targets({}, {{"region", "eu"}}));
  EXPECT_FALSE(feed->held);
  EXPECT_FALSE(disk->exists("remote_write/t.position"));
}

TEST(RemoteWritePosition, DamageIsNoticed) {
  const auto bytes = encode_position({7, 99});
  EXPECT_EQ(decode_position(bytes)->offset, 99u);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(decode_position(damaged)) << i;
  }
}

}  // namespace
}  // namespace pharos::ingest
