#include "base/metric.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/process.hpp"

namespace pharos {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Metric, ShowsHelpTypeAndValue) {
  Counter counter("test_plain_total", "A \\ and a\nbreak.");
  counter.add();
  counter.add(1.5);
  EXPECT_THAT(metrics_text(), HasSubstr("# HELP test_plain_total A \\\\ and a\\nbreak.\n"
                                        "# TYPE test_plain_total counter\ntest_plain_total 2.5\n"));
}

TEST(Metric, EscapesLabelValues) {
  Gauge gauge("test_labelled", "Help.", {"path", "code"});
  gauge.with({"a\"b\\\n", "200"}).set(-1);
  EXPECT_THAT(metrics_text(),
              HasSubstr("\ntest_labelled{path=\"a\\\"b\\\\\\n\",code=\"200\"} -1\n"));
}

TEST(Metric, OfOneNameShareOneValue) {
  Counter first("test_shared_total", "Help."), second("test_shared_total", "Help.");
  first.add();
  second.add();
  EXPECT_EQ(first.value(), 2);
  Counter by("test_shared_by_total", "Help.", {"x"});
  by.with({"1"}).add();
  by.with({"1"}).add();
  EXPECT_EQ(by.with({"1"}).value(), 2);
}

TEST(Metric, WithoutLabelSetsShowsNothing) {
  Counter unused("test_unused_total", "Help.", {"x"});
  EXPECT_THAT(metrics_text(), Not(HasSubstr("test_unused_total")));
}

TEST(Metric, DistributionCountsCumulatively) {
  Distribution sizes("test_sizes", "Help.", {1, 10}, {"kind"});
  auto small = sizes.with({"small"});
  for (const double v : {0.5, 1.0, 5.0, 100.0}) small.observe(v);
  EXPECT_THAT(metrics_text(), HasSubstr("test_sizes_bucket{kind=\"small\",le=\"1\"} 2\n"
                                        "test_sizes_bucket{kind=\"small\",le=\"10\"} 3\n"
                                        "test_sizes_bucket{kind=\"small\",le=\"+Inf\"} 4\n"
                                        "test_sizes_sum{kind=\"small\"} 106.5\n"
                                        "test_sizes_count{kind=\"small\"} 4\n"));
}

TEST(Metric, LabelSetsAreBounded) {
  Counter many("test_many_total", "Help.", {"i"});
  for (int i = 0; i < 10'010; ++i) many.with({std::to_string(i)}).add();
  EXPECT_EQ(many.with({"overflow"}).value(), 10);
}

TEST(Metric, RemovedLabelSetsAreShownNoMoreAndBeginAnew) {
  Gauge gauge("test_removed", "Help.", {"x"});
  Counter counter("test_removed_total", "Help.", {"x"});
  auto old = gauge.with({"1"});
  old.set(3);
  gauge.with({"2"}).set(4);
  counter.with({"1"}).add(5);
  gauge.remove({"1"});
  gauge.remove({"unknown"});
  counter.remove({"1"});
  old.set(7);  // a late writer writes to nobody
  EXPECT_THAT(metrics_text(), HasSubstr("\ntest_removed{x=\"2\"} 4\n"));
  EXPECT_THAT(metrics_text(), Not(HasSubstr("test_removed{x=\"1\"}")));
  EXPECT_THAT(metrics_text(), Not(HasSubstr("test_removed_total")));
  EXPECT_EQ(gauge.with({"1"}).value(), 0);
  EXPECT_EQ(counter.with({"1"}).value(), 0);
}

TEST(Metric, LabelSetsComeAndGoOnManyThreads) {
  Gauge gauge("test_come_and_go", "Help.", {"x"});
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&gauge] {
        for (int i = 0; i < 500; ++i) {
          auto mine = gauge.with({std::to_string(i % 7)});
          gauge.remove({std::to_string((i + 3) % 7)});
          mine.set(i);
          if (i % 100 == 0) (void)metrics_text();
        }
      });
  }
  for (int i = 0; i < 7; ++i) gauge.remove({std::to_string(i)});
  EXPECT_THAT(metrics_text(), Not(HasSubstr("test_come_and_go")));
}

TEST(Metric, CallbacksRunBeforeTheTextIsWritten) {
  Gauge gauge("test_computed", "Help.");
  on_scrape([gauge]() mutable { gauge.set(42); });
  EXPECT_THAT(metrics_text(), HasSubstr("\ntest_computed 42\n"));
}

TEST(Process, KnowsWhatItUses) {
  const auto usage = read_process_usage();
  ASSERT_TRUE(usage);
  EXPECT_GT(usage->resident_bytes, 1u << 20);
  EXPECT_GT(usage->start_time_seconds, 1.6e9);
  EXPECT_GE(usage->open_fds, 3u);
  expose_process_metrics();
  EXPECT_THAT(metrics_text(), HasSubstr("process_resident_memory_bytes "));
}

}  // namespace
}  // namespace pharos
