#include "net/client_config.hpp"

#include <algorithm>
#include <array>

#include "codec/yaml_section.hpp"

namespace pharos::net {
namespace {

using codec::Yaml;
using codec::YamlSection;

constexpr std::array<std::string_view, 13> kKeys = {
    "basic_auth",   "authorization", "oauth2",    "bearer_token", "bearer_token_file",      "tls_config",           "follow_redirects",
    "enable_http2", "http_headers",  "proxy_url", "no_proxy",     "proxy_from_environment", "proxy_connect_header"};

std::string in_folder(std::string_view folder, std::string path) {
  if (folder.empty() || path.empty() || path.starts_with('/')) return path;
  return std::string(folder) + '/' + path;
}

int count(std::initializer_list<bool> set) { return static_cast<int>(std::count(set.begin(), set.end(), true)); }

// "x-api-KEY" → "X-Api-Key", as Go names headers.
std::string canonical(std::string_view name) {
  std::string out(name);
  bool upper = true;
  for (auto& c : out) {
    if (upper && c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    else if (!upper && c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    upper = c == '-';
  }
  return out;
}

constexpr std::array<std::string_view, 23> kReservedHeaders = {
    "Authorization", "Host", "Content-Encoding", "Content-Length", "Content-Type", "User-Agent", "Connection",
    "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Www-Authenticate", "Accept-Encoding",
    "X-Prometheus-Remote-Write-Version", "X-Prometheus-Remote-Read-Version", "X-Prometheus-Scrape-Timeout-Seconds",
    "X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Content-Sha256", "Transfer-Encoding", "Te", "Trailer", "Upgrade", "Accept"};

struct Proxy {
  std::string url, no_proxy;
  bool from_environment = false;
  std::vector<std::pair<std::string, std::string>> connect_headers;
};

Result<Proxy> parse_proxy(YamlSection& section) {
  Proxy proxy;
  TRY(section.read("proxy_url", proxy.url));
  TRY(section.read("no_proxy", proxy.no_proxy));
  TRY(section.read("proxy_from_environment", proxy.from_environment));
  if (const auto* headers = section.take("proxy_connect_header")) {
    if (headers->kind() != Yaml::Kind::map) return fail(headers->error("proxy_connect_header must be a map"));
    for (const auto& [key, value] : headers->members()) {
      const auto values = TRY(value.texts());
      for (const auto& v : values) proxy.connect_headers.emplace_back(key.scalar(), v);
    }
  }
  const auto error = [&](const char* what) { return fail(section.node().error(what)); };
  if (!proxy.connect_headers.empty() && !proxy.from_environment && proxy.url.empty())
    return error("if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured");
  if (proxy.from_environment && !proxy.url.empty())
    return error("if proxy_from_environment is configured, proxy_url must not be configured");
  if (proxy.from_environment && !proxy.no_proxy.empty())
    return error("if proxy_from_environment is configured, no_proxy must not be configured");
  if (proxy.url.empty() && !proxy.no_proxy.empty())
    return error("if no_proxy is configured, proxy_url must also be configured");
  return proxy;
}

Status parse_basic(const Yaml& node, std::string_view folder, ClientAuth& auth, std::string& late_error) {
  auto section = TRY(YamlSection::open(node, "basic_auth"));
  TRY(section.read("username", auth.basic_username));
  TRY(section.read("username_file", auth.basic_username_file));
  TRY(section.read("password", auth.basic_password));
  TRY(section.read("password_file", auth.basic_password_file));
  TRY(section.done());
  if (!auth.basic_username.empty() && !auth.basic_username_file.empty())
    late_error = "at most one of basic_auth username, username_file & username_ref must be configured";
  else if (!auth.basic_password.empty() && !auth.basic_password_file.empty())
    late_error = "at most one of basic_auth password, password_file & password_ref must be configured";
  auth.basic_username_file = in_folder(folder, auth.basic_username_file);
  auth.basic_password_file = in_folder(folder, auth.basic_password_file);
  return {};
}

Result<ClientAuth::OAuth2> parse_oauth2(const Yaml& node, std::string_view folder) {
  auto section = TRY(YamlSection::open(node, "oauth2"));
  ClientAuth::OAuth2 oauth2;
  TRY(section.read("client_id", oauth2.client_id));
  TRY(section.read("client_secret", oauth2.client_secret));
  TRY(section.read("client_secret_file", oauth2.client_secret_file));
  TRY(section.read("token_url", oauth2.token_url));
  TRY(section.read("scopes", oauth2.scopes));
  if (const auto* params = section.take("endpoint_params")) {
    if (params->kind() != Yaml::Kind::map) return fail(params->error("endpoint_params must be a map"));
    for (const auto& [key, value] : params->members()) {
      auto text = TRY(value.text());
      oauth2.endpoint_params.emplace_back(key.scalar(), std::move(text));
    }
  }
  if (const auto* tls = section.take("tls_config")) oauth2.tls = TRY(parse_tls_client(*tls, folder));
  auto proxy = TRY(parse_proxy(section));
  oauth2.proxy_url = std::move(proxy.url);
  oauth2.no_proxy = std::move(proxy.no_proxy);
  oauth2.proxy_from_environment = proxy.from_environment;
  TRY(section.done());
  if (oauth2.client_id.empty()) return fail(node.error("oauth2 client_id must be configured"));
  if (oauth2.token_url.empty()) return fail(node.error("oauth2 token_url must be configured"));
  if (!oauth2.client_secret.empty() && !oauth2.client_secret_file.empty())
    return fail(node.error("at most one of oauth2 client_secret, client_secret_file & client_secret_ref must be configured"));
  oauth2.client_secret_file = in_folder(folder, oauth2.client_secret_file);
  return oauth2;
}

Status parse_headers(const Yaml& node, std::string_view folder, ClientOptions& options) {
  if (node.kind() != Yaml::Kind::map) return fail(node.error("http_headers must be a map of header names"));
  for (const auto& [key, value] : node.members()) {
    const auto name = canonical(key.scalar());
    if (std::find(kReservedHeaders.begin(), kReservedHeaders.end(), name) != kReservedHeaders.end())
      return fail(key.error("setting header \"" + name + "\" is not allowed"));
    auto section = TRY(YamlSection::open(value, "http_headers"));
    std::vector<std::string> values, secrets, files;
    TRY(section.read("values", values));
    TRY(section.read("secrets", secrets));
    TRY(section.read("files", files));
    TRY(section.done());
    for (auto& v : values) options.headers.emplace_back(name, std::move(v));
    for (auto& v : secrets) options.headers.emplace_back(name, std::move(v));
    for (auto& f : files) options.header_files.emplace_back(name, in_folder(folder, std::move(f)));
  }
  return {};
}

}  // namespace

std::span<const std::string_view> client_option_keys() { return kKeys; }

Result<TlsClient> parse_tls_client(const Yaml& node, std::string_view folder) {
  auto section = TRY(YamlSection::open(node, "tls_config"));
  TlsClient tls;
  TRY(section.read("ca", tls.ca));
  TRY(section.read("ca_file", tls.ca_file));
  TRY(section.read("cert", tls.cert));
  TRY(section.read("cert_file", tls.cert_file));
  TRY(section.read("key", tls.key));
  TRY(section.read("key_file", tls.key_file));
  TRY(section.read("server_name", tls.server_name));
  TRY(section.read("insecure_skip_verify", tls.insecure_skip_verify));
  TRY(section.read("min_version", tls.min_version));
  TRY(section.read("max_version", tls.max_version));
  TRY(section.done());
  const auto error = [&](std::string what) { return fail(node.error(std::move(what))); };
  for (const auto& version : {tls.min_version, tls.max_version})
    if (!version.empty() && version != "TLS10" && version != "TLS11" && version != "TLS12" && version != "TLS13")
      return error("unknown TLS version: " + version);
  if (!tls.min_version.empty() && !tls.max_version.empty() && tls.max_version < tls.min_version)
    return error("tls_config.max_version must be greater than or equal to tls_config.min_version if both are specified");
  if (count({!tls.ca.empty(), !tls.ca_file.empty()}) > 1) return error("at most one of ca, ca_file & ca_ref must be configured");
  if (count({!tls.cert.empty(), !tls.cert_file.empty()}) > 1)
    return error("at most one of cert, cert_file & cert_ref must be configured");
  if (count({!tls.key.empty(), !tls.key_file.empty()}) > 1)
    return error("at most one of key and key_file must be configured");
  const bool has_cert = !tls.cert.empty() || !tls.cert_file.empty(), has_key = !tls.key.empty() || !tls.key_file.empty();
  if (has_cert && !has_key) return error("exactly one of key or key_file must be configured when a client certificate is configured");
  if (has_key && !has_cert) return error("exactly one of cert or cert_file must be configured when a client key is configured");
  tls.ca_file = in_folder(folder, tls.ca_file);
  tls.cert_file = in_folder(folder, tls.cert_file);
  tls.key_file = in_folder(folder, tls.key_file);
  return tls;
}

Result<ClientOptions> parse_client_options(const Yaml& parent, std::string_view folder) {
  auto section = TRY(YamlSection::open(parent, "HTTP client options"));
  ClientOptions options;
  auto& auth = options.auth;
  const auto error = [&](std::string what) { return fail(parent.error(std::move(what))); };

  std::string basic_error, bearer, bearer_file;
  const auto* basic = section.take("basic_auth");
  const auto* authorization = section.take("authorization");
  const auto* oauth2 = section.take("oauth2");
  if (basic) TRY(parse_basic(*basic, folder, auth, basic_error));
  if (oauth2) auth.oauth2 = TRY(parse_oauth2(*oauth2, folder));
  TRY(section.read("bearer_token", bearer));
  TRY(section.read("bearer_token_file", bearer_file));
  const bool has_bearer = !bearer.empty() || !bearer_file.empty();

  // In Prometheus' order: a file with several mistakes gets the same first complaint.
  if (!bearer.empty() && !bearer_file.empty()) return error("at most one of bearer_token & bearer_token_file must be configured");
  if ((basic || oauth2) && has_bearer)
    return error("at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured");
  if (!basic_error.empty()) return error(basic_error);
  if (authorization) {
    auto inner = TRY(YamlSection::open(*authorization, "authorization"));
    TRY(inner.read("type", auth.authorization_type));
    TRY(inner.read("credentials", auth.authorization_credentials));
    TRY(inner.read("credentials_file", auth.authorization_credentials_file));
    TRY(inner.done());
    if (has_bearer) return error("authorization is not compatible with bearer_token & bearer_token_file");
    if (!auth.authorization_credentials.empty() && !auth.authorization_credentials_file.empty())
      return error("at most one of authorization credentials & credentials_file must be configured");
    auto& type = auth.authorization_type;
    while (type.starts_with(' ')) type.erase(0, 1);
    while (type.ends_with(' ')) type.pop_back();
    if (type.empty()) type = "Bearer";
    if (canonical(type) == "Basic") return error("authorization type cannot be set to \"basic\", use \"basic_auth\" instead");
    if (basic || oauth2) return error("at most one of basic_auth, oauth2 & authorization must be configured");
    auth.authorization_credentials_file = in_folder(folder, auth.authorization_credentials_file);
  } else if (has_bearer) {
    auth.authorization_type = "Bearer";
    auth.authorization_credentials = std::move(bearer);
    auth.authorization_credentials_file = in_folder(folder, std::move(bearer_file));
  }
  if (oauth2 && basic) return error("at most one of basic_auth, oauth2 & authorization must be configured");

  if (const auto* tls = section.take("tls_config")) options.tls = TRY(parse_tls_client(*tls, folder));
  TRY(section.read("follow_redirects", options.follow_redirects));
  TRY(section.read("enable_http2", options.http2));
  auto proxy = TRY(parse_proxy(section));
  options.proxy_url = std::move(proxy.url);
  options.no_proxy = std::move(proxy.no_proxy);
  options.proxy_from_environment = proxy.from_environment;
  options.proxy_connect_headers = std::move(proxy.connect_headers);
  if (const auto* headers = section.take("http_headers")) TRY(parse_headers(*headers, folder, options));
  return options;
}

}  // namespace pharos::net
