// Registers every handler of the API, /federate, /metrics, /-/* and the built-in page.
#pragma once
#include "api/services.hpp"
#include "net/http.hpp"

namespace pharos::api {

// Errc::invalid when options.cors_origin is not a regular expression. The router keeps what it
// needs of `services`; the store named in it must outlive the router.
[[nodiscard]] Status install(net::Router& router, Services services, Options options);

}  // namespace pharos::api
