#include "ingest/remote_read.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "codec/checksum.hpp"
#include "codec/compress.hpp"
#include "codec/protobuf.hpp"
#include "ingest/read_messages.hpp"
#include "ingest/xor_chunk.hpp"
#include "net/http_server.hpp"

namespace pharos::ingest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

SampleColumn column(std::initializer_list<std::pair<UnixMillis, double>> samples) {
  SampleColumn out;
  for (const auto& [t, v] : samples) out.t_ms.push_back(t), out.value.push_back(v);
  return out;
}

class FakeSelection final : public Selection {
 public:
  std::vector<ReadSeries> series;
  std::size_t size() const override { return series.size(); }
  const Labels& labels(std::size_t i) const override { return series[i].labels; }
  Status read(std::size_t i, UnixMillis from, UnixMillis to, SampleColumn& out) const override {
    out.clear();
    const auto& s = series[i].samples;
    for (std::size_t k = 0; k < s.size(); ++k) {
      if (s.t_ms[k] < from || s.t_ms[k] > to) continue;
      out.t_ms.push_back(s.t_ms[k]);
      out.value.push_back(s.value[k]);
      if (!s.histograms.empty()) out.histograms.push_back(s.histograms[k]);
    }
    return {};
  }
};

class FakeQuerier final : public Querier {
 public:
  std::vector<ReadSeries> all;
  std::optional<Error> failure;
  Result<std::shared_ptr<const Selection>> select(std::span<const Matcher> matchers, UnixMillis, UnixMillis, const SelectHints&) override {
    if (failure) return fail(*failure);
    auto selection = std::make_shared<FakeSelection>();
    for (const auto& s : all)
      if (matches_all({matchers.begin(), matchers.end()}, s.labels)) selection->series.push_back(s);
    return std::shared_ptr<const Selection>(selection);
  }
  Result<std::vector<std::string>> label_names(std::span<const Matcher>, UnixMillis, UnixMillis, std::size_t) override { return std::vector<std::string>{"job"}; }
  Result<std::vector<std::string>> label_values(std::string_view, std::span<const Matcher>, UnixMillis, UnixMillis, std::size_t) override { return std::vector<std::string>{}; }
  Result<std::vector<Labels>> series(std::span<const Matcher>, UnixMillis, UnixMillis, std::size_t) override {
    std::vector<Labels> out;
    for (const auto& s : all) out.push_back(s.labels);
    return out;
  }
  Result<std::vector<ExemplarSeries>> exemplars(std::span<const Matcher>, UnixMillis, UnixMillis) override { return std::vector<ExemplarSeries>{}; }
  std::vector<Metadata> metadata(std::string_view, std::size_t) const override { return {}; }
};

struct RemoteRead : testing::Test {
  std::shared_ptr<FakeQuerier> far = std::make_shared<FakeQuerier>(), near = std::make_shared<FakeQuerier>();
  std::shared_ptr<net::Router> router = std::make_shared<net::Router>();
  std::unique_ptr<net::HttpServer> server;
  std::shared_ptr<net::HttpClient> client = net::HttpClient::create();
  RemoteReadTarget target;

  RemoteRead() {
    register_remote_read(*router, far, [] { return Labels{{"region", "eu"}}; });
    net::HttpServerConfig config;
    config.listen = "127.0.0.1:0";
    server = std::move(*net::HttpServer::start(config, router, std::make_shared<ThreadPool>("test", 2), system_clock()));
    target.url = "http://127.0.0.1:" + std::to_string(server->port()) + "/api/v1/read";
    far->all.push_back({{{"__name__", "up"}, {"job", "b"}}, column({{1, 1}, {2, 0}, {3, 1}})});
    far->all.push_back({{{"__name__", "up"}, {"job", "a"}}, column({{2, 5}})});
  }
  Result<std::shared_ptr<const Selection>> ask(Querier& querier, std::vector<Matcher> matchers) {
    return querier.select(matchers, 0, 10, {});
  }
};

TEST_F(RemoteRead, SeriesComeBackWithExternalLabels) {
  const auto remote = make_remote_querier(target, client, {}, {});
  const auto found = ask(*remote, {Matcher::equal("__name__", "up")});
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ((*found)->size(), 2u);
  EXPECT_EQ((*found)->labels(1).to_metric_string(), "up{job=\"b\", region=\"eu\"}");
  SampleColumn out;
  ASSERT_TRUE((*found)->read(1, 2, 9, out));
  EXPECT_THAT(out.t_ms, ElementsAre(2, 3));
  EXPECT_THAT(out.value, ElementsAre(0, 1));
}

TEST_F(RemoteRead, OwnExternalLabelsAreAskedForAndTakenOff) {
  const auto remote = make_remote_querier(target, client, {{"region", "eu"}}, {});
  const auto found = ask(*remote, {Matcher::equal("job", "a")});
  ASSERT_TRUE(found);
  EXPECT_EQ((*found)->labels(0).to_metric_string(), "up{job=\"a\"}");
  const auto other = make_remote_querier(target, client, {{"region", "us"}}, {});
  EXPECT_EQ((*ask(*other, {Matcher::equal("job", "a")}))->size(), 0u);
}

TEST_F(RemoteRead, OnlyWhatIsOlderThanTheLocalStoreIsAskedFor) {
  const auto remote = make_remote_querier(target, client, {}, [] { return UnixMillis{2}; });
  const auto found = ask(*remote, {Matcher::equal("job", "b")});
  SampleColumn out;
  ASSERT_TRUE((*found)->read(0, 0, 10, out));
  EXPECT_THAT(out.t_ms, ElementsAre(1, 2));
  target.required_matchers = {{"job", "z"}};
  EXPECT_EQ((*ask(*make_remote_querier(target, client, {}, {}), {Matcher::equal("job", "b")}))->size(), 0u);
}

TEST_F(RemoteRead, HistogramsTravelAsSamples) {
  auto h = std::make_shared<Histogram>();
  h->count = 2;
  h->sum = 3;
  h->positive_spans = {{0, 1}};
  h->positive = {2};
  ReadSeries mixed{{{"__name__", "h"}}, column({{1, 7}, {2, 0}})};
  mixed.samples.histograms = {nullptr, h};
  far->all = {mixed};
  const auto found = ask(*make_remote_querier(target, client, {}, {}), {Matcher::equal("__name__", "h")});
  ASSERT_TRUE(found) << found.error().message;
  SampleColumn out;
  ASSERT_TRUE((*found)->read(0, 0, 10, out));
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out.value[0], 7);
  EXPECT_TRUE(out.histograms[1]->identical(*h));
}

TEST_F(RemoteRead, StreamsXorChunksWhenThatIsPreferred) {
  ReadRequest request;
  request.queries.push_back({0, 10, {Matcher::equal("job", "b")}, {}});
  request.accepted = {1, 0};
  net::ClientRequest http;
  http.method = "POST";
  http.url = target.url;
  http.body = codec::compress(codec::Compression::snappy, encode_read_request(request));
  const auto reply = client->fetch(http);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->headers.get("Content-Type"), "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse");
  codec::Cursor in(reply->body);
  const auto size = in.varint();
  const auto crc = in.bytes(4);
  const auto message = in.bytes(size);
  ASSERT_TRUE(in.ok() && in.at_end());
  std::uint32_t sum = 0;
  for (const char c : crc) sum = sum << 8 | static_cast<unsigned char>(c);
  EXPECT_EQ(sum, codec::crc32c(message));
  codec::ProtoReader outer(message);
  ASSERT_TRUE(outer.next());
  codec::ProtoReader series(outer.bytes());
  SampleColumn out;
  while (series.next())
    if (series.field() == 2) {
      codec::ProtoReader chunk(series.bytes());
      while (chunk.next())
        if (chunk.field() == 4) { ASSERT_TRUE(decode_xor_chunk(chunk.bytes(), out)); }
    }
  EXPECT_THAT(out.value, ElementsAre(1, 0, 1));
}

TEST_F(RemoteRead, MergedViewsPreferTheFirstQuerier) {
  near->all.push_back({{{"__name__", "up"}, {"job", "b"}}, column({{2, 9}, {4, 4}})});
  const auto merged = make_merged_querier({near, far});
  const auto found = ask(*merged, {Matcher::equal("__name__", "up")});
  ASSERT_EQ((*found)->size(), 2u);
  SampleColumn out;
  ASSERT_TRUE((*found)->read(0, 0, 10, out));
  EXPECT_THAT(out.t_ms, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(out.value, ElementsAre(1, 9, 1, 4));
  far->failure = Error{Errc::io, "away"};
  EXPECT_TRUE(ask(*merged, {Matcher::equal("__name__", "up")}));
  EXPECT_EQ(merged->series({}, 0, 1, 0)->size(), 2u);
}

TEST_F(RemoteRead, RefusesDamage) {
  net::ClientRequest http;
  http.method = "POST";
  http.url = target.url;
  http.body = "junk";
  EXPECT_EQ(client->fetch(http)->status, 400);
  http.body = codec::compress(codec::Compression::snappy, "\x0a\x7f");
  EXPECT_EQ(client->fetch(http)->status, 400);
}

TEST(XorChunk, GivesBackEveryBit) {
  std::vector<UnixMillis> t;
  std::vector<double> v;
  std::uint64_t state = 1;
  UnixMillis at = 1'700'000'000'000;
  for (int i = 0; i < 500; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    at += i % 7 == 0 ? static_cast<UnixMillis>(state >> (20 + i % 40)) % 10'000'000'000 + 1 : 15'000 + static_cast<UnixMillis>(state >> 60);
    t.push_back(at);
    v.push_back(i % 5 == 0 ? std::bit_cast<double>(state) : static_cast<double>(i / 3));
  }
  SampleColumn out;
  ASSERT_TRUE(decode_xor_chunk(encode_xor_chunk(t, v), out));
  EXPECT_EQ(out.t_ms, t);
  for (std::size_t i = 0; i < v.size(); ++i) ASSERT_EQ(std::bit_cast<std::uint64_t>(out.value[i]), std::bit_cast<std::uint64_t>(v[i])) << i;
}

}  // namespace
}  // namespace pharos::ingest
