// Series of an expression that are worked out one at a time, when somebody wants them: an
// aggregation adds each up and forgets it, so that a matrix of its inputs never exists.
#pragma once
#include <algorithm>
#include <memory>
#include <mutex>
#include <vector>

#include "query/eval/frame.hpp"
#include "query/eval/notes.hpp"
#include "query/eval/window.hpp"

namespace pharos::query {

// What one worker needs while it reads rows; reused from row to row.
struct Scratch {
  SampleColumn column;
  Runs runs;
  std::vector<Window> float_windows, histogram_windows, no_windows;
  Row row;
  Notes notes;
};

// read() is thread-safe for different scratches.
class RowSource {
 public:
  virtual ~RowSource() = default;
  Grid grid;
  LabelColumn labels;
  virtual bool drop_name(std::size_t row) const = 0;
  // Replaces `out` by the row.
  virtual Status read(std::size_t row, Scratch& scratch, Row& out) const = 0;
  // Samples and steps that one row costs, about.
  virtual std::size_t work_per_row() const { return grid.count; }
  // After the last read: notes about what was seen on the whole.
  virtual void finish(Notes&) {}
};

// How many rows make a task worth handing to another thread (some tens of microseconds).
inline std::size_t rows_per_task(const RowSource& source) {
  constexpr std::size_t kWork = 8'192, kRowsMax = 256;
  return std::clamp<std::size_t>(kWork / std::max<std::size_t>(1, source.work_per_row()), 1,
                                 kRowsMax);
}
// The usual distance of samples, for such estimates only.
inline constexpr std::int64_t kUsualInterval_ms = 15'000;

// Series of raw samples: of the store, or the points of a sub-query.
class RangeSource {
 public:
  virtual ~RangeSource() = default;
  LabelColumn labels;
  virtual bool drop_name(std::size_t) const { return false; }
  virtual Status read(std::size_t row, UnixMillis from_ms, UnixMillis to_ms,
                      SampleColumn& out) const = 0;
  virtual Status facts(std::size_t, UnixMillis, UnixMillis, WindowFacts& out) const {
    out = {};
    return {};
  }
};

}  // namespace pharos::query
