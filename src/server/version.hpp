// Who we are.
#pragma once
#include <string>

namespace pharos::server {

std::string version();       // "0.1.0"
std::string revision();      // of the source, "unknown" outside a checkout
std::string compiler();      // "g++ 12.2.0"
std::string version_text();  // several lines, as `pharos version` prints them

}  // namespace pharos::server
