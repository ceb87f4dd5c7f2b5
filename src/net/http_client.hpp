// Outgoing HTTP over libcurl's multi interface, on one loop thread.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/http.hpp"

namespace pharos::net {

struct TlsClient {
  std::string ca_file, ca, cert_file, cert, key_file, key, server_name;
  bool insecure_skip_verify = false;
  std::string min_version, max_version;   // "TLS12", … or ""
};

// The `http_client_config` of Prometheus, resolved. Secrets from files are read anew at each call.
struct ClientAuth {
  std::string basic_username, basic_username_file, basic_password, basic_password_file;
  std::string authorization_type, authorization_credentials, authorization_credentials_file;  // "Bearer"
  struct OAuth2 {
    std::string client_id, client_secret, client_secret_file, token_url;
    std::vector<std::string> scopes;
    std::vector<std::pair<std::string, std::string>> endpoint_params;
    TlsClient tls;                     // for the token URL
    std::string proxy_url, no_proxy;
    bool proxy_from_environment = false;
  };
  std::optional<OAuth2> oauth2;
};
struct ClientOptions {
  ClientAuth auth;
  TlsClient tls;
  std::string proxy_url, no_proxy;
  bool proxy_from_environment = false;
  std::vector<std::pair<std::string, std::string>> proxy_connect_headers;
  bool follow_redirects = true, http2 = true;
  bool refuse_link_local = false;   // no connection to link-local and metadata addresses
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::pair<std::string, std::string>> header_files;   // name, file with the value
};

struct ClientRequest {
  std::string method = "GET", url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Millis timeout{10'000};
  std::uint64_t body_max = 64u << 20;   // of the reply, after decompression; Errc::limit beyond
  bool accept_compressed = true;        // gzip offered and undone
  // For answers without an end: each piece of the body of a 2xx answer goes here as it comes, on the
  // loop thread, and not into the reply. False ends the transfer. `body_max` does not count then.
  std::function<bool(std::string_view piece)> on_body;
  // Once the status line has come (but for redirects) there is a reply, whatever becomes of its body:
  // too large, cut off, too slow. `body_error` tells.
  bool partial_body = false;
  std::stop_token stop;                 // ends the transfer with Errc::cancelled
};
struct ClientReply {
  int status = 0;
  Headers headers;
  std::string body;
  std::uint64_t wire_bytes = 0;
  std::string body_error;   // of partial_body: why `body` is not whole
};

// Thread-safe. Connections are kept alive and reused per options object and host.
class HttpClient {
 public:
  static std::unique_ptr<HttpClient> create();
  virtual ~HttpClient() = default;
  // `done` runs on the client's loop thread: hand work over, do not block in it.
  virtual void start(ClientRequest request, std::shared_ptr<const ClientOptions> options,
                     std::function<void(Result<ClientReply>)> done) = 0;
  // Blocking form. Errc::timeout, io, cancelled, or denied for an address that is refused; an HTTP error status is a reply, not an error.
  Result<ClientReply> fetch(ClientRequest request, std::shared_ptr<const ClientOptions> options = nullptr,
                            std::stop_token stop = {});
};

}  // namespace pharos::net
