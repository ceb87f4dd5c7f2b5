// The journal of many series replayed: blocks and lanes of the head, samples of every kind, seals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "metrics/head.hpp"
#include "metrics/store_fixture.hpp"
#include "model/histogram.hpp"

namespace pharos::metrics {
namespace {

struct StoreReplayTest : StoreFixture {
  static constexpr std::size_t kSeries = 3 * Head::kBlockSlots * Head::kLanes / 2 + 7;
  std::vector<SeriesRef> refs;

  void make_series() {
    std::vector<std::string> numbers;
    std::vector<LabelView> labels;
    std::vector<std::uint32_t> offsets{0};
    for (std::size_t i = 0; i < kSeries; ++i) numbers.push_back(std::to_string(i));
    for (const auto& number : numbers) {
      labels.push_back({"__name__", "m"});
      labels.push_back({"instance", number});
      offsets.push_back(static_cast<std::uint32_t>(labels.size()));
    }
    refs.resize(kSeries);
    std::vector<Appender::ResolveError> errors;
    store->resolve(labels, offsets, refs, errors);
    ASSERT_TRUE(errors.empty());
  }
  // Some stand still, some move; every third tick comes in another order.
  void tick(int k, std::size_t series) {
    std::vector<FloatSample> batch;
    const auto t = kTestNow - 4'000'000 + k * 15'000;
    for (std::size_t i = 0; i < series; ++i)
      batch.push_back({refs[i], t - (i % 701 == 3 && k % 7 == 6 ? 20'001 : 0),
                       i % 5 == 0 ? 7.0 : k * 0.25 + static_cast<double>(i)});
    if (k % 3 == 2) std::ranges::reverse(batch);
    const auto outcome = append(batch);
    ASSERT_TRUE(outcome) << outcome.error().message;
    ASSERT_EQ(outcome->rejected, 0u);
  }
  void rich_tick(int k) {
    auto histogram = std::make_shared<Histogram>();
    histogram->count = static_cast<double>(k);
    histogram->zero_count = static_cast<double>(k);
    const auto t = kTestNow - 100'000 + k * 10;
    const std::vector<HistogramSample> histograms{{refs[kSeries - 1], t, histogram}};
    const std::vector<FloatSample> floats{{refs[kSeries - 2], t, 1.5 * k}};
    const std::vector<UnixMillis> starts{t - 5};
    const auto outcome = store->append({.floats = floats,
                                        .float_start_ms = starts,
                                        .histograms = histograms,
                                        .histogram_start_ms = starts});
    ASSERT_TRUE(outcome) << outcome.error().message;
    ASSERT_EQ(outcome->rejected, 0u);
  }
  void fill() {
    make_series();
    for (int k = 0; k < 12; ++k) tick(k, kSeries);
    for (int k = 12; k < 140; ++k) tick(k, 300);  // these are sealed on the way
    for (int k = 0; k < 5; ++k) rich_tick(k);
  }
  std::uint64_t samples(const Shown& all) {
    std::uint64_t n = 0;
    for (const auto& [name, row] : all) n += row.size();
    return n;
  }
};

TEST_F(StoreReplayTest, GivesEverySampleOfEverySeriesAgain) {
  ASSERT_TRUE(open());
  fill();
  const auto before = shown();
  EXPECT_EQ(before.size(), kSeries);
  EXPECT_EQ(samples(before), kSeries * 12 + 300 * 128 + 10);
  kill_and_reopen();
  EXPECT_EQ(store->recovery().samples_replayed, kSeries * 12 + 300 * 128 + 10);
  EXPECT_TRUE(shown() == before);
  // And takes up where it was: the same again is nothing new, the next tick is.
  for (std::size_t i = 0; i < kSeries; ++i) refs[i] = series("m", std::to_string(i));
  tick(139, 300);
  EXPECT_TRUE(shown() == before);
  tick(140, kSeries);
  EXPECT_EQ(samples(shown()), samples(before) + kSeries);
}

TEST_F(StoreReplayTest, GivesWhatWasSealedIntoALostFile) {
  ASSERT_TRUE(open());
  fill();
  const auto before = shown();
  disk->stop_after(1);
  store.reset();
  disk->kill();
  const auto parts = *disk->list("data/parts");
  ASSERT_FALSE(parts.empty());
  for (const auto& part : parts) ASSERT_TRUE(disk->remove("data/parts/" + part.name));
  ASSERT_TRUE(open());
  EXPECT_TRUE(shown() == before);
  kill_and_reopen();
  EXPECT_TRUE(shown() == before) << "after the start that mended it";
}

TEST_F(StoreReplayTest, HistogramsAndStartTimesComeBack) {
  ASSERT_TRUE(open());
  fill();
  kill_and_reopen();
  for (const auto n : {kSeries - 1, kSeries - 2}) {
    const std::vector<Matcher> matchers{Matcher::equal("instance", std::to_string(n))};
    const auto selection = store->querier()->select(matchers, kAllFrom, kAllTo, {});
    ASSERT_TRUE(selection);
    SampleColumn column;
    ASSERT_TRUE((*selection)->read(0, kAllFrom, kAllTo, column));
    ASSERT_EQ(column.size(), 17u);
    EXPECT_EQ(column.start_ms.at(16), column.t_ms[16] - 5);
    if (n != kSeries - 1) continue;
    ASSERT_TRUE(column.histograms.at(16));
    EXPECT_EQ(column.histograms[16]->count, 4.0);
  }
}

}  // namespace
}  // namespace pharos::metrics
