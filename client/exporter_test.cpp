// The exporter over real sockets on loopback.
#include "pharos/exporter.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace pharos::client {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class Socket {
 public:
  explicit Socket(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) ADD_FAILURE() << "connect";
    timeval limit{20, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~Socket() { close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  void say(const std::string& text) const {
    (void)!send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
  }
  // One answer, head and body.
  std::string hear() const {
    std::string all;
    char buffer[65536];
    for (;;) {
      if (const auto end = all.find("\r\n\r\n"); end != all.npos) {
        const auto at = all.find("Content-Length: ");
        if (all.size() >= end + 4 + std::stoul(all.substr(at + 16))) return all;
      }
      const ssize_t n = recv(fd_, buffer, sizeof buffer, 0);
      if (n <= 0) return all;
      all.append(buffer, static_cast<std::size_t>(n));
    }
  }
  bool closed() const {
    char c;
    return recv(fd_, &c, 1, 0) == 0;
  }

 private:
  int fd_;
};

std::string get(std::uint16_t port, const std::string& path, const std::string& headers = "") {
  Socket socket(port);
  socket.say("GET " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n");
  return socket.hear();
}

struct Served {
  Registry registry;
  Counter total = series(registry, counter("served_total", "Served."));
  ExporterOptions options = [this] {
    ExporterOptions all;
    all.registry = &registry;
    return all;
  }();
};

TEST(Exporter, ServesMetricsInTheFormatAskedFor) {
  Served served;
  served.total.add(5);
  Exporter exporter{"127.0.0.1:0", served.options};
  ASSERT_TRUE(exporter.listening()) << exporter.error();
  EXPECT_THAT(get(exporter.port(), "/metrics"),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("version=0.0.4"),
                    HasSubstr("served_total 5\n")));
  EXPECT_THAT(get(exporter.port(), "/metrics?name=x", "accept: application/openmetrics-text\r\n"),
              AllOf(HasSubstr("openmetrics-text; version=1.0.0"), HasSubstr("# EOF\n")));
  EXPECT_THAT(get(exporter.port(), "/metrics", "Accept-Encoding: br, gzip\r\n"),
              HasSubstr("Content-Encoding: gzip\r\n"));
  EXPECT_THAT(get(exporter.port(), "/metrics", "Accept-Encoding: gzip;q=0\r\n"),
              HasSubstr("served_total 5\n"));
  EXPECT_EQ(exporter.stats().scrapes, 4U);
}

TEST(Exporter, HealthIsTheSumOfItsChecks) {
  Served served;
  set_problem_log(nullptr);
  Exporter exporter{"127.0.0.1:0", served.options};
  EXPECT_THAT(get(exporter.port(), "/health"),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr(R"({"status":"healthy","checks":{}})")));
  std::atomic<bool> up{true};
  exporter.add_check("amst", [&] { return up.load(); });
  EXPECT_THAT(get(exporter.port(), "/health"),
              HasSubstr(R"({"status":"healthy","checks":{"amst":true}})"));
  up = false;
  EXPECT_THAT(get(exporter.port(), "/health"),
              AllOf(StartsWith("HTTP/1.1 503"), HasSubstr(R"("amst":false)")));
  up = true;
  exporter.add_check("thrower", []() -> bool { throw 1; });
  EXPECT_THAT(get(exporter.port(), "/health"), StartsWith("HTTP/1.1 503"));
}

TEST(Exporter, KeepsConnectionsAndAnswersPipelinedRequestsInOrder) {
  Served served;
  Exporter exporter{"127.0.0.1:0", served.options};
  Socket socket(exporter.port());
  socket.say("GET / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(socket.hear(), HasSubstr("/metrics\n/health\n"));
  socket.say("HEAD /metrics HTTP/1.1\r\n\r\nGET /nowhere HTTP/1.1\r\nConnection: close\r\n\r\n");
  std::string both = socket.hear();
  if (both.find("404") == both.npos) both += socket.hear();
  EXPECT_THAT(both, AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("HTTP/1.1 404")));
  EXPECT_TRUE(socket.closed());
}

TEST(Exporter, TwoHundredScrapersAtOnceAreAllServed) {
  Served served;
  for (int i = 0; i < 1000; ++i)
    series(served.registry, counter("many_total", "Many.", "n"), std::to_string(i)).add();
  Exporter exporter{"127.0.0.1:0", served.options};
  std::vector<std::unique_ptr<Socket>> sockets;
  for (int i = 0; i < 200; ++i) sockets.push_back(std::make_unique<Socket>(exporter.port()));
  for (auto& socket : sockets)
    socket->say("GET /metrics HTTP/1.1\r\nAccept-Encoding: gzip\r\n\r\n");
  for (auto& socket : sockets) EXPECT_THAT(socket->hear(), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(exporter.stats().scrapes, 200U);
}

TEST(Exporter, BeyondTheCapTheOneThatWaitedLongestMakesRoom) {
  Served served;
  served.options.connections_max = 4;
  Exporter exporter{"127.0.0.1:0", served.options};
  std::vector<std::unique_ptr<Socket>> idle;
  for (int i = 0; i < 4; ++i) {
    idle.push_back(std::make_unique<Socket>(exporter.port()));
    idle.back()->say("GET / HTTP/1.1\r\n\r\n");
    idle.back()->hear();
  }
  EXPECT_THAT(get(exporter.port(), "/metrics"), StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(idle[0]->closed());
  idle[3]->say("GET / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(idle[3]->hear(), StartsWith("HTTP/1.1 200"));
}

TEST(Exporter, RefusesWhatIsNoRequest) {
  Served served;
  Exporter exporter{"127.0.0.1:0", served.options};
  const auto answer = [&](const std::string& bytes) {
    Socket socket(exporter.port());
    socket.say(bytes);
    return socket.hear();
  };
  EXPECT_THAT(answer("nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer("GET /metrics HTTP/3.0\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer("POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"),
              AllOf(StartsWith("HTTP/1.1 405"), HasSubstr("Allow: GET, HEAD")));
  EXPECT_THAT(answer("GET / HTTP/1.1\r\nX: " + std::string(9000, 'x')), StartsWith("HTTP/1.1 431"));
}

TEST(Exporter, ThatCannotListenSaysSoAndTheProgramGoesOn) {
  static std::string said;
  set_problem_log([](const char* line) { said += line; });
  Served served;
  Exporter first{"127.0.0.1:0", served.options};
  Exporter second{"127.0.0.1:" + std::to_string(first.port()), served.options};
  Exporter third{"nowhere", served.options};
  set_problem_log(nullptr);
  EXPECT_FALSE(second.listening());
  EXPECT_THAT(second.error(), HasSubstr("in use"));
  EXPECT_THAT(said, AllOf(HasSubstr("pharos client: listen: 127.0.0.1:"),
                          HasSubstr("expected host:port, got 'nowhere'")));
  second.add_check("x", [] { return true; });
}

}  // namespace
}  // namespace pharos::client
