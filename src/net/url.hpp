// The parts of a URL, as far as settings and messages care.
#pragma once
#include <string_view>

namespace pharos::net {

// "https://u:p@h:1/path?q": scheme "https", user "u:p", host "h:1", rest "/path?q". Without "://"
// there is no scheme. Views into the text; nothing is checked or decoded.
struct UrlParts {
  std::string_view scheme, user, host, rest;
  bool is_http() const { return scheme == "http" || scheme == "https"; }
};
UrlParts split_url(std::string_view url);

}  // namespace pharos::net
