#include "net/http_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <fstream>

#include "net/client_config.hpp"
#include "net/http_server.hpp"

namespace pharos::net {
namespace {

using testing::HasSubstr;

struct HttpClientTest : testing::Test {
  std::shared_ptr<Router> router = std::make_shared<Router>();
  std::unique_ptr<HttpServer> server;
  std::unique_ptr<HttpClient> client = HttpClient::create();
  std::atomic<int> tokens{0};

  HttpClientTest() {
    router->add("GET", "/large", [](const Request&) { return Response::text(200, std::string(50'000, 'a')); });
    router->add("GET", "/headers", [](const Request& r) {
      return Response::text(200, std::string(r.headers.get("Authorization")) + '|' + std::string(r.headers.get("X-Test")));
    });
    router->add("POST", "/echo", [](const Request& r) { return Response::text(201, r.body); });
    router->add("GET", "/moved", [](const Request&) {
      auto response = Response::text(302, "");
      response.headers.set("Location", "/headers");
      return response;
    });
    router->add("GET", "/slow", [](const Request& r) {
      for (int i = 0; i < 5000 && !r.cancelled.stop_requested(); ++i) std::this_thread::sleep_for(Millis(1));
      return Response::text(200, "late");
    });
    router->add("POST", "/token", [this](const Request& r) {
      ++tokens;
      if (r.headers.get("Authorization") != "Basic aWQ6c2VjcmV0" || !r.body.contains("scope=a%20b")) return Response::json(401, "{}");
      return Response::json(200, R"({"access_token":"T1","expires_in":3600})");
    });
    HttpServerConfig config;
    config.listen = "127.0.0.1:0";
    server = std::move(*HttpServer::start(config, router, std::make_shared<ThreadPool>("test", 4), system_clock()));
  }
  std::string url(std::string_view path) const { return "http://127.0.0.1:" + std::to_string(server->port()) + std::string(path); }
  Result<ClientReply> get(std::string_view path, ClientOptions options = {}) {
    ClientRequest request;
    request.url = url(path);
    return client->fetch(request, std::make_shared<const ClientOptions>(std::move(options)));
  }
};

TEST_F(HttpClientTest, FetchesAndUndoesCompression) {
  const auto reply = get("/large");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body.size(), 50'000u);
  EXPECT_LT(reply->wire_bytes, 1000u);
}

TEST_F(HttpClientTest, PostsABody) {
  ClientRequest request;
  request.method = "POST";
  request.url = url("/echo");
  request.body = std::string("a\0b", 3);
  const auto reply = client->fetch(request);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 201);
  EXPECT_EQ(reply->body, std::string("a\0b", 3));
}

TEST_F(HttpClientTest, SendsCredentialsAndHeaders) {
  ClientOptions options;
  options.auth.basic_username = "u";
  options.auth.basic_password = "p";
  options.headers.emplace_back("X-Test", "1");
  EXPECT_EQ(get("/headers", options)->body, "Basic dTpw|1");
  options.auth = {};
  options.auth.authorization_credentials = "tok";
  EXPECT_EQ(get("/headers", options)->body, "Bearer tok|1");
}

TEST_F(HttpClientTest, FollowsRedirectsWhenAllowed) {
  EXPECT_EQ(get("/moved")->status, 200);
  ClientOptions options;
  options.follow_redirects = false;
  EXPECT_EQ(get("/moved", options)->status, 302);
}

TEST_F(HttpClientTest, AnOAuth2TokenIsFetchedOnce) {
  ClientOptions options;
  options.auth.oauth2 = ClientAuth::OAuth2{};
  options.auth.oauth2->client_id = "id";
  options.auth.oauth2->client_secret = "secret";
  options.auth.oauth2->token_url = url("/token");
  options.auth.oauth2->scopes = {"a", "b"};
  const auto shared = std::make_shared<const ClientOptions>(options);
  for (int i = 0; i < 3; ++i) {
    ClientRequest request;
    request.url = url("/headers");
    const auto reply = client->fetch(request, shared);
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->body, "Bearer T1|");
  }
  EXPECT_EQ(tokens, 1);
}

TEST_F(HttpClientTest, BoundsHaveTheirErrors) {
  ClientRequest request;
  request.url = url("/large");
  request.body_max = 1000;
  EXPECT_EQ(client->fetch(request).error().code, Errc::limit);
  request.url = url("/slow");
  request.timeout = Millis(30);
  const auto late = client->fetch(request);
  EXPECT_EQ(late.error().code, Errc::timeout);
  EXPECT_THAT(late.error().message, HasSubstr("context deadline exceeded"));
  request.url = "http://127.0.0.1:1/";
  EXPECT_EQ(client->fetch(request).error().code, Errc::io);
  request.url = "file:///etc/passwd";
  EXPECT_EQ(client->fetch(request).error().code, Errc::invalid);
}

// Answers the first connection with exactly these bytes, and closes it or lets it hang.
struct OneAnswer {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::uint16_t port = 0;
  std::jthread thread;
  OneAnswer(std::string bytes, bool hang) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    EXPECT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(listen(listener, 1), 0);
    getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size);
    port = ntohs(at.sin_port);
    thread = std::jthread([this, bytes = std::move(bytes), hang](std::stop_token stop) {
      const int fd = accept(listener, nullptr, nullptr);
      char asked[4096];
      (void)!recv(fd, asked, sizeof asked, 0);
      (void)!::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      for (int i = 0; hang && i < 5000 && !stop.stop_requested(); ++i) std::this_thread::sleep_for(Millis(1));
      close(fd);
    });
  }
  ~OneAnswer() {
    thread.request_stop();
    shutdown(listener, SHUT_RDWR);
    thread.join();
    close(listener);
  }
};

TEST_F(HttpClientTest, AStatusLineIsAReplyWhateverItsBodyForThoseWhoAskSo) {
  const struct {
    std::string bytes;
    bool hang;
    int status;  // 0: no reply
    std::string body;
  } cases[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", false, 200, "abc"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", true, 200, "abc"},
      {"HTTP/1.1 404 Not Found\r\nContent-Length: 10\r\n\r\nno", false, 404, "no"},
      {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", false, 200, ""},
      {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", false, 0, ""},
      {"", false, 0, ""},  // after answers: their status does not stick to the connection's handle
  };
  for (const auto& c : cases)
    for (const bool partial : {true, false}) {
      OneAnswer server(c.bytes, c.hang);
      ClientRequest request;
      request.url = "http://127.0.0.1:" + std::to_string(server.port) + "/";
      request.timeout = Millis(c.hang ? 200 : 5000);
      request.partial_body = partial;
      const auto reply = client->fetch(request);
      EXPECT_EQ(reply.has_value(), partial && c.status != 0) << c.bytes;
      if (!reply) continue;
      EXPECT_EQ(reply->status, c.status);
      EXPECT_EQ(reply->body, c.body);
      EXPECT_NE(reply->body_error, "") << c.bytes;
    }
  ClientRequest request;
  request.url = url("/large");
  request.partial_body = true;
  EXPECT_EQ(client->fetch(request)->body_error, "");
  request.body_max = 1000;
  EXPECT_EQ(client->fetch(request)->body_error, "body size limit exceeded");
}

TEST_F(HttpClientTest, RefusesLinkLocalAddressesAlsoBehindRedirects) {
  ClientOptions options;
  options.refuse_link_local = true;
  router->add("GET", "/metadata", [](const Request&) {
    auto response = Response::text(302, "");
    response.headers.set("Location", "http://169.254.169.254/latest");
    return response;
  });
  const auto reply = get("/metadata", options);
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::denied);
  EXPECT_THAT(reply.error().message, HasSubstr("refused: link-local address"));
  EXPECT_EQ(get("/headers", options)->status, 200);
}

TEST_F(HttpClientTest, AFetchCanBeCancelled) {
  std::stop_source stop;
  std::jthread canceller([&] {
    std::this_thread::sleep_for(Millis(20));
    stop.request_stop();
  });
  ClientRequest request;
  request.url = url("/slow");
  EXPECT_EQ(client->fetch(request, nullptr, stop.get_token()).error().code, Errc::cancelled);
}

std::string complaint(std::string_view yaml) {
  const auto node = codec::Yaml::parse(yaml, "f.yml");
  if (!node) return node.error().message;
  const auto options = parse_client_options(*node, "/base");
  return options ? "" : options.error().message;
}

TEST(ClientConfig, RefusesContradictions) {
  EXPECT_THAT(complaint("bearer_token: a\nbearer_token_file: b"), HasSubstr("at most one of bearer_token & bearer_token_file must be configured"));
  EXPECT_THAT(complaint("bearer_token: a\nbasic_auth: {username: b}"), HasSubstr("at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured"));
  EXPECT_THAT(complaint("authorization: {type: Basic}"), HasSubstr("authorization type cannot be set to \"basic\", use \"basic_auth\" instead"));
  EXPECT_THAT(complaint("authorization: {credentials: a}\nbasic_auth: {username: b}"), HasSubstr("at most one of basic_auth, oauth2 & authorization must be configured"));
  EXPECT_THAT(complaint("oauth2: {client_id: a}"), HasSubstr("oauth2 token_url must be configured"));
  EXPECT_THAT(complaint("no_proxy: a"), HasSubstr("if no_proxy is configured, proxy_url must also be configured"));
  EXPECT_THAT(complaint("tls_config: {cert_file: a}"), HasSubstr("exactly one of key or key_file must be configured when a client certificate is configured"));
  EXPECT_THAT(complaint("tls_config: {min_version: TLS9}"), HasSubstr("unknown TLS version: TLS9"));
  EXPECT_THAT(complaint("http_headers: {authorization: {values: [a]}}"), HasSubstr("setting header \"Authorization\" is not allowed"));
  EXPECT_THAT(complaint("basic_auth: {user: a}"), HasSubstr("f.yml:1"));
}

TEST(ClientConfig, TakesFileNamesFromTheFolderAndIgnoresOtherKeys) {
  const auto node = codec::Yaml::parse("job_name: x\nbearer_token_file: t\ntls_config: {ca_file: /abs, insecure_skip_verify: true}\nenable_http2: false", "f.yml");
  ASSERT_TRUE(node);
  const auto options = parse_client_options(*node, "/base");
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->auth.authorization_type, "Bearer");
  EXPECT_EQ(options->auth.authorization_credentials_file, "/base/t");
  EXPECT_EQ(options->tls.ca_file, "/abs");
  EXPECT_TRUE(options->tls.insecure_skip_verify);
  EXPECT_FALSE(options->http2);
}

}  // namespace
}  // namespace pharos::net
