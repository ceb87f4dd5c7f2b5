#include "ingest/remote_write.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "ingest/fake_appender_test.hpp"
#include "ingest/write_decode.hpp"
#include "ingest/write_request_test.hpp"

namespace pharos::ingest {
namespace {

using codec::ProtoWriter;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto kV2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request";

struct RemoteWrite : testing::Test {
  FakeAppender appender;
  SeriesCache cache;
  RemoteWriteConfig config;
  std::string body;
  ProtoWriter to{body};

  net::Response send(std::string content_type = "application/x-protobuf") {
    return handle_remote_write(write_request(std::exchange(body, {}), content_type), appender, cache, config);
  }
};

TEST_F(RemoteWrite, SamplesArriveUnderTheirLabels) {
  put_series_v1(to, {{"__name__", "up"}, {"job", "a"}}, 1000, 1);
  put_series_v1(to, {{"__name__", "up"}, {"job", "b"}}, 1000, 0);
  EXPECT_EQ(send().status, 204);
  EXPECT_THAT(appender.names(), ElementsAre("up{job=\"a\"}", "up{job=\"b\"}"));
  EXPECT_EQ(appender.of("up{job=\"a\"}")[0].value, 1);
}

TEST_F(RemoteWrite, KnownSeriesAreNotDecodedAgain) {
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 100; ++i) put_series_v1(to, {{"__name__", "m"}, {"i", std::to_string(i)}}, round, i);
    EXPECT_EQ(send().status, 204);
  }
  EXPECT_EQ(appender.resolved, 100u);
  EXPECT_EQ(appender.of("m{i=\"7\"}").size(), 3u);
}

TEST_F(RemoteWrite, UnsortedLabelsAndEmptyValuesAreTidied) {
  put_series_v1(to, {{"z", "1"}, {"empty", ""}, {"__name__", "m"}}, 1, 1);
  EXPECT_EQ(send().status, 204);
  EXPECT_THAT(appender.names(), ElementsAre("m{z=\"1\"}"));
}

TEST_F(RemoteWrite, BadSeriesAreNamedAndTheOthersKept) {
  put_series_v1(to, {{"job", "nameless"}}, 1, 1);
  put_series_v1(to, {{"__name__", "good"}}, 1, 5);
  put_series_v1(to, {{"__name__", "m"}, {"a", "1"}, {"a", "2"}}, 1, 1);
  put_series_v1(to, {{"__name__", "m"}, {"a", "\xff"}}, 1, 1);
  put_series_v1(to, {{"__name__", "good2"}}, 1, 6);
  const auto response = send();
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("invalid metric name or labels, got {job=\"nameless\"}"));
  EXPECT_THAT(response.body, HasSubstr("invalid labels for series, labels {__name__=\"m\", a=\"1\", a=\"2\"}, duplicated label a"));
  EXPECT_THAT(appender.names(), ElementsAre("good", "good2"));
  EXPECT_EQ(appender.of("good2")[0].value, 6);
}

TEST_F(RemoteWrite, RejectedSamplesAreNamed) {
  put_series_v1(to, {{"__name__", "m"}}, 10, 1);
  send();
  put_series_v1(to, {{"__name__", "m"}}, 5, 1);
  put_series_v1(to, {{"__name__", "n"}}, 5, 1);
  const auto response = send();
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body, "out of order sample for series {__name__=\"m\"}\n");
  EXPECT_EQ(appender.of("n").size(), 1u);
}

TEST_F(RemoteWrite, SeriesThatLeftTheStoreAreResolvedAgain) {
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 20; ++i) put_series_v1(to, {{"__name__", "m"}, {"i", std::to_string(i)}}, round, i);
    EXPECT_EQ(send().status, 204);
    appender.forget_refs();
  }
  for (int i = 0; i < 20; ++i) EXPECT_EQ(appender.of("m{i=\"" + std::to_string(i) + "\"}").size(), 2u);
}

TEST_F(RemoteWrite, EvenWhenTheyAreMoreThanTheStoreLists) {
  appender.rejections_max = 3;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 20; ++i) put_series_v1(to, {{"__name__", "m"}, {"i", std::to_string(i)}}, round, i);
    EXPECT_EQ(send().status, 204);
    appender.forget_refs();
  }
  for (int i = 0; i < 20; ++i) EXPECT_EQ(appender.of("m{i=\"" + std::to_string(i) + "\"}").size(), 2u);
}

TEST_F(RemoteWrite, TheSeriesLimitNamesItself) {
  appender.series_max = 1;
  put_series_v1(to, {{"__name__", "a"}}, 1, 1);
  put_series_v1(to, {{"__name__", "b"}}, 1, 1);
  const auto response = send();
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("series limit of 1 reached"));
  EXPECT_EQ(appender.of("a").size(), 1u);
}

TEST_F(RemoteWrite, AStoreThatCannotWriteIsNotAcknowledged) {
  appender.failure = Error{Errc::unavailable, "disk full"};
  put_series_v1(to, {{"__name__", "a"}}, 1, 1);
  const auto response = send();
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.headers.get("Retry-After"), "1");
}

TEST_F(RemoteWrite, HistogramsExemplarsAndMetadata) {
  std::string more;
  ProtoWriter m(more);
  m.message(3, [](ProtoWriter& e) {
    e.message(1, [](ProtoWriter& l) { l.bytes(1, "trace"), l.bytes(2, "t"); });
    e.real(2, 0.5);
    e.int64(3, 9);
  });
  Histogram h;
  h.integer = true;
  h.schema = 1;
  h.count = 6;
  h.sum = 2.5;
  h.zero_threshold = 0.001;
  h.zero_count = 1;
  h.positive_spans = {{0, 2}, {1, 1}};
  h.positive = {1, 3, 1};
  std::string encoded;
  encode_histogram(h, 1000, 0, encoded);
  m.bytes(4, encoded);
  put_series_v1(to, {{"__name__", "h"}}, 999, 1, more);
  to.message(3, [](ProtoWriter& e) { e.varint(1, 1), e.bytes(2, "h"), e.bytes(4, "help"), e.bytes(5, "s"); });
  EXPECT_EQ(send().status, 204);
  const auto stored = appender.of("h");
  ASSERT_EQ(stored.size(), 2u);
  EXPECT_TRUE(stored[1].histogram->identical(h));
  EXPECT_EQ(appender.exemplars.begin()->second[0].value, 0.5);
  ASSERT_EQ(appender.metadata.size(), 1u);
  EXPECT_EQ(appender.metadata[0], (Metadata{"h", MetricType::counter, "help", "s"}));
}

TEST_F(RemoteWrite, FloatAndCustomBucketHistogramsSurvive) {
  Histogram h;
  h.schema = kCustomBucketsSchema;
  h.count = 4.5;
  h.sum = 7;
  h.positive_spans = {{0, 2}};
  h.positive = {1.5, 3};
  h.custom_values = {1, 2.5};
  h.reset_hint = ResetHint::gauge;
  std::string encoded;
  encode_histogram(h, 5, 0, encoded);
  const auto decoded = decode_histogram(encoded);
  ASSERT_TRUE(decoded);
  EXPECT_TRUE(decoded->histogram->identical(h));
  EXPECT_EQ(decoded->t_ms, 5);
}

TEST_F(RemoteWrite, Version2WithSymbolsMetadataAndStartTimes) {
  for (const auto* symbol : {"", "__name__", "m", "job", "a", "the help", "bytes"}) to.bytes(4, symbol);
  to.message(5, [](ProtoWriter& s) {
    s.bytes(1, std::string_view("\x01\x02\x03\x04", 4));
    s.message(2, [](ProtoWriter& p) { p.real(1, 3), p.int64(2, 1000), p.int64(3, 500); });
    s.message(5, [](ProtoWriter& p) { p.varint(1, 2), p.varint(3, 5), p.varint(4, 6); });
  });
  const auto response = send(kV2);
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.headers.get("X-Prometheus-Remote-Write-Samples-Written"), "1");
  EXPECT_EQ(response.headers.get("X-Prometheus-Remote-Write-Histograms-Written"), "0");
  const auto stored = appender.of("m{job=\"a\"}");
  ASSERT_EQ(stored.size(), 1u);
  EXPECT_EQ(stored[0].start_ms, 500);
  EXPECT_EQ(appender.metadata[0], (Metadata{"m", MetricType::gauge, "the help", "bytes"}));
}

TEST_F(RemoteWrite, Version2KeysDoNotDependOnTheSymbolOrder) {
  for (const bool swapped : {false, true}) {
    for (const auto* symbol : swapped ? std::array{"", "m", "__name__"} : std::array{"", "__name__", "m"}) to.bytes(4, symbol);
    to.message(5, [&](ProtoWriter& s) {
      s.bytes(1, swapped ? std::string_view("\x02\x01", 2) : std::string_view("\x01\x02", 2));
      s.message(2, [&](ProtoWriter& p) { p.real(1, 3), p.int64(2, swapped ? 2 : 1); });
    });
    EXPECT_EQ(send(kV2).status, 204);
  }
  EXPECT_EQ(appender.resolved, 1u);
  EXPECT_EQ(appender.of("m").size(), 2u);
}

TEST_F(RemoteWrite, Version2PartialFailuresSayWhatWasWritten) {
  for (const auto* symbol : {"", "__name__", "m"}) to.bytes(4, symbol);
  to.message(5, [](ProtoWriter& s) {
    s.bytes(1, std::string_view("\x01\x02", 2));
    s.message(2, [](ProtoWriter& p) { p.real(1, 3), p.int64(2, 1000); });
  });
  to.message(5, [](ProtoWriter& s) { s.bytes(1, std::string_view("\x01\x09", 2)); });
  to.message(5, [](ProtoWriter& s) { s.bytes(1, std::string_view("\x01\x02", 2)); });
  const auto response = send(kV2);
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.headers.get("X-Prometheus-Remote-Write-Samples-Written"), "1");
  EXPECT_THAT(response.body, HasSubstr("must contain at least one sample or histogram for series {__name__=\"m\"}"));
}

TEST_F(RemoteWrite, RefusesOtherTypesEncodingsAndLies) {
  EXPECT_EQ(send("text/plain").status, 415);
  EXPECT_EQ(send("application/x-protobuf;proto=other.Message").status, 415);
  auto request = write_request("");
  request.headers.set("Content-Encoding", "gzip");
  EXPECT_EQ(handle_remote_write(request, appender, cache, config).status, 415);
  request = write_request("");
  request.body = "\xff\xff\xff\xff\x0f";  // declares 4 GB
  EXPECT_EQ(handle_remote_write(request, appender, cache, config).status, 413);
  request.body = "\x40\x00";
  EXPECT_EQ(handle_remote_write(request, appender, cache, config).status, 400);
  EXPECT_EQ(handle_remote_write(write_request("\x0a\x7f"), appender, cache, config).status, 400);
}

TEST_F(RemoteWrite, SendersSideBySideShareTheCache) {
  std::vector<std::jthread> senders;
  for (int sender = 0; sender < 4; ++sender)
    senders.emplace_back([&, sender] {
      for (int round = 0; round < 20; ++round) {
        std::string mine;
        ProtoWriter writer(mine);
        for (int i = 0; i < 50; ++i)
          put_series_v1(writer, {{"__name__", "m"}, {"i", std::to_string((i + sender * 25) % 100)}, {"s", std::to_string(sender)}}, round, i);
        EXPECT_EQ(handle_remote_write(write_request(mine), appender, cache, config).status, 204);
      }
    });
  senders.clear();
  EXPECT_EQ(appender.samples.size(), 200u);
  for (const auto& [labels, stored] : appender.samples) EXPECT_EQ(stored.size(), 20u);
}

TEST(SeriesCache, DropsEverythingWhenFull) {
  SeriesCache cache(3);
  for (std::uint64_t i = 0; i < 5; ++i) {
    const SeriesCache::Known known{cache.key(std::to_string(i)), SeriesRef{i + 1}};
    cache.insert({&known, 1});
  }
  EXPECT_EQ(cache.size(), 2u);
  SeriesCache::Walk walk(cache);
  EXPECT_EQ(walk.find(cache.key("0")), SeriesRef::none);
  EXPECT_EQ(walk.find(cache.key("4")), SeriesRef{5});
}

TEST(SeriesCache, CostsAboutFortyBytesASeries) {
  SeriesCache cache;
  std::vector<SeriesCache::Known> known;
  for (std::uint64_t i = 0; i < 90'000; ++i) known.push_back({cache.key(std::to_string(i)), SeriesRef{i + 1}});
  cache.insert(known);
  EXPECT_LT(cache.memory_bytes(), 100'000u * 60);
  SeriesCache::Walk walk(cache);
  for (const auto& k : known) ASSERT_EQ(walk.find(k.key), k.ref);
}

}  // namespace
}  // namespace pharos::ingest
