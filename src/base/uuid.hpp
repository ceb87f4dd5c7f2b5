// Random identifiers.
#pragma once
#include <string>

namespace pharos {

// UUID version 4, lower case: "8-4-4-4-12" hexadecimal digits. Thread-safe.
std::string new_uuid();

}  // namespace pharos
