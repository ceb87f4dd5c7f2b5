#include "rules/unit_test/test_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pharos::rules::unit_test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string error_of(std::string_view text, bool ignore_unknown_fields = false) {
  const auto file = parse_test_file(text, "t.yml", ignore_unknown_fields);
  return file ? "" : file.error().message;
}

TEST(TestFile, ReadsEveryKeyOfPromtool) {
  const auto file = parse_test_file(R"(
rule_files: [a.yml, 'rules/*.yml']
evaluation_interval: 30s
group_eval_order: [one, two]
fuzzy_compare: true
tests:
  - name: first
    interval: 15s
    start_timestamp: 2026-01-02T03:04:05Z
    external_labels: {region: eu}
    external_url: http://prom.example
    input_series:
      - series: up{job="a"}
        values: 1 0x3
    alert_rule_test:
      - eval_time: 1m
        alertname: Down
        exp_alerts:
          - exp_labels: {job: a, level: 1}
            exp_annotations: {summary: gone}
          - {}
    promql_expr_test:
      - expr: up
        eval_time: 2m30s
        exp_samples:
          - {labels: 'up{job="a"}', value: 1}
          - histogram: '{{sum:1}}'
  - {}
)",
                                    "t.yml");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_THAT(file->rule_files, ElementsAre("a.yml", "rules/*.yml"));
  EXPECT_EQ(file->evaluation_interval, 30s);
  EXPECT_THAT(file->group_eval_order, ElementsAre("one", "two"));
  EXPECT_TRUE(file->fuzzy_compare);
  ASSERT_THAT(file->tests, SizeIs(2));
  const auto& test = file->tests[0];
  EXPECT_EQ(test.name, "first");
  EXPECT_EQ(test.interval, 15s);
  EXPECT_EQ(format_time(test.start_timestamp), "2026-01-02T03:04:05.000Z");
  EXPECT_EQ(test.external_labels, (Labels{{"region", "eu"}}));
  EXPECT_EQ(test.external_url, "http://prom.example");
  ASSERT_THAT(test.series, SizeIs(1));
  EXPECT_EQ(test.series[0].values, "1 0x3");
  ASSERT_THAT(test.alerts, SizeIs(1));
  ASSERT_THAT(test.alerts[0].alerts, SizeIs(2));
  EXPECT_EQ(test.alerts[0].alerts[0].labels, (Labels{{"job", "a"}, {"level", "1"}}));
  EXPECT_EQ(test.alerts[0].alerts[0].annotations, (Labels{{"summary", "gone"}}));
  EXPECT_TRUE(test.alerts[0].alerts[1].labels.empty());
  ASSERT_THAT(test.exprs, SizeIs(1));
  EXPECT_EQ(test.exprs[0].samples[0].value, 1);
  EXPECT_EQ(test.exprs[0].samples[1].histogram, "{{sum:1}}");
  EXPECT_EQ(test.last_eval_time(), 2min + 30s);
  EXPECT_EQ(file->tests[1].interval, 30s) << "the evaluation interval when none is given";
}

TEST(TestFile, NamesThePlaceOfAMistake) {
  EXPECT_THAT(error_of("tests:\n  - input_serie: []\n"), HasSubstr("t.yml:2:5: "));
  EXPECT_THAT(error_of("tests:\n  - alert_rule_test: [{eval_time: 5m}]\n"),
              HasSubstr("misses required attribute alertname at eval_time 5m"));
  EXPECT_THAT(error_of("group_eval_order: [a, a]\n"),
              HasSubstr("group name repeated in evaluation order: a"));
  EXPECT_THAT(error_of("tests:\n  - start_timestamp: soon\n"), HasSubstr("start_timestamp"));
  EXPECT_THAT(error_of("tests: 5\n"), HasSubstr("tests must be a list"));
}

TEST(TestFile, IgnoresUnknownFieldsWhenAskedTo) {
  EXPECT_EQ(error_of("owner: me\ntests:\n  - {extra: 1}\n", true), "");
}

}  // namespace
}  // namespace pharos::rules::unit_test
