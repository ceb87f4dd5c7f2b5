// Checksums of what lies on disk (CRC-32C) and hashes of what lies in memory (XXH3).
#pragma once
#include <cstdint>
#include <string_view>

namespace pharos::codec {

// Castagnoli, hardware when present. `seed` is the checksum of the bytes before these:
// crc32c("ab") == crc32c("b", crc32c("a")).
std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed = 0);
std::uint32_t crc32c_portable(std::string_view bytes, std::uint32_t seed = 0);  // the same by tables: the twin in tests

std::uint64_t hash64(std::string_view bytes, std::uint64_t seed = 0);  // XXH3
struct Hash128 {
  std::uint64_t low = 0, high = 0;
  bool operator==(const Hash128&) const = default;
};
Hash128 hash128(std::string_view bytes, std::uint64_t seed = 0);       // XXH3
std::uint64_t xxhash64(std::string_view bytes);                        // XXH64, as Go programs hash labels

}  // namespace pharos::codec
