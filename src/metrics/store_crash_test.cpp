// The store against a model: stopped at every disk operation, with the power cut or the process
// killed; a full disk; failing syncs; damaged files.
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "metrics/store_fixture.hpp"

namespace pharos::metrics {
namespace {

struct StoreCrashTest : StoreFixture {
  struct Sample {
    std::string series;
    UnixMillis t_ms;
    std::uint64_t value;
    auto operator<=>(const Sample&) const = default;
  };
  std::set<Sample> acknowledged, attempted;

  void fresh(std::uint64_t seed) {
    store.reset();
    disk = std::make_shared<SimDisk>(seed);
    acknowledged.clear();
    attempted.clear();
  }
  // One batch of `width` series; false when the store did not acknowledge it.
  bool write(int step, int width) {
    std::vector<FloatSample> batch;
    std::vector<Sample> samples;
    for (int i = 0; i < width; ++i) {
      const Labels labels{{"__name__", "m"}, {"instance", std::to_string(i)}};
      const auto ref = store->resolve(labels);
      if (!ref) return false;
      const bool late = step % 7 == 6 && i == 1;
      const UnixMillis t = kTestNow - 2'000'000 + step * 2000 - (late ? 3'345 : 0);
      const double value = i == 0 ? 1.0 : step * 0.25 + i;
      batch.push_back({*ref, t, value});
      samples.push_back({labels.to_string(), t, bits(value)});
    }
    attempted.insert(samples.begin(), samples.end());
    const auto outcome = store->append({.floats = batch});
    if (!outcome) return false;
    EXPECT_EQ(outcome->rejected, 0u);
    acknowledged.insert(samples.begin(), samples.end());
    return true;
  }
  // Everything acknowledged is there, nothing else is but what was tried.
  void check(const std::string& when) {
    std::set<Sample> found;
    for (const auto& [name, samples] : shown())
      for (const auto& [t, v] : samples) found.insert({name, t, v});
    for (const auto& s : acknowledged) ASSERT_TRUE(found.contains(s)) << when << ": lost " << s.series << " at " << s.t_ms;
    for (const auto& s : found) ASSERT_TRUE(attempted.contains(s)) << when << ": made up " << s.series << " at " << s.t_ms;
  }
  // Appends, seals, compacts, restarts. False as soon as something fails.
  bool workload() {
    if (!open()) return false;
    for (int step = 0; step < 220; ++step) {
      if (!write(step, 3)) return false;
      if (step % 50 == 49 && !store->maintain()) return false;
      if (step == 160 && !store->compact()) return false;
    }
    store.reset();
    if (!open()) return false;
    for (int step = 220; step < 370; ++step)
      if (!write(step, 4)) return false;
    return store->compact().has_value();
  }
  void stop_everywhere(bool power, std::uint64_t stride) {
    for (std::uint64_t n = 1;; n += stride * kEach) {
      fresh(n);
      disk->stop_after(n);
      const bool done = workload();
      store.reset();
      if (power) disk->crash();
      else disk->kill();
      const auto opened = open();
      ASSERT_TRUE(opened) << "stopped at operation " << n << ": " << opened.error().message;
      check("stopped at operation " + std::to_string(n));
      if (HasFatalFailure()) return;
      // It goes on from there.
      ASSERT_TRUE(write(900, 3)) << "stopped at operation " << n;
      check("after operation " + std::to_string(n));
      if (HasFatalFailure()) return;
      if (done) {
        EXPECT_GT(n, 300u) << "the workload is not what it was";
        return;
      }
    }
  }
  std::vector<std::string> files(const std::string& folder = "data") {
    std::vector<std::string> out;
    for (const auto& entry : disk->list(folder).value_or(std::vector<DirEntry>{})) {
      const auto path = folder + "/" + entry.name;
      if (entry.directory) {
        for (auto& below : files(path)) out.push_back(std::move(below));
      } else {
        out.push_back(path);
      }
    }
    return out;
  }
};

TEST_F(StoreCrashTest, SyncedSamplesSurvivePowerLossAtEveryDiskOperation) {
  config.sync = SyncMode::always;
  stop_everywhere(true, 3);
}

TEST_F(StoreCrashTest, AcknowledgedSamplesSurviveAKillAtEveryDiskOperation) {
  config.sync = SyncMode::os;
  stop_everywhere(false, 2);
}

TEST_F(StoreCrashTest, AFullDiskIsAnErrorAndHealsWithoutARestart) {
  ASSERT_TRUE(open());
  for (int step = 0; step < 20; ++step) ASSERT_TRUE(write(step, 3));
  disk->set_capacity(disk->used_bytes() + 300);
  int refused = 0;
  for (int step = 20; step < 100; ++step) refused += !write(step, 3);
  EXPECT_GT(refused, 0);
  check("while the disk is full");
  disk->set_capacity(std::nullopt);
  bool healed = false;
  for (int i = 0; i < 20 && !healed; ++i) {
    clock.advance(std::chrono::seconds(2));
    (void)store->maintain();
    healed = write(200 + i, 3);
  }
  ASSERT_TRUE(healed);
  for (int step = 230; step < 250; ++step) ASSERT_TRUE(write(step, 3));
  check("after space came back");
  kill_and_reopen();
  check("after a kill");
}

TEST_F(StoreCrashTest, ARetryAfterAFailedWriteIsNotAcknowledgedByMemoryAlone) {
  config.sync = SyncMode::always;
  ASSERT_TRUE(open());
  ASSERT_TRUE(write(0, 3));
  disk->fail_write_at(1);
  bool accepted = write(1, 3);
  for (int i = 0; i < 10 && !accepted; ++i) {  // the sender repeats the same samples
    clock.advance(std::chrono::seconds(2));
    accepted = write(1, 3);
  }
  ASSERT_TRUE(accepted);
  crash_and_reopen();
  check("after a power loss");
}

TEST_F(StoreCrashTest, AFailedSyncIsNeverAcknowledged) {
  config.sync = SyncMode::always;
  for (std::uint64_t n = 1; n <= 12; ++n) {
    fresh(n);
    ASSERT_TRUE(open());
    for (int step = 0; step < 5; ++step) ASSERT_TRUE(write(step, 3));
    disk->fail_sync_at(n);
    for (int step = 5; step < 30; ++step) {
      (void)write(step, 3);
      clock.advance(std::chrono::seconds(2));
    }
    crash_and_reopen();
    check("sync " + std::to_string(n) + " failed");
    if (HasFatalFailure()) return;
  }
}

TEST_F(StoreCrashTest, ARetryAfterAFailedSyncIsNotAcknowledgedByMemoryAlone) {
  config.sync = SyncMode::always;
  for (std::uint64_t n = 1; n <= 160; n += n == 40 ? 80 : 1) {  // series are full, and sealed, at 128 samples
    fresh(n);
    ASSERT_TRUE(open());
    disk->fail_sync_at(n);
    for (int step = 0; step < 150; ++step) {
      bool accepted = false;
      for (int i = 0; i < 10 && !accepted; ++i) {
        accepted = write(step, 2);
        if (!accepted) clock.advance(std::chrono::seconds(2));
      }
      ASSERT_TRUE(accepted) << "sync " << n << " failed once, and the store does not heal";
      if (step == 140) ASSERT_TRUE(store->compact() || (clock.advance(std::chrono::seconds(2)), store->compact()));
    }
    crash_and_reopen();
    check("sync " + std::to_string(n) + " failed");
    if (HasFatalFailure()) return;
  }
}

// With the last sample of a granule, or in a checkpoint, all is sealed when the journal's sync fails: mending has nothing to add.
TEST_F(StoreCrashTest, AFailedSyncHealsWhereNothingIsLeftToWrite) {
  config.sync = SyncMode::always;
  for (const bool in_checkpoint : {false, true}) {
    for (std::uint64_t n = 1; n <= 8; ++n) {
      fresh(n);
      ASSERT_TRUE(open());
      const int samples = in_checkpoint ? 50 : 127;
      for (int step = 0; step < samples; ++step) ASSERT_TRUE(write(step, 1));
      disk->fail_sync_at(n);
      if (in_checkpoint) (void)store->compact();
      else (void)write(samples, 1);
      for (int step = samples + 1; step < samples + 12; ++step) {
        clock.advance(std::chrono::seconds(2));
        (void)write(step, 1);
      }
      ASSERT_TRUE(write(samples + 20, 1)) << (in_checkpoint ? "in a checkpoint, sync " : "sync ") << n;
      crash_and_reopen();
      check("sync " + std::to_string(n) + " failed");
      if (HasFatalFailure()) return;
    }
  }
}

// The journal of a killed process is not synced at a start with `sync: os`.
TEST_F(StoreCrashTest, WhatWasReplayedIsDurableWhenItIsAcknowledgedAfterAReload) {
  config.sync = SyncMode::os;
  ASSERT_TRUE(open());
  for (int step = 0; step < 5; ++step) ASSERT_TRUE(write(step, 3));
  kill_and_reopen();
  acknowledged.clear();
  config.sync = SyncMode::always;
  store->set_config(config);
  for (int step = 0; step < 5; ++step) ASSERT_TRUE(write(step, 3));
  EXPECT_FALSE(acknowledged.empty());
  crash_and_reopen();
  check("after a power loss");
}

TEST_F(StoreCrashTest, AWriteThatFailsOnceAnywhereIsNotAcknowledgedByMemoryAlone) {
  for (const auto sync : {SyncMode::always, SyncMode::os}) {
    config.sync = sync;
    for (std::uint64_t n = 1; n <= 320; n += 7) {
      fresh(n);
      ASSERT_TRUE(open());
      disk->fail_write_at(n);
      for (int step = 0; step < 150; ++step) {
        bool accepted = false;
        for (int i = 0; i < 10 && !accepted; ++i) {
          accepted = write(step, 2);
          if (!accepted) clock.advance(std::chrono::seconds(2));
        }
        ASSERT_TRUE(accepted) << "write " << n << " failed once, and the store does not heal";
        if (step == 70 || step == 140) {
          const bool done = store->compact().has_value();
          if (!done) clock.advance(std::chrono::seconds(2));
          ASSERT_TRUE(done || store->compact()) << "write " << n;
        }
      }
      check("write " + std::to_string(n) + " failed, before the stop");
      if (sync == SyncMode::always) crash_and_reopen();
      else kill_and_reopen();
      check("write " + std::to_string(n) + " failed");
      if (HasFatalFailure()) return;
    }
  }
}

TEST_F(StoreCrashTest, ADiskThatFillsAtAnyByteHealsWithoutARestart) {
  for (std::uint64_t room = 0; room < 9000; room += 211) {
    fresh(room + 1);
    ASSERT_TRUE(open());
    for (int step = 0; step < 10; ++step) ASSERT_TRUE(write(step, 3));
    disk->set_capacity(disk->used_bytes() + room);
    for (int step = 10; step < 160; ++step) {
      if (!write(step, 3)) clock.advance(std::chrono::milliseconds(700));
      if (step % 40 == 0) (void)store->maintain();
      if (step == 130) (void)store->compact();
    }
    check("while the disk is full");
    kill_and_reopen();  // a start on the full disk serves what there is
    check("after a kill on the full disk");
    (void)write(300, 3);
    disk->set_capacity(std::nullopt);
    bool healed = false;
    for (int i = 0; i < 5 && !healed; ++i) {
      clock.advance(std::chrono::seconds(2));
      healed = write(400 + i, 3);
    }
    ASSERT_TRUE(healed) << room << " bytes";
    ASSERT_TRUE(store->compact()) << room << " bytes";
    check("after space came back");
    kill_and_reopen();
    check(std::to_string(room) + " bytes, after a kill");
    if (HasFatalFailure()) return;
  }
}

TEST_F(StoreCrashTest, EveryFlippedByteIsSurvivedAndTheRestIsServed) {
  const auto prepare = [&] {
    fresh(5);
    ASSERT_TRUE(open());
    for (int step = 0; step < 140; ++step) ASSERT_TRUE(write(step, 2));
    ASSERT_TRUE(store->maintain());
    disk->stop_after(1);
    store.reset();
    disk->kill();
  };
  prepare();
  const auto names = files();
  ASSERT_FALSE(names.empty());
  for (const auto& name : names) {
    const auto size = disk->read(name)->size();
    for (std::uint64_t at = 0; at < size; at += std::max<std::uint64_t>(1, size / 40)) {
      prepare();
      if (HasFatalFailure() || !disk->flip_bit(name, at, static_cast<unsigned>(at % 8))) continue;
      const auto damage = verify(*disk, "data");
      EXPECT_TRUE(damage && !damage->empty()) << name << " at " << at << ": verify sees nothing";
      if (!open()) continue;  // a clear error is an answer too
      // What is read is true: an error for a series is an answer, an invented sample is not.
      const auto selection = store->querier()->select(std::vector{matcher(MatchOp::not_equal, "__name__", "")}, kAllFrom, kAllTo, {});
      if (!selection) continue;
      for (std::size_t i = 0; i < (*selection)->size(); ++i) {
        SampleColumn column;
        if (!(*selection)->read(i, kAllFrom, kAllTo, column)) continue;
        for (std::size_t k = 0; k < column.size(); ++k) {
          const Sample s{(*selection)->labels(i).to_string(), column.t_ms[k], bits(column.value[k])};
          ASSERT_TRUE(attempted.contains(s)) << name << " at " << at << ": " << s.series << " " << s.t_ms;
        }
      }
      store.reset();
    }
  }
}

TEST_F(StoreCrashTest, EveryTruncationIsSurvived) {
  const auto prepare = [&] {
    fresh(5);
    ASSERT_TRUE(open());
    for (int step = 0; step < 140; ++step) ASSERT_TRUE(write(step, 2));
    ASSERT_TRUE(store->maintain());
    disk->stop_after(1);
    store.reset();
    disk->kill();
  };
  prepare();
  for (const auto& name : files()) {
    const auto size = disk->read(name)->size();
    for (std::uint64_t keep = 0; keep < size; keep += std::max<std::uint64_t>(1, size / 25)) {
      prepare();
      if (HasFatalFailure()) return;
      {
        auto file = disk->open(name);
        if (!file || !(*file)->truncate(keep)) continue;
      }
      if (!open()) continue;
      for (const auto& [series, samples] : shown())
        for (const auto& [t, v] : samples) ASSERT_TRUE(attempted.contains(Sample{series, t, v})) << name << " cut at " << keep;
      store.reset();
    }
  }
}

}  // namespace
}  // namespace pharos::metrics
