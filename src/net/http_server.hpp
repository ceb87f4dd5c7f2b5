// HTTP/1.1 (and HTTP/2 where asked: prior knowledge and ALPN) on a few event loops; handlers are
// blocking functions on a pool.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/threads.hpp"
#include "net/http.hpp"

namespace pharos::net {

struct TlsServer {
  std::string cert_file, key_file, client_ca_file;
  enum class ClientAuth { none, request, require_any, verify_if_given, require_and_verify } client_auth = ClientAuth::none;
  std::string min_version = "TLS12", max_version = "TLS13";
  std::vector<std::string> cipher_suites, curve_preferences;
};

struct HttpServerConfig {
  std::string listen = "127.0.0.1:9090";        // host:port, [v6]:port, :port; port 0 = any free one
  std::optional<TlsServer> tls;
  std::uint32_t loops = 2;
  std::uint32_t header_bytes_max = 16 * 1024;
  std::uint32_t headers_max = 100;
  Millis header_timeout{10'000}, body_idle_timeout{30'000}, idle_timeout{60'000}, write_timeout{30'000};
  std::uint32_t connections_max = 20'000;       // at the cap the longest-incomplete request is closed,
  std::uint32_t connections_per_address = 16'000;  // of that address when the quota is hit; new ones come in
  std::uint32_t queue_max = 4'096;              // requests waiting for a pool thread; 503 beyond
  std::uint32_t streams_max = 256;              // requests of routes with a thread of their own; 503 beyond
  std::uint64_t body_bytes_in_flight_max = std::uint64_t{1} << 30;  // of all requests together; 503 beyond
  bool http2 = true;
  std::vector<std::pair<std::string, std::string>> headers;   // added to every answer of a handler
  // Runs before the handler; an answer here ends the request (authentication, access rules).
  std::function<std::optional<Response>(const Request&)> gate;
};

class HttpServer {
 public:
  // Listens at once; Errc::conflict when the port is taken. `router` is not changed afterwards.
  static Result<std::unique_ptr<HttpServer>> start(HttpServerConfig config, std::shared_ptr<const Router> router,
                                                   std::shared_ptr<ThreadPool> pool, const Clock& clock);
  virtual ~HttpServer() = default;
  virtual std::uint16_t port() const = 0;
  // Stops accepting, lets running requests finish for `grace`, then closes. Idempotent.
  virtual void drain(Millis grace) = 0;
};

}  // namespace pharos::net
