#include "codec/checksum.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pharos::codec {
namespace {

TEST(Checksum, IsCastagnolis) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);            // RFC 3720 and the catalogue of CRCs
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);  // RFC 3720 B.4
  EXPECT_EQ(crc32c(""), 0u);
}

TEST(Checksum, HardwareAndTablesAgreeAndContinue) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(crc32c(bytes), crc32c_portable(bytes));
    EXPECT_EQ(crc32c(std::string_view(bytes).substr(i / 3),
                     crc32c(std::string_view(bytes).substr(0, i / 3))),
              crc32c(bytes));
    bytes += static_cast<char>(i * 37);
  }
}

TEST(Checksum, HashesDependOnSeedAndBytes) {
  EXPECT_EQ(hash64("a"), hash64("a"));
  EXPECT_NE(hash64("a"), hash64("b"));
  EXPECT_NE(hash64("a"), hash64("a", 1));
  EXPECT_EQ(hash128("a"), hash128("a"));
  EXPECT_FALSE(hash128("a") == hash128("a", 1));
}

}  // namespace
}  // namespace pharos::codec
