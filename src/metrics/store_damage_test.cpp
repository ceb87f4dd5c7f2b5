// A small store of which every file is damaged at every byte and cut at every length: it starts,
// says what it met, serves what the damage does not touch, invents nothing, and what it
// acknowledges afterwards is true.
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "metrics/store_fixture.hpp"

namespace pharos::metrics {
namespace {

constexpr std::int64_t kDay = 86'400'000;
// Verified at every byte; started at every byte in the long form of the tests.
constexpr std::size_t kStep = kEach;
const std::size_t kStride = [] {
  const char* deep = std::getenv("PHAROS_DEEP");  // the runner sets it empty for the short form
  return kStep * (deep != nullptr && *deep != '\0' ? 1 : 3);
}();

struct StoreDamageTest : StoreFixture {
  std::map<std::string, std::string> good;  // the files as kill -9 left them, by path
  Shown before;

  // a and b: a cold block each. c: 128 samples in a hot segment, two more and d in the journal.
  void SetUp() override {
    ASSERT_TRUE(open());
    for (int k = 0; k < 40; ++k) add(series("a"), kTestNow - 3 * kDay + k * 1000, k * 0.5);
    ASSERT_TRUE(store->compact());
    ASSERT_TRUE(store->remove(std::vector{matcher(MatchOp::equal, "__name__", "a")},
                              kTestNow - 3 * kDay, kTestNow - 3 * kDay + 5000));
    ASSERT_TRUE(store->clean());
    for (int k = 0; k < 40; ++k) add(series("b"), kTestNow - 2 * kDay + k * 1000, k * 1.25);
    ASSERT_TRUE(store->compact());
    for (int k = 0; k < 130; ++k) add(series("c"), kTestNow - 200'000 + k * 1000, k * 3.0);
    for (int k = 0; k < 5; ++k) add(series("d"), kTestNow - 50'000 + k * 1000, 1.0 / (k + 1));
    ASSERT_TRUE(store->maintain());
    before = shown();
    ASSERT_EQ(before.size(), 4u);
    disk->stop_after(1);
    store.reset();
    disk->kill();
    keep_files("data");
    std::size_t bytes = 0;
    for (const auto& [path, contents] : good) bytes += contents.size();
    ASSERT_LT(bytes, 8000u) << "every case costs a start";
    ASSERT_GE(good.size(), 6u);
  }

  void keep_files(const std::string& folder) {
    const auto entries = disk->list(folder).value();
    for (const auto& entry : entries) {
      const auto path = folder + "/" + entry.name;
      if (entry.directory)
        keep_files(path);
      else
        good[path] = disk->read(path).value();
    }
  }
  void put_back(const std::string& damaged, std::string_view contents) {
    store.reset();
    disk = std::make_shared<SimDisk>(1);
    for (const auto& [path, bytes] : good) {
      ASSERT_TRUE(disk->make_dirs(path.substr(0, path.rfind('/'))));
      ASSERT_TRUE(
          disk->replace(path, as_bytes(path == damaged ? contents : std::string_view(bytes))));
    }
  }
  static std::string label(const char* name) {
    return Labels{{"__name__", name}, {"instance", "a"}}.to_string();
  }

  // The series that the loss of some of the file may cost something.
  std::set<std::string> touched_by(const std::string& path) const {
    if (path.ends_with(".journal")) return {label("c"), label("d")};
    if (path.ends_with(".log"))
      return {label("c"), label("d")};  // cold blocks know the names of a and b
    if (path.ends_with(".cold")) return {path == first_cold() ? label("a") : label("b")};
    if (path.ends_with(".hot")) return {label("c")};
    return {};
  }
  std::string first_cold() const {
    for (const auto& [path, bytes] : good)
      if (path.ends_with(".cold")) return path;
    return {};
  }

  // When the series has its samples. A block whose directory is damaged cannot tell which series it
  // holds: whoever asks for its days gets an error, other days are served.
  static std::pair<UnixMillis, UnixMillis> days_of(const std::string& name) {
    if (name == label("a")) return {kTestNow - 3 * kDay, kTestNow - 3 * kDay + kDay / 2};
    if (name == label("b")) return {kTestNow - 2 * kDay, kTestNow - 2 * kDay + kDay / 2};
    return {kTestNow - kDay / 4, kTestNow};
  }

  // What each series shows; a series that answers an error shows nothing. Invented samples fail the
  // test.
  Shown shown_as_far_as_it_goes(const std::string& where) {
    Shown out;
    const auto selection = store->querier()->select(
        std::vector{matcher(MatchOp::not_equal, "__name__", "")}, kAllFrom, kAllTo, {});
    EXPECT_TRUE(selection) << where;
    if (!selection) return out;
    for (std::size_t i = 0; i < (*selection)->size(); ++i) {
      const auto name = (*selection)->labels(i).to_string();
      SampleColumn column;
      auto read = (*selection)->read(i, kAllFrom, kAllTo, column);
      const auto [from, to] = days_of(name);
      if (!read) read = (*selection)->read(i, from, to, column);
      if (!read) {
        EXPECT_EQ(read.error().code, Errc::corrupt) << where << ": " << read.error().message;
        continue;
      }
      for (std::size_t k = 0; k < column.size(); ++k)
        out[name].emplace_back(column.t_ms[k], bits(column.value[k]));
    }
    return out;
  }

  void check(const std::string& path, const std::string& where, bool told) {
    const auto opened = open();
    ASSERT_TRUE(opened) << where << ": " << opened.error().message;
    told |= !store->recovery().damage.empty();
    const auto now = shown_as_far_as_it_goes(where);
    const auto touched = touched_by(path);
    bool whole = true;
    for (const auto& [name, samples] : before) {
      const auto found = now.find(name);
      const bool same = found != now.end() && found->second == samples;
      whole &= same;
      if (!touched.contains(name))
        EXPECT_TRUE(same) << where << ": " << name << " is not what it was";
    }
    for (const auto& [name, samples] : now) {
      // A lost name may leave samples behind under the number of their series.
      const auto known = before.find(name);
      ASSERT_TRUE(known != before.end()) << where << ": invented " << name;
      const std::set<std::pair<UnixMillis, std::uint64_t>> real(known->second.begin(),
                                                                known->second.end());
      for (const auto& sample : samples)
        ASSERT_TRUE(real.contains(sample)) << where << ": invented a sample of " << name;
    }
    // A journal that lost whole records from its end cannot be told from one that never had them.
    if (!whole && !path.ends_with(".journal"))
      EXPECT_TRUE(told) << where << ": something is missing, and nobody says so";

    // It goes on: what is acknowledged now is there after another kill.
    const auto ref = series("e");
    const auto outcome = append({{ref, kTestNow - 1000, 42.0}});
    ASSERT_TRUE(outcome && outcome->accepted == 1) << where;
    kill_and_reopen();
    const auto again = shown_as_far_as_it_goes(where);
    const auto fresh = again.find(label("e"));
    ASSERT_TRUE(fresh != again.end() && fresh->second.size() == 1 &&
                fresh->second[0].second == bits(42.0))
        << where << ": a false acknowledgement";
    for (const auto& [name, samples] : now) {
      const auto still = again.find(name);
      EXPECT_TRUE(still != again.end() && still->second == samples)
          << where << ": " << name << " changed at the second start";
    }
    store.reset();
  }
};

TEST_F(StoreDamageTest, EveryFlippedByteIsSaidAndCostsOnlyWhatItHits) {
  for (const auto& [path, bytes] : good) {
    for (std::size_t at = 0; at < bytes.size(); at += kStep) {
      auto flipped = bytes;
      flipped[at] = static_cast<char>(flipped[at] ^ 1 << at % 8);
      put_back(path, flipped);
      const auto where = path + " flipped at " + std::to_string(at);
      const auto damage = verify(*disk, "data");
      ASSERT_TRUE(damage && !damage->empty()) << where << ": verify sees nothing";
      if (at % kStride == 0) check(path, where, true);
      if (HasFailure()) return;
    }
  }
}

TEST_F(StoreDamageTest, EveryTruncationIsSurvivedAndCostsOnlyWhatIsCutOff) {
  for (const auto& [path, bytes] : good) {
    for (std::size_t length = 0; length < bytes.size(); length += kStep) {
      put_back(path, std::string_view(bytes).substr(0, length));
      const auto where = path + " cut to " + std::to_string(length);
      const auto damage = verify(*disk, "data");
      ASSERT_TRUE(damage) << where;
      if (length % kStride == 0) check(path, where, !damage->empty());
      if (HasFailure()) return;
    }
  }
}

TEST_F(StoreDamageTest, EveryMissingFileCostsOnlyWhatItHeld) {
  for (const auto& [path, bytes] : good) {
    put_back(path, "");
    ASSERT_TRUE(disk->remove(path));
    check(path, path + " removed", path.ends_with(".log") || path.ends_with("manifest"));
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace pharos::metrics
