// HTTP messages and handlers, independent of the server that carries them.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace pharos::net {

class Headers {  // names compare without case; order kept
 public:
  void set(std::string_view name, std::string_view value);  // replaces
  void add(std::string_view name, std::string_view value);
  std::string_view get(std::string_view name) const;        // "" when absent
  // True when a comma-separated header names `token` ("Connection: keep-alive, Upgrade").
  bool has_token(std::string_view name, std::string_view token) const;
  const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// application/x-www-form-urlencoded pairs, decoded; repeated keys kept in order.
class Form {
 public:
  static Result<Form> parse(std::string_view encoded);
  void append(Form other);
  std::string_view get(std::string_view key) const;               // first value, "" when absent
  std::optional<std::string_view> find(std::string_view key) const;
  std::vector<std::string_view> all(std::string_view key) const;
  const std::vector<std::pair<std::string, std::string>>& pairs() const { return pairs_; }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};
std::string url_encode(std::string_view text);
Result<std::string> url_decode(std::string_view text, bool plus_is_space = false);

struct Request {
  std::string method;               // "GET"
  std::string path;                 // decoded, without query
  std::string raw_path;             // as sent, without query
  std::string query;                // raw, without '?'
  int version = 11;                 // 10, 11 or 20
  Headers headers;
  std::string body;                 // whole, still compressed as sent (chunked coding removed)
  std::string peer;                 // "127.0.0.1:40312"
  bool tls = false;
  std::vector<std::pair<std::string, std::string>> path_params;  // from ":name" and "*name" of the route
  std::stop_token cancelled;        // requested when the client has gone or the server drains

  std::string_view param(std::string_view name) const;
  // Those of a form body (POST with application/x-www-form-urlencoded), then query parameters: of a
  // key given in both the body's comes first, as in Go.
  Result<Form> form() const;
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  // Instead of `body`: called on a pool thread with a sink; returns when the answer is complete or
  // the sink says the client has gone (false). Sent chunked. Used by SSE, exports, remote read.
  using Sink = std::function<bool(std::string_view chunk)>;
  std::function<void(const Sink&)> stream;
  Headers trailers;                 // HTTP/2 only (gRPC)

  static Response text(int status, std::string body);
  static Response json(int status, std::string body);
};

using Handler = std::function<Response(const Request&)>;

struct RouteOptions {
  std::uint64_t body_max = 1 << 20;             // bytes as sent; 413 beyond
  Millis handler_timeout{std::chrono::minutes(2)};
  bool compress = true;                         // gzip or zstd replies when the client accepts them
  bool quick = false;                           // as a rule: begins on the event loop, which another thread takes over when it is not
  bool own_thread = false;                      // for answers that last: they would take threads from the pool
};

// "/api/v1/label/:name/values", "/metrics/job/*rest". Exact segments win over ":name", that over "*".
// The method "*" stands for any. Paths are matched as sent, segment by segment: an encoded slash
// does not split one. ":name" values come decoded, "*name" values as sent (they may hold "%2F").
class Router {
 public:
  void add(std::string_view method, std::string_view pattern, Handler handler, RouteOptions options = {});
  void set_prefix(std::string prefix) { prefix_ = std::move(prefix); }  // before every pattern added from now on
  struct Match { const Handler* handler = nullptr; const RouteOptions* options = nullptr;
                 std::vector<std::pair<std::string, std::string>> params; bool path_known = false;
                 std::string_view pattern; };
  Match find(std::string_view method, std::string_view path) const;  // HEAD falls back to GET
  void set_fallback(Handler handler);                                // instead of a plain 404
  const Handler* fallback() const;

 private:
  struct Node;
  std::shared_ptr<Node> root_;
  Handler fallback_;
  std::string prefix_;
};

}  // namespace pharos::net
