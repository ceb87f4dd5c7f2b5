#include "net/web_config.hpp"

#include <crypt.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <mutex>
#include <sstream>
#include <unordered_set>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metric.hpp"
#include "codec/checksum.hpp"
#include "codec/yaml_section.hpp"

namespace pharos::net {
namespace {

using codec::Yaml;
using codec::YamlSection;

constexpr std::size_t kRememberedMax = 100;

struct Stats {
  Counter refused{"pharos_http_unauthorized_total", "Requests without valid credentials."};
};
Stats& stats() {
  static Stats s;
  return s;
}

std::string in_folder(const std::string& file, const std::string& path) {
  if (path.empty() || path.starts_with('/')) return path;
  const auto slash = file.rfind('/');
  return slash == file.npos ? path : file.substr(0, slash + 1) + path;
}

Result<TlsServer> parse_tls(const Yaml& node, const std::string& file) {
  auto section = TRY(YamlSection::open(node, "tls_server_config"));
  TlsServer tls;
  std::string auth;
  bool prefer_server = true;
  TRY(section.read("cert_file", tls.cert_file));
  TRY(section.read("key_file", tls.key_file));
  TRY(section.read("client_auth_type", auth));
  TRY(section.read("client_ca_file", tls.client_ca_file));
  TRY(section.read("min_version", tls.min_version));
  TRY(section.read("max_version", tls.max_version));
  TRY(section.read("cipher_suites", tls.cipher_suites));
  TRY(section.read("prefer_server_cipher_suites", prefer_server));
  TRY(section.read("curve_preferences", tls.curve_preferences));
  for (const std::string_view key : {"cert", "key", "client_ca", "client_allowed_sans"})
    if (const auto* value = section.take(key)) {
      auto error = value->error(std::string(key) + " is known but not supported; name a file instead");
      error.code = Errc::unsupported;
      return fail(std::move(error));
    }
  TRY(section.done());
  const auto error = [&](std::string what) { return fail(node.error(std::move(what))); };
  if (tls.cert_file.empty()) return error("missing one of cert or cert_file");
  if (tls.key_file.empty()) return error("missing one of key or key_file");
  using Auth = TlsServer::ClientAuth;
  if (auth.empty() || auth == "NoClientCert") tls.client_auth = Auth::none;
  else if (auth == "RequestClientCert") tls.client_auth = Auth::request;
  else if (auth == "RequireAnyClientCert" || auth == "RequireClientCert") tls.client_auth = Auth::require_any;
  else if (auth == "VerifyClientCertIfGiven") tls.client_auth = Auth::verify_if_given;
  else if (auth == "RequireAndVerifyClientCert") tls.client_auth = Auth::require_and_verify;
  else return error("invalid ClientAuth: " + auth);
  if (!tls.client_ca_file.empty() && tls.client_auth == Auth::none)
    return error("client CA's have been configured without a Client Auth Policy");
  for (const auto& version : {tls.min_version, tls.max_version})
    if (version != "TLS10" && version != "TLS11" && version != "TLS12" && version != "TLS13")
      return error("unknown TLS version: " + version);
  tls.cert_file = in_folder(file, tls.cert_file);
  tls.key_file = in_folder(file, tls.key_file);
  tls.client_ca_file = in_folder(file, tls.client_ca_file);
  return tls;
}

Status parse_http(const Yaml& node, WebConfig& config) {
  auto section = TRY(YamlSection::open(node, "http_server_config"));
  TRY(section.read("http2", config.http2));
  if (const auto* headers = section.take("headers")) {
    static constexpr std::array<std::string_view, 5> kAllowed = {
        "Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options", "X-XSS-Protection", "Strict-Transport-Security"};
    if (headers->kind() != Yaml::Kind::map) return fail(headers->error("headers must be a map"));
    for (const auto& [key, value] : headers->members()) {
      if (std::find(kAllowed.begin(), kAllowed.end(), key.scalar()) == kAllowed.end())
        return fail(key.error("HTTP header \"" + key.scalar() + "\" can not be configured"));
      auto text = TRY(value.text());
      if (key.scalar() == "X-Frame-Options" && text != "deny" && text != "sameorigin" && !text.empty())
        return fail(value.error("invalid value for X-Frame-Options. Expected one of: \"deny\", \"sameorigin\""));
      if (key.scalar() == "X-Content-Type-Options" && text != "nosniff" && !text.empty())
        return fail(value.error("invalid value for X-Content-Type-Options. Expected one of: \"nosniff\""));
      if (!text.empty()) config.headers.emplace_back(key.scalar(), std::move(text));
    }
  }
  return section.done();
}

// "Basic dXNlcjpwYXNz" → "user:pass"; "" for anything else.
std::string basic_credentials(std::string_view header) {
  if (header.size() < 6 || (header.substr(0, 6) != "Basic " && header.substr(0, 6) != "basic ")) return {};
  std::string out;
  std::uint32_t bits = 0;
  int have = 0;
  for (const char c : header.substr(6)) {
    if (c == '=') break;
    const int v = c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : c >= '0' && c <= '9' ? c - '0' + 52
                  : c == '+' ? 62 : c == '/' ? 63 : -1;
    if (v < 0) return {};
    bits = bits << 6 | static_cast<std::uint32_t>(v);
    if ((have += 6) >= 8) out += static_cast<char>(bits >> (have -= 8) & 0xff);
  }
  return out;
}

class BasicAuthGate {
 public:
  BasicAuthGate(std::string file, WebConfig config) : file_(std::move(file)), users_(std::move(config.users)), stamp_(stamp()) {}

  std::optional<Response> check(const Request& request) {
    std::string hash;
    const auto credentials = basic_credentials(request.headers.get("Authorization"));
    const auto colon = credentials.find(':');
    {
      std::lock_guard lock(mutex_);
      refresh();
      if (users_.empty()) return std::nullopt;
      if (colon != credentials.npos)
        if (const auto found = users_.find(std::string_view(credentials).substr(0, colon)); found != users_.end()) hash = found->second;
    }
    bool right = false;
    if (colon != credentials.npos) {
      const auto digest = codec::hash128(credentials + '\0' + hash, seed_);
      bool known = false;
      {
        std::lock_guard lock(mutex_);
        known = std::find(remembered_.begin(), remembered_.end(), digest) != remembered_.end();
      }
      // An unknown user costs as much as a wrong password: timing names nobody.
      static const std::string kNobody = "$2b$10$CwTycUXWue0Thq9StjUM0uJ8rhDRkQ5xWhZ9Z0xY4n2Pk0xQ9yTqe";
      right = known || (bcrypt_matches(std::string_view(credentials).substr(colon + 1), hash.empty() ? kNobody : hash) && !hash.empty());
      if (right && !known) {
        std::lock_guard lock(mutex_);
        if (remembered_.size() >= kRememberedMax) remembered_.clear();
        remembered_.push_back(digest);
      }
    }
    if (right) return std::nullopt;
    stats().refused.add();
    auto response = Response::text(401, "Unauthorized\n");
    response.headers.add("WWW-Authenticate", "Basic");
    return response;
  }

 private:
  std::string stamp() const {
    struct stat s {};
    if (::stat(file_.c_str(), &s) != 0) return {};
    return std::to_string(s.st_ino) + '.' + std::to_string(s.st_mtim.tv_sec) + '.' + std::to_string(s.st_mtim.tv_nsec) + '.' + std::to_string(s.st_size);
  }
  void refresh() {  // with mutex_ held
    const auto now = system_clock().monotonic();
    if (now - looked_ < std::chrono::seconds(1)) return;
    looked_ = now;
    auto seen = stamp();
    if (seen == stamp_ || seen.empty()) return;
    stamp_ = std::move(seen);
    auto config = load_web_config(file_);
    if (!config) return log::error("web configuration not reloaded", {{"why", config.error().message}});
    users_ = std::move(config->users);
    remembered_.clear();
    log::info("web configuration reloaded", {{"file", file_}});
  }

  const std::string file_;
  const std::uint64_t seed_ = Random::system_seed();
  std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> users_;   // guarded by mutex_, as are those below
  std::vector<codec::Hash128> remembered_;
  std::string stamp_;
  Nanos looked_{};
};

}  // namespace

Result<WebConfig> parse_web_config(std::string_view text, const std::string& file) {
  const auto document = TRY(Yaml::parse(text, file));
  auto section = TRY(YamlSection::open(document, "the web configuration"));
  WebConfig config;
  if (const auto* tls = section.take("tls_server_config"))
    if (!tls->members().empty()) config.tls = TRY(parse_tls(*tls, file));
  if (const auto* http = section.take("http_server_config")) TRY(parse_http(*http, config));
  if (const auto* users = section.take("basic_auth_users")) {
    if (users->kind() != Yaml::Kind::map) return fail(users->error("basic_auth_users must be a map of names to bcrypt hashes"));
    for (const auto& [key, value] : users->members()) {
      auto hash = TRY(value.text());
      if (hash.size() != 60 || !hash.starts_with("$2")) return fail(value.error("the password of " + key.scalar() + " is not a bcrypt hash"));
      config.users.emplace(key.scalar(), std::move(hash));
    }
  }
  TRY(section.done());
  return config;
}

Result<WebConfig> load_web_config(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(Errc::io, file + ": cannot be read");
  std::ostringstream text;
  text << in.rdbuf();
  return parse_web_config(std::move(text).str(), file);
}

bool bcrypt_matches(std::string_view password, const std::string& hash) {
  if (password.size() > 512 || password.contains('\0')) return false;
  auto data = std::make_unique<crypt_data>();
  const std::string text(password);
  const char* made = crypt_r(text.c_str(), hash.c_str(), data.get());
  if (!made || hash.size() != std::string_view(made).size()) return false;
  unsigned difference = 0;  // in constant time
  for (std::size_t i = 0; i < hash.size(); ++i) difference |= static_cast<unsigned char>(hash[i] ^ made[i]);
  return difference == 0;
}

std::function<std::optional<Response>(const Request&)> make_basic_auth_gate(std::string file, WebConfig initial) {
  auto gate = std::make_shared<BasicAuthGate>(std::move(file), std::move(initial));
  return [gate](const Request& request) { return gate->check(request); };
}

Status apply_web_config(const std::string& file, HttpServerConfig& config) {
  auto web = TRY(load_web_config(file));
  config.tls = web.tls;
  config.http2 = config.http2 && web.http2;
  config.headers = web.headers;
  config.gate = make_basic_auth_gate(file, std::move(web));
  return {};
}

}  // namespace pharos::net
