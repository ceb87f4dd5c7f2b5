// A store on a simulated disk with a clock that stands still, for tests of the store's behaviour.
#pragma once
#include <gtest/gtest.h>

#include <bit>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/manual_clock.hpp"
#include "base/sim_disk.hpp"
#include "metrics/store.hpp"

namespace pharos::metrics {

inline constexpr UnixMillis kTestNow = 19'700LL * 86'400'000 + 13 * 3'600'000;
inline constexpr UnixMillis kAllFrom = std::numeric_limits<UnixMillis>::min(), kAllTo = std::numeric_limits<UnixMillis>::max();

// The step of tests that try every byte or disk operation: one thread does all of it, and under ThreadSanitizer it took
// minutes.
#ifdef __SANITIZE_THREAD__
inline constexpr std::uint64_t kEach = 7;
#else
inline constexpr std::uint64_t kEach = 1;
#endif

// What a store shows: label text → (time, bits of the value).
using Shown = std::map<std::string, std::vector<std::pair<UnixMillis, std::uint64_t>>>;

inline std::uint64_t bits(double v) { return std::bit_cast<std::uint64_t>(v); }

inline Matcher matcher(MatchOp op, std::string name, std::string value) {
  return Matcher::make(op, std::move(name), std::move(value)).value();
}

class StoreFixture : public testing::Test {
 protected:
  StoreFixture() {
    config.background = false;
    config.free_bytes_min = 0;
  }

  Status open() {
    auto opened = Store::open(disk, "data", clock, pool, config);
    if (!opened) return fail(opened.error());
    store = std::move(*opened);
    return {};
  }
  void reopen() {
    store.reset();
    const auto opened = open();
    ASSERT_TRUE(opened) << opened.error().message;
  }
  // kill -9: what was written stays, nothing more is.
  void kill_and_reopen() {
    disk->stop_after(1);
    store.reset();
    disk->kill();
    const auto opened = open();
    ASSERT_TRUE(opened) << opened.error().message;
  }
  // Power loss: what was not synced may vanish.
  void crash_and_reopen() {
    disk->stop_after(1);
    store.reset();
    disk->crash();
    const auto opened = open();
    ASSERT_TRUE(opened) << opened.error().message;
  }

  SeriesRef series(const Labels& labels) {
    auto ref = store->resolve(labels);
    EXPECT_TRUE(ref) << ref.error().message;
    return ref.value_or(SeriesRef::none);
  }
  SeriesRef series(std::string_view name, std::string_view instance = "a") {
    return series(Labels{{"__name__", name}, {"instance", instance}});
  }
  Result<AppendOutcome> append(std::vector<FloatSample> floats, AppendOptions options = {}) {
    return store->append({.floats = floats}, options);
  }
  // Appends and expects nothing to be refused.
  void add(SeriesRef ref, UnixMillis t, double v) {
    const auto outcome = append({{ref, t, v}});
    ASSERT_TRUE(outcome) << outcome.error().message;
    ASSERT_EQ(outcome->rejected, 0u) << name(outcome->rejections.at(0).reason);
  }

  Shown shown(std::vector<Matcher> matchers = {}, UnixMillis from = kAllFrom, UnixMillis to = kAllTo) {
    if (matchers.empty()) matchers.push_back(matcher(MatchOp::not_equal, "__name__", ""));
    Shown out;
    const auto selection = store->querier()->select(matchers, from, to, {});
    EXPECT_TRUE(selection) << selection.error().message;
    if (!selection) return out;
    for (std::size_t i = 0; i < (*selection)->size(); ++i) {
      SampleColumn column;
      const auto read = (*selection)->read(i, from, to, column);
      EXPECT_TRUE(read) << read.error().message;
      if (column.empty()) continue;
      auto& samples = out[(*selection)->labels(i).to_string()];
      EXPECT_TRUE(samples.empty()) << "two series with the same labels";
      for (std::size_t k = 0; k < column.size(); ++k) samples.emplace_back(column.t_ms[k], bits(column.value[k]));
    }
    return out;
  }
  // Values of the only series, as numbers.
  std::vector<std::pair<UnixMillis, double>> only(const Shown& all) {
    EXPECT_EQ(all.size(), 1u);
    std::vector<std::pair<UnixMillis, double>> out;
    if (!all.empty())
      for (const auto& [t, v] : all.begin()->second) out.emplace_back(t, std::bit_cast<double>(v));
    return out;
  }

  std::shared_ptr<SimDisk> disk = std::make_shared<SimDisk>(1);
  ManualClock clock{from_unix_millis(kTestNow)};
  std::shared_ptr<ThreadPool> pool = std::make_shared<ThreadPool>("test", 2);
  StoreConfig config;
  std::unique_ptr<Store> store;
};

}  // namespace pharos::metrics
