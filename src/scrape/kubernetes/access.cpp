#include "scrape/kubernetes/access.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "codec/yaml.hpp"

namespace pharos::scrape::kubernetes {
namespace {

using codec::Yaml;

Result<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(Errc::not_found, "cannot read " + path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '/' || text.back() == '\n' || text.back() == ' '))
    text.pop_back();
  return text;
}

// Standard alphabet, padding at the end, blanks skipped.
Result<std::string> decode_base64(const Yaml& node) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : node.scalar()) {
    if (c == '=' || c == '\n' || c == ' ') continue;
    const int value = c >= 'A' && c <= 'Z'   ? c - 'A'
                      : c >= 'a' && c <= 'z' ? c - 'a' + 26
                      : c >= '0' && c <= '9' ? c - '0' + 52
                      : c == '+'             ? 62
                      : c == '/'             ? 63
                                             : -1;
    if (value < 0) return fail(node.error("not base64"));
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xff);
    }
  }
  return out;
}

std::string text_of(const Yaml& map, std::string_view key) {
  const Yaml* node = map.kind() == Yaml::Kind::map ? map.find(key) : nullptr;
  return node == nullptr || node->is_null() ? std::string() : node->scalar();
}

// The entry `name` of a list of {name: …, KEY: {…}}; nullptr when there is none.
const Yaml* entry(const Yaml& file, std::string_view list, std::string_view key,
                  const std::string& name) {
  const Yaml* items = file.find(list);
  if (items == nullptr) return nullptr;
  for (const auto& item : items->items())
    if (text_of(item, "name") == name) return item.find(key);
  return nullptr;
}

Result<Access> from_kubeconfig(const std::string& path) {
  const auto text = TRY(read_file(path));
  const auto file = TRY(Yaml::parse(text, path));
  const auto current = text_of(file, "current-context");
  if (current.empty()) return fail(file.error("current-context is missing"));
  const Yaml* context = entry(file, "contexts", "context", current);
  if (context == nullptr) return fail(file.error("there is no context " + current));
  const Yaml* cluster = entry(file, "clusters", "cluster", text_of(*context, "cluster"));
  if (cluster == nullptr)
    return fail(context->error("there is no cluster " + text_of(*context, "cluster")));

  const auto folder = std::filesystem::path(path).parent_path();
  const auto resolved = [&](const std::string& name) {
    return name.empty() || name.front() == '/' ? name : (folder / name).string();
  };
  Access out{.url = trimmed(text_of(*cluster, "server")),
             .own_space = text_of(*context, "namespace")};
  if (out.url.empty()) return fail(cluster->error("server is missing"));
  auto http = std::make_shared<net::ClientOptions>();
  http->tls.ca_file = resolved(text_of(*cluster, "certificate-authority"));
  if (const Yaml* data = cluster->find("certificate-authority-data"))
    http->tls.ca = TRY(decode_base64(*data));
  http->tls.insecure_skip_verify = text_of(*cluster, "insecure-skip-tls-verify") == "true";
  http->tls.server_name = text_of(*cluster, "tls-server-name");
  http->proxy_url = text_of(*cluster, "proxy-url");
  if (const auto user_name = text_of(*context, "user"); !user_name.empty()) {
    const Yaml* user = entry(file, "users", "user", user_name);
    if (user == nullptr) return fail(context->error("there is no user " + user_name));
    for (const std::string_view key : {"exec", "auth-provider"})
      if (const Yaml* node = user->kind() == Yaml::Kind::map ? user->find(key) : nullptr)
        return fail(
            Errc::unsupported,
            node->error(std::string(key) +
                        " is not supported: it runs other programs; use a token or a certificate")
                .message);
    http->tls.cert_file = resolved(text_of(*user, "client-certificate"));
    http->tls.key_file = resolved(text_of(*user, "client-key"));
    if (user->kind() == Yaml::Kind::map) {
      if (const Yaml* data = user->find("client-certificate-data"))
        http->tls.cert = TRY(decode_base64(*data));
      if (const Yaml* data = user->find("client-key-data"))
        http->tls.key = TRY(decode_base64(*data));
    }
    auto& auth = http->auth;
    auth.authorization_credentials = text_of(*user, "token");
    if (auth.authorization_credentials.empty())
      auth.authorization_credentials_file = resolved(text_of(*user, "tokenFile"));
    auth.basic_username = text_of(*user, "username");
    auth.basic_password = text_of(*user, "password");
  }
  out.http = std::move(http);
  return out;
}

Result<Access> in_cluster(const Surroundings& surroundings) {
  const char* host = surroundings.environment("KUBERNETES_SERVICE_HOST");
  const char* port = surroundings.environment("KUBERNETES_SERVICE_PORT");
  if (host == nullptr || port == nullptr || *host == '\0' || *port == '\0')
    return fail(
        Errc::not_found,
        "not in a cluster (KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set): "
        "name api_server or kubeconfig_file");
  const std::string address = host;
  Access out{.url = "https://" +
                    (address.find(':') == address.npos ? address : "[" + address + "]") + ":" +
                    port};
  auto http = std::make_shared<net::ClientOptions>();
  // Read anew at each request: the token is renewed under the same name.
  http->auth.authorization_credentials_file = surroundings.account_folder + "/token";
  http->tls.ca_file = surroundings.account_folder + "/ca.crt";
  if (auto space = read_file(surroundings.account_folder + "/namespace"))
    out.own_space = trimmed(std::move(*space));
  TRY(read_file(http->auth.authorization_credentials_file));
  out.http = std::move(http);
  return out;
}

}  // namespace

Surroundings own_surroundings() {
  return {.environment = [](const char* name) -> const char* { return std::getenv(name); }};
}

Result<Access> find_access(const KubernetesDiscoveryConfig& config,
                           const Surroundings& surroundings) {
  if (!config.kubeconfig_file.empty()) return from_kubeconfig(config.kubeconfig_file);
  if (config.api_server.empty()) return in_cluster(surroundings);
  return Access{.url = trimmed(config.api_server), .http = config.http};
}

}  // namespace pharos::scrape::kubernetes
