#include "metrics/store.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "metrics/store_fixture.hpp"

namespace pharos::metrics {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

struct StoreTest : StoreFixture {
  void SetUp() override {
    const auto opened = open();
    ASSERT_TRUE(opened) << opened.error().message;
  }
  std::vector<RejectReason> refused(const Result<AppendOutcome>& outcome) {
    EXPECT_TRUE(outcome) << outcome.error().message;
    std::vector<RejectReason> out;
    if (outcome)
      for (const auto& r : outcome->rejections) out.push_back(r.reason);
    return out;
  }
};

TEST_F(StoreTest, ShowsASampleAsSoonAsItIsAccepted) {
  add(series("up"), kTestNow, 1);
  EXPECT_THAT(only(shown()), ElementsAre(Pair(kTestNow, 1)));
}

TEST_F(StoreTest, KeepsEveryBitOfAValue) {
  const auto ref = series("odd");
  const double nan = std::bit_cast<double>(std::uint64_t{0x7ff8000000abcdef});
  const std::vector<double> values{0.0, -0.0, nan, stale_nan(), INFINITY, -INFINITY, 0.1, 5e-324, 1e308, 9007199254740993.0};
  for (std::size_t i = 0; i < values.size(); ++i) add(ref, kTestNow - 1000 + static_cast<UnixMillis>(i), values[i]);
  const auto before = shown();
  ASSERT_EQ(before.size(), 1u);
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(before.begin()->second.at(i).second, bits(values[i]));
  kill_and_reopen();
  EXPECT_EQ(shown(), before) << "after replay";
  ASSERT_TRUE(store->compact());
  EXPECT_EQ(shown(), before) << "after compaction";
}

TEST_F(StoreTest, AcceptsARepeatedSampleSilentlyAndRefusesAConflictingOne) {
  const auto ref = series("m");
  add(ref, kTestNow, 1);
  add(ref, kTestNow, 1);
  EXPECT_THAT(refused(append({{ref, kTestNow, 2}})), ElementsAre(RejectReason::duplicate));
  EXPECT_THAT(only(shown()), ElementsAre(Pair(kTestNow, 1)));
}

TEST_F(StoreTest, TheTwoZerosAreDifferentValues) {
  const auto ref = series("m");
  add(ref, kTestNow, 0.0);
  EXPECT_THAT(refused(append({{ref, kTestNow, -0.0}})), ElementsAre(RejectReason::duplicate));
}

TEST_F(StoreTest, ARejectedSampleDoesNotSpoilTheOthers) {
  const auto a = series("m", "a"), b = series("m", "b");
  add(a, kTestNow, 1);
  const auto outcome = append({{a, kTestNow, 2}, {b, kTestNow, 3}});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->accepted, 1u);
  ASSERT_EQ(outcome->rejections.size(), 1u);
  EXPECT_EQ(outcome->rejections[0].index, 0u);
  EXPECT_EQ(shown().size(), 2u);
}

TEST_F(StoreTest, LateSamplesAreSortedIn) {
  const auto ref = series("m");
  for (const UnixMillis t : {300, 100, 200, 400}) add(ref, kTestNow + t - 1000, static_cast<double>(t));
  EXPECT_THAT(only(shown()), ElementsAre(Pair(kTestNow - 900, 100), Pair(kTestNow - 800, 200), Pair(kTestNow - 700, 300),
                                         Pair(kTestNow - 600, 400)));
  const auto before = shown();
  kill_and_reopen();
  EXPECT_EQ(shown(), before);
  ASSERT_TRUE(store->compact());
  EXPECT_EQ(shown(), before);
}

TEST_F(StoreTest, AScrapeMayRefuseLateSamples) {
  const auto ref = series("m");
  add(ref, kTestNow, 1);
  EXPECT_THAT(refused(append({{ref, kTestNow - 1, 1}}, {.in_order_only = true})), ElementsAre(RejectReason::out_of_order));
}

TEST_F(StoreTest, SamplesBehindTheWindowOrOutsideTheBoundsAreRefused) {
  config.out_of_order_window = std::chrono::minutes(1);
  store->set_config(config);
  const auto ref = series("m");
  add(ref, kTestNow, 1);
  EXPECT_THAT(refused(append({{ref, kTestNow - 61'000, 1}})), ElementsAre(RejectReason::too_old));
  EXPECT_THAT(refused(append({{ref, kTestNow + 11 * 60'000, 1}})), ElementsAre(RejectReason::out_of_bounds));
  EXPECT_THAT(refused(append({{ref, kTestNow - 16LL * 86'400'000, 1}})), ElementsAre(RejectReason::out_of_bounds));
}

TEST_F(StoreTest, AnUnknownReferenceIsNamed) {
  EXPECT_THAT(refused(append({{SeriesRef{0xdead00000007}, kTestNow, 1}})), ElementsAre(RejectReason::unknown_ref));
}

TEST_F(StoreTest, ManySamplesOfManySeriesSurviveSealingCompactionAndRestart) {
  std::vector<SeriesRef> refs;
  for (int i = 0; i < 40; ++i) refs.push_back(series(i % 2 ? "counter" : "constant", std::to_string(i)));
  for (int k = 0; k < 500; ++k) {
    std::vector<FloatSample> batch;
    for (int i = 0; i < 40; ++i) {
      if ((i + k) % 97 == 0) continue;  // a missed scrape
      batch.push_back({refs[static_cast<std::size_t>(i)], kTestNow - 5'000'000 + k * 10'000, i % 2 ? k * 1.5 + i : i});
    }
    const auto outcome = append(batch);
    ASSERT_TRUE(outcome) << outcome.error().message;
    ASSERT_EQ(outcome->rejected, 0u);
  }
  const auto before = shown();
  ASSERT_EQ(before.size(), 40u);
  EXPECT_EQ(before.begin()->second.size(), 494u);
  ASSERT_TRUE(store->maintain());
  EXPECT_EQ(shown(), before) << "after maintenance";
  kill_and_reopen();
  EXPECT_EQ(shown(), before) << "after kill -9";
  ASSERT_TRUE(store->compact());
  EXPECT_EQ(shown(), before) << "after compaction";
  reopen();
  EXPECT_EQ(shown(), before) << "after a clean restart";
  EXPECT_TRUE(store->recovery().damage.empty());
}

TEST_F(StoreTest, ASelectionDoesNotShowLaterAppends) {
  const auto ref = series("m");
  add(ref, kTestNow - 10, 1);
  const auto selection = store->querier()->select(std::vector{matcher(MatchOp::equal, "__name__", "m")}, kAllFrom, kAllTo, {});
  ASSERT_TRUE(selection);
  add(ref, kTestNow, 2);
  SampleColumn column;
  ASSERT_TRUE((*selection)->read(0, kAllFrom, kAllTo, column));
  EXPECT_THAT(column.t_ms, ElementsAre(kTestNow - 10));
}

TEST_F(StoreTest, FactsEqualWhatTheSamplesSay) {
  const auto ref = series("m");
  for (int k = 0; k < 300; ++k) add(ref, kTestNow - 300'000 + k * 1000, (k * 37 % 101) - 50.0);
  const auto selection = store->querier()->select(std::vector{matcher(MatchOp::equal, "__name__", "m")}, kAllFrom, kAllTo, {});
  ASSERT_TRUE(selection);
  for (const auto& [from, to] : {std::pair{kAllFrom, kAllTo}, std::pair{kTestNow - 250'500, kTestNow - 20'000}, std::pair{kTestNow - 3000, kTestNow}}) {
    WindowFacts fast, slow;
    ASSERT_TRUE((*selection)->facts(0, from, to, fast));
    ASSERT_TRUE((*selection)->Selection::facts(0, from, to, slow));
    ASSERT_TRUE(fast.exact);
    EXPECT_EQ(fast.count, slow.count);
    EXPECT_EQ(fast.first_ms, slow.first_ms);
    EXPECT_EQ(fast.last_ms, slow.last_ms);
    EXPECT_EQ(fast.first, slow.first);
    EXPECT_EQ(fast.last, slow.last);
    EXPECT_EQ(fast.min, slow.min);
    EXPECT_EQ(fast.max, slow.max);
  }
}

TEST_F(StoreTest, MatchersChooseSeries) {
  for (const auto* instance : {"a1", "a2", "b1"}) add(series("m", instance), kTestNow, 1);
  add(series(Labels{{"__name__", "m"}}), kTestNow, 1);
  const auto count = [&](MatchOp op, std::string value) { return shown({matcher(op, "instance", value)}).size(); };
  EXPECT_EQ(count(MatchOp::equal, "a1"), 1u);
  EXPECT_EQ(count(MatchOp::equal, ""), 1u);
  EXPECT_EQ(count(MatchOp::not_equal, "a1"), 3u);
  EXPECT_EQ(count(MatchOp::not_equal, ""), 3u);
  EXPECT_EQ(count(MatchOp::regex, "a.*"), 2u);
  EXPECT_EQ(count(MatchOp::regex, "a1|b1|nowhere"), 2u);
  EXPECT_EQ(count(MatchOp::regex, "(a1)?"), 2u);
  EXPECT_EQ(count(MatchOp::not_regex, "a.*"), 2u);
  EXPECT_EQ(count(MatchOp::regex, ".+"), 3u);
  EXPECT_EQ(count(MatchOp::not_regex, ".+"), 1u);
  EXPECT_EQ(shown({matcher(MatchOp::equal, "__name__", "m"), matcher(MatchOp::regex, "instance", "a.*"), matcher(MatchOp::not_equal, "instance", "a2")}).size(), 1u);
}

TEST_F(StoreTest, ListsLabelNamesValuesAndSeries) {
  add(series("m", "a"), kTestNow, 1);
  add(series("n", "b"), kTestNow, 1);
  const auto q = store->querier();
  EXPECT_THAT(q->label_names({}, kAllFrom, kAllTo, 0).value(), ElementsAre("__name__", "instance"));
  EXPECT_THAT(q->label_values("instance", {}, kAllFrom, kAllTo, 0).value(), ElementsAre("a", "b"));
  EXPECT_THAT(q->label_values("instance", std::vector{matcher(MatchOp::equal, "__name__", "n")}, kAllFrom, kAllTo, 0).value(), ElementsAre("b"));
  EXPECT_THAT(q->label_values("instance", {}, kAllFrom, kAllTo, 1).value().size(), 1u);
  EXPECT_THAT(q->label_values("none", {}, kAllFrom, kAllTo, 0).value(), IsEmpty());
  EXPECT_THAT(q->series(std::vector{matcher(MatchOp::equal, "instance", "a")}, kAllFrom, kAllTo, 0).value(),
              ElementsAre(Labels{{"__name__", "m"}, {"instance", "a"}}));
}

TEST_F(StoreTest, ListsOfLabelsFollowSeriesAndRange) {
  constexpr UnixMillis kHour = 3'600'000, kOld = kTestNow - kHour;
  const auto q = store->querier();
  // Each list twice: the second answer may be a remembered one.
  const auto values = [&](UnixMillis from, UnixMillis to) {
    const auto once = q->label_values("instance", {}, from, to, 0).value();
    EXPECT_EQ(q->label_values("instance", {}, from, to, 0).value(), once);
    EXPECT_EQ(q->label_names({}, from, to, 0).value().empty(), once.empty());
    return once;
  };
  EXPECT_THAT(values(kAllFrom, kAllTo), IsEmpty());
  const auto a = series("m", "a");
  add(a, kOld, 1);
  EXPECT_THAT(values(kOld - 1, kOld + 1), ElementsAre("a"));
  EXPECT_THAT(values(kOld + 1, kTestNow), IsEmpty());
  add(series("m", "b"), kTestNow, 1);
  EXPECT_THAT(values(kOld, kOld + 1), ElementsAre("a"));
  EXPECT_THAT(values(kOld + 1, kTestNow), ElementsAre("b"));
  EXPECT_THAT(values(kOld, kTestNow), ElementsAre("a", "b"));
  EXPECT_THAT(values(kOld, kOld + 1), ElementsAre("a"));
  EXPECT_THAT(values(kOld + 1, kTestNow), ElementsAre("b"));
  add(a, kTestNow, 2);
  EXPECT_THAT(values(kOld + 1, kTestNow), ElementsAre("a", "b"));
  EXPECT_THAT(values(kOld + 1, kTestNow - 1), ElementsAre("a"));
  EXPECT_THAT(q->label_values("", {}, kAllFrom, kAllTo, 0).value(), IsEmpty());
}

// As Prometheus, which asks only the blocks that overlap the range.
TEST_F(StoreTest, ListsOfLabelsKnowAfterAStartWhereSeriesHaveSamples) {
  constexpr UnixMillis kHour = 3'600'000, kOld = kTestNow - 72 * kHour;
  add(series("m", "a"), kOld, 1);
  add(series("n", "b"), kTestNow, 1);
  ASSERT_TRUE(store->compact());
  reopen();
  const auto lists = [&](UnixMillis from, UnixMillis to) {
    const auto q = store->querier();
    const auto values = q->label_values("instance", {}, from, to, 0).value();
    const std::vector any{matcher(MatchOp::not_equal, "__name__", "")};
    EXPECT_EQ(q->label_values("instance", any, from, to, 0).value(), values);
    EXPECT_EQ(q->label_names({}, from, to, 0).value().size(), values.empty() ? 0u : 2u);
    EXPECT_EQ(q->label_names(any, from, to, 0).value().size(), values.empty() ? 0u : 2u);
    EXPECT_EQ(q->series(any, from, to, 0).value().size(), values.size());
    EXPECT_EQ(shown({}, from, to).size(), values.size());
    return values;
  };
  EXPECT_THAT(lists(kAllFrom, kAllTo), ElementsAre("a", "b"));
  EXPECT_THAT(lists(kOld - kHour, kOld - 1), IsEmpty());
  EXPECT_THAT(lists(kOld, kOld), ElementsAre("a"));
  EXPECT_THAT(lists(kOld + kHour, kTestNow - kHour), IsEmpty());
  EXPECT_THAT(lists(kTestNow - kHour, kTestNow), ElementsAre("b"));
  EXPECT_THAT(lists(kTestNow + 1, kAllTo), IsEmpty());
  (void)series("o", "c");  // made, and nothing stored yet
  EXPECT_THAT(lists(kAllFrom, kAllTo), ElementsAre("a", "b"));
  add(series("m", "a"), kTestNow + 1, 2);
  EXPECT_THAT(lists(kTestNow + 1, kAllTo), ElementsAre("a"));
  EXPECT_THAT(lists(kOld, kOld), ElementsAre("a"));
}

TEST_F(StoreTest, GroupsAsTheLabelsSay) {
  for (int i = 0; i < 6; ++i)
    add(series(Labels{{"__name__", i % 2 ? "m" : "n"}, {"job", i < 3 ? "x" : "y"}, {"i", std::to_string(i)}}), kTestNow, 1);
  const auto selection = store->querier()->select(std::vector{matcher(MatchOp::not_equal, "__name__", "")}, kAllFrom, kAllTo, {});
  ASSERT_TRUE(selection);
  for (const bool without : {false, true}) {
    for (const auto& names : std::vector<std::vector<std::string>>{{}, {"job"}, {"i"}, {"__name__"}, {"job", "none"}}) {
      const auto fast = (*selection)->group(names, without), slow = (*selection)->Selection::group(names, without);
      EXPECT_EQ(fast.group_of, slow.group_of) << without << names.size();
      EXPECT_EQ(fast.labels, slow.labels);
    }
  }
}

TEST_F(StoreTest, LimitsNameWhatWasTooMuch) {
  config.series_max = 2;
  store->set_config(config);
  series("m", "a");
  series("m", "b");
  const auto refused = store->resolve(Labels{{"__name__", "m"}, {"instance", "c"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::limit);
  EXPECT_TRUE(store->resolve(Labels{{"__name__", "m"}, {"instance", "a"}})) << "known series are not new ones";
}

TEST_F(StoreTest, DeletedSamplesAreGoneAtOnceAndForGood) {
  const auto ref = series("m");
  for (int k = 0; k < 10; ++k) add(ref, kTestNow - 10'000 + k * 1000, k);
  add(series("other"), kTestNow, 1);
  ASSERT_TRUE(store->remove(std::vector{matcher(MatchOp::equal, "__name__", "m")}, kTestNow - 9000, kTestNow - 3000));
  const std::vector by_name{matcher(MatchOp::equal, "__name__", "m")};
  const auto left = ElementsAre(Pair(kTestNow - 10'000, 0), Pair(kTestNow - 2000, 8), Pair(kTestNow - 1000, 9));
  EXPECT_THAT(only(shown(by_name)), left);
  kill_and_reopen();
  EXPECT_THAT(only(shown(by_name)), left);
  ASSERT_TRUE(store->clean());
  EXPECT_THAT(only(shown(by_name)), left);
  reopen();
  EXPECT_THAT(only(shown(by_name)), left);
}

TEST_F(StoreTest, RetentionDropsWhatIsOld) {
  const auto ref = series("m");
  for (int k = 0; k < 300; ++k) add(ref, kTestNow - 3'000'000 + k * 10'000, k);
  ASSERT_TRUE(store->compact());
  clock.advance(std::chrono::hours(24 * 20));
  ASSERT_TRUE(store->maintain());
  EXPECT_THAT(shown(), IsEmpty());
}

TEST_F(StoreTest, ASnapshotIsAStoreOfItsOwn) {
  const auto ref = series("m");
  for (int k = 0; k < 300; ++k) add(ref, kTestNow - 300'000 + k * 1000, k);
  const auto before = shown();
  const auto name = store->snapshot(false);
  ASSERT_TRUE(name) << name.error().message;
  add(ref, kTestNow, 1);
  auto copy = Store::open(disk, "data/snapshots/" + *name, clock, pool, config);
  ASSERT_TRUE(copy) << copy.error().message;
  store = std::move(*copy);
  EXPECT_EQ(shown(), before);
}

TEST_F(StoreTest, KeepsHistogramsExemplarsAndMetadataOverARestart) {
  const auto ref = series("latency");
  auto h = std::make_shared<Histogram>();
  h->schema = 3, h->count = 5, h->sum = 12.5, h->zero_count = 1, h->zero_threshold = 0.001, h->integer = true;
  h->positive_spans = {{0, 2}}, h->positive = {3, 1};
  const std::vector<HistogramSample> histograms{{ref, kTestNow - 5, h}};
  const std::vector<ExemplarSample> exemplars{{ref, {Labels{{"trace_id", "abc"}}, 1.5, kTestNow - 5, true}}};
  const std::vector<Metadata> metadata{{"latency", MetricType::histogram, "How long.", "seconds"}};
  const auto outcome = store->append({.histograms = histograms, .exemplars = exemplars, .metadata = metadata});
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->accepted, 1u);
  EXPECT_EQ(outcome->exemplars, 1u);
  const auto check = [&] {
    const auto q = store->querier();
    const auto selection = q->select(std::vector{matcher(MatchOp::equal, "__name__", "latency")}, kAllFrom, kAllTo, {});
    ASSERT_TRUE(selection);
    ASSERT_EQ((*selection)->size(), 1u);
    SampleColumn column;
    ASSERT_TRUE((*selection)->read(0, kAllFrom, kAllTo, column));
    ASSERT_EQ(column.histograms.size(), 1u);
    EXPECT_TRUE(column.histograms[0]->identical(*h));
    const auto found = q->exemplars(std::vector{matcher(MatchOp::equal, "__name__", "latency")}, kAllFrom, kAllTo);
    ASSERT_TRUE(found);
    ASSERT_EQ(found->size(), 1u);
    EXPECT_EQ((*found)[0].exemplars.at(0), exemplars[0].exemplar);
    EXPECT_THAT(q->metadata("latency", 0), ElementsAre(metadata[0]));
  };
  check();
  kill_and_reopen();
  check();
}

TEST_F(StoreTest, TheFeedGivesEverySampleOnceInOrderAndResumes) {
  const auto begin = store->feed_begin();
  const auto a = series("m", "a"), b = series("m", "b");
  for (int k = 0; k < 20; ++k) {
    add(a, kTestNow - 1000 + k, k);
    add(b, kTestNow - 1000 + k, k * 0.5);
  }
  std::map<SeriesRef, std::vector<double>> got;
  auto at = begin;
  for (int rounds = 0; rounds < 100; ++rounds) {
    const auto batch = store->feed(at, 7);
    ASSERT_TRUE(batch) << batch.error().message;
    if (batch->floats.empty() && batch->histograms.empty()) break;
    for (const auto& s : batch->floats) got[s.ref].push_back(s.value);
    at = batch->next;
  }
  ASSERT_EQ(got.size(), 2u);
  for (const auto& [ref, values] : got) EXPECT_EQ(values.size(), 20u);
}

TEST_F(StoreTest, StatisticsNameTheLargest) {
  for (int i = 0; i < 5; ++i) add(series("big", std::to_string(i)), kTestNow, 1);
  add(series("small"), kTestNow, 1);
  const auto s = store->statistics(1);
  EXPECT_EQ(s.series, 6u);
  ASSERT_EQ(s.series_by_metric.size(), 1u);
  EXPECT_EQ(s.series_by_metric[0].name, "big");
  EXPECT_EQ(s.series_by_metric[0].value, 5u);
}

TEST_F(StoreTest, IdleSeriesLeaveMemoryAndTheirDataStays) {
  const auto ref = series("m");
  for (int k = 0; k < 10; ++k) add(ref, kTestNow - 10'000 + k * 1000, k);
  const auto before = shown();
  ASSERT_TRUE(store->compact());
  clock.advance(std::chrono::hours(4));
  ASSERT_TRUE(store->maintain());
  EXPECT_EQ(shown(), before);
  const auto again = series("m");  // the same labels return
  add(again, to_unix_millis(clock.now()), 77);
  const auto all = only(shown());
  EXPECT_EQ(all.size(), 11u) << "old and new samples are one series";
  reopen();
  EXPECT_EQ(only(shown()), all);
}

TEST_F(StoreTest, OldSamplesAreFoundAfterARestartWithNewOnesInTheJournal) {
  const auto ref = series("m");
  for (int k = 0; k < 300; ++k) add(ref, kTestNow - 3'000'000 + k * 10'000, k);
  ASSERT_TRUE(store->compact());
  add(ref, kTestNow, 77);
  const auto old = shown({}, kTestNow - 3'000'000, kTestNow - 2'000'000);
  ASSERT_EQ(old.size(), 1u);
  kill_and_reopen();
  EXPECT_EQ(shown({}, kTestNow - 3'000'000, kTestNow - 2'000'000), old);
}

TEST_F(StoreTest, ARestartDoesNotForgetTheNewestSample) {
  const auto ref = series("m");
  for (int k = 0; k < 10; ++k) add(ref, kTestNow - 10'000 + k * 1000, k);
  ASSERT_TRUE(store->compact());
  reopen();
  const auto again = series("m");
  EXPECT_THAT(refused(append({{again, kTestNow - 5500, 1}}, {.in_order_only = true})), ElementsAre(RejectReason::out_of_order));
  add(again, kTestNow - 1000, 9);
  EXPECT_THAT(refused(append({{again, kTestNow - 1000, 8}})), ElementsAre(RejectReason::duplicate));
}

TEST_F(StoreTest, CleaningTwiceAndMaintainingAfterADeletionKeepsWhatWasNotDeleted) {
  const auto a = series("a"), b = series("b");
  for (int k = 0; k < 200; ++k) {
    add(a, kTestNow - 2'000'000 + k * 10'000, k);
    add(b, kTestNow - 2'000'000 + k * 10'000, k);
  }
  ASSERT_TRUE(store->compact());
  ASSERT_TRUE(store->remove(std::vector{matcher(MatchOp::equal, "__name__", "a")}, kAllFrom, kAllTo));
  for (int k = 0; k < 5; ++k) add(a, kTestNow - 5000 + k * 1000, k);  // the series may come back
  const auto before = shown();
  ASSERT_EQ(before.size(), 2u);
  EXPECT_EQ(before.at(Labels({{"__name__", "a"}, {"instance", "a"}}).to_string()).size(), 5u);
  ASSERT_TRUE(store->maintain());
  ASSERT_TRUE(store->clean());
  EXPECT_EQ(shown(), before);
  ASSERT_TRUE(store->compact());
  ASSERT_TRUE(store->clean());
  EXPECT_EQ(shown(), before);
  kill_and_reopen();
  EXPECT_EQ(shown(), before);
}

}  // namespace
}  // namespace pharos::metrics
