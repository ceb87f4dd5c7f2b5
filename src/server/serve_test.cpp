#include "server/serve.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/clock.hpp"
#include "codec/json.hpp"
#include "net/http_client.hpp"

namespace pharos::server {
namespace {

using ::testing::HasSubstr;

// A server on a free port with a folder of its own.
class ServeTest : public ::testing::Test {
 protected:
  ServeTest() {
    char name[] = "/tmp/pharos-serve-XXXXXX";
    folder_ = ::mkdtemp(name);
    flags_.storage_path = folder_ + "/data";
    flags_.listen = {"127.0.0.1:0"};
    flags_.otlp_grpc_listen = flags_.otlp_http_listen = "off";
    flags_.enable_lifecycle = true;
    flags_.log_level = "error";
  }
  ~ServeTest() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }
  void start() {
    auto server = Server::start(flags_);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  void write_file(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name) << text;
  }
  net::ClientReply call(const std::string& method, const std::string& path, std::string body = {}) {
    net::ClientRequest request{.method = method,
                               .url = "http://127.0.0.1:" + std::to_string(server_->port()) + path,
                               .body = std::move(body)};
    auto reply = client_->fetch(std::move(request));
    EXPECT_TRUE(reply) << reply.error().message;
    return reply ? std::move(*reply) : net::ClientReply{};
  }
  std::string get(const std::string& path) { return call("GET", path).body; }
  // The value of an instant query with one result, "" when there is none yet.
  std::string value(const std::string& expr) {
    const auto answer = codec::Json::parse(get("/api/v1/query?query=" + net::url_encode(expr)));
    if (!answer || (*answer)["data"]["result"].items().empty()) return "";
    return (*answer)["data"]["result"].items()[0]["value"].items()[1].string();
  }

  std::string folder_;
  ServeFlags flags_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<net::HttpClient> client_ = net::HttpClient::create();
};

TEST_F(ServeTest, WhatIsPushedCanBeAsked) {
  write_file("p.yml", "global: {scrape_interval: 1h}\n");
  flags_.config_file = folder_ + "/p.yml";
  start();
  EXPECT_EQ(call("GET", "/-/healthy").status, 200);
  EXPECT_EQ(call("GET", "/-/ready").status, 200);
  EXPECT_EQ(call("PUT", "/metrics/job/batch", "done 42\n").status, 200);
  EXPECT_EQ(value("done{job=\"batch\"}"), "42");
}

TEST_F(ServeTest, DataSurvivesARestart) {
  write_file("p.yml", "global: {scrape_interval: 1h}\n");
  flags_.config_file = folder_ + "/p.yml";
  start();
  EXPECT_EQ(call("PUT", "/metrics/job/batch", "done 42\n").status, 200);
  server_->drain();
  server_.reset();
  start();
  EXPECT_EQ(value("last_over_time(done{job=\"batch\"}[10m])"), "42");
}

TEST_F(ServeTest, ABadReloadChangesNothingAndSaysSo) {
  write_file("p.yml", "global: {external_labels: {a: b}}\n");
  flags_.config_file = folder_ + "/p.yml";
  start();
  write_file("p.yml", "globl: {}\n");
  const auto answer = call("POST", "/-/reload");
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, HasSubstr("unknown key"));
  EXPECT_THAT(get("/api/v1/status/config"), HasSubstr("external_labels"));
  EXPECT_THAT(get("/metrics"), HasSubstr("prometheus_config_last_reload_successful 0"));
  write_file("p.yml", "rule_files: [r.yml]\n");
  write_file("r.yml", "groups: [{name: g, rules: [{record: a, expr: 'sum('}]}]\n");
  EXPECT_EQ(call("POST", "/-/reload").status, 500);
  write_file("r.yml", "groups: [{name: g, rules: [{record: a, expr: 'sum(up)'}]}]\n");
  EXPECT_EQ(call("POST", "/-/reload").status, 200);
  EXPECT_THAT(get("/metrics"), HasSubstr("prometheus_config_last_reload_successful 1"));
  EXPECT_THAT(get("/api/v1/rules"), HasSubstr("\"query\":\"sum(up)\""));
}

TEST_F(ServeTest, QueriesAreLoggedWhenAFileIsNamed) {
  write_file("p.yml", "global: {query_log_file: queries.log}\n");
  flags_.config_file = folder_ + "/p.yml";
  start();
  value("vector(1)");
  std::ifstream log(folder_ + "/queries.log");
  std::string line;
  ASSERT_TRUE(std::getline(log, line));
  const auto entry = codec::Json::parse(line);
  ASSERT_TRUE(entry) << line;
  EXPECT_EQ((*entry)["params"]["query"].string(), "vector(1)");
}

TEST_F(ServeTest, RefusesASecondServerOnTheSameFolder) {
  start();
  auto second = Server::start(flags_);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("is locked: another process uses it"));
}

TEST_F(ServeTest, ATakenPortIsAnErrorThatNamesIt) {
  start();
  ServeFlags other = flags_;
  other.storage_path = folder_ + "/other";
  other.listen = {"127.0.0.1:" + std::to_string(server_->port())};
  auto second = Server::start(other);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("--web.listen-address 127.0.0.1:"));
}

TEST_F(ServeTest, ATakenSidePortIsAnErrorOnlyWhenAskedFor) {
  start();
  ServeFlags other = flags_;
  other.storage_path = folder_ + "/other";
  other.otlp_http_listen = "127.0.0.1:" + std::to_string(server_->port());
  EXPECT_TRUE(Server::start(other));
  other.otlp_http_given = true;
  auto refused = Server::start(other);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("--otlp.http.listen-address"));
}

TEST_F(ServeTest, ABadConfigurationDoesNotStart) {
  write_file("p.yml", "scrape_configs: [{}]\n");
  flags_.config_file = folder_ + "/p.yml";
  auto server = Server::start(flags_);
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message, HasSubstr("p.yml:1:18: job_name is empty"));
}

}  // namespace
}  // namespace pharos::server
