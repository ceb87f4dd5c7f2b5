// The metric store: journal → open block → hot granules → cold blocks, behind Appender and Querier.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/disk.hpp"
#include "base/result.hpp"
#include "base/threads.hpp"
#include "model/appender.hpp"
#include "model/querier.hpp"
#include "model/series_watch.hpp"

namespace pharos::metrics {

enum class SyncMode : std::uint8_t { os, always };

// Drops or thins series by selector; the first policy that matches counts.
struct RetentionPolicy {
  std::vector<Matcher> matchers;
  Millis keep_raw{0};                 // 0: the store's default
  bool roll_up = true;                // keep 5 min and 1 h roll-ups
};

struct StoreConfig {
  SyncMode sync = SyncMode::os;
  Millis retention_time = std::chrono::hours(24 * 15);
  std::uint64_t retention_bytes = 0;                            // 0: no limit
  bool downsample = false;                                      // true: raw 15 d, 5 min 90 d, 1 h 365 d
  Millis retention_5m = std::chrono::hours(24 * 90), retention_1h = std::chrono::hours(24 * 365);
  std::vector<RetentionPolicy> policies;
  Millis out_of_order_window = Millis::max();                   // back to the retention limit; 0: none
  Millis future_max = std::chrono::minutes(10);                 // how far ahead of the clock a sample may be
  std::uint64_t series_max = 10'000'000;                        // in memory
  std::uint64_t series_per_metric_max = 0;                      // 0: no limit
  std::uint32_t labels_max = 128, label_name_bytes_max = 1024, label_value_bytes_max = 16 * 1024;
  std::uint64_t exemplars_max = 100'000;
  std::size_t granule_cache_bytes_max = 32u << 20;              // decoded samples of cold blocks, for short reads
  Millis series_idle_max = std::chrono::hours(3);               // then a series may leave memory, its data stays
  std::uint64_t series_idle_kept = 100'000;                     // so many idle ones with data stay, or half as many as are active
  std::uint64_t free_bytes_min = 64u << 20;                     // below it appends answer Errc::unavailable
  bool background = true;                                       // false: tests call maintain() themselves
};

struct CardinalityEntry { std::string name; std::uint64_t value; };
struct StoreStatistics {
  std::uint64_t series = 0, chunks = 0, label_pairs = 0;
  UnixMillis min_ms = 0, max_ms = 0;
  std::vector<CardinalityEntry> series_by_metric, values_by_label, bytes_by_label, series_by_pair;
};

struct Damage {
  std::string file;
  std::uint64_t offset = 0;
  std::string what;
};

struct RecoveryReport {
  std::uint64_t series = 0, samples_replayed = 0, journal_bytes = 0, bytes_lost = 0;
  std::vector<Damage> damage;
  Nanos took{};
};

// Thread-safe. A failed write or fsync makes appends answer an error until a probe write succeeds
// again; what was acknowledged stays readable all the while.
class Store : public Appender, public SeriesWatch {
 public:
  static Result<std::unique_ptr<Store>> open(std::shared_ptr<Disk> disk, std::string folder, const Clock& clock,
                                             std::shared_ptr<ThreadPool> pool, StoreConfig config);
  ~Store() override = default;

  virtual std::shared_ptr<Querier> querier() = 0;
  virtual const RecoveryReport& recovery() const = 0;
  virtual StoreStatistics statistics(std::size_t top) const = 0;
  virtual std::optional<UnixMillis> oldest_ms() const = 0;  // of all samples; none: there are none

  // Tombstones for the series' samples in [from_ms, to_ms]; queries stop showing them at once,
  // clean() rewrites the files.
  virtual Status remove(std::span<const Matcher> matchers, UnixMillis from_ms, UnixMillis to_ms) = 0;
  virtual Status clean() = 0;
  // Everything durable and hot is merged into cold blocks, the journal is emptied.
  virtual Status compact() = 0;
  // A consistent copy under snapshots/NAME (hard links where files are immutable); returns NAME.
  virtual Result<std::string> snapshot(bool skip_head) = 0;
  // One round of what the background thread does: seal, merge, drop by retention, sync.
  virtual Status maintain() = 0;
  virtual void set_config(const StoreConfig& config) = 0;        // reload: limits and retention

  // The journal as a feed, for remote write out: a reader that survives restarts by its position.
  struct FeedPosition { std::uint64_t segment = 0, offset = 0; };
  struct FeedBatch {
    std::vector<std::pair<SeriesRef, Labels>> series;            // defined since the last batch
    std::vector<FloatSample> floats;
    std::vector<UnixMillis> float_start_ms;                      // empty, or one per float (0 = unknown)
    std::vector<HistogramSample> histograms;
    std::vector<UnixMillis> histogram_start_ms;
    std::vector<ExemplarSample> exemplars;                       // each behind the samples of its record
    FeedPosition next;
  };
  // Up to `samples_max` samples from `from` on (Errc::not_found when that part is gone: start at
  // `feed_begin`). Empty when there is nothing new. Segments from the least held position on are kept.
  virtual Result<FeedBatch> feed(FeedPosition from, std::size_t samples_max) = 0;
  virtual FeedPosition feed_begin() const = 0;
  virtual FeedPosition feed_end() const = 0;
  virtual void hold_feed(const std::string& reader, std::optional<FeedPosition> position) = 0;
};

// Reads every file of a store and names every damage it finds; does not change anything.
Result<std::vector<Damage>> verify(Disk& disk, const std::string& folder);

}  // namespace pharos::metrics
