// --web.config.file: TLS and basic authentication of the server, in the format of Prometheus' exporter-toolkit.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "net/http_server.hpp"

namespace pharos::net {

struct WebConfig {
  std::optional<TlsServer> tls;
  bool http2 = true;
  std::vector<std::pair<std::string, std::string>> headers;  // on every answer
  std::map<std::string, std::string, std::less<>> users;     // name → bcrypt hash
};

// Errc::invalid with file:line:column. Relative file names are taken from the folder of `file`.
Result<WebConfig> parse_web_config(std::string_view text, const std::string& file);
Result<WebConfig> load_web_config(const std::string& file);

// True when `password` is the one of the bcrypt `hash` ($2a$, $2b$, $2y$). Takes milliseconds by design.
bool bcrypt_matches(std::string_view password, const std::string& hash);

// A gate for HttpServerConfig: 401 for who is not among the users. Users are read anew when the file has changed; a
// broken file keeps the old ones. Thread-safe; right answers are remembered, so that bcrypt runs once per password.
std::function<std::optional<Response>(const Request&)> make_basic_auth_gate(std::string file, WebConfig initial);

// Puts what the file says into a server's configuration: TLS, HTTP/2, headers and the gate.
Status apply_web_config(const std::string& file, HttpServerConfig& config);

}  // namespace pharos::net
