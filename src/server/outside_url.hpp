// Where a server is reached from outside: the URL that links begin with, and its parts.
#pragma once
#include <string>

#include "base/result.hpp"
#include "server/flags.hpp"

namespace pharos::server {

std::string hostname();
std::string path_of_url(const std::string& url);  // "http://h:9090/prom/" → "/prom"
std::string clean_prefix(std::string prefix);     // "prom/" → "/prom"
// What links in notifications begin with. With a port that the system chooses it is known only
// after listening; until then the links of this process lack it.
Result<std::string> url_from_outside(const ServeFlags& flags);

}  // namespace pharos::server
