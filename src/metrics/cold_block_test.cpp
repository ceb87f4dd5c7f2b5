#include "metrics/cold_block.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/clock.hpp"
#include "base/sim_disk.hpp"
#include "codec/series_samples.hpp"
#include "metrics/granule_cache.hpp"
#include "metrics/sample_fold.hpp"

namespace pharos::metrics {
namespace {

constexpr UnixMillis kStart = 1'700'000'000'000;
constexpr UnixMillis kEver = std::numeric_limits<UnixMillis>::max(),
                     kNever = std::numeric_limits<UnixMillis>::min();

struct Written {
  SimDisk disk;
  std::vector<std::pair<Labels, SampleColumn>> series;  // id = index * 3 + 1
  std::shared_ptr<const Part> part;
  std::shared_ptr<GranuleCache> cache;
  static SeriesId id(std::size_t i) { return SeriesId{i * 3 + 1}; }
};

SampleColumn column_of(std::vector<double> values, UnixMillis first = kStart,
                       UnixMillis step = 15'000) {
  SampleColumn out;
  for (std::size_t i = 0; i < values.size(); ++i)
    out.t_ms.push_back(first + static_cast<UnixMillis>(i) * step);
  out.value = std::move(values);
  return out;
}

void write(Written& w, bool backwards = false) {
  auto writer = ColdBlockWriter::create(w.disk, "00000001.cold");
  ASSERT_TRUE(writer);
  for (std::size_t k = 0; k < w.series.size(); ++k) {
    const auto i = backwards ? w.series.size() - 1 - k : k;
    ASSERT_TRUE((*writer)->add_series(Written::id(i), w.series[i].first, w.series[i].second));
  }
  EXPECT_FALSE(w.disk.exists("00000001.cold"));
  ASSERT_TRUE((*writer)->finish());
  std::vector<std::string> damage;
  auto part = open_part(w.disk, "00000001.cold", damage, w.cache);
  ASSERT_TRUE(part) << part.error().message;
  w.part = *part;
}

void expect_equal(const SampleColumn& a, const SampleColumn& b, const std::string& what) {
  ASSERT_EQ(a.t_ms, b.t_ms) << what;
  for (std::size_t i = 0; i < a.size(); ++i)
    ASSERT_EQ(std::bit_cast<std::uint64_t>(a.value[i]), std::bit_cast<std::uint64_t>(b.value[i]))
        << what << " at " << i;
  ASSERT_EQ(a.histograms.size(), b.histograms.size()) << what;
  for (std::size_t i = 0; i < a.histograms.size(); ++i) {
    ASSERT_EQ(a.histograms[i] != nullptr, b.histograms[i] != nullptr) << what;
    if (a.histograms[i]) {
      ASSERT_TRUE(a.histograms[i]->identical(*b.histograms[i])) << what;
    }
  }
  ASSERT_EQ(a.start_ms, b.start_ms) << what;
}

void adversarial(Written& w, std::size_t n) {
  for (auto& [name, values] : codec::adversarial_columns(n, n))
    w.series.emplace_back(Labels{{"__name__", "m"}, {"case", name}, {"instance", "a"}},
                          column_of(std::move(values)));
}

TEST(ColdBlock, EverySampleComesBackBitForBitInAnyWindow) {
  Random random(5);
  for (const std::size_t n : {1, 2, 127, 128, 129, 700}) {
    Written w;
    adversarial(w, n);
    write(w, n % 2 == 0);
    EXPECT_EQ(w.part->series_count(), w.series.size());
    EXPECT_EQ(w.part->samples(), w.series.size() * n);
    for (std::size_t i = 0; i < w.series.size(); ++i) {
      SampleColumn got;
      ASSERT_TRUE(w.part->read(Written::id(i), kNever, kEver, got));
      expect_equal(w.series[i].second, got, w.series[i].first.to_string());
      const auto from = kStart + static_cast<UnixMillis>(random.below(n + 1)) * 15'000 - 7000,
                 to = from + static_cast<UnixMillis>(random.below(n + 1)) * 15'000;
      SampleColumn window, expected;
      append(expected, SampleSpan(w.series[i].second).between(from, to));
      ASSERT_TRUE(w.part->read(Written::id(i), from, to, window));
      expect_equal(expected, window, w.series[i].first.to_string());
    }
  }
}

TEST(ColdBlock, JitteredTimesAndSeriesBeyondOneChunkComeBack) {
  Written w;
  Random random(9);
  std::vector<double> values;
  for (int i = 0; i < 40'000; ++i) values.push_back(static_cast<double>(random.below(1000)) / 8);
  auto column = column_of(values, kStart, 1000);
  for (auto& t : column.t_ms) t += static_cast<UnixMillis>(random.below(900));
  w.series.emplace_back(Labels{{"__name__", "long"}}, column);
  write(w);
  SampleColumn got, window, expected;
  ASSERT_TRUE(w.part->read(Written::id(0), kNever, kEver, got));
  expect_equal(column, got, "all");
  ASSERT_TRUE(w.part->read(Written::id(0), column.t_ms[13'300], column.t_ms[27'000], window));
  append(expected, SampleSpan(column).between(column.t_ms[13'300], column.t_ms[27'000]));
  expect_equal(expected, window, "window");
}

TEST(ColdBlock, ReadsThroughACacheFindWhatTheBlockHolds) {
  Written w;
  w.cache = std::make_shared<GranuleCache>(1 << 20);
  Random random(13);
  adversarial(w, 700);
  SampleColumn jittered;  // several chunks
  for (int i = 0; i < 40'000; ++i) {
    jittered.t_ms.push_back(kStart + i * 1000 + static_cast<UnixMillis>(random.below(900)));
    jittered.value.push_back(static_cast<double>(random.below(50)) / 8);
  }
  w.series.emplace_back(Labels{{"__name__", "long"}}, jittered);
  write(w);
  for (std::size_t i = 0; i < w.series.size(); ++i) {
    const auto& all = w.series[i].second;
    for (int round = 0; round < 60; ++round) {
      // Windows near each other, so that some lie in what an earlier one left, beyond the ends too.
      const auto around = all.t_ms[all.size() * static_cast<std::size_t>(round / 10) / 6];
      const auto from = around - 200'000 + static_cast<UnixMillis>(random.below(400'000)),
                 to = from + static_cast<UnixMillis>(random.below(round % 3 ? 300'000 : 9'000'000));
      SampleColumn window, expected;
      append(expected, SampleSpan(all).between(from, to));
      ASSERT_TRUE(w.part->read(Written::id(i), from, to, window));
      expect_equal(expected, window, w.series[i].first.to_string());
    }
  }
  EXPECT_GT(w.cache->bytes(), 0u);
}

TEST(ColdBlock, HistogramsAndStartTimesComeBack) {
  Written w;
  auto column = column_of(std::vector<double>(300, 0.0));
  column.start_ms.assign(300, kStart - 1);
  for (int i = 0; i < 300; ++i) {
    Histogram h;
    h.integer = true;
    h.schema = i < 200 ? 2 : 1;
    h.positive_spans = {{0, 2}};
    h.positive = {static_cast<double>(i), 2.0 * i};
    h.count = 3.0 * i;
    h.sum = 0.25 * i;
    column.histograms.push_back(i % 50 == 7 ? nullptr : std::make_shared<Histogram>(h));
  }
  w.series.emplace_back(Labels{{"__name__", "h"}}, column);
  write(w);
  SampleColumn got;
  ASSERT_TRUE(w.part->read(Written::id(0), kNever, kEver, got));
  expect_equal(column, got, "histograms");
  WindowFacts facts{.exact = true};
  ASSERT_TRUE(w.part->fold_facts(Written::id(0), kNever, kEver, facts));
  EXPECT_FALSE(facts.exact);
}

TEST(ColdBlock, FactsEqualWhatTheSamplesSay) {
  Written w;
  adversarial(w, 1500);
  write(w);
  Random random(21);
  for (std::size_t i = 0; i < w.series.size(); ++i)
    for (int round = 0; round < 40; ++round) {
      const auto from = kStart + static_cast<UnixMillis>(random.below(1500)) * 15'000 - 1,
                 to = from + static_cast<UnixMillis>(random.below(1500)) * 15'000;
      WindowFacts expected{.exact = true}, got{.exact = true};
      fold(expected, SampleSpan(w.series[i].second).between(from, to));
      ASSERT_TRUE(w.part->fold_facts(Written::id(i), from, to, got));
      const auto what = w.series[i].first.to_string();
      EXPECT_TRUE(got.exact) << what;
      EXPECT_EQ(got.count, expected.count) << what;
      if (expected.count == 0) continue;
      EXPECT_EQ(got.first_ms, expected.first_ms) << what;
      EXPECT_EQ(got.last_ms, expected.last_ms) << what;
      for (const auto& [a, b] : {std::pair{got.first, expected.first},
                                 {got.last, expected.last},
                                 {got.min, expected.min},
                                 {got.max, expected.max}})
        EXPECT_TRUE(a == b || (std::isnan(a) && std::isnan(b))) << what << ' ' << a << ' ' << b;
    }
}

TEST(ColdBlock, FactsKnowWhatCameLastBeforeAStaleMarker) {
  for (const bool cached : {false, true})
    for (const std::size_t stale_at : {0, 127, 128, 383, 384}) {
      Written w;
      if (cached) w.cache = std::make_shared<GranuleCache>(1 << 20);
      std::vector<double> values;
      for (int i = 0; i < 400; ++i) values.push_back(i % 7 + i);
      auto column = column_of(values);
      column.value[stale_at] = stale_nan();
      w.series.emplace_back(Labels{{"__name__", "m"}}, column);
      write(w);
      for (std::size_t from = 0; from < 400; from += 3)
        for (std::size_t to = stale_at; to < std::min<std::size_t>(400, stale_at + 2); ++to) {
          WindowFacts expected{.exact = true}, got{.exact = true};
          const auto from_ms = column.t_ms[from], to_ms = column.t_ms[to];
          fold(expected, SampleSpan(column).between(from_ms, to_ms));
          ASSERT_TRUE(w.part->fold_facts(Written::id(0), from_ms, to_ms, got));
          ASSERT_EQ(got.count, expected.count) << stale_at << ' ' << from;
          if (expected.count == 0) continue;
          EXPECT_EQ(got.first, expected.first) << stale_at << ' ' << from;
          EXPECT_EQ(got.last, expected.last) << stale_at << ' ' << from;
          EXPECT_EQ(got.last_ms, expected.last_ms) << stale_at << ' ' << from;
          EXPECT_EQ(got.min, expected.min) << stale_at << ' ' << from;
          EXPECT_EQ(got.max, expected.max) << stale_at << ' ' << from;
        }
    }
}

TEST(ColdBlock, MatchersFindWhatTheyFindInTheLabels) {
  Written w;
  for (int i = 0; i < 300; ++i) {
    std::vector<LabelView> labels;
    const auto host = "host-" + std::to_string(i % 7), path = "/p" + std::to_string(i % 31);
    labels.push_back({"__name__", i % 3 ? "requests_total" : "latency"});
    labels.push_back({"instance", host});
    if (i % 2) labels.push_back({"path", path});
    const auto number = std::to_string(i);
    labels.push_back({"shard", number});
    w.series.emplace_back(Labels::from_sorted(labels), column_of({1.0 * i}));
  }
  write(w, true);
  const auto make = [](MatchOp op, std::string name, std::string value) {
    return *Matcher::make(op, std::move(name), std::move(value));
  };
  const std::vector<std::vector<Matcher>> cases = {
      {},
      {make(MatchOp::equal, "__name__", "latency")},
      {make(MatchOp::equal, "__name__", "nothing")},
      {make(MatchOp::equal, "no_such_label", "")},
      {make(MatchOp::equal, "path", "")},
      {make(MatchOp::not_equal, "path", "")},
      {make(MatchOp::not_equal, "instance", "host-3"), make(MatchOp::regex, "path", "/p1.*")},
      {make(MatchOp::regex, "instance", "host-1|host-4|other")},
      {make(MatchOp::not_regex, "instance", "host-1|host-4|other")},
      {make(MatchOp::regex, "path", "|/p3")},
      {make(MatchOp::not_regex, "path", "/p.+")},
      {make(MatchOp::regex, "path", ".*")},
      {make(MatchOp::regex, "path", ".+"), make(MatchOp::equal, "__name__", "requests_total"),
       make(MatchOp::regex, "shard", "1[0-9]+")},
      {make(MatchOp::not_regex, "path", ".+")},
      {make(MatchOp::not_equal, "no_such_label", "x")},
      {make(MatchOp::equal, "no_such_label", "x")},
  };
  for (const auto& matchers : cases) {
    std::vector<SeriesId> expected;
    for (std::size_t i = 0; i < w.series.size(); ++i)
      if (matches_all(matchers, w.series[i].first)) expected.push_back(Written::id(i));
    const auto got = w.part->match(matchers);
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(*got, expected) << (matchers.empty() ? "{}" : matchers[0].to_string());
  }
  for (std::size_t i = 0; i < w.series.size(); ++i)
    EXPECT_EQ(*w.part->labels(Written::id(i)), w.series[i].first);
  EXPECT_FALSE(w.part->labels(SeriesId{2}));
}

TEST(ColdBlock, ColumnsOfOneTargetThatMoveAlikeAreStoredOnce) {
  const auto size = [](int copies) {
    Written w;
    Random random(3);
    std::vector<double> values;
    for (int i = 0; i < 1000; ++i) values.push_back(static_cast<double>(random.below(1u << 20)));
    for (int k = 0; k < copies; ++k) {
      auto moved = values;
      for (auto& v : moved) v += 4096 * k;
      w.series.emplace_back(Labels{{"__name__", "m" + std::to_string(k)}}, column_of(moved));
    }
    write(w);
    for (int k = 0; k < copies; ++k) {
      SampleColumn got;
      EXPECT_TRUE(w.part->read(Written::id(static_cast<std::size_t>(k)), kNever, kEver, got));
      expect_equal(w.series[static_cast<std::size_t>(k)].second, got, "copy");
    }
    return w.part->bytes();
  };
  EXPECT_LT(size(10), size(1) + 500);
}

TEST(ColdBlock, AnUnfinishedBlockLeavesNoFile) {
  SimDisk disk;
  {
    auto writer = ColdBlockWriter::create(disk, "00000001.cold");
    ASSERT_TRUE((*writer)->add_series(SeriesId{1}, Labels{{"a", "b"}}, column_of({1, 2, 3})));
  }
  EXPECT_TRUE(disk.list("")->empty());
  disk.fail_sync_at(1);
  auto writer = ColdBlockWriter::create(disk, "00000002.cold");
  ASSERT_TRUE((*writer)->add_series(SeriesId{1}, Labels{{"a", "b"}}, column_of({1, 2, 3})));
  EXPECT_FALSE((*writer)->finish());
  EXPECT_FALSE(disk.exists("00000002.cold"));
}

TEST(ColdBlock, AnEmptyBlockIsABlock) {
  Written w;
  write(w);
  EXPECT_EQ(w.part->series_count(), 0u);
  EXPECT_TRUE(w.part->match({})->empty());
}

}  // namespace
}  // namespace pharos::metrics
