#include "metrics/exemplar_ring.hpp"

#include <gtest/gtest.h>

namespace pharos::metrics {
namespace {

TEST(ExemplarRing, KeepsTheNewestUpToItsCapacity) {
  ExemplarRing ring;
  ring.set_capacity(3);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ring.add(SeriesId{1}, {{}, i * 1.0, i, true}), ExemplarRing::Added::stored);
  EXPECT_EQ(ring.add(SeriesId{1}, {{}, 4.0, 4, true}), ExemplarRing::Added::same);
  EXPECT_EQ(ring.add(SeriesId{1}, {{}, 9.0, 3, true}), ExemplarRing::Added::out_of_order);
  const auto found = ring.find([](SeriesId) { return true; }, 0, 100);
  ASSERT_EQ(found.size(), 1u);
  ASSERT_EQ(found[0].second.size(), 3u);
  EXPECT_EQ(found[0].second.front().value, 2.0);
  EXPECT_EQ(found[0].second.back().value, 4.0);
}

}  // namespace
}  // namespace pharos::metrics
