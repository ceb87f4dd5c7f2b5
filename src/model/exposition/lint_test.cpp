#include "model/exposition/lint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pharos::exposition {
namespace {

using testing::ElementsAre;

std::vector<std::string> lines(std::string_view page) {
  std::vector<std::string> out;
  const auto problems = lint(page);
  EXPECT_TRUE(problems);
  if (problems)
    for (const auto& p : *problems) out.push_back(p.metric + ": " + p.text);
  return out;
}

TEST(Lint, SaysNothingAboutGoodPages) {
  EXPECT_THAT(lines("# HELP a_seconds Time.\n# TYPE a_seconds "
                    "histogram\na_seconds_bucket{le=\"1\"} 1\na_seconds_bucket{le=\"+Inf\"} 1\n"
                    "a_seconds_sum 1\na_seconds_count 1\n# HELP b_total B.\n# TYPE b_total "
                    "counter\nb_total 1\n"
                    "# HELP q Q.\n# TYPE q summary\nq{quantile=\"0.5\"} 1\nq_sum 1\nq_count 1"),
              ElementsAre());
}

TEST(Lint, NamesWhatIsAgainstTheCustom) {
  EXPECT_THAT(lines("# TYPE requests counter\nrequests 1\n# HELP x_total X.\n# TYPE x_total "
                    "gauge\nx_total{le=\"1\"} 1\n"),
              ElementsAre("requests: counter metrics should have \"_total\" suffix",
                          "requests: no help text",
                          "x_total: non-counter metrics should not have \"_total\" suffix",
                          "x_total: non-histogram metrics should not have \"le\" label"));
  EXPECT_THAT(
      lines("# HELP took_milliseconds T.\ntook_milliseconds 1\n# HELP some_gauge_ms "
            "S.\nsome_gauge_ms{aB=\"c\"} 1\n# HELP fooBar:x F.\nfooBar:x 1\nfooBar:x 1\n"),
      ElementsAre("fooBar:x: metric names should be written in 'snake_case' not 'camelCase'",
                  "fooBar:x: metric names should not contain ':'", "fooBar:x: metric not unique",
                  "some_gauge_ms: label names should be written in 'snake_case' not 'camelCase'",
                  "some_gauge_ms: metric name should not include type 'gauge'",
                  "some_gauge_ms: metric names should not contain abbreviated units",
                  "took_milliseconds: use base unit \"seconds\" instead of \"milliseconds\""));
}

TEST(Lint, RefusesWhatDoesNotParse) {
  EXPECT_FALSE(lint("a x\n"));
}

}  // namespace
}  // namespace pharos::exposition
