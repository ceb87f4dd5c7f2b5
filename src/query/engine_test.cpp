#include "query/engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "base/manual_clock.hpp"
#include "query/synthetic_querier.hpp"

namespace pharos::query {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr UnixMillis kMinute = 60'000;

class EngineTest : public testing::Test {
 protected:
  EngineTest() {
    for (int host = 0; host < 6; ++host)
      for (const auto* job : {"api", "db"})
        store_.add(
            Labels{{"__name__", "requests_total"}, {"host", std::to_string(host)}, {"job", job}}, 0,
            15'000, 400, [=](std::size_t i) { return static_cast<double>(i) * (host + 1); });
    for (int host = 0; host < 3; ++host)
      store_.add(Labels{{"__name__", "load"}, {"host", std::to_string(host)}}, 0, 15'000, 400,
                 [=](std::size_t i) {
                   return static_cast<double>((i + static_cast<std::size_t>(host)) % 10);
                 });
  }

  Result<Output> instant(std::string expr, UnixMillis at = 30 * kMinute,
                         EngineOptions options = {}) {
    QueryRequest request;
    request.expr = std::move(expr);
    request.start_ms = at;
    return Engine(options, pool_, system_clock()).run(store_, request);
  }
  Result<Output> range(std::string expr, UnixMillis start, UnixMillis end, std::int64_t step,
                       EngineOptions options = {}) {
    QueryRequest request;
    request.expr = std::move(expr);
    request.start_ms = start, request.end_ms = end, request.step_ms = step;
    return Engine(options, pool_, system_clock()).run(store_, request);
  }
  static std::vector<std::string> lines(const Result<Output>& output) {
    if (!output) return {"error: " + output.error().message};
    std::vector<std::string> out;
    const auto add = [&](const Series& series) {
      auto line = series.labels.to_metric_string();
      for (const auto& point : series.points) {
        char text[32];
        std::snprintf(text, sizeof text, " %.6g", point.value);
        line += text;
      }
      out.push_back(std::move(line));
    };
    if (const auto* vector = std::get_if<Vector>(&output->value))
      for (const auto& series : vector->series) add(series);
    if (const auto* matrix = std::get_if<Matrix>(&output->value))
      for (const auto& series : matrix->series) add(series);
    return out;
  }

  SyntheticQuerier store_;
  std::shared_ptr<ThreadPool> pool_ = std::make_shared<ThreadPool>("engine-test", 3);
};

TEST_F(EngineTest, AnAggregationOverARateAddsUpByGroup) {
  EXPECT_THAT(lines(instant("sum by (job) (rate(requests_total[5m]))")),
              ElementsAre(R"({job="api"} 1.4)", R"({job="db"} 1.4)"));
}

TEST_F(EngineTest, ARangeQueryHasOnePointPerStepAndIsSortedByLabels) {
  EXPECT_THAT(lines(range("max by (host) (load)", 0, 2 * kMinute, kMinute)),
              ElementsAre(R"({host="0"} 0 4 8)", R"({host="1"} 1 5 9)", R"({host="2"} 2 6 0)"));
}

TEST_F(EngineTest, TopkKeepsLabelsAndOrder) {
  EXPECT_THAT(lines(instant("topk(2, load)", 15'000)),
              ElementsAre(R"(load{host="2"} 3)", R"(load{host="1"} 2)"));
}

TEST_F(EngineTest, TheSameSelectorIsReadOnce) {
  ASSERT_TRUE(
      instant("rate(requests_total[5m]) / rate(requests_total[5m]) + on(host, job) "
              "rate(requests_total[5m])"));
  EXPECT_EQ(store_.selects(), 1u);
}

TEST_F(EngineTest, ResultsDoNotDependOnTheNumberOfThreads) {
  const auto expr = "sum(rate(requests_total[5m])) + avg(load) + stddev(load)";
  const auto many = lines(range(expr, 5 * kMinute, 60 * kMinute, 30'000));
  pool_ = std::make_shared<ThreadPool>("one", 1);
  EXPECT_EQ(lines(range(expr, 5 * kMinute, 60 * kMinute, 30'000)), many);
}

TEST_F(EngineTest, ASharedSubExpressionKeepsTheNotesOfEachPlace) {
  const auto output = instant("rate(load[5m]) + rate(load[5m])");
  ASSERT_TRUE(output);
  EXPECT_THAT(output->annotations.infos, ElementsAre(HasSubstr("(1:6)"), HasSubstr("(1:23)")));
}

TEST_F(EngineTest, TooManySamplesIsPrometheusError) {
  EngineOptions options;
  options.samples_max = 5;
  const auto output = instant("requests_total", 30 * kMinute, options);
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, Errc::limit);
  EXPECT_EQ(output.error().message,
            "query processing would load too many samples into memory in query execution");
}

TEST_F(EngineTest, MemoryIsBoundedAndTheErrorNamesTheBound) {
  EngineOptions options;
  options.memory_max = 1'000;
  const auto output = range("requests_total", 0, 60 * kMinute, 1'000, options);
  ASSERT_FALSE(output);
  EXPECT_THAT(output.error().message, HasSubstr("memory_max = 1000"));
}

TEST_F(EngineTest, ASubqueryOfTooManyStepsIsRefusedBeforeAnythingIsAllocated) {
  const auto output = instant("max_over_time(load[100y:1ms])");
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, Errc::limit);
  EXPECT_THAT(output.error().message, HasSubstr("memory_max"));
}

TEST_F(EngineTest, ALongChainOfOperatorsIsNotTooDeep) {
  std::string chain = "1";
  for (int i = 0; i < 600; ++i) chain += " + 1";
  const auto output = instant(chain);
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(std::get<Scalar>(output->value).value, 601);
}

TEST_F(EngineTest, ATimeoutAndACancellationAreToldApart) {
  EngineOptions options;
  options.timeout = Millis(0);
  auto output = instant("load", 0, options);
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, Errc::timeout);
  EXPECT_THAT(output.error().message, HasSubstr("query timed out in "));

  std::stop_source stop;
  stop.request_stop();
  QueryRequest request;
  request.expr = "load";
  request.cancelled = stop.get_token();
  output = Engine(EngineOptions{}, pool_, system_clock()).run(store_, request);
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, Errc::cancelled);
  EXPECT_EQ(output.error().message, "query was canceled in expression evaluation");
}

TEST_F(EngineTest, ManyToManyMatchingNamesBothSeries) {
  const auto output = instant("load * on(host) requests_total", 30 * kMinute);
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, Errc::conflict);
  EXPECT_THAT(output.error().message,
              HasSubstr("found duplicate series for the match group {host=\"0\"} on the right "
                        "hand-side of the operation: "));
  EXPECT_THAT(
      output.error().message,
      HasSubstr(";many-to-many matching not allowed: matching labels must be unique on one side"));
}

TEST_F(EngineTest, NamesAreDroppedAtTheEndByDefaultAndAtOnceInCompat2) {
  const auto keep =
      "label_replace(rate(requests_total{host=\"0\"}[5m]), \"was\", \"$1\", \"__name__\", "
      "\"(.+)\")";
  EXPECT_THAT(lines(instant(keep)),
              ElementsAre(R"({host="0", job="api", was="requests_total"} 0.0666667)",
                          R"({host="0", job="db", was="requests_total"} 0.0666667)"));
  EngineOptions options;
  options.compat = 2;
  EXPECT_THAT(
      lines(instant(keep, 30 * kMinute, options)),
      ElementsAre(R"({host="0", job="api"} 0.0666667)", R"({host="0", job="db"} 0.0666667)"));
  EXPECT_EQ(lines(instant("rate({host=\"0\"}[5m])", 30 * kMinute, options)).size(), 3u);
}

TEST_F(EngineTest, Compat2HasClosedWindows) {
  EngineOptions options;
  options.compat = 2;
  EXPECT_THAT(lines(instant("count_over_time(load{host=\"0\"}[1m])")),
              ElementsAre(R"({host="0"} 4)"));
  EXPECT_THAT(lines(instant("count_over_time(load{host=\"0\"}[1m])", 30 * kMinute, options)),
              ElementsAre(R"({host="0"} 5)"));
}

// 2, 12, 22 … observations: the count was zero three seconds before the first sample, half an interval is 7.5.
TEST_F(EngineTest, Compat2DoesNotKnowTheZeroPointOfHistograms) {
  SampleColumn column;
  for (int i = 0; i < 4; ++i) {
    Histogram h;
    h.count = 2 + 10 * i;
    column.t_ms.push_back(30 * kMinute - 45'000 + i * 15'000);
    column.value.push_back(0);
    column.histograms.push_back(std::make_shared<const Histogram>(h));
  }
  store_.add(Labels{{"__name__", "seconds"}}, column);
  EngineOptions options;
  options.compat = 2;
  EXPECT_THAT(lines(instant("histogram_count(increase(seconds[5m]))")), ElementsAre("{} 32"));
  EXPECT_THAT(lines(instant("histogram_count(increase(seconds[5m]))", 30 * kMinute, options)), ElementsAre("{} 35"));
}

TEST_F(EngineTest, ARangeVectorIsAnAnswerOfAnInstantQueryOnly) {
  const auto output = instant("load{host=\"1\"}[30s]", kMinute);
  ASSERT_TRUE(output);
  EXPECT_THAT(lines(output), ElementsAre(R"(load{host="1"} 4 5)"));
  const auto refused = range("load[30s]", 0, kMinute, kMinute);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::invalid);
  EXPECT_EQ(
      refused.error().message,
      "invalid expression type \"range vector\" for range query, must be Scalar or instant Vector");
}

TEST_F(EngineTest, AParseErrorIsInvalidAndNothingIsRead) {
  const auto output = instant("sum(");
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, Errc::invalid);
  EXPECT_EQ(store_.selects(), 0u);
}

TEST_F(EngineTest, StatsCountWhatWasLookedAt) {
  EngineOptions options;
  options.per_step_stats = true;
  const auto output =
      range("sum(count_over_time(load[1m]))", 10 * kMinute, 12 * kMinute, kMinute, options);
  ASSERT_TRUE(output);
  EXPECT_EQ(output->stats.samples_read, 36u);
  EXPECT_THAT(output->stats.samples_per_step, ElementsAre(12, 12, 12));
  EXPECT_EQ(output->stats.series, 3u);
}

TEST_F(EngineTest, EndedQueriesAreListedNewestFirst) {
  Engine engine(EngineOptions{}, pool_, system_clock());
  QueryRequest request;
  request.expr = "load";
  request.source = "test";
  ASSERT_TRUE(engine.run(store_, request));
  request.expr = "nonsense(";
  ASSERT_FALSE(engine.run(store_, request));
  const auto records = engine.queries();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].expr, "nonsense(");
  EXPECT_EQ(records[0].state, "failed");
  EXPECT_THAT(records[0].error, HasSubstr("parse error"));
  EXPECT_EQ(records[1].state, "done");
  EXPECT_EQ(records[1].source, "test");
  EXPECT_FALSE(engine.kill(records[1].id));
}

TEST_F(EngineTest, RoutineQueriesAreListedWhenTheyFail) {
  Engine engine(EngineOptions{}, pool_, system_clock());
  QueryRequest request;
  request.expr = "load";
  request.routine = true;
  ASSERT_TRUE(engine.run(store_, request));
  request.expr = "nonsense(";
  ASSERT_FALSE(engine.run(store_, request));
  const auto records = engine.queries();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].expr, "nonsense(");
}

// A store that holds a query until it is told to go on.
class SlowQuerier final : public Querier {
 public:
  explicit SlowQuerier(SyntheticQuerier& store) : store_(store) {}
  std::atomic<int> waiting{0};
  std::atomic<bool> go{false};

  Result<std::shared_ptr<const Selection>> select(std::span<const Matcher> matchers,
                                                  UnixMillis from, UnixMillis to,
                                                  const SelectHints& hints) override {
    ++waiting;
    while (!go) std::this_thread::yield();
    return store_.select(matchers, from, to, hints);
  }
  Result<std::vector<std::string>> label_names(std::span<const Matcher>, UnixMillis, UnixMillis,
                                               std::size_t) override {
    return std::vector<std::string>{};
  }
  Result<std::vector<std::string>> label_values(std::string_view, std::span<const Matcher>,
                                                UnixMillis, UnixMillis, std::size_t) override {
    return std::vector<std::string>{};
  }
  Result<std::vector<Labels>> series(std::span<const Matcher>, UnixMillis, UnixMillis,
                                     std::size_t) override {
    return std::vector<Labels>{};
  }
  Result<std::vector<ExemplarSeries>> exemplars(std::span<const Matcher>, UnixMillis,
                                                UnixMillis) override {
    return std::vector<ExemplarSeries>{};
  }
  std::vector<Metadata> metadata(std::string_view, std::size_t) const override { return {}; }

 private:
  SyntheticQuerier& store_;
};

TEST_F(EngineTest, AKilledQueryEndsAsCancelled) {
  Engine engine(EngineOptions{}, pool_, system_clock());
  SlowQuerier slow(store_);
  Result<Output> output = fail(Errc::internal, "did not run");
  std::jthread asker([&] {
    QueryRequest request;
    request.expr = "sum(load)";
    output = engine.run(slow, request);
  });
  while (slow.waiting == 0) std::this_thread::yield();
  const auto running = engine.queries();
  ASSERT_EQ(running.size(), 1u);
  EXPECT_EQ(running[0].state, "running");
  EXPECT_TRUE(engine.kill(running[0].id));
  slow.go = true;
  asker.join();
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, Errc::cancelled);
  EXPECT_EQ(engine.queries()[0].state, "killed");
}

TEST_F(EngineTest, QueriesBeyondTheConcurrencyWaitAndBeyondTheQueueAreRefused) {
  EngineOptions options;
  options.concurrent_max = 1;
  options.queue_max = 1;
  Engine engine(options, pool_, system_clock());
  SlowQuerier slow(store_);
  QueryRequest request;
  request.expr = "load";
  std::jthread first([&] { EXPECT_TRUE(engine.run(slow, request)); });
  while (slow.waiting == 0) std::this_thread::yield();
  std::jthread second([&] { EXPECT_TRUE(engine.run(store_, request)); });
  while (engine.queries().size() < 2) std::this_thread::yield();
  // The second may not have reached the queue yet: only a full queue refuses at once.
  Result<Output> third = fail(Errc::internal, "");
  do {
    std::stop_source stop;
    stop.request_stop();
    auto probe = request;
    probe.cancelled = stop.get_token();
    third = engine.run(store_, probe);
  } while (third.error().code == Errc::cancelled);
  EXPECT_EQ(third.error().code, Errc::unavailable);
  EXPECT_THAT(third.error().message, HasSubstr("too many queries: 1 running and 1 waiting"));
  slow.go = true;
}

TEST_F(EngineTest, SetOperatorsMatchStepByStep) {
  EXPECT_THAT(lines(range("load > 5 and load < 8", 0, 2 * kMinute, kMinute)),
              ElementsAre(R"(load{host="2"} 6)"));
  EXPECT_THAT(lines(instant("load unless on(host) requests_total")), IsEmpty());
  EXPECT_THAT(lines(instant("load{host=\"0\"} or load{host=\"1\"}", 0)),
              ElementsAre(R"(load{host="0"} 0)", R"(load{host="1"} 1)"));
}

TEST_F(EngineTest, AResultLimitCutsTheSeries) {
  QueryRequest request;
  request.expr = "requests_total";
  request.start_ms = kMinute;
  request.series_max = 3;
  const auto output = Engine(EngineOptions{}, pool_, system_clock()).run(store_, request);
  ASSERT_TRUE(output);
  EXPECT_EQ(std::get<Vector>(output->value).series.size(), 3u);
}

}  // namespace
}  // namespace pharos::query
