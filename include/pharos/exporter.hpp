// The HTTP side of a program that is scraped: /metrics and /health, three lines in all.
//
//   pharos::client::Counter served{"requests_total", "Requests served."};
//   pharos::client::Exporter exporter{"127.0.0.1:9464"};
//   served.add();
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pharos/page.hpp"

namespace pharos::client {

struct ExporterOptions {
  Registry* registry = nullptr;  // Registry::standard()
  std::string metrics_path = "/metrics", health_path = "/health";
  std::uint32_t connections_max =
      512;  // at the cap the connection that has waited longest is closed
  std::uint32_t request_bytes_max = 8192;
  std::uint32_t request_seconds_max = 10;  // from the first byte to the end of the request's head
  std::uint32_t idle_seconds_max = 120;    // between requests
  std::uint32_t write_seconds_max = 30;    // without the other side taking anything
};

// One thread serves all scrapers; those that ask in the same moment get the same page. Pages are
// text 0.0.4, OpenMetrics 1.0 or protobuf by the Accept header, gzipped where accepted.
class Exporter {
 public:
  // "host:port", ":port" (all addresses), "[::1]:port"; port 0 takes a free one. When it cannot
  // listen that is Problem::listen, said once, and the program goes on without.
  explicit Exporter(const std::string& address, ExporterOptions options = {});
  ~Exporter();
  Exporter(const Exporter&) = delete;
  Exporter& operator=(const Exporter&) = delete;

  bool listening() const noexcept { return port_ != 0; }
  std::uint16_t port() const noexcept { return port_; }
  const std::string& error() const noexcept { return error_; }

  // /health is 200 while every check answers true, 503 otherwise (a check that throws answers
  // false). Run in the exporter's thread, at each request.
  void add_check(std::string name, std::function<bool()> check);

  struct Stats {
    std::uint64_t scrapes, refused, timed_out;
  };
  Stats stats() const noexcept;  // refused: bad requests, and connections closed at the cap

 private:
  struct Server;
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
  std::string error_;
};

}  // namespace pharos::client
