#include "codec/compress.hpp"

#include <gtest/gtest.h>

#include "base/clock.hpp"

namespace pharos::codec {
namespace {

constexpr Compression kKinds[] = {Compression::none,    Compression::snappy, Compression::gzip,
                                  Compression::deflate, Compression::zstd,   Compression::lz4};

std::string sample_text(std::size_t n) {
  Random random(n);
  std::string out;
  while (out.size() < n)
    out += "node_cpu_seconds_total{cpu=\"" + std::to_string(random.below(64)) + "\"} 1\n";
  return out;
}

TEST(Compress, RoundTripsEveryKind) {
  for (const auto kind : kKinds)
    for (const std::size_t n : {0, 1, 100, 5000, 300'000}) {
      const auto text = n == 1 ? std::string("x") : sample_text(n);
      const auto packed = compress(kind, text);
      const auto back = decompress(kind, packed, text.size());
      ASSERT_TRUE(back) << static_cast<int>(kind) << " " << n << ": " << back.error().message;
      EXPECT_EQ(*back, text);
    }
}

TEST(Compress, StopsAtTheLimit) {
  const std::string zeros(1'000'000, '\0');
  for (const auto kind : kKinds) {
    const auto packed = compress(kind, zeros);
    EXPECT_TRUE(decompress(kind, packed, zeros.size()));
    const auto refused = decompress(kind, packed, zeros.size() - 1);
    ASSERT_FALSE(refused) << static_cast<int>(kind);
    EXPECT_EQ(refused.error().code, Errc::limit) << static_cast<int>(kind);
  }
}

TEST(Compress, RefusesEveryTruncation) {
  const auto text = sample_text(600);
  for (const auto kind : kKinds) {
    if (kind == Compression::none) continue;
    const auto packed = compress(kind, text);
    for (std::size_t n = 0; n < packed.size(); ++n) {
      const auto result = decompress(kind, packed.substr(0, n), 1 << 20);
      ASSERT_FALSE(result) << static_cast<int>(kind) << " cut to " << n;
      EXPECT_EQ(result.error().code, Errc::invalid);
    }
  }
}

TEST(Compress, NeverCrashesOnFlippedBytes) {
  const auto text = sample_text(600);
  for (const auto kind : kKinds) {
    const auto packed = compress(kind, text);
    for (std::size_t i = 0; i < packed.size(); ++i) {
      auto bad = packed;
      bad[i] = static_cast<char>(bad[i] ^ 0x55);
      const auto result = decompress(kind, bad, 1 << 20);
      EXPECT_TRUE(!result || result->size() <= (std::size_t{1} << 20));
    }
  }
}

TEST(Compress, SnappyLengthThatTheBodyCannotHoldIsRefusedBeforeAllocation) {
  std::string out;
  const std::string lie(
      "\xff\xff\xff\x1f"
      "abc",
      7);  // declares 64 MiB
  const auto result = decompress(Compression::snappy, lie, std::size_t{1} << 30, out);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::invalid);
  EXPECT_LT(out.capacity(), 1000u);
  EXPECT_EQ(decompress(Compression::snappy, lie, 1 << 20).error().code, Errc::limit);
}

TEST(Compress, ZstdFrameThatDeclaresNoLengthOrALieIsBounded) {
  auto packed = compress(Compression::zstd, std::string(100'000'000, 'x'));
  std::string out;
  const auto refused = decompress(Compression::zstd, packed, 1 << 20, out);
  EXPECT_EQ(refused.error().code, Errc::limit);
  EXPECT_LT(out.capacity(), 2u << 20);
}

TEST(Compress, GzipMembersAreJoined) {
  const auto two = compress(Compression::gzip, "one ") + compress(Compression::gzip, "two");
  EXPECT_EQ(*decompress(Compression::gzip, two, 100), "one two");
  EXPECT_FALSE(decompress(Compression::gzip, two + "tail", 100));
}

TEST(Compress, DeflateIsReadWithAndWithoutItsWrapper) {
  const auto wrapped = compress(Compression::deflate, "hello hello hello");
  EXPECT_EQ(*decompress(Compression::deflate, wrapped.substr(2, wrapped.size() - 6), 100),
            "hello hello hello");
}

TEST(Compress, KnowsContentEncodings) {
  EXPECT_EQ(*parse_content_encoding("GZIP"), Compression::gzip);
  EXPECT_EQ(*parse_content_encoding(""), Compression::none);
  EXPECT_EQ(parse_content_encoding("br").error().code, Errc::unsupported);
}

TEST(Compress, AReusedBufferHasTheSizeOfTheNewResult) {
  // Growing by less than double is what libstdc++ 12 rounds up behind one's back.
  for (const auto kind : {Compression::snappy, Compression::gzip, Compression::zstd}) {
    std::string out;
    for (const std::size_t size : {72u, 103u, 50u, 140u, 5000u, 6000u}) {
      const std::string text(size, 'x');
      ASSERT_TRUE(decompress(kind, compress(kind, text), 1 << 20, out));
      EXPECT_EQ(out, text);
    }
  }
}

}  // namespace
}  // namespace pharos::codec
