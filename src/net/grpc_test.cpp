#include "net/grpc.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <cstring>
#include <list>
#include <map>

#include "codec/compress.hpp"
#include "net/http_server.hpp"
#include "net/raw_client_test.hpp"

namespace pharos::net {
namespace {

std::string frame(std::string_view message, bool compressed = false) {
  std::string out(1, compressed ? '\1' : '\0');
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(message.size() >> shift & 0xff);
  return out.append(message);
}

// A client's side of one HTTP/2 connection with prior knowledge, over nghttp2.
struct Http2Client {
  struct Answer {
    std::map<std::string, std::string> fields;   // headers and trailers
    std::string body;
    bool closed = false;
  };
  explicit Http2Client(std::uint16_t port) : socket(port) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, [](nghttp2_session*, const nghttp2_frame* f, const std::uint8_t* n, std::size_t ns, const std::uint8_t* v, std::size_t vs, std::uint8_t, void* user) {
      static_cast<Http2Client*>(user)->answers[f->hd.stream_id].fields[std::string(reinterpret_cast<const char*>(n), ns)].assign(reinterpret_cast<const char*>(v), vs);
      return 0;
    });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* d, std::size_t s, void* user) {
      static_cast<Http2Client*>(user)->answers[id].body.append(reinterpret_cast<const char*>(d), s);
      return 0;
    });
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, [](nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
      static_cast<Http2Client*>(user)->answers[id].closed = true;
      return 0;
    });
    nghttp2_session_client_new(&session, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(session, 0, nullptr, 0);
  }
  ~Http2Client() { nghttp2_session_del(session); }

  std::int32_t request(const std::vector<std::pair<std::string, std::string>>& fields, std::string body) {
    std::vector<nghttp2_nv> nv;
    for (const auto& [n, v] : fields)
      nv.push_back({(std::uint8_t*)n.data(), (std::uint8_t*)v.data(), n.size(), v.size(), 0});
    bodies.push_back({std::move(body), 0});
    nghttp2_data_provider provider{};
    provider.source.ptr = &bodies.back();
    provider.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t room, std::uint32_t* flags, nghttp2_data_source* source, void*) -> ssize_t {
      auto& [text, at] = *static_cast<std::pair<std::string, std::size_t>*>(source->ptr);
      const auto n = std::min(room, text.size() - at);
      std::memcpy(into, text.data() + at, n);
      at += n;
      if (at == text.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
      return static_cast<ssize_t>(n);
    };
    return nghttp2_submit_request(session, nullptr, nv.data(), nv.size(), bodies.back().first.empty() ? nullptr : &provider, nullptr);
  }
  Answer& wait(std::int32_t id) {
    while (!answers[id].closed) {
      const std::uint8_t* data = nullptr;
      ssize_t n;
      while ((n = nghttp2_session_mem_send(session, &data)) > 0) socket.send({reinterpret_cast<const char*>(data), static_cast<std::size_t>(n)});
      const auto got = socket.read_some();
      if (got.empty()) break;
      nghttp2_session_mem_recv(session, reinterpret_cast<const std::uint8_t*>(got.data()), got.size());
    }
    return answers[id];
  }
  RawClient socket;
  nghttp2_session* session = nullptr;
  std::map<std::int32_t, Answer> answers;
  std::list<std::pair<std::string, std::size_t>> bodies;
};

struct Http2Test : testing::Test {
  std::shared_ptr<Router> router = std::make_shared<Router>();
  std::unique_ptr<HttpServer> server;

  void SetUp() override {
    router->add("POST", "/test.Echo/Call", grpc_unary([](std::string_view m, const Request&) -> GrpcReply {
      if (m == "bad") return {GrpcStatus::invalid_argument, "bad: 100%", {}};
      return {GrpcStatus::ok, {}, std::string(m)};
    }, {.message_max = 1000}), {.body_max = 2000, .compress = false});
    router->add("GET", "/hello", [](const Request& r) { return Response::text(200, "hi " + r.query); });
    router->add("GET", "/large", [](const Request&) { return Response::text(200, std::string(3'000'000, 'x')); }, {.compress = false});
    router->add("GET", "/stream", [](const Request&) {
      Response response = Response::text(200, {});
      response.stream = [](const Response::Sink& sink) {
        for (int i = 0; i < 100; ++i)
          if (!sink(std::string(10'000, 's'))) return;
      };
      return response;
    });
    HttpServerConfig config;
    config.listen = "127.0.0.1:0";
    server = std::move(*HttpServer::start(config, router, std::make_shared<ThreadPool>("test", 4), system_clock()));
  }
  static std::vector<std::pair<std::string, std::string>> call_fields(std::string encoding = {}) {
    std::vector<std::pair<std::string, std::string>> fields = {{":method", "POST"}, {":scheme", "http"}, {":path", "/test.Echo/Call"}, {":authority", "x"}, {"content-type", "application/grpc"}, {"te", "trailers"}, {"grpc-timeout", "9990m"}};
    if (!encoding.empty()) fields.emplace_back("grpc-encoding", encoding);
    return fields;
  }
  static std::vector<std::pair<std::string, std::string>> get_fields(std::string path) {
    return {{":method", "GET"}, {":scheme", "http"}, {":path", path}, {":authority", "x"}};
  }
};

TEST_F(Http2Test, AUnaryCallIsAnsweredWithTrailers) {
  Http2Client client(server->port());
  auto& answer = client.wait(client.request(call_fields(), frame("hello")));
  EXPECT_EQ(answer.fields[":status"], "200");
  EXPECT_EQ(answer.fields["grpc-status"], "0");
  EXPECT_EQ(answer.body, frame("hello"));
  auto& packed = client.wait(client.request(call_fields("gzip"), frame(codec::compress(codec::Compression::gzip, "zipped"), true)));
  EXPECT_EQ(packed.body, frame("zipped"));
}

TEST_F(Http2Test, FailedCallsSayWhy) {
  Http2Client client(server->port());
  auto& bad = client.wait(client.request(call_fields(), frame("bad")));
  EXPECT_EQ(bad.fields["grpc-status"], "3");
  EXPECT_EQ(bad.fields["grpc-message"], "bad: 100%25");
  EXPECT_EQ(client.wait(client.request(call_fields(), frame(std::string(1500, 'x')))).fields["grpc-status"], "8");
  EXPECT_EQ(client.wait(client.request(call_fields(), frame(std::string(5000, 'x')))).fields["grpc-status"], "8");
  EXPECT_EQ(client.wait(client.request(call_fields(), "\0\0")).fields["grpc-status"], "13");
  EXPECT_EQ(client.wait(client.request(call_fields("br"), frame("x", true))).fields["grpc-status"], "12");
  const auto bomb = codec::compress(codec::Compression::gzip, std::string(100'000, 'x'));
  EXPECT_EQ(client.wait(client.request(call_fields("gzip"), frame(bomb, true))).fields["grpc-status"], "8");
}

TEST_F(Http2Test, PlainRequestsWorkSideBySide) {
  Http2Client client(server->port());
  std::vector<std::int32_t> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(client.request(get_fields("/hello?" + std::to_string(i)), {}));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.wait(ids[i]).body, "hi " + std::to_string(i));
  EXPECT_EQ(client.wait(client.request(get_fields("/nowhere"), {})).fields[":status"], "404");
  EXPECT_EQ(client.wait(client.request(get_fields("/stream"), {})).body.size(), 1'000'000u);
}

TEST(Grpc, FramesAreReadStrictly) {
  std::string storage;
  EXPECT_EQ(read_grpc_message(frame("abc"), "", 10, storage).value(), "abc");
  EXPECT_EQ(read_grpc_message("", "", 10, storage).error().code, Errc::invalid);
  EXPECT_EQ(read_grpc_message(frame("abc") + frame("d"), "", 10, storage).error().code, Errc::unsupported);
  EXPECT_EQ(read_grpc_message(frame("abcdefghijk"), "", 10, storage).error().code, Errc::limit);
  EXPECT_EQ(parse_grpc_timeout("500m"), std::chrono::milliseconds(500));
  EXPECT_EQ(parse_grpc_timeout("junk"), Nanos::max());
}

}  // namespace
}  // namespace pharos::net
