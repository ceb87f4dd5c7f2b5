// The commands' way to a running server: one call, its JSON or an error to show.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/json.hpp"
#include "net/http_client.hpp"

namespace pharos::server {

class ApiClient {
 public:
  // "http://host:9090/prefix", the scheme may be left out.
  explicit ApiClient(std::string url);
  void add_header(std::string name, std::string value);
  // "Name: value". Errc::invalid.
  Status add_header(std::string_view line);

  // Of Prometheus' API: the member "data". An error has the server's text. `lenient`: an answer
  // that says error is a null, only a server that does not answer is an error.
  Result<codec::Json> get(const std::string& path, bool lenient = false);
  Result<codec::Json> post(const std::string& path, std::string form, bool lenient = false);
  // Of any other: the whole body; statuses other than 2xx are errors with the server's text.
  Result<codec::Json> call(std::string method, const std::string& path, std::string body = {},
                           std::string_view content_type = "application/json");
  // The body of a successful answer as it is.
  Result<std::string> text(std::string method, const std::string& path);
  const std::string& url() const { return url_; }

 private:
  Result<net::ClientReply> send(std::string method, const std::string& path, std::string body,
                                std::string_view content_type);
  static Error error_of(const net::ClientReply& reply);
  static Result<codec::Json> data_of(const net::ClientReply& reply, bool lenient);

  std::string url_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::unique_ptr<net::HttpClient> client_ = net::HttpClient::create();
};

}  // namespace pharos::server
