#include "net/url.hpp"

#include <algorithm>

namespace pharos::net {

UrlParts split_url(std::string_view url) {
  UrlParts out;
  if (const auto end = url.find("://"); end != url.npos) {
    out.scheme = url.substr(0, end);
    url.remove_prefix(end + 3);
  }
  const auto authority = std::min(url.find_first_of("/?#"), url.size());
  out.host = url.substr(0, authority);
  out.rest = url.substr(authority);
  if (const auto at = out.host.rfind('@'); at != out.host.npos) {
    out.user = out.host.substr(0, at);
    out.host.remove_prefix(at + 1);
  }
  return out;
}

}  // namespace pharos::net
