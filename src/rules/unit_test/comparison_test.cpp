#include "rules/unit_test/comparison.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pharos::rules::unit_test {
namespace {

using namespace std::chrono_literals;

TEST(Comparison, ShowsAlertsAsPromtoolDoes) {
  AlertCase test;
  test.alertname = "Down";
  test.eval_time = 5min;
  test.alerts.push_back({.labels = Labels{{"job", "a"}}, .annotations = {}});
  EXPECT_EQ(compare_alerts(test, "", {{Labels{{"alertname", "Down"}, {"job", "a"}}, {}}}), "");
  EXPECT_EQ(compare_alerts(test, "group", {}),
            "    name: group,\n"
            "    alertname: Down, time: 5m, \n"
            "        exp:[\n"
            "            0:\n"
            "              Labels:{alertname=\"Down\", job=\"a\"}\n"
            "              Annotations:{}\n"
            "            ], \n"
            "        got:[]");
}

TEST(Comparison, TellsNeighbouringFloatsApartUnlessFuzzy) {
  ExprCase test;
  test.expr = "x";
  test.samples.push_back({.labels = "x", .value = 3, .histogram = {}});
  const std::vector<SeenSample> near{{Labels{{"__name__", "x"}}, 2.9999999999999996, ""}};
  EXPECT_EQ(compare_samples(test, near, true), "");
  EXPECT_EQ(compare_samples(test, near, false),
            "    expr: \"x\", time: 0s,\n"
            "        exp: {__name__=\"x\"} 3E+00\n"
            "        got: {__name__=\"x\"} 2.9999999999999996E+00");
  EXPECT_NE(compare_samples(test, {}, true), "");
}

TEST(Comparison, PrintsDurationsAsGo) {
  EXPECT_EQ(go_duration(0ms), "0s");
  EXPECT_EQ(go_duration(90s), "1m30s");
  EXPECT_EQ(go_duration(1h), "1h0m0s");
  EXPECT_EQ(go_duration(1500ms), "1.5s");
  EXPECT_EQ(go_duration(20ms), "20ms");
}

}  // namespace
}  // namespace pharos::rules::unit_test
