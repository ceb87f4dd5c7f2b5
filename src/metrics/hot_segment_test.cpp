#include "metrics/hot_segment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>

#include "base/clock.hpp"
#include "base/sim_disk.hpp"
#include "metrics/sample_fold.hpp"

namespace pharos::metrics {
namespace {

constexpr UnixMillis kStart = 1'700'000'000'000;

SampleColumn counter(UnixMillis from, std::size_t n, std::uint64_t seed, UnixMillis step = 15'000) {
  Random random(seed);
  SampleColumn out;
  double v = 1000;
  for (std::size_t i = 0; i < n; ++i) {
    out.t_ms.push_back(from + static_cast<UnixMillis>(i) * step);
    out.value.push_back(v += static_cast<double>(random.below(100)));
  }
  return out;
}

Granule granule(std::uint64_t id, const SampleColumn& c) {
  return {SeriesId{id}, c.t_ms, c.value, c.histograms, c.start_ms};
}

void expect_equal(const SampleColumn& a, const SampleColumn& b) {
  ASSERT_EQ(a.t_ms, b.t_ms);
  for (std::size_t i = 0; i < a.size(); ++i)
    ASSERT_EQ(std::bit_cast<std::uint64_t>(a.value[i]), std::bit_cast<std::uint64_t>(b.value[i]))
        << i;
  ASSERT_EQ(a.histograms.size(), b.histograms.size());
  for (std::size_t i = 0; i < a.histograms.size(); ++i) {
    ASSERT_EQ(a.histograms[i] != nullptr, b.histograms[i] != nullptr);
    if (a.histograms[i]) {
      ASSERT_TRUE(a.histograms[i]->identical(*b.histograms[i]));
    }
  }
  ASSERT_EQ(a.start_ms, b.start_ms);
}

SampleColumn read_all(const Part& part, std::uint64_t id) {
  SampleColumn out;
  const auto status = part.read(SeriesId{id}, std::numeric_limits<UnixMillis>::min(),
                                std::numeric_limits<UnixMillis>::max(), out);
  EXPECT_TRUE(status) << (status ? "" : status.error().message);
  return out;
}

// Reopening and the segment being written must answer alike.
void with_both(SimDisk& disk, HotSegment& segment, const std::string& path, auto&& check) {
  check(*segment.part());
  ASSERT_TRUE(segment.finish());
  std::vector<std::string> damage;
  const auto part = open_part(disk, path, damage);
  ASSERT_TRUE(part) << part.error().message;
  EXPECT_TRUE(damage.empty()) << damage[0];
  check(**part);
}

TEST(HotSegment, SealedGranulesAreReadableAtOnceAndAfterReopening) {
  SimDisk disk;
  auto segment = HotSegment::create(disk, "00000001.hot");
  ASSERT_TRUE(segment);
  std::vector<SampleColumn> columns;
  for (int round = 0; round < 3; ++round) {
    std::vector<Granule> granules;
    columns.clear();
    for (std::uint64_t id = 1; id <= 200; ++id)
      columns.push_back(
          counter(kStart + round * 128 * 15'000, 128, id * 10 + static_cast<std::uint64_t>(round)));
    for (std::uint64_t id = 1; id <= 200; ++id) granules.push_back(granule(id, columns[id - 1]));
    ASSERT_TRUE((*segment)->append(granules));
  }
  with_both(disk, **segment, "00000001.hot", [&](const Part& part) {
    EXPECT_EQ(part.series_count(), 200u);
    EXPECT_EQ(part.samples(), 200u * 3 * 128);
    EXPECT_EQ(part.min_ms(), kStart);
    EXPECT_EQ(part.max_ms(), kStart + (3 * 128 - 1) * 15'000);
    EXPECT_FALSE(part.contains(SeriesId{0}));
    EXPECT_FALSE(part.contains(SeriesId{201}));
    const auto column = read_all(part, 77);
    ASSERT_EQ(column.size(), 384u);
    SampleColumn last(column);
    last.t_ms.erase(last.t_ms.begin(), last.t_ms.begin() + 256);
    last.value.erase(last.value.begin(), last.value.begin() + 256);
    expect_equal(last, columns[76]);
    SampleColumn window;
    ASSERT_TRUE(part.read(SeriesId{77}, kStart + 100 * 15'000, kStart + 139 * 15'000, window));
    EXPECT_EQ(window.size(), 40u);
    std::vector<SeriesId> ids;
    part.each_series([&](SeriesId id) { ids.push_back(id); });
    ASSERT_EQ(ids.size(), 200u);
    EXPECT_TRUE(std::ranges::is_sorted(ids));
  });
}

TEST(HotSegment, SeriesOfOneTargetShareTheirTimes) {
  SimDisk disk;
  auto segment = HotSegment::create(disk, "00000001.hot");
  const auto first = counter(kStart, 128, 1);
  SampleColumn other = first;
  std::vector<Granule> granules;
  for (std::uint64_t id = 1; id <= 1000; ++id)
    granules.push_back(granule(id, id % 2 ? first : other));
  for (auto& v : other.value) v = 1;
  ASSERT_TRUE((*segment)->append(granules));
  const auto with_values = (*segment)->bytes();
  EXPECT_LT(with_values,
            500u * (128 + 12) + 500 * 14);  // 7-bit deltas for half of them, nothing for the rest
}

TEST(HotSegment, HistogramsAndStartTimesComeBackBitForBit) {
  SimDisk disk;
  auto segment = HotSegment::create(disk, "00000001.hot");
  SampleColumn column;
  for (int i = 0; i < 100; ++i) {
    column.t_ms.push_back(kStart + i * 1000);
    column.value.push_back(i == 99 ? stale_nan() : i == 50 ? 3.25 : 0);
    column.start_ms.push_back(i < 60 ? kStart - 5 : kStart + 59'500);
    if (i == 50) {
      column.histograms.push_back(nullptr);
      continue;
    }
    Histogram h;
    h.integer = i % 7 != 0;
    h.reset_hint = i == 60 ? ResetHint::reset : ResetHint::not_reset;
    h.schema = i < 80 ? 3 : kCustomBucketsSchema;
    if (h.custom()) h.custom_values = {0.1, 0.5, 2.5};
    h.zero_threshold = h.custom() ? 0 : 1e-128;
    h.positive_spans = {{-2, 3}, {1, 1}};
    h.positive = {1.0 + i, 2.0 * i, 0.5 * (i % 7 == 0), 7};
    if (!h.custom()) h.negative_spans = {{0, 1}}, h.negative = {static_cast<double>(i % 5)};
    h.count = 8.5 + 3 * i;
    h.sum = i == 99 ? stale_nan() : 0.1 * i;
    column.histograms.push_back(std::make_shared<Histogram>(h));
  }
  ASSERT_TRUE((*segment)->append({{granule(9, column)}}));
  with_both(disk, **segment, "00000001.hot", [&](const Part& part) {
    expect_equal(read_all(part, 9), column);
    WindowFacts facts{.exact = true};
    ASSERT_TRUE(part.fold_facts(SeriesId{9}, kStart, kStart + 1'000'000, facts));
    EXPECT_FALSE(facts.exact);
  });
}

TEST(HotSegment, LateGranulesAreMergedAndTheEarlierStoredWinsAnEqualTime) {
  SimDisk disk;
  auto segment = HotSegment::create(disk, "00000001.hot");
  SampleColumn now, late;
  now.t_ms = {100, 200, 300}, now.value = {1, 2, 3};
  late.t_ms = {50, 200, 250, 400}, late.value = {10, 20, 25, 40};
  ASSERT_TRUE((*segment)->append({{granule(1, now)}}));
  ASSERT_TRUE((*segment)->append({{granule(1, late)}}));
  with_both(disk, **segment, "00000001.hot", [&](const Part& part) {
    const auto all = read_all(part, 1);
    EXPECT_EQ(all.t_ms, (std::vector<UnixMillis>{50, 100, 200, 250, 300, 400}));
    EXPECT_EQ(all.value, (std::vector<double>{10, 1, 2, 25, 3, 40}));
    WindowFacts facts{.exact = true};
    ASSERT_TRUE(part.fold_facts(SeriesId{1}, 0, 1000, facts));
    EXPECT_TRUE(facts.exact);
    EXPECT_EQ(facts.count, 6u);
    EXPECT_EQ(facts.first, 10);
    EXPECT_EQ(facts.last, 40);
  });
}

TEST(HotSegment, FactsEqualWhatTheSamplesSay) {
  SimDisk disk;
  auto segment = HotSegment::create(disk, "00000001.hot");
  Random random(11);
  SampleColumn all;
  for (int round = 0; round < 5; ++round) {
    auto column = counter(kStart + round * 128 * 15'000, 128, static_cast<std::uint64_t>(round));
    for (auto& v : column.value)
      if (round == 1)
        v = random.uniform();
      else if (round == 2 && random.below(9) == 0)
        v = stale_nan();
      else if (round == 3)
        v = 5;
    ASSERT_TRUE((*segment)->append({{granule(3, column)}}));
    append(all, SampleSpan(column));
  }
  for (int i = 0; i < 200; ++i) {
    const auto from = kStart + static_cast<UnixMillis>(random.below(640)) * 15'000,
               to = from + static_cast<UnixMillis>(random.below(640)) * 15'000;
    WindowFacts expected{.exact = true}, got{.exact = true};
    fold(expected, SampleSpan(all).between(from, to));
    ASSERT_TRUE((*segment)->part()->fold_facts(SeriesId{3}, from, to, got));
    EXPECT_TRUE(got.exact);
    EXPECT_EQ(got.count, expected.count);
    if (expected.count == 0) continue;
    EXPECT_EQ(got.first_ms, expected.first_ms);
    EXPECT_EQ(got.last_ms, expected.last_ms);
    EXPECT_EQ(got.first, expected.first);
    EXPECT_EQ(got.last, expected.last);
    EXPECT_EQ(got.min, expected.min);
    EXPECT_EQ(got.max, expected.max);
  }
}

TEST(HotSegment, AScanCutsTheTornTailAndKeepsWhatWasWhole) {
  for (std::uint64_t cut = 1; cut < 150; cut += 7) {
    SimDisk disk;
    auto segment = HotSegment::create(disk, "00000001.hot");
    const auto first = counter(kStart, 128, 1), second = counter(kStart + 128 * 15'000, 128, 2);
    ASSERT_TRUE((*segment)->append({{granule(1, first)}}));
    const auto whole = (*segment)->bytes();
    ASSERT_TRUE((*segment)->append({{granule(1, second)}}));
    const auto size = (*segment)->bytes();
    segment->reset();
    {
      auto file = disk.open("00000001.hot");
      ASSERT_TRUE((*file)->truncate(std::max(whole, size - cut)));
    }
    std::vector<std::string> damage;
    const auto part = open_part(disk, "00000001.hot", damage);
    ASSERT_TRUE(part);
    EXPECT_EQ(damage.size(), size - cut > whole ? 1u : 0u);
    expect_equal(read_all(**part, 1), first);
    damage.clear();
    ASSERT_TRUE(open_part(disk, "00000001.hot", damage));
    EXPECT_TRUE(damage.empty());  // it was mended the first time
  }
}

TEST(HotSegment, ADamagedRecordAnswersCorruptForItsSeriesAndSparesTheOthers) {
  SimDisk disk;
  auto segment = HotSegment::create(disk, "00000001.hot");
  const auto column = counter(kStart, 128, 1);
  std::vector<std::uint64_t> ends;
  for (std::uint64_t id = 1; id <= 3; ++id) {
    ASSERT_TRUE((*segment)->append({{granule(id, column)}}));
    ends.push_back((*segment)->bytes());
  }
  ASSERT_TRUE((*segment)->finish());
  ASSERT_TRUE(disk.flip_bit("00000001.hot", ends[0] + 60, 3));  // in the values of series 2
  std::vector<std::string> damage;
  const auto part = open_part(disk, "00000001.hot", damage);
  ASSERT_TRUE(part);
  EXPECT_EQ(damage.size(), 1u);
  expect_equal(read_all(**part, 1), column);
  expect_equal(read_all(**part, 3), column);
  SampleColumn out;
  const auto status = (*part)->read(SeriesId{2}, 0, kStart * 2, out);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::corrupt);
}

TEST(HotSegment, ReadersGoOnWhileTheWriterAppends) {
  SimDisk disk;
  auto segment = HotSegment::create(disk, "00000001.hot");
  const auto part = (*segment)->part();
  std::atomic<bool> done{false};
  std::jthread reader([&] {
    while (!done) {
      for (std::uint64_t id = 1; id < 300; id += 7) {
        const auto column = read_all(*part, id);
        ASSERT_EQ(column.size() % 16, 0u);
        ASSERT_TRUE(std::ranges::is_sorted(column.t_ms));
      }
    }
  });
  for (int round = 0; round < 20; ++round) {
    const auto column = counter(kStart + round * 16 * 15'000, 16, 5);
    std::vector<Granule> granules;
    for (std::uint64_t id = 1; id < 300; ++id) granules.push_back(granule(id, column));
    ASSERT_TRUE((*segment)->append(granules));
  }
  done = true;
  reader.join();
  EXPECT_EQ(read_all(*part, 5).size(), 320u);
}

TEST(HotSegment, AFailedWriteLeavesWhatWasThere) {
  SimDisk disk;
  auto segment = HotSegment::create(disk, "00000001.hot");
  const auto first = counter(kStart, 128, 1), second = counter(kStart + 128 * 15'000, 128, 2);
  ASSERT_TRUE((*segment)->append({{granule(1, first)}}));
  disk.fail_write_at(1);
  EXPECT_FALSE((*segment)->append({{granule(1, second)}}));
  expect_equal(read_all(*(*segment)->part(), 1), first);
  ASSERT_TRUE((*segment)->append({{granule(1, second)}}));
  EXPECT_EQ(read_all(*(*segment)->part(), 1).size(), 256u);
}

}  // namespace
}  // namespace pharos::metrics
