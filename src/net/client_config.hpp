// Prometheus' `http_client_config`: the keys of a scrape config, a remote write target, an HTTP
// discovery … that say how to reach and authenticate.
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "codec/yaml.hpp"
#include "net/http_client.hpp"

namespace pharos::net {

// basic_auth, authorization, oauth2, bearer_token, bearer_token_file, tls_config, follow_redirects,
// enable_http2, http_headers, proxy_url, no_proxy, proxy_from_environment, proxy_connect_header.
// The parent section adds them to its own list for Yaml::only.
std::span<const std::string_view> client_option_keys();

// Reads those keys from `parent` (a map that may hold other keys too, which are ignored here; null is
// an empty map). Relative file names are taken from `base_folder`. Errc::invalid with
// file:line:column and Prometheus' texts: "at most one of basic_auth, oauth2 & authorization must be
// configured", ….
Result<ClientOptions> parse_client_options(const codec::Yaml& parent, std::string_view base_folder = {});

// A `tls_config` map by itself.
Result<TlsClient> parse_tls_client(const codec::Yaml& node, std::string_view base_folder = {});

}  // namespace pharos::net
