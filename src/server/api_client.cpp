#include "server/api_client.hpp"

namespace pharos::server {

using codec::Json;

ApiClient::ApiClient(std::string url) : url_(std::move(url)) {
  if (url_.find("://") == url_.npos) url_ = "http://" + url_;
  while (url_.ends_with('/')) url_.pop_back();
  headers_.emplace_back("User-Agent", "pharos-cli");
}

void ApiClient::add_header(std::string name, std::string value) {
  headers_.emplace_back(std::move(name), std::move(value));
}

Status ApiClient::add_header(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == line.npos)
    return fail(Errc::invalid, "--header: expected 'Name: value', got '" + std::string(line) + "'");
  auto value = line.substr(colon + 1);
  while (value.starts_with(' ')) value.remove_prefix(1);
  add_header(std::string(line.substr(0, colon)), std::string(value));
  return {};
}

Result<net::ClientReply> ApiClient::send(std::string method, const std::string& path,
                                         std::string body, std::string_view content_type) {
  net::ClientRequest request;
  request.method = std::move(method);
  request.url = url_ + path;
  request.headers = headers_;
  if (!body.empty() || request.method == "POST")
    request.headers.emplace_back("Content-Type", content_type);
  request.body = std::move(body);
  request.timeout = std::chrono::minutes(10);
  request.body_max = std::uint64_t{1} << 30;
  return client_->fetch(std::move(request));
}

Result<Json> ApiClient::data_of(const net::ClientReply& reply, bool lenient) {
  auto json = Json::parse(reply.body);
  if (!json)
    return fail(Errc::io,
                "the server answered with status " + std::to_string(reply.status) + " and no JSON");
  if ((*json)["status"].string() == "success") return (*json)["data"];
  if (lenient) return Json{};
  return fail(Errc::invalid, (*json)["errorType"].string() + ": " + (*json)["error"].string());
}

Result<Json> ApiClient::get(const std::string& path, bool lenient) {
  const auto reply = TRY(send("GET", path, {}, {}));
  return data_of(reply, lenient);
}

Result<Json> ApiClient::post(const std::string& path, std::string form, bool lenient) {
  const auto reply = TRY(send("POST", path, std::move(form), "application/x-www-form-urlencoded"));
  return data_of(reply, lenient);
}

Result<Json> ApiClient::call(std::string method, const std::string& path, std::string body,
                             std::string_view content_type) {
  const auto reply = TRY(send(std::move(method), path, std::move(body), content_type));
  if (reply.status / 100 != 2) return fail(error_of(reply));
  auto json = Json::parse(reply.body);
  return json ? std::move(*json) : Json{};
}

Result<std::string> ApiClient::text(std::string method, const std::string& path) {
  auto reply = TRY(send(std::move(method), path, {}, {}));
  if (reply.status / 100 != 2) return fail(error_of(reply));
  return std::move(reply.body);
}

// The server's own words, in whatever form it has them.
Error ApiClient::error_of(const net::ClientReply& reply) {
  const auto json = Json::parse(reply.body);
  std::string text = reply.body.substr(0, 2'000);
  if (json && json->kind() == Json::Kind::string) text = json->string();
  if (json && !(*json)["message"].string().empty()) text = (*json)["message"].string();
  if (json && !(*json)["error"].string().empty()) text = (*json)["error"].string();
  while (text.ends_with('\n')) text.pop_back();
  if (text.empty()) text = "no text";
  const auto code = reply.status == 404  ? Errc::not_found
                    : reply.status < 500 ? Errc::invalid
                                         : Errc::unavailable;
  return {code, "status " + std::to_string(reply.status) + ": " + text};
}

}  // namespace pharos::server
