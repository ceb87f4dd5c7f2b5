#include "metrics/verify.hpp"

#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "base/sim_disk.hpp"
#include "metrics/cold_block.hpp"

namespace pharos::metrics {
namespace {

constexpr UnixMillis kStart = 1'700'000'000'000;

std::vector<SampleColumn> columns() {
  std::vector<SampleColumn> out(4);
  Random random(1);
  for (std::size_t s = 0; s < out.size(); ++s)
    for (int i = 0; i < 100; ++i) {
      out[s].t_ms.push_back(kStart + i * 1000);
      out[s].value.push_back(s == 0   ? 5
                             : s == 1 ? i * 3
                             : s == 2 ? random.uniform()
                                      : static_cast<double>(random.below(100)));
    }
  return out;
}

void expect_every_damage_is_found(SimDisk& disk, const std::string& path) {
  const auto good = *disk.read(path);
  std::vector<Damage> damage;
  verify_part(disk, path, false, damage);
  ASSERT_TRUE(damage.empty()) << damage[0].what;
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto flipped = good;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
    ASSERT_TRUE(disk.replace(path, as_bytes(flipped)));
    damage.clear();
    verify_part(disk, path, false, damage);
    EXPECT_FALSE(damage.empty()) << "byte " << i;
    std::vector<std::string> ignored;
    if (const auto part =
            open_part(disk, path, ignored))  // reading it anyway must be an answer or an error
      for (std::uint64_t id = 1; id <= 4; ++id) {
        SampleColumn column;
        (void)(*part)->read(SeriesId{id}, 0, 2 * kStart, column);
        WindowFacts facts{.exact = true};
        (void)(*part)->fold_facts(SeriesId{id}, 0, 2 * kStart, facts);
        (void)(*part)->labels(SeriesId{id});
      }
  }
  for (std::size_t length = 0; length < good.size(); ++length) {
    ASSERT_TRUE(disk.replace(path, as_bytes(std::string_view(good).substr(0, length))));
    damage.clear();
    verify_part(disk, path, false, damage);
    EXPECT_FALSE(damage.empty()) << "cut to " << length;
  }
}

TEST(Verify, EveryFlippedByteAndEveryTruncationOfAHotSegmentIsFound) {
  SimDisk disk;
  auto segment = HotSegment::create(disk, "00000001.hot");
  const auto data = columns();
  for (int round = 0; round < 2; ++round) {
    std::vector<Granule> granules;
    for (std::uint64_t s = 0; s < 2; ++s) {
      const auto& c = data[s + static_cast<std::size_t>(round) * 2];
      granules.push_back({SeriesId{s + static_cast<std::uint64_t>(round) * 2 + 1}, c.t_ms, c.value,
                          c.histograms, c.start_ms});
    }
    ASSERT_TRUE((*segment)->append(granules));
  }
  ASSERT_TRUE((*segment)->finish());
  segment->reset();
  expect_every_damage_is_found(disk, "00000001.hot");
}

TEST(Verify, EveryFlippedByteAndEveryTruncationOfAColdBlockIsFound) {
  SimDisk disk;
  auto writer = ColdBlockWriter::create(disk, "00000001.cold");
  const auto data = columns();
  for (std::uint64_t s = 0; s < 4; ++s)
    ASSERT_TRUE((*writer)->add_series(
        SeriesId{s + 1}, Labels{{"__name__", "m"}, {"s", std::to_string(s)}}, data[s]));
  ASSERT_TRUE((*writer)->finish());
  writer->reset();
  expect_every_damage_is_found(disk, "00000001.cold");
}

TEST(Verify, ASegmentStillBeingWrittenIsNoDamage) {
  SimDisk disk;
  auto segment = HotSegment::create(disk, "00000001.hot");
  const auto data = columns();
  ASSERT_TRUE((*segment)->append({{Granule{SeriesId{1}, data[0].t_ms, data[0].value, {}, {}}}}));
  std::vector<Damage> damage;
  verify_part(disk, "00000001.hot", true, damage);
  EXPECT_TRUE(damage.empty());
  verify_part(disk, "00000001.hot", false, damage);
  EXPECT_EQ(damage.size(), 1u);
}

TEST(Verify, AWholeFolderIsReadAndOtherFilesGoToTheirOwners) {
  SimDisk disk;
  ASSERT_TRUE(disk.make_dirs("store/parts"));
  auto segment = HotSegment::create(disk, "store/parts/00000001.hot");
  const auto data = columns();
  ASSERT_TRUE((*segment)->append({{Granule{SeriesId{1}, data[0].t_ms, data[0].value, {}, {}}}}));
  ASSERT_TRUE(disk.replace("store/parts/00000002.cold", as_bytes("not a block")));
  ASSERT_TRUE(disk.replace("store/tombstones", as_bytes("nor this")));
  ASSERT_TRUE(disk.replace("store/odd.file", as_bytes("?")));
  add_file_check([](Disk&, const std::string& path, std::vector<Damage>& damage) {
    if (!path.ends_with("odd.file")) return false;
    damage.push_back({path, 0, "odd"});
    return true;
  });
  const auto damage = verify(disk, "store");
  ASSERT_TRUE(damage);
  std::vector<std::string> files;
  for (const auto& d : *damage) files.push_back(d.file);
  EXPECT_EQ(files, (std::vector<std::string>{"store/odd.file", "store/parts/00000002.cold",
                                             "store/tombstones"}));
  EXPECT_FALSE(verify(disk, "nowhere"));
}

}  // namespace
}  // namespace pharos::metrics
