#include "server/web_config.hpp"

#include <crypt.h>

#include <cstring>
#include <filesystem>

#include "codec/yaml_section.hpp"
#include "scrape/config.hpp"
#include "server/config.hpp"

namespace pharos::server {
namespace {

using codec::Yaml;
using codec::YamlSection;

constexpr std::size_t kRememberedMax = 100;
constexpr const char* kNobody = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi";  // no password fits

Result<net::TlsServer::ClientAuth> parse_client_auth(const Yaml& node) {
  using A = net::TlsServer::ClientAuth;
  const auto text = TRY(node.text());
  if (text.empty() || text == "NoClientCert") return A::none;
  if (text == "RequestClientCert") return A::request;
  if (text == "RequireAnyClientCert" || text == "RequireClientCert") return A::require_any;
  if (text == "VerifyClientCertIfGiven") return A::verify_if_given;
  if (text == "RequireAndVerifyClientCert") return A::require_and_verify;
  return fail(node.error("Invalid ClientAuth: " + text));
}

Result<net::TlsServer> parse_tls(const Yaml& node, const std::filesystem::path& folder) {
  net::TlsServer tls;
  auto section = TRY(YamlSection::open(node, "tls_server_config"));
  TRY(section.read("cert_file", tls.cert_file));
  TRY(section.read("key_file", tls.key_file));
  TRY(section.read("client_ca_file", tls.client_ca_file));
  if (const auto* type = section.take("client_auth_type")) tls.client_auth = TRY(parse_client_auth(*type));
  TRY(section.read("cipher_suites", tls.cipher_suites));
  TRY(section.read("curve_preferences", tls.curve_preferences));
  TRY(section.read("min_version", tls.min_version));
  TRY(section.read("max_version", tls.max_version));
  bool prefer = true;  // of no effect in Go as well
  TRY(section.read("prefer_server_cipher_suites", prefer));
  TRY(section.done());
  for (const auto* version : {&tls.min_version, &tls.max_version})
    if (*version != "TLS10" && *version != "TLS11" && *version != "TLS12" && *version != "TLS13")
      return fail(node.error("unknown TLS version: " + *version));
  if (tls.cert_file.empty() || tls.key_file.empty()) return fail(node.error("missing cert_file or key_file"));
  using A = net::TlsServer::ClientAuth;
  if (!tls.client_ca_file.empty() && tls.client_auth == A::none)
    return fail(node.error("Client CA's have been configured without a Client Auth Policy"));
  if (tls.client_ca_file.empty() && tls.client_auth == A::require_and_verify)
    return fail(node.error("client_auth_type RequireAndVerifyClientCert needs client_ca_file"));
  for (auto* file : {&tls.cert_file, &tls.key_file, &tls.client_ca_file}) *file = scrape::join_folder(folder, *file);
  return tls;
}

Status parse_http(const Yaml& node, WebConfig& config) {
  auto section = TRY(YamlSection::open(node, "http_server_config"));
  TRY(section.read("http2", config.http2));
  if (const auto* headers = section.take("headers"))
    return fail(Error{Errc::unsupported, headers->error("own response headers are known but not supported").message});
  return section.done();
}

Result<std::string> decode_base64(std::string_view in) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  while (!in.empty() && in.back() == '=') in.remove_suffix(1);
  std::string out;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : in) {
    const auto digit = kDigits.find(c);
    if (digit == kDigits.npos) return fail(Errc::invalid, "not base64");
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out += static_cast<char>(bits >> held & 0xFF);
  }
  return out;
}

net::Response unauthorized() {
  auto response = net::Response::text(401, "Unauthorized\n");
  response.headers.set("WWW-Authenticate", "Basic");
  return response;
}

}  // namespace

Result<WebConfig> load_web_config(const std::string& file) {
  WebConfig config;
  const auto text = TRY(read_text_file(file));
  const auto root = TRY(Yaml::parse(text, file));
  const auto folder = std::filesystem::path(file).parent_path();
  auto section = TRY(YamlSection::open(root, "the web configuration"));
  if (const auto* tls = section.take("tls_server_config")) config.tls = TRY(parse_tls(*tls, folder));
  if (const auto* http = section.take("http_server_config")) TRY(parse_http(*http, config));
  if (const auto* users = section.take("basic_auth_users")) {
    if (users->kind() != Yaml::Kind::map) return fail(users->error("basic_auth_users must be a map of names to bcrypt hashes"));
    for (const auto& member : users->members()) {
      const auto hash = TRY(member.value.text());
      if (!hash.starts_with("$2") || hash.size() != 60) return fail(member.value.error("the password of a user must be a bcrypt hash"));
      config.users.emplace(member.key.scalar(), hash);
    }
  }
  TRY(section.done());
  return config;
}

bool bcrypt_matches(const std::string& password, const std::string& hash) {
  auto data = std::make_unique<crypt_data>();
  const char* made = ::crypt_r(password.c_str(), hash.c_str(), data.get());
  if (made == nullptr || std::strlen(made) != hash.size()) return false;
  unsigned char difference = 0;
  for (std::size_t i = 0; i < hash.size(); ++i) difference |= static_cast<unsigned char>(made[i] ^ hash[i]);
  return difference == 0;
}

void BasicAuthGate::set_users(std::map<std::string, std::string> users) {
  std::lock_guard lock(mutex_);
  users_ = std::move(users);
  right_.clear();
}

bool BasicAuthGate::knows(const std::string& user, const std::string& password) {
  std::string hash = kNobody, key;
  {
    std::lock_guard lock(mutex_);
    if (const auto found = users_.find(user); found != users_.end()) hash = found->second;
    key = user + '\n' + hash;
    if (const auto right = right_.find(key); right != right_.end() && right->second == password) return true;
  }
  std::lock_guard one_at_a_time(hashing_);
  if (!bcrypt_matches(password, hash)) return false;
  std::lock_guard lock(mutex_);
  if (right_.size() >= kRememberedMax) right_.clear();
  right_[key] = password;
  return true;
}

std::optional<net::Response> BasicAuthGate::operator()(const net::Request& request) {
  {
    std::lock_guard lock(mutex_);
    if (users_.empty()) return std::nullopt;
  }
  const auto header = request.headers.get("Authorization");
  if (!header.starts_with("Basic ")) return unauthorized();
  const auto pair = decode_base64(header.substr(6));
  const auto colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos) return unauthorized();
  if (!knows(pair->substr(0, colon), pair->substr(colon + 1))) return unauthorized();
  return std::nullopt;
}

}  // namespace pharos::server
