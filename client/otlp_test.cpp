// The OTLP exporter against a recording receiver: what arrives, what happens when nothing answers.
#include "pharos/otlp.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <mutex>
#include <thread>

namespace pharos::client {
namespace {

using testing::HasSubstr;

std::string unzipped(const std::string& zipped) {
  std::string out(1 << 20, '\0');
  z_stream z{};
  inflateInit2(&z, 15 + 16);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(zipped.data()));
  z.avail_in = static_cast<uInt>(zipped.size());
  z.next_out = reinterpret_cast<Bytef*>(&out[0]);
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  inflateEnd(&z);
  return out;
}

// Takes POSTs on loopback, one connection after the other, and answers each with the next status.
class Receiver {
 public:
  explicit Receiver(std::vector<int> statuses = {})
      : statuses_(std::move(statuses)), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&at), size) != 0 || listen(listener_, 16) != 0)
      ADD_FAILURE();
    getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~Receiver() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }
  struct Request {
    std::string head, body;
  };
  std::vector<Request> requests() {
    std::lock_guard lock(mutex_);
    return requests_;
  }
  std::string body(const std::string& path) {  // of the first request there
    for (const auto& request : requests()) {
      if (request.head.find("POST " + path + " ") == 0) return request.body;
    }
    return {};
  }

 private:
  void run() {
    for (int fd; (fd = accept(listener_, nullptr, nullptr)) >= 0; close(fd)) {
      std::string in;
      char buffer[65536];
      for (ssize_t n; (n = recv(fd, buffer, sizeof buffer, 0)) > 0;) {
        in.append(buffer, static_cast<std::size_t>(n));
        const auto end = in.find("\r\n\r\n");
        if (end == in.npos) continue;
        const auto length = std::stoul(in.substr(in.find("Content-Length: ") + 16));
        if (in.size() < end + 4 + length) continue;
        int status = 200;
        {
          std::lock_guard lock(mutex_);
          if (requests_.size() < statuses_.size()) status = statuses_[requests_.size()];
          requests_.push_back({in.substr(0, end), unzipped(in.substr(end + 4, length))});
        }
        const std::string answer = "HTTP/1.1 " + std::to_string(status) +
                                   " X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        (void)!send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
        break;
      }
    }
  }
  std::vector<int> statuses_;
  int listener_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::vector<Request> requests_;  // guarded by mutex_
  std::thread thread_;
};

// All values at a path of field numbers, lengths and fixed64 alike as bytes, varints in decimal.
std::vector<std::string> at(const std::string& bytes, std::vector<unsigned> path) {
  std::vector<std::string> found;
  std::size_t i = 0;
  const auto varint = [&] {
    std::uint64_t value = 0;
    for (int shift = 0; i < bytes.size(); shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes[i++]);
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (i < bytes.size()) {
    const auto tag = varint();
    std::string value;
    if ((tag & 7) == 0) {
      value = std::to_string(varint());
    } else {
      const auto length = (tag & 7) == 1 ? 8 : varint();
      value = bytes.substr(i, length);
      i += length;
    }
    if (tag >> 3 != path[0]) continue;
    if (path.size() == 1) {
      found.push_back(value);
    } else {
      for (auto& inner : at(value, {path.begin() + 1, path.end()}))
        found.push_back(std::move(inner));
    }
  }
  return found;
}
double real(const std::string& bytes) {
  double value = 0;
  std::memcpy(&value, bytes.data(), 8);
  return value;
}

OtlpOptions options_for(const std::string& endpoint) {
  OtlpOptions options;
  options.endpoint = endpoint;
  options.resource = {{"region", "eu"}};
  options.headers = {{"X-Tenant", "t1"}};
  options.batch_ms = 20;
  return options;
}

TEST(Otlp, SpansLogsAndMetricsArriveAsTheyWere) {
  Receiver receiver;
  Registry registry;
  series(registry, counter("plain_count", "A counter without a suffix.", "zone"), "a").add(3);
  static constexpr std::array<double, 2> kBounds{1, 2};
  series(registry, histogram("classic_seconds", "C.", kBounds)).record(1.5);
  const auto native = series(registry, native_histogram("native_seconds", "N."));
  native.record(1);
  native.record(4);
  auto options = options_for(receiver.endpoint());
  options.metrics = &registry;
  auto otlp = std::make_shared<OtlpExporter>(options);
  TraceContext context;
  {
    const Tracer tracer{"probft", Sampling{}, otlp};
    LogOptions log_options;
    log_options.descriptor = -1;
    log_options.sink = otlp;
    const Logger log{"probft", log_options};
    Span span = tracer.start("round", SpanKind::client);
    context = span.context();
    span.set({"peers", 4}).fail("no quorum");
    log.error("no quorum", {{"view", 7}});
  }
  ASSERT_TRUE(otlp->flush(10'000));

  std::string trace_id;
  for (auto half : {context.trace_high, context.trace_low}) {
    for (int shift = 56; shift >= 0; shift -= 8) trace_id += static_cast<char>(half >> shift);
  }
  const std::string spans = receiver.body("/v1/traces");
  EXPECT_THAT(at(spans, {1, 1, 1, 2, 1}), testing::ElementsAre("probft", "eu"));
  EXPECT_THAT(at(spans, {1, 2, 2, 1}), testing::ElementsAre(trace_id));
  EXPECT_THAT(at(spans, {1, 2, 2, 5}), testing::ElementsAre("round"));
  EXPECT_THAT(at(spans, {1, 2, 2, 6}), testing::ElementsAre("3"));
  EXPECT_THAT(at(spans, {1, 2, 2, 9, 1}), testing::ElementsAre("peers"));
  EXPECT_THAT(at(spans, {1, 2, 2, 9, 2, 3}), testing::ElementsAre("4"));
  EXPECT_THAT(at(spans, {1, 2, 2, 15, 2}), testing::ElementsAre("no quorum"));

  const std::string logs = receiver.body("/v1/logs");
  EXPECT_THAT(at(logs, {1, 2, 2, 5, 1}), testing::ElementsAre("no quorum"));
  EXPECT_THAT(at(logs, {1, 2, 2, 2}), testing::ElementsAre("17"));
  EXPECT_THAT(at(logs, {1, 2, 2, 9}), testing::ElementsAre(trace_id));

  const std::string metrics = receiver.body("/v1/metrics");
  EXPECT_THAT(at(metrics, {1, 2, 2, 1}),
              testing::ElementsAre("plain_count", "classic_seconds", "native_seconds"));
  EXPECT_EQ(real(at(metrics, {1, 2, 2, 7, 1, 4}).at(0)), 3);
  EXPECT_THAT(at(metrics, {1, 2, 2, 7, 1, 7, 2, 1}), testing::ElementsAre("a"));
  EXPECT_EQ(at(metrics, {1, 2, 2, 9, 1, 6}).at(0),
            std::string("\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24));
  EXPECT_THAT(at(metrics, {1, 2, 2, 10, 1, 6}), testing::ElementsAre("6")) << "zigzag of schema 3";
  EXPECT_THAT(at(metrics, {1, 2, 2, 10, 1, 8, 1}), testing::ElementsAre("1"))
      << "zigzag of -1: (2^(-1/8), 1]";
  EXPECT_EQ(at(metrics, {1, 2, 2, 10, 1, 8, 2}).at(0),
            std::string("\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 17));
  EXPECT_THAT(receiver.requests()[0].head, HasSubstr("X-Tenant: t1"));
}

TEST(Otlp, ARefusalForNowIsTriedAgainAndOneForGoodIsNot) {
  set_problem_log(nullptr);
  Receiver receiver({503, 429, 200, 400});
  OtlpExporter otlp(options_for(receiver.endpoint()));
  SpanData span;
  span.service = "s";
  otlp.take(span);
  EXPECT_TRUE(otlp.flush(10'000));
  EXPECT_EQ(otlp.stats().spans.sent, 1U);
  EXPECT_EQ(otlp.stats().retries, 2U);
  otlp.take(span);
  EXPECT_FALSE(otlp.flush(10'000));
  EXPECT_EQ(otlp.stats().spans.dropped, 1U);
  EXPECT_EQ(otlp.stats().requests, 4U);
}

TEST(Otlp, WithoutAReceiverTheQueueStaysBoundedAndTheEndIsQuick) {
  set_problem_log(nullptr);
  auto options = options_for("http://127.0.0.1:1");
  options.queue_items_max = 10;
  options.batch_ms = 60'000;
  options.batch_items_max = 1000;
  options.stop_ms_max = 50;
  OtlpExporter otlp(options);
  SpanData span;
  for (int i = 0; i < 25; ++i) otlp.take(span);
  EXPECT_EQ(otlp.stats().spans.dropped, 15U);
  EXPECT_EQ(otlp.stats().spans.queued, 10U);
}

TEST(Otlp, WhatIsQueuedAtTheEndIsStillDelivered) {
  Receiver receiver;
  {
    auto options = options_for(receiver.endpoint());
    options.batch_ms = 60'000;
    OtlpExporter otlp(options);
    SpanData span;
    span.name = "last";
    otlp.take(span);
  }
  EXPECT_THAT(at(receiver.body("/v1/traces"), {1, 2, 2, 5}), testing::ElementsAre("last"));
}

}  // namespace
}  // namespace pharos::client
