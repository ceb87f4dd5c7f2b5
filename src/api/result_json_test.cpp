#include "api/result_json.hpp"

#include <gtest/gtest.h>

#include "base/clock.hpp"

namespace pharos::api {
namespace {

TEST(ResultJson, AMatrixWrittenTogetherIsTheSameText) {
  Random random(3);
  ThreadPool pool("test", 2);
  for (const std::size_t count : {0, 1, 2, 40}) {
    query::Matrix matrix;
    for (std::size_t s = 0; s < count; ++s) {
      query::Series series{Labels{{"__name__", "m"}, {"n", std::to_string(s)}}, {}};
      for (std::uint64_t i = 0; i < random.below(900); ++i) {
        const auto t = 1'700'000'000'000 + static_cast<UnixMillis>(i) * 15'000;
        HistogramPtr histogram;
        if (s % 3 == 1 && random.below(2) == 0) histogram = std::make_shared<Histogram>();
        series.points.push_back({t, histogram ? 0 : random.uniform(), histogram});
      }
      matrix.series.push_back(std::move(series));
    }
    const query::Value value = std::move(matrix);
    std::string alone, together;
    codec::JsonWriter first(alone), second(together);
    put_query_result(first, value, nullptr, {});
    put_query_result(second, value, nullptr, {}, &pool);
    EXPECT_EQ(alone, together) << count;
    EXPECT_TRUE(alone.ends_with("]}")) << count;
  }
}

}  // namespace
}  // namespace pharos::api
