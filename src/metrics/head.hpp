// The open block: the samples of every series that are not yet in a part, and the late ones beside it.
// A series that does not move keeps one value, others runs of packed pieces; times are columns shared by the
// series that are written together.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/huge_pages.hpp"
#include "metrics/part.hpp"
#include "metrics/series_table.hpp"
#include "metrics/time_columns.hpp"
#include "metrics/value_runs.hpp"
#include "model/sample.hpp"

namespace pharos::metrics {

// Not thread-safe: the store's lock guards it. Slots are those of the series table; grow() before use.
// Slots of different lanes share nothing: what changes one slot may run beside what changes another lane's.
class Head {
 public:
  static constexpr UnixMillis kNever = std::numeric_limits<UnixMillis>::min();
  // A block of neighbouring slots is in one lane; the series of a block fit the second level cache.
  static constexpr Slot kBlockSlots = 1024;
  static constexpr std::size_t kLanes = 4;
  static constexpr std::size_t lane_of(Slot slot) { return slot / kBlockSlots % kLanes; }

  enum class Verdict : std::uint8_t { stored, same, duplicate, late, full };
  struct Stored {
    Verdict verdict;
    bool full;  // the block takes no more: seal and clear_open before the next append
  };
  enum class Late : std::uint8_t { stored, same, duplicate };

  Slot slots() const { return static_cast<Slot>(series_.size()); }
  void grow(Slot slots);
  void forget(Slot slot);                          // the series has left memory
  void begin_batch() {  // the next series have no neighbour to share times with
    for (auto& lane : lanes_) lane.neighbour = kNoNeighbour;
  }
  void begin_batch(std::size_t lane) { lanes_[lane].neighbour = kNoNeighbour; }

  // Budget: 15 ns a float.
  Stored append(Slot slot, UnixMillis t_ms, double value);
  Stored append(Slot slot, UnixMillis t_ms, const HistogramPtr& histogram);
  // One value for each of the slots from `first` on, all of one block, as append() would take them. Ends before a
  // slot that takes no more: how many were looked at. Budget: 6 ns a float.
  std::size_t append(Slot first, UnixMillis t_ms, std::span<const double> values);
  void set_start(Slot slot, UnixMillis start_ms);  // of the sample appended last
  // A sample older than the newest: kept sorted beside the block.
  Late append_late(Slot slot, UnixMillis t_ms, double value, const HistogramPtr& histogram, UnixMillis start_ms);
  // The series has samples from first to last elsewhere (parts).
  void remember(Slot slot, UnixMillis first_ms, UnixMillis last_ms);

  bool full(Slot slot) const { return slot < series_.size() && is_full(series_[slot]); }
  void remember_value(Slot slot, double value, const HistogramPtr& histogram);  // of the newest, for duplicates
  std::size_t open_count(Slot slot) const { return series_[slot].count; }
  bool has_open(Slot slot) const { return slot < series_.size() && series_[slot].count > 0; }
  UnixMillis first_ms(Slot slot) const { return slot < series_.size() ? series_[slot].first_ms : kNever; }
  UnixMillis last_ms(Slot slot) const { return slot < series_.size() ? series_[slot].last_ms : kNever; }
  UnixMillis open_from(Slot slot) const;           // time of the oldest open sample, kNever when there is none

  // What is open as a granule whose spans are good until the next change; false when nothing is.
  struct Open { std::vector<double> values; };
  bool open_granule(Slot slot, Open& scratch, Granule& out) const;
  // Appends what is open and what is late in the closed range, each oldest first.
  void read(Slot slot, UnixMillis from_ms, UnixMillis to_ms, SampleColumn& open, SampleColumn& late) const;

  void clear_open(Slot slot);                      // after sealing
  void drop_open_until(Slot slot, UnixMillis to_ms);
  void replace_open(Slot slot, const SampleColumn& samples);

  void each_late(const std::function<void(Slot, const SampleColumn&)>& visit) const;
  void clear_late();
  void replace_late(Slot slot, const SampleColumn& samples);
  std::uint64_t late_samples() const {
    std::uint64_t total = 0;
    for (const auto& lane : lanes_) total += lane.late_samples;
    return total;
  }

  std::uint64_t bytes() const;

 private:
  static constexpr Slot kNoNeighbour = ~Slot{0};
  enum class Kept : std::uint8_t {
    constant,  // every open sample is last_value
    run,       // in the lane's runs
    rich,      // histograms or start times: in the lane's rich
  };
  struct Series {
    UnixMillis first_ms = kNever, last_ms = kNever;
    double last_value = 0;
    TimeColumns::Column column = TimeColumns::kNone;
    ValueRuns::Run run;
    std::uint16_t begin = 0, count = 0;  // the series' part of its column
    Kept kept = Kept::constant;
    bool last_is_histogram = false;
  };
  struct Rich {
    std::vector<double> values;
    std::vector<HistogramPtr> histograms;  // empty, or one per open sample
    std::vector<UnixMillis> starts;        // the same
    HistogramPtr last;                     // newest histogram, kept after sealing for duplicates
  };

  // What the series of one lane share.
  struct Lane {
    ValueRuns runs;
    TimeColumns columns;
    std::unordered_map<Slot, Rich> rich;
    std::unordered_map<Slot, SampleColumn> late;
    std::uint64_t late_samples = 0;
    Slot neighbour = kNoNeighbour;
  };

  static bool is_full(const Series& series) {
    return series.count > 0 && std::size_t{series.begin} + series.count >= TimeColumns::kLengthMax;
  }
  Lane& lane(Slot slot) { return lanes_[lane_of(slot)]; }
  const Lane& lane(Slot slot) const { return lanes_[lane_of(slot)]; }
  void place(Lane& lane, Slot slot, Series& series, UnixMillis t_ms);
  static void push_value(Lane& lane, Series& series, double value);
  Rich& make_rich(Lane& lane, Slot slot, Series& series);
  void free_values(Lane& lane, Slot slot, Series& series);

  std::vector<Series, HugeAllocator<Series>> series_;
  std::array<Lane, kLanes> lanes_;
};

}  // namespace pharos::metrics
