// Series of an expression that are worked out one at a time, when somebody wants them: an aggregation
// adds each up and forgets it, so that a matrix of its inputs never exists.
#pragma once
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
  // After the last read: notes about what was seen on the whole.
  virtual void finish(Notes&) {}
};

// Series of raw samples: of the store, or the points of a sub-query.
class RangeSource {
 public:
  virtual ~RangeSource() = default;
  LabelColumn labels;
  virtual bool drop_name(std::size_t) const { return false; }
  virtual Status read(std::size_t row, UnixMillis from_ms, UnixMillis to_ms, SampleColumn& out) const = 0;
  virtual Status facts(std::size_t, UnixMillis, UnixMillis, WindowFacts& out) const {
    out = {};
    return {};
  }
};

}  // namespace pharos::query
