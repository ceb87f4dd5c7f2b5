#include "rules/backtest/backtest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "query/memory_store.hpp"

namespace pharos::rules::backtest {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Backtest : testing::Test {
  query::MemoryStore store;
  query::Engine engine{{}, std::make_shared<ThreadPool>("test", 2), system_clock()};
  Options options{.range = {from_unix_millis(0), from_unix_millis(3'600'000)}};

  // One value a minute.
  void feed(const Labels& labels, std::vector<double> values) {
    for (std::size_t i = 0; i < values.size(); ++i)
      store.put(labels, static_cast<UnixMillis>(i) * 60'000, values[i]);
  }
  Result<std::vector<RuleReport>> run(std::string_view rules) {
    const auto file = parse_rule_file(rules, "r.yml");
    if (!file.errors.empty()) return fail(file.errors.front());
    return backtest::run(
        file.groups, store,
        [this](Querier& querier, const query::QueryRequest& request) {
          return engine.run(querier, request);
        },
        options);
  }
};

Time minute(int n) {
  return from_unix_millis(n * 60'000LL);
}

constexpr std::string_view kHot = R"(
groups:
  - name: g
    rules:
      - {alert: Hot, expr: "temperature > 30", for: 2m, annotations: {summary: "{{ $value }}"}}
)";

TEST_F(Backtest, TellsWhatRecordingRulesGiveInTheOrderOfTime) {
  feed({{"__name__", "temperature"}, {"room", "a"}}, {20, 40, 41});
  options.range.end = minute(10);
  std::vector<std::pair<UnixMillis, double>> given;
  options.recorded = [&](const Labels& labels, UnixMillis t_ms, double value) {
    EXPECT_EQ(labels, (Labels{{"__name__", "hot"}, {"room", "a"}}));
    if (!is_stale(value)) given.emplace_back(t_ms, value);
  };
  ASSERT_TRUE(run("groups: [{name: g, interval: 2m, rules: [{record: hot, expr: temperature * 2}]}]"));
  using ::testing::ElementsAre;
  using ::testing::Pair;
  EXPECT_THAT(given, ElementsAre(Pair(0, 40), Pair(120'000, 82), Pair(240'000, 82), Pair(360'000, 82)));
}

TEST_F(Backtest, TellsWhenARuleWouldHaveFiredAndForHowLong) {
  feed({{"__name__", "temperature"}, {"room", "a"}},
       {20, 40, 41, 42, 43, 20, 20, 35, 20, 20, 50, 51, 52, 53});
  options.steps_per_query = 5;  // several range queries for one rule
  options.range.end = minute(14);
  const auto reports = run(kHot);
  ASSERT_TRUE(reports) << reports.error().message;
  ASSERT_THAT(*reports, SizeIs(1));
  const auto& report = reports->front();
  EXPECT_EQ(report.name, "Hot");
  EXPECT_EQ(report.evaluations, 14U);
  EXPECT_EQ(report.fired, 2U);
  EXPECT_EQ(report.pending_only, 1U);
  ASSERT_THAT(report.episodes, SizeIs(2));
  EXPECT_EQ(report.episodes[0].active_at, minute(1));
  EXPECT_EQ(report.episodes[0].fired_at, minute(3));
  EXPECT_EQ(report.episodes[0].resolved_at, minute(5));
  EXPECT_EQ(report.episodes[0].annotations, (Labels{{"summary", "42"}}));
  EXPECT_EQ(report.episodes[0].labels, (Labels{{"alertname", "Hot"}, {"room", "a"}}));
  EXPECT_EQ(report.episodes[1].fired_at, minute(12));
  EXPECT_FALSE(report.episodes[1].resolved_at) << "still firing at the end";
  EXPECT_EQ(report.firing_time, 2min + 1min);
}

TEST_F(Backtest, ComputesRecordingRulesAndLetsAlertsSeeThem) {
  feed({{"__name__", "temperature"}, {"room", "a"}}, {10, 10, 10});
  feed({{"__name__", "temperature"}, {"room", "b"}}, {10, 60, 10});
  feed({{"__name__", "temperature:max"}}, {99, 99, 99});  // what is stored is not looked at
  options.range.end = minute(3);
  const auto reports = run(R"(
groups:
  - name: alerts
    rules: [{alert: Hot, expr: "temperature:max > 50"}]
  - name: records
    rules: [{record: "temperature:max", expr: max(temperature)}]
)");
  ASSERT_TRUE(reports) << reports.error().message;
  ASSERT_THAT(*reports, SizeIs(1));
  EXPECT_EQ(reports->front().fired, 1U);
  ASSERT_THAT(reports->front().episodes, SizeIs(1));
  EXPECT_EQ(reports->front().episodes[0].fired_at, minute(1));
  EXPECT_EQ(reports->front().episodes[0].resolved_at, minute(2));
}

// What is pending, firing, recorded or read far back goes on from slice to slice.
TEST_F(Backtest, SlicesOfTheRangeShowNothing) {
  std::vector<double> hot;
  for (int i = 0; i < 400; ++i) hot.push_back(i % 50 < 20 ? 10 : 30 + i);
  feed({{"__name__", "temperature"}, {"room", "a"}}, hot);
  options.range.end = minute(400);
  const auto rules = R"y(
groups:
  - name: alerts
    rules:
      - {alert: Hot, expr: "temperature:max > 50", for: 5m}
      - {alert: Long, expr: "avg_over_time(temperature:max[1h30m] offset 30m) > 100", for: 10m}
      - {alert: Gone, expr: "absent(temperature:max)", for: 1m}
  - name: records
    rules: [{record: "temperature:max", expr: max(temperature)}]
)y";
  const auto whole = run(rules);
  options.slice = minute(7) - minute(0);
  const auto sliced = run(rules);
  ASSERT_TRUE(whole && sliced);
  ASSERT_THAT(*sliced, SizeIs(whole->size()));
  for (std::size_t i = 0; i < whole->size(); ++i) {
    const auto &a = (*whole)[i], &b = (*sliced)[i];
    EXPECT_EQ(a.evaluations, b.evaluations);
    EXPECT_EQ(a.fired, b.fired) << a.name;
    EXPECT_EQ(a.pending_only, b.pending_only) << a.name;
    EXPECT_EQ(a.firing_time, b.firing_time) << a.name;
    ASSERT_THAT(b.episodes, SizeIs(a.episodes.size()));
    for (std::size_t e = 0; e < a.episodes.size(); ++e) {
      EXPECT_EQ(a.episodes[e].fired_at, b.episodes[e].fired_at);
      EXPECT_EQ(a.episodes[e].resolved_at, b.episodes[e].resolved_at);
    }
  }
  EXPECT_EQ(whole->front().fired, 8U);
  EXPECT_GT((*whole)[1].fired, 0U);
}

TEST_F(Backtest, EvaluatesNothingBeforeTheFirstSample) {
  for (int i = 50; i < 60; ++i) store.put({{"__name__", "temperature"}}, i * 60'000, i < 55 ? 40 : 20);
  const auto rules = R"y(
groups:
  - name: g
    rules:
      - {alert: Hot, expr: "temperature > 30", for: 2m}
      - {alert: Gone, expr: "absent(temperature)"}
)y";
  EXPECT_EQ(evaluated(options).begin, options.range.begin) << "nobody knows what is stored";
  EXPECT_EQ((*run(rules))[1].fired, 1U);
  options.stored_from = minute(50);
  EXPECT_EQ(evaluated(options).begin, minute(50));
  EXPECT_EQ(evaluated(options).end, options.range.end);
  const auto reports = run(rules);
  ASSERT_TRUE(reports) << reports.error().message;
  EXPECT_EQ((*reports)[0].evaluations, 10U);
  EXPECT_EQ((*reports)[0].fired, 1U);
  EXPECT_EQ((*reports)[0].episodes.at(0).fired_at, minute(52));
  EXPECT_EQ((*reports)[1].fired, 0U) << "of what nothing is known nothing is said";
  std::string json;
  codec::JsonWriter writer(json);
  put_reports(writer, *reports, evaluated(options));
  EXPECT_THAT(json, ::testing::StartsWith(
                        R"({"evaluatedFrom":"1970-01-01T00:50:00.000Z","evaluatedTo":"1970-01-01T01:00:00.000Z")"))
      << json;
  options.stored_from = minute(100);
  EXPECT_TRUE(evaluated(options).empty());
  EXPECT_EQ((*run(rules))[0].evaluations, 0U);
  options.stored_from = minute(-100);
  EXPECT_EQ(evaluated(options).begin, options.range.begin);
}

TEST_F(Backtest, NamesWhatFailsAndBounds) {
  feed({{"__name__", "a"}, {"x", "1"}}, {1, 1});
  feed({{"__name__", "b"}, {"x", "1"}, {"y", "1"}}, {1, 1});
  feed({{"__name__", "b"}, {"x", "1"}, {"y", "2"}}, {1, 1});
  options.range.end = minute(2);
  const auto reports = run("groups: [{name: g, rules: [{alert: A, expr: 'a + on(x) b > 0'}]}]");
  ASSERT_TRUE(reports) << reports.error().message;
  EXPECT_EQ(reports->front().failures, 2U);
  EXPECT_THAT(reports->front().error, HasSubstr("duplicate series"));
  EXPECT_THAT(reports->front().episodes, IsEmpty());
  options.evaluations_max = 1;
  const auto bounded = run(kHot);
  ASSERT_FALSE(bounded);
  EXPECT_EQ(bounded.error().code, Errc::limit);
  options.range.end = options.range.begin;
  EXPECT_FALSE(run(kHot));
  options = {.range = {from_unix_millis(0), from_unix_millis(std::int64_t{1} << 61)},
             .interval_default = std::chrono::hours(1'000'000)};
  const auto endless = run(kHot);
  ASSERT_FALSE(endless) << "seven hundred million parts, hardly a step in them";
  EXPECT_EQ(endless.error().code, Errc::limit);
  EXPECT_THAT(endless.error().message, HasSubstr("longer than ten years"));
}

}  // namespace
}  // namespace pharos::rules::backtest
