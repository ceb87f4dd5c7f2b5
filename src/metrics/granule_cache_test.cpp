#include "metrics/granule_cache.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <limits>

namespace pharos::metrics {
namespace {

using testing::ElementsAre;

constexpr auto kEver = std::numeric_limits<UnixMillis>::max();
constexpr auto kNever = std::numeric_limits<UnixMillis>::min();
constexpr GranuleCache::Key kKey{0, SeriesId{7}};

struct Samples {
  std::vector<UnixMillis> t_ms;
  std::vector<double> value;
  CachedRun run(UnixMillis from, UnixMillis to) const { return {from, to, t_ms, value}; }
};
Samples samples(std::vector<UnixMillis> t) {
  Samples out{std::move(t), {}};
  for (const auto at : out.t_ms) out.value.push_back(static_cast<double>(at) / 2);
  return out;
}

std::vector<UnixMillis> times(GranuleCache& cache, UnixMillis from, UnixMillis to) {
  SampleColumn out;
  EXPECT_TRUE(cache.read(kKey, from, to, out));
  for (std::size_t i = 0; i < out.size(); ++i)
    EXPECT_EQ(out.value[i], static_cast<double>(out.t_ms[i]) / 2);
  return out.t_ms;
}

TEST(GranuleCache, AnswersEveryRangeInsideARegularRun) {
  GranuleCache cache(1 << 20);
  cache.put(kKey, samples({100, 110, 120, 130}).run(100, kEver));
  EXPECT_THAT(times(cache, 100, kEver), ElementsAre(100, 110, 120, 130));
  EXPECT_THAT(times(cache, 110, 120), ElementsAre(110, 120));
  EXPECT_THAT(times(cache, 101, 129), ElementsAre(110, 120));
  EXPECT_THAT(times(cache, 111, 119), ElementsAre());
  EXPECT_THAT(times(cache, 131, kEver), ElementsAre());
}

TEST(GranuleCache, AnswersEveryRangeInsideAnIrregularRun) {
  GranuleCache cache(1 << 20);
  cache.put(kKey, samples({-5, 0, 7, 300}).run(kNever, 400));
  EXPECT_THAT(times(cache, kNever, 400), ElementsAre(-5, 0, 7, 300));
  EXPECT_THAT(times(cache, kNever, -6), ElementsAre());
  EXPECT_THAT(times(cache, 0, 7), ElementsAre(0, 7));
  EXPECT_THAT(times(cache, 8, 299), ElementsAre());
  EXPECT_THAT(times(cache, 300, 300), ElementsAre(300));
}

TEST(GranuleCache, KeepsOneSampleAndEqualValues) {
  GranuleCache cache(1 << 20);
  cache.put(kKey, samples({50}).run(kNever, kEver));
  EXPECT_THAT(times(cache, kNever, kEver), ElementsAre(50));
  EXPECT_THAT(times(cache, 51, kEver), ElementsAre());

  const double nan = std::bit_cast<double>(std::uint64_t{0x7ff0000000000002});
  const std::vector<UnixMillis> t{1, 2, 4};
  const std::vector<double> v{nan, nan, nan};
  cache.put(kKey, {0, 9, t, v});
  SampleColumn out;
  ASSERT_TRUE(cache.read(kKey, 2, 9, out));
  ASSERT_EQ(out.value.size(), 2u);
  for (const auto value : out.value)
    EXPECT_EQ(std::bit_cast<std::uint64_t>(value), 0x7ff0000000000002u);
}

TEST(GranuleCache, AppendsToWhatIsThere) {
  GranuleCache cache(1 << 20);
  cache.put(kKey, samples({100, 110}).run(100, 110));
  SampleColumn out;
  out.t_ms = {90}, out.value = {45}, out.start_ms = {80};
  ASSERT_TRUE(cache.read(kKey, 100, 110, out));
  EXPECT_THAT(out.t_ms, ElementsAre(90, 100, 110));
  EXPECT_THAT(out.start_ms, ElementsAre(80, 0, 0));
}

TEST(GranuleCache, DoesNotAnswerBeyondWhatARunCovers) {
  GranuleCache cache(1 << 20);
  SampleColumn out;
  EXPECT_FALSE(cache.read(kKey, 100, 110, out));
  cache.put(kKey, samples({100, 110}).run(95, 115));
  EXPECT_FALSE(cache.read(kKey, 94, 110, out));
  EXPECT_FALSE(cache.read(kKey, 100, 116, out));
  EXPECT_FALSE(cache.read({1, SeriesId{7}}, 100, 110, out));
  EXPECT_FALSE(cache.read({0, SeriesId{8}}, 100, 110, out));
  EXPECT_TRUE(out.empty());
  cache.put(kKey, samples({200, 210}).run(200, 210));  // the newer run replaces the older
  EXPECT_FALSE(cache.read(kKey, 100, 110, out));
  EXPECT_TRUE(cache.read(kKey, 200, 210, out));
}

TEST(GranuleCache, StaysWithinItsBoundAndKeepsSomeOfAScanThatDoesNotFit) {
  constexpr std::size_t kBytesMax = 1 << 20;
  GranuleCache cache(kBytesMax);
  std::vector<UnixMillis> t;
  for (int i = 0; i < 128; ++i) t.push_back(i * 15'000);
  const auto all = samples(t);
  const auto run = all.run(kNever, kEver);
  std::size_t found = 0;
  for (int round = 0; round < 3; ++round)
    for (std::uint64_t id = 0; id < 2'000; ++id) {  // about twice what fits
      SampleColumn out;
      if (cache.read({0, SeriesId{id}}, 0, 1, out))
        ++found;
      else
        cache.put({0, SeriesId{id}}, run);
      ASSERT_LE(cache.bytes(), kBytesMax);
    }
  EXPECT_GT(found, 200u);
  EXPECT_GT(cache.bytes(), kBytesMax / 2);
}

TEST(GranuleCache, SweepsLetGoWhatNobodyRead) {
  GranuleCache cache(1 << 20);
  cache.put(kKey, samples({100}).run(kNever, kEver));
  cache.put({0, SeriesId{8}}, samples({100}).run(kNever, kEver));
  EXPECT_THAT(times(cache, 0, 200), ElementsAre(100));
  cache.sweep();
  SampleColumn out;
  EXPECT_FALSE(cache.read({0, SeriesId{8}}, 0, 200, out));
  EXPECT_THAT(times(cache, 0, 200), ElementsAre(100));
  cache.sweep(), cache.sweep();
  EXPECT_FALSE(cache.read(kKey, 0, 200, out));
  EXPECT_EQ(cache.bytes(), 0u);
}

}  // namespace
}  // namespace pharos::metrics
