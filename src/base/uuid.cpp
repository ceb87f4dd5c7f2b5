#include "base/uuid.hpp"

#include <cstdint>
#include <cstdio>

#include "base/clock.hpp"

namespace pharos {

std::string new_uuid() {
  thread_local Random random(Random::system_seed());
  constexpr std::uint64_t kVersion = 0x4000, kVariant = std::uint64_t{1} << 63;
  const auto high = (random.next() & ~std::uint64_t{0xf000}) | kVersion;
  const auto low = (random.next() & ~(std::uint64_t{3} << 62)) | kVariant;
  char text[40];
  std::snprintf(text, sizeof text, "%08llx-%04llx-%04llx-%04llx-%012llx",
                static_cast<unsigned long long>(high >> 32),
                static_cast<unsigned long long>(high >> 16 & 0xffff),
                static_cast<unsigned long long>(high & 0xffff),
                static_cast<unsigned long long>(low >> 48),
                static_cast<unsigned long long>(low & 0xffffffffffff));
  return text;
}

}  // namespace pharos
