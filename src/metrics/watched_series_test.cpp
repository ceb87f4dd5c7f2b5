#include "metrics/watched_series.hpp"

#include <gmock/gmock.h>

#include "metrics/store_fixture.hpp"

namespace pharos::metrics {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::uint32_t> matching(const SelectorIndex& index, const Labels& labels) {
  std::vector<std::uint32_t> out;
  index.match(labels, out);
  return out;
}

TEST(SelectorIndex, FindsWhatMatchesAll) {
  const std::vector<std::vector<Matcher>> selectors = {
      {Matcher::equal("__name__", "t"), Matcher::equal("host", "a")},
      {Matcher::equal("__name__", "t"), Matcher::equal("host", "b"), matcher(MatchOp::not_equal, "job", "x")},
      {Matcher::equal("__name__", "t")},
      {Matcher::equal("host", "a")},
      {matcher(MatchOp::regex, "__name__", "t|u")},
      {Matcher::equal("__name__", "t"), Matcher::equal("host", "")},
  };
  const SelectorIndex index(selectors);
  EXPECT_THAT(matching(index, Labels{{"__name__", "t"}, {"host", "a"}}), ElementsAre(0, 2, 3, 4));
  EXPECT_THAT(matching(index, Labels{{"__name__", "t"}, {"host", "b"}}), ElementsAre(1, 2, 4));
  EXPECT_THAT(matching(index, Labels{{"__name__", "t"}, {"host", "b"}, {"job", "x"}}), ElementsAre(2, 4));
  EXPECT_THAT(matching(index, Labels{{"__name__", "t"}}), ElementsAre(2, 4, 5));
  EXPECT_THAT(matching(index, Labels{{"__name__", "u"}, {"host", "a"}}), ElementsAre(3, 4));
  EXPECT_THAT(matching(index, Labels{{"host", "a"}}), ElementsAre(3));
  EXPECT_THAT(matching(index, Labels{{"__name__", "v"}}), IsEmpty());
}

TEST(WatchedSeries, TellsTheSelectorsOfTouchedSlots) {
  WatchedSeries watched;
  watched.touch(7);  // nobody waits
  EXPECT_FALSE(watched.touched());
  watched.set({{3, 1}, {3, 0}, {9, 2}}, 3);
  watched.touch(4);
  EXPECT_FALSE(watched.touched());
  watched.touch(3);
  EXPECT_TRUE(watched.touched());
  EXPECT_THAT(watched.take(), ElementsAre(0, 1));
  EXPECT_THAT(watched.take(), IsEmpty());
  watched.set(100, {2});
  watched.touch(100);
  watched.touch(9);
  EXPECT_THAT(watched.take(), ElementsAre(2));
  watched.set(100, {});  // its slot serves another series
  watched.touch(100);
  EXPECT_THAT(watched.take(), IsEmpty());
}

class StoreWatch : public StoreFixture {
 protected:
  int calls = 0;
  void watch(std::vector<std::vector<Matcher>> selectors) {
    store->watch(std::move(selectors), [this] { ++calls; });
  }
  void put(const Labels& labels, UnixMillis t_ms) {
    const FloatSample sample{store->resolve(labels).value(), t_ms, 1};
    AppendBatch batch;
    batch.floats = {&sample, 1};
    ASSERT_TRUE(store->append(batch).has_value());
  }
};

TEST_F(StoreWatch, KnowsSeriesThatWereThereAndSeriesThatCome) {
  ASSERT_TRUE(open().has_value());
  put(Labels{{"__name__", "t"}, {"host", "a"}}, kTestNow);
  watch({{Matcher::equal("__name__", "t")}, {Matcher::equal("host", "b")}});
  EXPECT_THAT(store->take_touched(), IsEmpty());
  put(Labels{{"__name__", "t"}, {"host", "a"}}, kTestNow + 1);
  EXPECT_THAT(store->take_touched(), ElementsAre(0));
  put(Labels{{"__name__", "t"}, {"host", "b"}}, kTestNow + 2);
  EXPECT_THAT(store->take_touched(), ElementsAre(0, 1));
  put(Labels{{"__name__", "u"}, {"host", "c"}}, kTestNow + 3);
  EXPECT_THAT(store->take_touched(), IsEmpty());
  EXPECT_EQ(calls, 2) << "once a batch with watched samples";
  watch({});
  put(Labels{{"__name__", "t"}, {"host", "a"}}, kTestNow + 4);
  EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace pharos::metrics
