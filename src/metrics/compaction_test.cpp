#include "metrics/compaction.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "base/clock.hpp"
#include "base/sim_disk.hpp"
#include "metrics/cold_block.hpp"
#include "metrics/downsample.hpp"
#include "metrics/sample_fold.hpp"

namespace pharos::metrics {
namespace {

constexpr UnixMillis kDay = 86'400'000;
constexpr UnixMillis kStart = 19'700 * kDay;
constexpr UnixMillis kEver = std::numeric_limits<UnixMillis>::max(),
                     kNever = std::numeric_limits<UnixMillis>::min();

struct Fixture : testing::Test {
  SimDisk disk;
  ThreadPool pool{"test", 2};
  int number = 0;

  std::shared_ptr<const Part> hot(std::vector<std::pair<std::uint64_t, SampleColumn>> series) {
    auto segment = HotSegment::create(disk, std::to_string(++number) + ".hot");
    for (const auto& [id, c] : series)
      for (std::size_t at = 0; at < c.size(); at += 128) {
        const auto n = std::min<std::size_t>(128, c.size() - at);
        EXPECT_TRUE((*segment)->append({{Granule{SeriesId{id},
                                                 std::span(c.t_ms).subspan(at, n),
                                                 std::span(c.value).subspan(at, n),
                                                 {},
                                                 {}}}}));
      }
    return (*segment)->part();
  }
  std::shared_ptr<const Part> open(const std::string& path) {
    std::vector<std::string> damage;
    auto part = open_part(disk, path, damage);
    EXPECT_TRUE(part) << part.error().message;
    return *part;
  }
  Compaction work(std::vector<std::shared_ptr<const Part>> parts) {
    return {.parts = std::move(parts),
            .labels = [](SeriesId id) -> Result<Labels> {
              return Labels{{"__name__", "m"},
                            {"id", std::to_string(static_cast<std::uint64_t>(id))}};
            },
            .next_path = [this] { return std::to_string(++number) + ".cold"; }};
  }
};

SampleColumn column(UnixMillis from, std::size_t n, UnixMillis step, double first = 0,
                    double by = 1) {
  SampleColumn out;
  for (std::size_t i = 0; i < n; ++i) {
    out.t_ms.push_back(from + static_cast<UnixMillis>(i) * step);
    out.value.push_back(first + by * static_cast<double>(i));
  }
  return out;
}

SampleColumn read(const Part& part, std::uint64_t id) {
  SampleColumn out;
  EXPECT_TRUE(part.read(SeriesId{id}, kNever, kEver, out));
  return out;
}

using CompactionTest = Fixture;

TEST_F(CompactionTest, OutputsAreCutAtMidnightAndHoldEverySample) {
  std::vector<std::pair<std::uint64_t, SampleColumn>> series;
  for (std::uint64_t id = 1; id <= 1200; ++id)
    series.emplace_back(id, column(kStart + kDay - 60'000, 8, 15'000, static_cast<double>(id)));
  const auto result = compact(disk, pool, work({hot(series)}));
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_EQ(result->paths.size(), 2u);
  EXPECT_EQ(result->samples, 1200u * 8);
  const auto before = open(result->paths[0]), after = open(result->paths[1]);
  EXPECT_EQ(before->max_ms(), kStart + kDay - 15'000);
  EXPECT_EQ(after->min_ms(), kStart + kDay);
  for (std::uint64_t id = 1; id <= 1200; id += 111) {
    auto all = read(*before, id);
    append(all, SampleSpan(read(*after, id)));
    EXPECT_EQ(all.t_ms, series[id - 1].second.t_ms);
    EXPECT_EQ(all.value, series[id - 1].second.value);
    EXPECT_EQ(before->labels(SeriesId{id})->get("id"), std::to_string(id));
  }
}

TEST_F(CompactionTest, OfEqualTimesTheEarlierStoredPartWins) {
  const auto first = hot({{1, column(kStart, 4, 1000, 10)}}),
             second = hot({{1, column(kStart + 2000, 4, 1000, 99)}, {2, column(kStart, 1, 1)}});
  const auto result = compact(disk, pool, work({first, second}));
  ASSERT_TRUE(result);
  const auto merged = read(*open(result->paths.at(0)), 1);
  EXPECT_EQ(merged.value, (std::vector<double>{10, 11, 12, 13, 101, 102}));
  // Cold blocks and hot segments merge alike, labels come from the block.
  auto again = work({open(result->paths[0]), hot({{1, column(kStart - 500, 3, 1000, 7)}})});
  const auto twice = compact(disk, pool, again);
  ASSERT_TRUE(twice);
  EXPECT_EQ(twice->paths.size(), 2u);  // kStart is midnight
  EXPECT_EQ(read(*open(twice->paths[1]), 1).value,
            (std::vector<double>{10, 8, 11, 9, 12, 13, 101, 102}));
}

TEST_F(CompactionTest, TombstonesAndRetentionTakeSamplesAway) {
  Tombstones tombstones;
  tombstones.add(SeriesId{1}, kStart + 1000, kStart + 2000);
  tombstones.add(SeriesId{3}, kNever, kEver);
  auto job = work({hot({{1, column(kStart, 5, 1000)},
                        {2, column(kStart, 5, 1000)},
                        {3, column(kStart, 5, 1000)},
                        {4, column(kStart, 5, 1000)}})});
  job.tombstones = &tombstones;
  job.keep_from = [](SeriesId id, const Labels&) -> std::optional<UnixMillis> {
    if (id == SeriesId{4}) return std::nullopt;
    return id == SeriesId{2} ? kStart + 3000 : kNever;
  };
  const auto result = compact(disk, pool, job);
  ASSERT_TRUE(result);
  const auto part = open(result->paths.at(0));
  EXPECT_EQ(read(*part, 1).value, (std::vector<double>{0, 3, 4}));
  EXPECT_EQ(read(*part, 2).value, (std::vector<double>{3, 4}));
  EXPECT_EQ(part->series_count(), 2u);
  tombstones.add(SeriesId{1}, kNever, kEver);
  tombstones.add(SeriesId{2}, kNever, kEver);
  const auto nothing = compact(disk, pool, job);
  ASSERT_TRUE(nothing);
  EXPECT_TRUE(nothing->paths.empty());
}

TEST_F(CompactionTest, AnErrorOrAStopLeavesNoOutput) {
  const auto part = hot({{1, column(kStart, 5, 1000)}, {2, column(kStart + kDay, 5, 1000)}});
  const auto files = disk.list("")->size();
  disk.fail_sync_at(2);  // of the second output
  EXPECT_FALSE(compact(disk, pool, work({part})));
  EXPECT_EQ(disk.list("")->size(), files);
  std::stop_source stop;
  stop.request_stop();
  auto job = work({part});
  job.stop = stop.get_token();
  const auto stopped = compact(disk, pool, job);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Errc::cancelled);
  EXPECT_EQ(disk.list("")->size(), files);
}

TEST_F(CompactionTest, TimesBeforeTheEpochAreCutAlikeAndImpossibleOnesAreRefused) {
  const auto early = compact(disk, pool, work({hot({{1, column(-kDay - 1000, 3, 1000)}})}));
  ASSERT_TRUE(early);
  ASSERT_EQ(early->paths.size(), 2u);
  EXPECT_EQ(open(early->paths[0])->max_ms(), -kDay - 1000);
  EXPECT_EQ(open(early->paths[1])->samples(), 2u);
  SampleColumn wild;
  wild.t_ms = {std::numeric_limits<UnixMillis>::min(), std::numeric_limits<UnixMillis>::max()},
  wild.value = {1, 2};
  const auto refused = compact(disk, pool, work({hot({{1, wild}})}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::limit);
}

TEST_F(CompactionTest, ADamagedGranuleIsNamedAndTheRestGoesOn) {
  auto segment = HotSegment::create(disk, "90.hot");
  const auto c = column(kStart, 100, 1000, 0, 1.5);
  std::vector<std::uint64_t> ends;
  for (std::uint64_t id = 1; id <= 3; ++id) {
    ASSERT_TRUE((*segment)->append({{Granule{SeriesId{id}, c.t_ms, c.value, {}, {}}}}));
    ends.push_back((*segment)->bytes());
  }
  ASSERT_TRUE((*segment)->finish());
  ASSERT_TRUE(disk.flip_bit("90.hot", ends[0] + 40));
  const auto result = compact(disk, pool, work({open("90.hot")}));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->damage.size(), 1u);
  EXPECT_EQ(open(result->paths.at(0))->series_count(), 2u);
}

TEST_F(CompactionTest, RollUpsAgreeWithTheSamplesTheyStandFor) {
  Random random(4);
  auto raw = column(kStart, 5760, 15'000);
  double counter = 100;
  std::vector<double> increases;  // per hour
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const auto step = static_cast<double>(random.below(20));
    if (i % 1000 == 999)
      counter = step;
    else
      counter += step;
    raw.value[i] = i % 777 == 5 ? stale_nan() : counter;
  }
  const auto fine = downsample(disk, pool, work({hot({{1, raw}})}), Resolution::five_minutes);
  ASSERT_TRUE(fine) << fine.error().message;
  const auto five = open(fine->paths.at(0));
  EXPECT_EQ(five->resolution(), Resolution::five_minutes);
  EXPECT_EQ(five->samples(), 288u);
  const auto coarse = downsample(disk, pool, work({five}), Resolution::one_hour);
  ASSERT_TRUE(coarse) << coarse.error().message;
  const auto hour = open(coarse->paths.at(0));
  for (const auto& part : {five, hour}) {
    const auto window = window_ms(part->resolution());
    const auto get = [&](Aggregate a) {
      SampleColumn out;
      EXPECT_TRUE(part->read_aggregate(SeriesId{1}, a, kNever, kEver, out));
      return out;
    };
    const auto count = get(Aggregate::count), sum = get(Aggregate::sum), min = get(Aggregate::min),
               max = get(Aggregate::max);
    const auto average = read(*part, 1);
    double total_increase = 0, previous = -1;
    std::size_t i = 0;
    for (std::size_t w = 0; w < count.size(); ++w) {
      double n = 0, s = 0, low = 1e300, high = -1e300;
      const auto end = (count.t_ms[w] / window + 1) * window;
      for (; i < raw.size() && raw.t_ms[i] < end; ++i) {
        const double v = raw.value[i];
        if (is_stale(v)) continue;
        n += 1, s += v, low = std::min(low, v), high = std::max(high, v);
        if (previous >= 0) total_increase += v >= previous ? v - previous : v;
        previous = v;
      }
      ASSERT_EQ(count.value[w], n);
      ASSERT_EQ(sum.value[w], s);
      ASSERT_EQ(min.value[w], low);
      ASSERT_EQ(max.value[w], high);
      ASSERT_EQ(average.value[w], s / n);
    }
    SampleColumn grown;
    ASSERT_TRUE(read_for_function(*part, SeriesId{1}, "rate", kNever, kEver, grown));
    EXPECT_TRUE(std::ranges::adjacent_find(grown.value, std::greater<>{}) == grown.value.end());
    EXPECT_DOUBLE_EQ(grown.value.back() - raw.value[0], total_increase);
  }
  // Roll-ups merge with one another.
  const auto merged = compact(disk, pool, work({five}));
  ASSERT_TRUE(merged);
  EXPECT_EQ(open(merged->paths.at(0))->samples(), 288u);
}

}  // namespace
}  // namespace pharos::metrics
