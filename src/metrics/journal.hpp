// What has been acknowledged and not yet sealed: segments of checksummed records, FOLDER/NNNNNNNN.journal.
// docs/formats/journal.md draws them. A segment can be read by itself: the first value of a series in
// it is whole, later ones are what changed.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/disk.hpp"
#include "base/result.hpp"
#include "metrics/part.hpp"
#include "metrics/store.hpp"
#include "model/sample.hpp"

namespace pharos::metrics {

struct JournalFloat {
  SeriesId id;
  UnixMillis t_ms;
  double value;
};
struct JournalHistogram {
  SeriesId id;
  UnixMillis t_ms;
  HistogramPtr histogram;
};
struct JournalExemplar {
  SeriesId id;
  Exemplar exemplar;
};

// Floats as a segment has them: runs of neighbouring ids and of equal times, each as long in all as the values.
struct JournalFloatRuns {
  struct Ids { std::uint64_t first, count; };
  struct Times { UnixMillis t_ms; std::uint64_t count; };
  std::vector<Ids> ids;
  std::vector<Times> times;
  std::vector<double> values;

  void clear() { ids.clear(), times.clear(), values.clear(); }
};

// What one record says. Start times are empty or as long as their samples.
struct JournalEntry {
  enum class Kind : std::uint8_t {
    samples,      // floats and histograms, exemplars and metadata of one batch, accepted in order
    late_samples, // the same, accepted out of order
    sealed,       // series that went into a hot segment, up to their last sealed time
    checkpoint,   // repeats what earlier segments told and parts do not hold
  } kind = Kind::samples;
  std::vector<JournalFloat> floats;
  JournalFloatRuns runs;                     // a replay's: the floats without start times, in place of `floats`
  std::vector<UnixMillis> float_start_ms;
  std::vector<JournalHistogram> histograms;
  std::vector<UnixMillis> histogram_start_ms;
  std::vector<JournalExemplar> exemplars;
  std::vector<Metadata> metadata;
  // sealed: which file, how long it was after the seal, and what went in.
  std::string part_path;
  std::uint64_t part_bytes = 0;
  struct Sealed { SeriesId id; UnixMillis to_ms; };
  std::vector<Sealed> sealed;

  void clear();
};

// One writer at a time (the store's lock); sync() from any thread beside it.
class Journal {
 public:
  struct Config {
    std::uint64_t segment_bytes_max = 64u << 20;
    std::uint64_t first_segment_min = 1;  // numbers below it were in use, though no file tells so any more
  };
  // Segments already there are kept for reading; writing goes to a new one. `first` is the number of the
  // first new segment: one above the highest there.
  static Result<std::unique_ptr<Journal>> open(Disk& disk, std::string folder, Config config);
  virtual ~Journal() = default;

  // One record, handed to the kernel on return. Budget: 12 ns a float. After an error nothing of it remains (the
  // segment is cut back, or abandoned for a new one) and the call may be repeated.
  [[nodiscard]] virtual Status append(const JournalEntry& entry) = 0;
  // fdatasync of everything appended before the call; shared by concurrent callers (one fdatasync serves all that
  // wait). After a failure the segment is abandoned: what it held since the last good sync was not made durable, the
  // error is returned to every waiter, and the next append begins a new segment. `losses`: what losses() was when the
  // caller's records, and all in memory that it relies on, were either durable or not yet appended. Where a sync that
  // others waited for has failed since, the call fails, however many succeeded meanwhile for what came later.
  [[nodiscard]] virtual Status sync(std::uint64_t losses) = 0;
  // For who has no records of its own, or holds off all writers: fails while what was appended last is lost.
  [[nodiscard]] Status sync() { return sync(losses()); }
  virtual std::uint64_t losses() const = 0;  // syncs that failed so far
  // Fails, with the error of the last one, if a sync failed since losses() was `losses`.
  [[nodiscard]] virtual Status whole(std::uint64_t losses) const = 0;
  [[nodiscard]] virtual Status rotate() = 0;                     // the next append begins a new segment
  // Removes segments below `segment`, but none that hold_from names or later.
  [[nodiscard]] virtual Status remove_below(std::uint64_t segment) = 0;
  virtual void hold_from(std::optional<std::uint64_t> segment) = 0;

  virtual std::uint64_t current_segment() const = 0;   // the next append goes there
  virtual std::uint64_t first_segment() const = 0;     // oldest on disk
  virtual std::uint64_t bytes() const = 0;             // of all segments
  virtual std::uint64_t unsynced_bytes() const = 0;
  virtual Store::FeedPosition end() const = 0;         // behind the last whole record
};

// Reads records one by one from a position (of a record boundary, or 0 in a segment): the segment is read from its beginning to
// have the values that changes refer to. Safe beside the writer: what is not whole yet is "nothing more".
class JournalReader {
 public:
  enum class Floats : std::uint8_t { rows, runs };  // where an entry has its floats
  static Result<std::unique_ptr<JournalReader>> open(Disk& disk, std::string folder, Store::FeedPosition from, Floats form = Floats::rows);
  virtual ~JournalReader() = default;
  // False: nothing more for now (or ever, if no writer runs). Damage ends its segment: reported in `damage`, reading
  // goes on with the next one. A torn end of the last segment is not damage.
  virtual Result<bool> next(JournalEntry& entry, std::vector<Damage>& damage) = 0;
  virtual Store::FeedPosition position() const = 0;    // behind the record that next() gave last
};

// Segment numbers on disk, rising.
Result<std::vector<std::uint64_t>> journal_segments(Disk& disk, const std::string& folder);
// A torn end is no damage, in an older segment either: a writer that crashed or failed there began a new one.
void verify_journal(Disk& disk, const std::string& path, bool is_last, std::vector<Damage>& damage);
// A FileCheck (metrics/verify.hpp): true when `path` names a journal segment.
bool check_journal_file(Disk& disk, const std::string& path, std::vector<Damage>& damage);

// For tests and fuzzing: one segment's bytes decoded record by record; Errc::corrupt at the first damage.
Status decode_journal_segment(std::string_view bytes, std::vector<JournalEntry>& out);

}  // namespace pharos::metrics
