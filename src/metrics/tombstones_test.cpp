#include "metrics/tombstones.hpp"

#include <gtest/gtest.h>

#include "base/sim_disk.hpp"

namespace pharos::metrics {
namespace {

TEST(Tombstones, RangesOfASeriesAreJoined) {
  Tombstones t;
  t.add(SeriesId{1}, 10, 20);
  t.add(SeriesId{1}, 40, 50);
  t.add(SeriesId{1}, 21, 30);  // next to the first
  t.add(SeriesId{1}, 5, 1);    // nothing
  EXPECT_EQ((std::vector<DeletedRange>(t.of(SeriesId{1}).begin(), t.of(SeriesId{1}).end())),
            (std::vector<DeletedRange>{{10, 30}, {40, 50}}));
  t.add(SeriesId{1}, std::numeric_limits<UnixMillis>::min(),
        std::numeric_limits<UnixMillis>::max());
  EXPECT_EQ(t.of(SeriesId{1}).size(), 1u);
  EXPECT_TRUE(t.of(SeriesId{2}).empty());
}

TEST(Tombstones, DeletedSamplesLeaveTheColumn) {
  Tombstones t;
  t.add(SeriesId{1}, 10, 20);
  t.add(SeriesId{1}, 40, 40);
  SampleColumn column;
  column.t_ms = {5, 10, 20, 21, 40, 41}, column.value = {1, 2, 3, 4, 5, 6},
  column.start_ms = {1, 1, 1, 2, 2, 2};
  t.apply(SeriesId{1}, column);
  EXPECT_EQ(column.t_ms, (std::vector<UnixMillis>{5, 21, 41}));
  EXPECT_EQ(column.value, (std::vector<double>{1, 4, 6}));
  EXPECT_EQ(column.start_ms, (std::vector<UnixMillis>{1, 2, 2}));
}

TEST(Tombstones, TheFileSurvivesAndEveryFlippedByteIsFound) {
  Tombstones t;
  t.add(SeriesId{7}, -5, 1'700'000'000'000);
  t.add(SeriesId{9}, 1, 2);
  t.add(SeriesId{9}, 10, 12);
  SimDisk disk;
  EXPECT_TRUE(Tombstones::load(disk, "tombstones")->empty());
  ASSERT_TRUE(t.save(disk, "tombstones"));
  EXPECT_EQ(*Tombstones::load(disk, "tombstones"), t);
  const auto bytes = t.encode();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto flipped = bytes;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x10);
    EXPECT_FALSE(Tombstones::decode(flipped)) << i;
    EXPECT_FALSE(Tombstones::decode(bytes.substr(0, i))) << i;
  }
}

}  // namespace
}  // namespace pharos::metrics
