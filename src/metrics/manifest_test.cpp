#include "metrics/manifest.hpp"

#include <gtest/gtest.h>

#include "base/sim_disk.hpp"

namespace pharos::metrics {
namespace {

TEST(Manifest, ComesBackFromDiskAsItWent) {
  SimDisk disk;
  EXPECT_EQ(Manifest::load(disk, "manifest").error().code, Errc::not_found);
  const Manifest manifest{{{"00000001.hot", false}, {"00000007.cold", true}}, 8, 12, true};
  ASSERT_TRUE(manifest.save(disk, "manifest"));
  disk.crash();
  EXPECT_EQ(Manifest::load(disk, "manifest").value(), manifest);
}

TEST(Manifest, NoDamageGoesUnseen) {
  const Manifest manifest{{{"00000001.hot", false}, {"00000007.cold", true}}, 8};
  const auto good = manifest.encode();
  for (std::size_t at = 0; at < good.size(); ++at) {
    auto bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 4);
    EXPECT_FALSE(Manifest::decode(bad)) << at;
    EXPECT_FALSE(Manifest::decode(std::string_view(good).substr(0, at))) << at;
  }
}

}  // namespace
}  // namespace pharos::metrics
