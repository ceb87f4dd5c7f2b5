// An immutable file of samples: a hot segment (granules of up to 128 samples in the order they were
// sealed, cheap codec) or a cold block (sorted by series, entropy-coded, with its own label index).
// The head knows parts only through this.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/disk.hpp"
#include "base/result.hpp"
#include "model/querier.hpp"

namespace pharos::metrics {

// Given out once per label set, never again, in rising order; the same in journal, parts and memory.
enum class SeriesId : std::uint64_t {};

// The resolutions a part can hold. A roll-up holds one sample per window with samples, at the time of
// the window's last one, with the aggregates below.
enum class Resolution : std::uint8_t { raw, five_minutes, one_hour };

// `first` and `last` are the raw values; `counter` is first + the increase inside the window with
// resets corrected. Stale markers are left out. `average` is sum / count, made when read.
enum class Aggregate : std::uint8_t { count, sum, min, max, first, last, counter, average };

// Thread-safe. Keeps its file mapped; the file may be removed while readers hold the part.
class Part {
 public:
  virtual ~Part() = default;
  virtual const std::string& path() const = 0;
  virtual UnixMillis min_ms() const = 0;
  virtual UnixMillis max_ms() const = 0;
  virtual std::uint64_t samples() const = 0;
  virtual std::uint64_t series_count() const = 0;
  virtual std::uint64_t bytes() const = 0;
  virtual Resolution resolution() const { return Resolution::raw; }

  virtual bool contains(SeriesId id) const = 0;
  // Appends the samples of `id` with from <= t <= to to `out`, oldest first. Errc::corrupt names the
  // file and offset; other series stay readable.
  // A roll-up answers with its averages.
  virtual Status read(SeriesId id, UnixMillis from_ms, UnixMillis to_ms, SampleColumn& out) const = 0;
  // One column of a roll-up, as read() does; Errc::unsupported for raw parts. See also
  // metrics/downsample.hpp: read_for_function().
  virtual Status read_aggregate(SeriesId id, Aggregate aggregate, UnixMillis from_ms, UnixMillis to_ms,
                                SampleColumn& out) const;
  // Folds the facts of the range into `facts` (headers for whole granules, samples at the edges).
  // Sets facts.exact to false when it cannot.
  virtual Status fold_facts(SeriesId id, UnixMillis from_ms, UnixMillis to_ms, WindowFacts& facts) const = 0;
  // Rising ids.
  virtual void each_series(const std::function<void(SeriesId)>& visit) const = 0;

  // Whether it keeps in memory what it unpacked for readers, and none has come since the last call: then it may
  // be opened anew to be rid of that.
  virtual bool rests() const { return false; }

  // Cold blocks know their labels; hot segments leave that to the series log (has_index() false).
  virtual bool has_index() const = 0;
  virtual Result<Labels> labels(SeriesId id) const = 0;
  virtual Result<std::vector<SeriesId>> match(std::span<const Matcher> matchers) const = 0;  // rising
  // Of all its series, any order; Errc::unsupported without an index.
  virtual Result<std::vector<std::string>> label_names() const;
  virtual Result<std::vector<std::string>> label_values(std::string_view name) const;
};

// What one series hands over when it is sealed. `histograms` and `start_ms` as in SampleColumn.
// Times strictly rising, 1 to 128 samples.
struct Granule {
  SeriesId id;
  std::span<const UnixMillis> t_ms;
  std::span<const double> value;
  std::span<const HistogramPtr> histograms;   // empty: none
  std::span<const UnixMillis> start_ms;       // empty: none
};

// The hot segment being written. One writer; readers use its `part()`, which shows what has been appended
// so far. Sealed granules are encoded (2-10 ns a sample), written in one record per call with a
// checksum, and readable at once.
class HotSegment {
 public:
  static Result<std::unique_ptr<HotSegment>> create(Disk& disk, std::string path);
  virtual ~HotSegment() = default;
  [[nodiscard]] virtual Status append(std::span<const Granule> granules) = 0;
  [[nodiscard]] virtual Status sync() = 0;
  // Writes the end mark and syncs; nothing can be appended afterwards, part() stays good. A segment that
  // was never finished (a crash) is finished by open_part. Without the mark a file that lost whole
  // records from its end could not be told from a complete one.
  [[nodiscard]] virtual Status finish() = 0;
  virtual std::shared_ptr<const Part> part() const = 0;
  virtual std::uint64_t bytes() const = 0;  // at most kHotSegmentBytesMax; then append answers Errc::limit
};

inline constexpr std::uint64_t kHotSegmentBytesMax = 0xf0000000;

// Opens a part by its file name (NNNNNNNN.hot, NNNNNNNN.cold). A torn last record of a hot segment is
// cut off and reported in `damage`; other damage makes the affected series answer Errc::corrupt.
// Cold blocks keep what short reads decode in `cache`, when there is one.
class GranuleCache;
Result<std::shared_ptr<const Part>> open_part(Disk& disk, const std::string& path, std::vector<std::string>& damage,
                                              std::shared_ptr<GranuleCache> cache = nullptr);

}  // namespace pharos::metrics
