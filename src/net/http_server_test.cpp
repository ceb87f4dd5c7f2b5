#include "net/http_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>

#include "base/short_work.hpp"
#include "codec/compress.hpp"
#include "net/raw_client_test.hpp"

namespace pharos::net {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct HttpServerTest : testing::Test {
  std::shared_ptr<Router> router = std::make_shared<Router>();
  std::shared_ptr<ThreadPool> pool = std::make_shared<ThreadPool>("test", 4);
  HttpServerConfig config;
  std::unique_ptr<HttpServer> server;

  HttpServerTest() {
    config.listen = "127.0.0.1:0";
    router->add("GET", "/hello", [](const Request&) { return Response::text(200, "hi\n"); });
    router->add("GET", "/quick", [](const Request&) { return Response::text(200, "quick\n"); }, {.quick = true});
    router->add("POST", "/echo", [](const Request& r) { return Response::text(200, r.body); },
                {.body_max = 4 << 20, .compress = false});
    router->add("POST", "/small", [](const Request& r) { return Response::text(200, r.body); }, {.body_max = 10});
    router->add("GET", "/stream", [](const Request&) {
      Response response = Response::text(200, {});
      response.stream = [](const Response::Sink& sink) {
        for (int i = 0; i < 3; ++i) sink("part" + std::to_string(i));
      };
      return response;
    });
    router->add("GET", "/large", [](const Request&) { return Response::json(200, std::string(100'000, 'x')); });
    router->add("GET", "/label/:name/values", [](const Request& r) { return Response::text(200, std::string(r.param("name"))); });
  }
  void start() {
    auto started = HttpServer::start(config, router, pool, system_clock());
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
  }
  std::string exchange(std::string_view bytes) {
    RawClient client(server->port());
    client.send(bytes);
    return client.read_reply();
  }
};

TEST_F(HttpServerTest, AnswersAGet) {
  start();
  const auto reply = exchange("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(reply, HasSubstr("Content-Length: 3\r\n"));
  EXPECT_THAT(reply, HasSubstr("\r\n\r\nhi\n"));
}

TEST_F(HttpServerTest, AHeadSentByteByByteIsUnderstood) {
  start();
  RawClient client(server->port());
  for (const char c : std::string_view("GET /label/a%2Fb/values?x=1 HTTP/1.1\r\nHost: x\r\n\r\n")) client.send({&c, 1});
  EXPECT_THAT(client.read_reply(), HasSubstr("\r\n\r\na/b"));
}

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInOrder) {
  start();
  RawClient client(server->port());
  std::string requests;
  for (int i = 0; i < 50; ++i)
    requests += i % 2 ? "GET /quick HTTP/1.1\r\nHost: x\r\n\r\n"
                      : "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n" + std::to_string(10 + i);
  client.send(requests);
  for (int i = 0; i < 50; ++i)
    EXPECT_THAT(client.read_reply(), HasSubstr(i % 2 ? "\r\n\r\nquick\n" : "\r\n\r\n" + std::to_string(10 + i)));
}

TEST_F(HttpServerTest, HeadHasTheLengthButNoBody) {
  start();
  RawClient client(server->port());
  client.send("HEAD /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto reply = client.read_all();
  EXPECT_THAT(reply, HasSubstr("Content-Length: 3\r\n"));
  EXPECT_THAT(reply, testing::EndsWith("\r\n\r\n"));
}

TEST_F(HttpServerTest, UnknownPathsAndMethods) {
  start();
  EXPECT_THAT(exchange("GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(exchange("POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"), StartsWith("HTTP/1.1 405 "));
}

TEST_F(HttpServerTest, LargeBodiesComeWhole) {
  start();
  std::string body(3 << 20, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 31);
  RawClient client(server->port());
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
  client.send(body);
  const auto reply = client.read_reply();
  EXPECT_TRUE(reply.ends_with(body));
}

TEST_F(HttpServerTest, ChunkedBodiesAreJoined) {
  start();
  const auto reply = exchange("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                              "3\r\nabc\r\n4;ext=1\r\ndefg\r\n0\r\nTrailer: t\r\n\r\n");
  EXPECT_THAT(reply, testing::EndsWith("\r\n\r\nabcdefg"));
}

TEST_F(HttpServerTest, AmbiguousFramingIsRefused) {
  start();
  const auto refused = [&](std::string_view bytes) { return exchange(bytes); };
  EXPECT_THAT(refused("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc"),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(refused("GET /hello HTTP/1.1\nHost: x\n\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(refused("GET /hello HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(refused("GET /hello HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(refused("GET /hello HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(refused("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(refused("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(refused("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"), StartsWith("HTTP/1.1 501 "));
  EXPECT_THAT(refused("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(refused("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(refused("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(refused("GET /hello HTTP/2.0\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 505 "));
}

TEST_F(HttpServerTest, LimitsHaveTheirStatus) {
  start();
  EXPECT_THAT(exchange("POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n"), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(exchange("POST /small HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n6\r\n"), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(exchange("GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 414 "));
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nA: " + std::string(20'000, 'a') + "\r\n\r\n"), StartsWith("HTTP/1.1 431 "));
  std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 120; ++i) many += "A: b\r\n";
  EXPECT_THAT(exchange(many + "\r\n"), StartsWith("HTTP/1.1 431 "));
}

TEST_F(HttpServerTest, ExpectContinueIsAnsweredBeforeTheBody) {
  start();
  RawClient client(server->port());
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_THAT(client.read_reply(), HasSubstr("\r\n\r\nok"));
}

TEST_F(HttpServerTest, StreamsAreChunked) {
  start();
  RawClient client(server->port());
  client.send("GET /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto reply = client.read_all();
  EXPECT_THAT(reply, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(reply, HasSubstr("5\r\npart0\r\n5\r\npart1\r\n5\r\npart2\r\n0\r\n\r\n"));
}

TEST_F(HttpServerTest, LargeTextIsCompressedForWhoAccepts) {
  start();
  const auto plain = exchange("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(plain, HasSubstr("Content-Length: 100000\r\n"));
  const auto packed = exchange("GET /large HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n");
  EXPECT_THAT(packed, HasSubstr("Content-Encoding: gzip\r\n"));
  const auto body = codec::decompress(codec::Compression::gzip, packed.substr(packed.find("\r\n\r\n") + 4), 1 << 20);
  ASSERT_TRUE(body);
  EXPECT_EQ(*body, std::string(100'000, 'x'));
  EXPECT_THAT(exchange("GET /large HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip;q=0\r\n\r\n"), Not(HasSubstr("Content-Encoding")));
}

TEST_F(HttpServerTest, AHandlerIsCancelledWhenItsClientGoes) {
  std::latch begun(1);
  std::promise<bool> cancelled;
  router->add("GET", "/slow", [&](const Request& r) {
    begun.count_down();
    for (int i = 0; i < 5000 && !r.cancelled.stop_requested(); ++i) std::this_thread::sleep_for(Millis(1));
    cancelled.set_value(r.cancelled.stop_requested());
    return Response::text(200, "late");
  });
  start();
  RawClient client(server->port());
  client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  begun.wait();
  client.close();
  EXPECT_TRUE(cancelled.get_future().get());
}

TEST_F(HttpServerTest, AHandlerIsCancelledAtItsTimeout) {
  router->add("GET", "/slow", [&](const Request& r) {
    for (int i = 0; i < 5000 && !r.cancelled.stop_requested(); ++i) std::this_thread::sleep_for(Millis(1));
    return Response::text(r.cancelled.stop_requested() ? 503 : 200, "late");
  }, {.handler_timeout = Millis(20)});
  start();
  EXPECT_THAT(exchange("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 503 "));
}

TEST_F(HttpServerTest, HalfSentRequestsAreAnswered408AtTheirDeadline) {
  config.header_timeout = Millis(30);
  config.body_idle_timeout = Millis(30);
  start();
  EXPECT_THAT(exchange("GET /hello HTTP/1.1\r\nHos"), StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(exchange("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc"), StartsWith("HTTP/1.1 408 "));
}

TEST_F(HttpServerTest, AtTheCapTheLongestIncompleteRequestMakesRoom) {
  config.loops = 1;
  config.connections_max = 4;
  start();
  std::vector<RawClient> half;
  for (int i = 0; i < 4; ++i) {
    half.emplace_back(server->port());
    half.back().send("GET /hello HTTP/1.1\r\nHos");
    std::this_thread::sleep_for(Millis(2));
  }
  EXPECT_THAT(exchange("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"), HasSubstr("hi\n"));
  EXPECT_TRUE(half[0].closed_by_peer());
  half[3].send("t: x\r\n\r\n");
  EXPECT_THAT(half[3].read_reply(), HasSubstr("hi\n"));
}

TEST_F(HttpServerTest, TheGateAnswersFirst) {
  config.gate = [](const Request& r) -> std::optional<Response> {
    if (r.headers.get("Authorization") == "yes") return std::nullopt;
    return Response::text(401, "Unauthorized\n");
  };
  start();
  EXPECT_THAT(exchange("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(exchange("GET /hello HTTP/1.1\r\nHost: x\r\nAuthorization: yes\r\n\r\n"), HasSubstr("hi\n"));
}

TEST_F(HttpServerTest, DrainLetsRunningRequestsFinish) {
  std::latch begun(1);
  router->add("GET", "/slow", [&](const Request&) {
    begun.count_down();
    std::this_thread::sleep_for(Millis(50));
    return Response::text(200, "done");
  });
  start();
  RawClient client(server->port()), idle(server->port());
  client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  begun.wait();
  server->drain(Millis(2000));
  EXPECT_THAT(client.read_reply(), HasSubstr("done"));
  EXPECT_TRUE(idle.closed_by_peer());
  EXPECT_FALSE(RawClient(server->port()).connected());
}

TEST_F(HttpServerTest, ATakenPortIsAConflict) {
  start();
  config.listen = "127.0.0.1:" + std::to_string(server->port());
  const auto second = HttpServer::start(config, router, pool, system_clock());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::conflict);
}

TEST_F(HttpServerTest, AFullPoolQueueIsAnswered503) {
  config.loops = 1;
  pool = std::make_shared<ThreadPool>("test", 1, 1);
  const auto release = std::make_shared<std::atomic<bool>>(false);
  router->add("GET", "/slow", [release](const Request&) {
    while (!*release) std::this_thread::sleep_for(Millis(1));
    return Response::text(200, "done");
  });
  start();
  std::vector<RawClient> clients;
  for (int i = 0; i < 6; ++i) {
    clients.emplace_back(server->port());
    clients.back().send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  EXPECT_THAT(clients[5].read_reply(), StartsWith("HTTP/1.1 503 "));
  *release = true;
  EXPECT_THAT(clients[0].read_reply(), HasSubstr("done"));
}

TEST_F(HttpServerTest, AnswersThatLastTakeNoThreadOfThePool) {
  pool = std::make_shared<ThreadPool>("test", 1);
  config.streams_max = 2;
  router->add("GET", "/lasting", [](const Request& request) {
    Response response = Response::text(200, {});
    response.stream = [stop = request.cancelled](const Response::Sink& sink) {
      sink("begun");
      while (!stop.stop_requested()) system_clock().sleep_for(Millis(5), stop);
    };
    return response;
  }, {.own_thread = true});
  start();
  constexpr std::string_view kLasting = "GET /lasting HTTP/1.1\r\nHost: x\r\n\r\n";
  auto first = std::make_unique<RawClient>(server->port());
  RawClient second(server->port());
  for (auto* client : {first.get(), &second}) {
    client->send(kLasting);
    EXPECT_THAT(client->read_until("begun"), HasSubstr("200 OK"));
  }
  EXPECT_THAT(exchange("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"), HasSubstr("200 OK"));
  EXPECT_THAT(exchange(kLasting), StartsWith("HTTP/1.1 503"));
  first.reset();  // its place becomes free soon after
  std::string reply;
  for (int i = 0; i < 1000 && !reply.contains("200 OK"); ++i) {
    RawClient again(server->port());
    again.send(kLasting);
    reply = again.read_until("\r\n\r\n");
    if (!reply.contains("200 OK")) system_clock().sleep_for(Millis(5), {});
  }
  EXPECT_THAT(reply, HasSubstr("200 OK"));
}

// A gate that handlers wait at until it opens.
struct Barrier {
  std::atomic<bool> open{false};
  std::atomic<int> waiting{0};
  void wait() {
    ++waiting;
    open.wait(false);
  }
  void wait_for(int handlers) const {
    while (waiting < handlers) std::this_thread::yield();
  }
  void lift() {
    open = true;
    open.notify_all();
  }
};

TEST_F(HttpServerTest, AQuickHandlerRunsOnTheLoop) {
  config.loops = 1;
  std::string name(16, '\0');
  router->add("GET", "/short", [&](const Request&) {
    pthread_getname_np(pthread_self(), name.data(), name.size());
    return Response::text(200, "short");
  }, {.quick = true});
  start();
  // The thread that stands by may need a moment after the start; until then the pool does it.
  for (int i = 0; i < 1000 && !name.starts_with("http-0"); ++i)
    EXPECT_THAT(exchange("GET /short HTTP/1.1\r\nHost: x\r\n\r\n"), HasSubstr("short"));
  EXPECT_THAT(name, StartsWith("http-0"));
}

TEST_F(HttpServerTest, QuickHandlersThatBlockStopNobodyElse) {
  config.loops = 1;
  pool = std::make_shared<ThreadPool>("test", 2);
  Barrier barrier;
  router->add("GET", "/blocks", [&](const Request&) {
    barrier.wait();
    return Response::text(200, "at last");
  }, {.quick = true});
  start();
  RawClient first(server->port()), second(server->port());
  first.send("GET /blocks HTTP/1.1\r\nHost: x\r\n\r\n");
  barrier.wait_for(1);
  EXPECT_THAT(exchange("GET /quick HTTP/1.1\r\nHost: x\r\n\r\n"), HasSubstr("quick"));
  second.send("GET /blocks HTTP/1.1\r\nHost: x\r\n\r\n");
  barrier.wait_for(2);
  EXPECT_THAT(exchange("GET /quick HTTP/1.1\r\nHost: x\r\n\r\n"), HasSubstr("quick"));
  EXPECT_THAT(exchange("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"), HasSubstr("hi"));
  barrier.lift();
  EXPECT_THAT(first.read_reply(), HasSubstr("at last"));
  EXPECT_THAT(second.read_reply(), HasSubstr("at last"));
  EXPECT_THAT(exchange("GET /blocks HTTP/1.1\r\nHost: x\r\n\r\n"), HasSubstr("at last"));
}

TEST_F(HttpServerTest, AQuickHandlerIsCancelledWhenItsClientGoes) {
  config.loops = 1;
  Barrier barrier;
  std::promise<bool> cancelled;
  router->add("GET", "/short", [&](const Request& r) {
    const std::stop_callback lift(r.cancelled, [&] { barrier.lift(); });
    barrier.wait();
    cancelled.set_value(r.cancelled.stop_requested());
    return Response::text(200, "late");
  }, {.quick = true});
  start();
  RawClient client(server->port());
  client.send("GET /short HTTP/1.1\r\nHost: x\r\n\r\n");
  barrier.wait_for(1);
  client.close();
  EXPECT_TRUE(cancelled.get_future().get());
}

TEST_F(HttpServerTest, AQuickHandlerIsCancelledAtItsTimeout) {
  config.loops = 1;
  router->add("GET", "/short", [&](const Request& r) {
    Barrier barrier;
    const std::stop_callback lift(r.cancelled, [&] { barrier.lift(); });
    barrier.wait();
    return Response::text(503, "late");
  }, {.handler_timeout = Millis(20), .quick = true});
  start();
  EXPECT_THAT(exchange("GET /short HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 503 "));
}

TEST_F(HttpServerTest, AQuickHandlerMayStream) {
  config.loops = 1;
  Barrier barrier;
  router->add("GET", "/short", [&](const Request&) {
    Response response = Response::text(200, {});
    response.stream = [&](const Response::Sink& sink) {
      sink("begun");
      barrier.wait();
      sink("ended");
    };
    return response;
  }, {.quick = true});
  start();
  RawClient client(server->port());
  client.send("GET /short HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_until("begun"), HasSubstr("200 OK"));
  EXPECT_THAT(exchange("GET /quick HTTP/1.1\r\nHost: x\r\n\r\n"), HasSubstr("quick"));
  barrier.lift();
  EXPECT_THAT(client.read_until("0\r\n\r\n"), HasSubstr("ended"));
}

TEST_F(HttpServerTest, DrainLetsQuickHandlersFinish) {
  config.loops = 1;
  Barrier barrier;
  router->add("GET", "/short", [&](const Request&) {
    barrier.wait();
    return Response::text(200, "done");
  }, {.quick = true});
  start();
  RawClient client(server->port());
  client.send("GET /short HTTP/1.1\r\nHost: x\r\n\r\n");
  barrier.wait_for(1);
  std::jthread draining([&] { server->drain(Millis(5000)); });
  while (RawClient(server->port()).connected()) std::this_thread::yield();
  barrier.lift();
  EXPECT_THAT(client.read_reply(), HasSubstr("done"));
}

TEST_F(HttpServerTest, QuickHandlersShortAndLongAnswerEveryClient) {
  router->add("GET", "/work/:n", [&](const Request& r) {
    const auto n = std::stoi(std::string(r.param("n")));
    if (n % 7 == 0) note_long_work();
    if (n % 11 == 0) std::this_thread::sleep_for(Millis(5));  // longer than two looks at it
    return Response::text(200, "answer " + std::to_string(n) + ";");
  }, {.quick = true});
  start();
  std::atomic<int> right{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      RawClient client(server->port());
      for (int i = 0; i < 100; i += 2) {
        const auto first = std::to_string(t * 100 + i), second = std::to_string(t * 100 + i + 1);
        client.send("GET /work/" + first + " HTTP/1.1\r\nHost: x\r\n\r\nGET /work/" + second + " HTTP/1.1\r\nHost: x\r\n\r\n");
        for (const auto& n : {first, second}) right += client.read_reply().contains("answer " + n + ";") ? 1 : 0;
      }
    });
  threads.clear();
  EXPECT_EQ(right, 400);
}

}  // namespace
}  // namespace pharos::net
