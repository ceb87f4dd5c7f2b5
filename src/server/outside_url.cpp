#include "server/outside_url.hpp"

#include <unistd.h>

#include <algorithm>

#include "net/http_server.hpp"
#include "net/web_config.hpp"

namespace pharos::server {

std::string hostname() {
  char name[256] = "localhost";
  ::gethostname(name, sizeof name - 1);
  return name;
}

std::string path_of_url(const std::string& url) {
  const auto scheme = url.find("://");
  const auto slash = url.find('/', scheme == url.npos ? 0 : scheme + 3);
  std::string path = slash == url.npos ? std::string() : url.substr(slash);
  while (path.ends_with('/')) path.pop_back();
  return path;
}

std::string clean_prefix(std::string prefix) {
  while (prefix.ends_with('/')) prefix.pop_back();
  if (!prefix.empty() && prefix.front() != '/') prefix.insert(0, "/");
  return prefix;
}

Result<std::string> url_from_outside(const ServeFlags& flags) {
  if (!flags.external_url.empty()) return flags.external_url;
  net::HttpServerConfig config;
  if (!flags.web_config_file.empty()) TRY(net::apply_web_config(flags.web_config_file, config));
  const auto& address = flags.listen.front();
  return std::string(config.tls ? "https" : "http") + "://" + hostname() +
         address.substr(std::min(address.rfind(':'), address.size())) +
         clean_prefix(flags.route_prefix);
}

}  // namespace pharos::server
