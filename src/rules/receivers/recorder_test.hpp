// An HTTP server in this process that keeps what it is asked and answers as told; for tests.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "net/http_server.hpp"

namespace pharos::rules::receivers {

class Recorder {
 public:
  using Answer = std::function<net::Response(const net::Request&)>;
  explicit Recorder(Answer answer = {}) : answer_(std::move(answer)) {
    auto router = std::make_shared<net::Router>();
    router->set_fallback([this](const net::Request& request) {
      std::lock_guard lock(mutex_);
      requests_.push_back(request);
      return answer_ ? answer_(request) : net::Response::text(200, "ok");
    });
    net::HttpServerConfig config;
    config.listen = "127.0.0.1:0";
    config.loops = 1;
    auto server = net::HttpServer::start(
        config, router, std::make_shared<ThreadPool>("recorder", 1), system_clock());
    if (server) server_ = std::move(*server);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }
  std::vector<net::Request> take() {
    std::lock_guard lock(mutex_);
    return std::exchange(requests_, {});
  }
  static std::string target(const net::Request& r) {
    return r.raw_path + (r.query.empty() ? "" : "?" + r.query);
  }

 private:
  Answer answer_;
  std::mutex mutex_;
  std::vector<net::Request> requests_;  // guarded by mutex_
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace pharos::rules::receivers
