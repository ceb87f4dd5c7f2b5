// Brotli in, for assets that were compressed when the program was built.
#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace pharos::codec {

// Errc::corrupt when it is not one whole brotli stream, Errc::limit when it holds more than
// `size_max` bytes.
Result<std::string> brotli_decode(std::string_view packed, std::size_t size_max);

}  // namespace pharos::codec
