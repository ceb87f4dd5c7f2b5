#include "base/huge_pages.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <numeric>

namespace pharos {
namespace {

TEST(HugePages, AVectorGrowsFromPlainMemoryIntoThemAndBack) {
  std::vector<std::uint64_t, HugeAllocator<std::uint64_t>> v;
  for (std::uint64_t i = 0; i < 1'500'000; ++i) v.push_back(i);
  EXPECT_EQ(std::accumulate(v.begin(), v.end(), std::uint64_t{0}), 1'499'999ull * 750'000);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(v.data()) % (2u << 20), 0u);
  v.resize(1000);
  v.shrink_to_fit();
  EXPECT_EQ(v.back(), 999u);
}

TEST(HugePages, PiecesOfASlabDoNotTouch) {
  Slabs slabs;
  std::vector<std::pair<char*, std::size_t>> pieces;
  for (int i = 0; i < 400; ++i) {
    const std::size_t bytes = 1 + static_cast<std::size_t>(i) * 7919 % 200'000;
    auto* const at = static_cast<char*>(slabs.allocate(bytes));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(at) % 64, 0u);
    std::memset(at, i & 0x7f, bytes);
    pieces.emplace_back(at, bytes);
  }
  for (int i = 0; i < 400; ++i) {
    const auto [at, bytes] = pieces[static_cast<std::size_t>(i)];
    ASSERT_TRUE(at[0] == (i & 0x7f) && at[bytes - 1] == (i & 0x7f)) << i;
  }
  EXPECT_GE(slabs.bytes(), 32u << 20);
}

}  // namespace
}  // namespace pharos
