#include "metrics/label_list_cache.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pharos::metrics {
namespace {

using testing::ElementsAre;

LabelList list(std::uint64_t version, UnixMillis from_max, UnixMillis to_min, std::vector<std::string> texts) {
  return {version, from_max, to_min, std::make_shared<const std::vector<std::string>>(std::move(texts))};
}

TEST(LabelListCache, AnswersForTheRangesThatAListIsGoodFor) {
  LabelListCache cache;
  EXPECT_EQ(cache.find("job", 1, 0, 100), nullptr);
  cache.put("job", list(1, 50, 20, {"a", "b"}));
  ASSERT_NE(cache.find("job", 1, 50, 60), nullptr);
  EXPECT_THAT(*cache.find("job", 1, 0, 20), ElementsAre("a", "b"));
  EXPECT_EQ(cache.find("job", 1, 51, 60), nullptr);
  EXPECT_EQ(cache.find("job", 1, 0, 19), nullptr);
  EXPECT_EQ(cache.find("", 1, 0, 100), nullptr);
}

TEST(LabelListCache, ForgetsWhatIsOfAnotherVersion) {
  LabelListCache cache;
  cache.put("job", list(1, 50, 20, {"a"}));
  EXPECT_EQ(cache.find("job", 2, 0, 100), nullptr);
  cache.put("job", list(2, 50, 20, {"b"}));
  EXPECT_EQ(cache.find("job", 1, 0, 100), nullptr);
  EXPECT_THAT(*cache.find("job", 2, 0, 100), ElementsAre("b"));
}

TEST(LabelListCache, KeepsTheListsThatWereAskedForLast) {
  LabelListCache cache;
  for (std::size_t i = 0; i < LabelListCache::kLists; ++i) cache.put(std::to_string(i), list(1, 50, 20, {"a"}));
  ASSERT_NE(cache.find("0", 1, 0, 100), nullptr);
  cache.put("another", list(1, 50, 20, {"a"}));
  EXPECT_NE(cache.find("0", 1, 0, 100), nullptr);
  EXPECT_EQ(cache.find("1", 1, 0, 100), nullptr);
  cache.put("large", list(1, 50, 20, std::vector<std::string>(LabelListCache::kTextsMax + 1)));
  EXPECT_EQ(cache.find("large", 1, 0, 100), nullptr);
  cache.put("long", list(1, 50, 20, {std::string(LabelListCache::kBytesMax + 1, 'x')}));
  EXPECT_EQ(cache.find("long", 1, 0, 100), nullptr);
}

}  // namespace
}  // namespace pharos::metrics
