// General compression behind bounded calls: the declared length is checked against the limit before
// anything is allocated, and streams that declare none stop at the limit.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace pharos::codec {

enum class Compression { none, snappy, gzip, deflate, zstd, lz4 };

// "gzip", "snappy", "zstd", "deflate", "identity", "" → the kind; Errc::unsupported otherwise.
Result<Compression> parse_content_encoding(std::string_view text);

// Errc::limit when the result would be longer than `size_max`, Errc::invalid when the bytes are
// damaged or lie about their length. `out` keeps its capacity, so that it can be reused.
Status decompress(Compression kind, std::string_view bytes, std::size_t size_max, std::string& out);
Result<std::string> decompress(Compression kind, std::string_view bytes, std::size_t size_max);

std::string compress(Compression kind, std::string_view bytes, int level = 1);

}  // namespace pharos::codec
