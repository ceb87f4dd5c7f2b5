#pragma once
#include <cstdint>
#include <string_view>

namespace pharos::codec {

std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed = 0);  // Castagnoli, hardware when present
std::uint64_t hash64(std::string_view bytes, std::uint64_t seed = 0);  // XXH3
struct Hash128 {
  std::uint64_t low = 0, high = 0;
  bool operator==(const Hash128&) const = default;
};
Hash128 hash128(std::string_view bytes, std::uint64_t seed = 0);       // XXH3

}  // namespace pharos::codec
