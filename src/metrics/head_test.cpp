#include "metrics/head.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <map>

#include "base/clock.hpp"

namespace pharos::metrics {
namespace {

using testing::ElementsAre;
constexpr UnixMillis kFrom = std::numeric_limits<UnixMillis>::min(), kTo = std::numeric_limits<UnixMillis>::max();

struct HeadTest : testing::Test {
  Head head;
  SampleColumn open(Slot slot, UnixMillis from = kFrom, UnixMillis to = kTo) {
    SampleColumn open, late;
    head.read(slot, from, to, open, late);
    return open;
  }
  SampleColumn late(Slot slot) {
    SampleColumn open, late;
    head.read(slot, kFrom, kTo, open, late);
    return late;
  }
};

TEST_F(HeadTest, ReadsBackWhatWasAppended) {
  head.grow(2);
  head.begin_batch();
  for (int k = 0; k < 20; ++k) EXPECT_EQ(head.append(1, k * 10, k * 0.5).verdict, Head::Verdict::stored);
  const auto all = open(1);
  ASSERT_EQ(all.size(), 20u);
  EXPECT_EQ(all.value[7], 3.5);
  EXPECT_THAT(open(1, 25, 45).t_ms, ElementsAre(30, 40));
  EXPECT_TRUE(open(0).empty());
  EXPECT_EQ(head.open_from(1), 0);
  EXPECT_EQ(head.last_ms(1), 190);
}

TEST_F(HeadTest, JudgesByTheNewestSampleBitForBit) {
  head.grow(1);
  head.append(0, 10, 0.0);
  EXPECT_EQ(head.append(0, 10, 0.0).verdict, Head::Verdict::same);
  EXPECT_EQ(head.append(0, 10, -0.0).verdict, Head::Verdict::duplicate);
  EXPECT_EQ(head.append(0, 9, 0.0).verdict, Head::Verdict::late);
  EXPECT_EQ(open(0).size(), 1u);
}

TEST_F(HeadTest, ASeriesThatMovesAfterStandingStillKeepsItsPast) {
  head.grow(1);
  for (int k = 0; k < 50; ++k) head.append(0, k, 7.0);
  head.append(0, 50, 8.0);
  const auto all = open(0);
  ASSERT_EQ(all.size(), 51u);
  EXPECT_EQ(all.value[49], 7.0);
  EXPECT_EQ(all.value[50], 8.0);
}

TEST_F(HeadTest, AFullBlockSaysSoAndTakesMoreOnceCleared) {
  head.grow(1);
  for (int k = 0; k < 127; ++k) EXPECT_FALSE(head.append(0, k, k).full);
  EXPECT_TRUE(head.append(0, 127, 127).full);
  EXPECT_EQ(head.append(0, 128, 128).verdict, Head::Verdict::full);
  Head::Open scratch;
  Granule granule;
  ASSERT_TRUE(head.open_granule(0, scratch, granule));
  EXPECT_EQ(granule.t_ms.size(), 128u);
  EXPECT_EQ(granule.value[127], 127.0);
  head.clear_open(0);
  EXPECT_EQ(head.append(0, 127, 127).verdict, Head::Verdict::same) << "the newest sample stays known";
  EXPECT_EQ(head.append(0, 128, 128).verdict, Head::Verdict::stored);
  EXPECT_THAT(open(0).t_ms, ElementsAre(128));
}

TEST_F(HeadTest, LateSamplesAreKeptSortedAndJudged) {
  head.grow(1);
  head.append(0, 100, 1);
  head.append(0, 200, 2);
  EXPECT_EQ(head.append_late(0, 50, 5, nullptr, 0), Head::Late::stored);
  EXPECT_EQ(head.append_late(0, 20, 2, nullptr, 0), Head::Late::stored);
  EXPECT_EQ(head.append_late(0, 50, 5, nullptr, 0), Head::Late::same);
  EXPECT_EQ(head.append_late(0, 50, 6, nullptr, 0), Head::Late::duplicate);
  EXPECT_EQ(head.append_late(0, 100, 1, nullptr, 0), Head::Late::same) << "it is open already";
  EXPECT_EQ(head.append_late(0, 100, 9, nullptr, 0), Head::Late::duplicate);
  EXPECT_THAT(late(0).t_ms, ElementsAre(20, 50));
  EXPECT_EQ(head.late_samples(), 2u);
}

TEST_F(HeadTest, HistogramsAndStartTimesStandBesideTheValues) {
  head.grow(1);
  head.append(0, 1, 0.5);
  auto h = std::make_shared<Histogram>();
  h->count = 3;
  EXPECT_EQ(head.append(0, 2, HistogramPtr(h)).verdict, Head::Verdict::stored);
  head.set_start(0, 1);
  EXPECT_EQ(head.append(0, 2, HistogramPtr(std::make_shared<Histogram>(*h))).verdict, Head::Verdict::same);
  EXPECT_EQ(head.append(0, 2, 0.0).verdict, Head::Verdict::duplicate) << "a float is not a histogram";
  head.append(0, 3, 0.75);
  const auto all = open(0);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_THAT(all.start_ms, ElementsAre(0, 1, 0));
  ASSERT_EQ(all.histograms.size(), 3u);
  EXPECT_TRUE(all.histograms[1]->identical(*h));
  EXPECT_EQ(all.histograms[2], nullptr);
  EXPECT_EQ(all.value[2], 0.75);
}

// Many series with shared, missing and odd times against a map.
TEST_F(HeadTest, EqualsAModelUnderMissedAndStrayScrapes) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Head tested;
    Random random(seed);
    constexpr Slot kSeries = 12;
    tested.grow(kSeries);
    std::vector<std::map<UnixMillis, double>> model(kSeries);
    for (int k = 0; k < 400; ++k) {
      tested.begin_batch();
      for (Slot slot = 0; slot < kSeries; ++slot) {
        if (random.below(20) == 0) continue;
        const auto t = k * 1000 + (random.below(30) == 0 ? static_cast<UnixMillis>(random.below(500)) : 0);
        const double v = slot % 3 == 0 ? 1.0 : random.below(3) == 0 ? static_cast<double>(k) : 5.0;
        auto stored = tested.append(slot, t, v);
        if (stored.verdict == Head::Verdict::full) {
          ADD_FAILURE() << "not announced";
          return;
        }
        ASSERT_EQ(stored.verdict, Head::Verdict::stored);
        model[slot][t] = v;
        if (stored.full) {
          Head::Open scratch;
          Granule g;
          ASSERT_TRUE(tested.open_granule(slot, scratch, g));
          ASSERT_EQ(g.t_ms.size(), model[slot].size());
          std::size_t i = 0;
          for (const auto& [time, value] : model[slot]) {
            ASSERT_EQ(g.t_ms[i], time);
            ASSERT_EQ(g.value[i++], value);
          }
          tested.clear_open(slot);
          model[slot].clear();
        }
      }
    }
    for (Slot slot = 0; slot < kSeries; ++slot) {
      SampleColumn open, late;
      tested.read(slot, kFrom, kTo, open, late);
      ASSERT_EQ(open.size(), model[slot].size());
      std::size_t i = 0;
      for (const auto& [time, value] : model[slot]) {
        EXPECT_EQ(open.t_ms[i], time);
        EXPECT_EQ(open.value[i++], value);
      }
    }
  }
}

TEST_F(HeadTest, DropsWhatAPartAlreadyHas) {
  head.grow(1);
  for (int k = 0; k < 10; ++k) head.append(0, k, k);
  head.drop_open_until(0, 6);
  EXPECT_THAT(open(0).t_ms, ElementsAre(7, 8, 9));
  head.drop_open_until(0, 9);
  EXPECT_TRUE(open(0).empty());
  EXPECT_EQ(head.last_ms(0), 9);
  EXPECT_EQ(head.append(0, 9, 9).verdict, Head::Verdict::same);
}

}  // namespace
}  // namespace pharos::metrics
