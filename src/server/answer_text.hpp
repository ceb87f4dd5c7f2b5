// Query answers (the `data` of the HTTP API's JSON) for people.
#pragma once
#include <string>

#include "codec/json.hpp"

namespace pharos::server {

std::string answer_table(const codec::Json& data);  // `up{job="a"} 1 @1700000000`, aligned
std::string answer_yaml(const codec::Json& value);

}  // namespace pharos::server
