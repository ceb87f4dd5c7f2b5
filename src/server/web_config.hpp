// --web.config.file: TLS and basic authentication of the HTTP port, Prometheus' web configuration.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "net/http.hpp"
#include "net/http_server.hpp"

namespace pharos::server {

struct WebConfig {
  std::optional<net::TlsServer> tls;
  bool http2 = true;
  std::map<std::string, std::string> users;   // name → bcrypt hash
};

// Errors carry file:line:column. Relative file names are taken from the file's folder.
Result<WebConfig> load_web_config(const std::string& file);

// Lets requests through whose basic credentials fit a user; everything when there are no users.
// Checking a password takes tens of milliseconds by design, so right ones are remembered. Thread-safe.
class BasicAuthGate {
 public:
  void set_users(std::map<std::string, std::string> users);
  std::optional<net::Response> operator()(const net::Request& request);

 private:
  bool knows(const std::string& user, const std::string& password);
  std::mutex mutex_;
  std::map<std::string, std::string> users_;            // guarded by mutex_, like the next
  std::map<std::string, std::string> right_;            // user and hash → password; bounded
  std::mutex hashing_;                                  // one bcrypt at a time: guessing cannot take all cores
};

bool bcrypt_matches(const std::string& password, const std::string& hash);

}  // namespace pharos::server
