// The open block: the samples of every series that are not yet in a part. Values are raw doubles, a
// series that does not move keeps one value; times are columns shared by the series that are written
// together.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "metrics/part.hpp"
#include "metrics/series_table.hpp"
#include "model/appender.hpp"
#include "model/sample.hpp"

namespace pharos::metrics {

inline constexpr std::size_t kGranuleSamples = 128;

// What becomes of one sample.
enum class Placement : std::uint8_t {
  stored,     // newest of its series
  equal,      // the same bits at the same time as the newest: nothing to do
  duplicate,  // another value at the time of the newest
  late,       // older than the newest: the caller may store it with push_late
  full,       // the open block is full: seal, then push again
  unplaced,   // the newest time of the series is not known: set_newest, then push again
};

// Memory per series: 64 bytes, 8 per open sample where the value moves, shared times.
// Not thread-safe: the store's lock guards it (readers shared, the writer alone).
class Head {
 public:
  Head() = default;
  ~Head();
  Head(const Head&) = delete;
  Head& operator=(const Head&) = delete;

  void admit(Slot slot, SeriesId id, bool newest_known);  // a series without samples
  void dismiss(Slot slot);                                // drops what is open

  // Budget: 15 ns per sample, times of the previous call's series tried first. `segment`: journal
  // segment that holds the sample.
  Placement push(Slot slot, UnixMillis t_ms, double value, UnixMillis start_ms, std::uint32_t segment);
  Placement push(Slot slot, UnixMillis t_ms, const HistogramPtr& histogram, UnixMillis start_ms, std::uint32_t segment);
  // Stores an older sample beside the block, sorted; duplicate or equal when one is there (or in the
  // open block) at that time.
  Placement push_late(Slot slot, UnixMillis t_ms, double value, const HistogramPtr& histogram, UnixMillis start_ms,
                      std::uint32_t segment);

  bool newest_known(Slot slot) const { return series(slot).flags & kNewestKnown; }
  UnixMillis newest_ms(Slot slot) const { return series(slot).newest_ms; }
  void set_newest(Slot slot, UnixMillis t_ms);            // from parts, before the first push
  std::size_t open_samples(Slot slot) const { return series(slot).count; }
  std::size_t late_samples(Slot slot) const;
  UnixMillis first_open_ms(Slot slot) const;              // of a series with open samples
  std::uint32_t oldest_segment(Slot slot) const { return series(slot).segment; }
  std::uint32_t oldest_late_segment(Slot slot) const;
  void set_oldest_segment(Slot slot, std::uint32_t segment);  // after its samples were journalled again
  std::uint64_t samples() const { return samples_; }
  std::uint64_t memory_bytes() const;

  // Appends what is open (or late) with from <= t <= to, oldest first.
  void read(Slot slot, UnixMillis from_ms, UnixMillis to_ms, SampleColumn& out) const;
  void read_late(Slot slot, UnixMillis from_ms, UnixMillis to_ms, SampleColumn& out) const;
  void fold(Slot slot, UnixMillis from_ms, UnixMillis to_ms, WindowFacts& facts) const;

  // Series whose block has become full since the last call.
  std::vector<Slot> take_full();
  // Everything open of the slots as granules; spans stay good until the next push or drop.
  void granules(std::span<const Slot> slots, std::vector<Granule>& out, std::vector<std::vector<double>>& scratch) const;
  void drop_open(Slot slot);                              // after sealing
  void drop_open_until(Slot slot, UnixMillis t_ms);       // recovery: what a part already has
  void drop_late(Slot slot);

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  enum Flag : std::uint8_t { kAdmitted = 1, kNewestKnown = 2, kLastIsFloat = 4 };
  struct Series {
    SeriesId id{};
    UnixMillis newest_ms = std::numeric_limits<UnixMillis>::min();
    double last_value = 0;        // newest float, the value of all open samples while `values` is null
    double* values = nullptr;
    std::uint32_t column = kNone, segment = 0, extra = kNone;
    std::uint16_t begin = 0, count = 0;  // place in the column, open samples
    std::uint8_t capacity8 = 0;          // of `values`, in eights
    std::uint8_t flags = 0;
  };
  struct Column {  // rising times; grows in place, never beyond `limit`
    std::vector<UnixMillis> times;
    std::uint32_t members = 0;
    std::uint16_t limit = kGranuleSamples;
  };
  struct Late {
    UnixMillis t_ms;
    double value;
    HistogramPtr histogram;
    UnixMillis start_ms;
  };
  struct Extra {  // what few series have
    std::vector<HistogramPtr> histograms;  // empty, or one per open sample
    std::vector<UnixMillis> starts;        // empty, or one per open sample
    std::vector<Late> late;
    HistogramPtr last_histogram;
    std::uint32_t late_segment = 0;
  };

  const Series& series(Slot slot) const { return chunks_[slot / kChunk][slot % kChunk]; }
  Series& series(Slot slot) { return chunks_[slot / kChunk][slot % kChunk]; }
  bool place(Slot slot, Series& s, UnixMillis t_ms);
  bool join_or_make_column(Slot slot, Series& s, UnixMillis t_ms);
  void leave_column(Series& s);
  void diverge(Series& s, UnixMillis t_ms);
  std::uint32_t new_column();
  void push_value(Series& s, double value);
  void push_extra(Series& s, const HistogramPtr& histogram, UnixMillis start_ms);
  Extra& extra(Series& s);
  const Extra* extra_of(const Series& s) const { return s.extra == kNone ? nullptr : extras_[s.extra].get(); }
  double value_at(const Series& s, std::size_t i) const { return s.values ? s.values[i] : s.last_value; }
  std::span<const UnixMillis> times(const Series& s) const;
  void finish_push(Slot slot, Series& s, UnixMillis t_ms, std::uint32_t segment);

  static constexpr std::size_t kChunk = 4096;
  std::vector<std::unique_ptr<Series[]>> chunks_;
  std::vector<Column> columns_;
  std::vector<std::uint32_t> free_columns_;
  std::vector<std::unique_ptr<Extra>> extras_;
  std::vector<std::uint32_t> free_extras_;
  std::vector<Slot> full_;
  std::uint32_t hint_column_ = kNone, hint_position_ = 0;  // where the previous push went
  std::uint32_t stagger_ = 0;
  std::uint64_t samples_ = 0, value_bytes_ = 0;
};

}  // namespace pharos::metrics
