// The evaluator's unit of work: all series of one expression at all steps, as columns.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "model/querier.hpp"
#include "query/eval/control.hpp"

namespace pharos::query {

// The times an expression is evaluated at: start_ms + i * step_ms for i < count.
struct Grid {
  UnixMillis start_ms = 0;
  std::int64_t step_ms = 1;
  std::size_t count = 1;
  UnixMillis at(std::size_t i) const { return start_ms + static_cast<std::int64_t>(i) * step_ms; }
  UnixMillis end_ms() const { return at(count - 1); }
  bool operator==(const Grid&) const = default;
};

// Edges of windows, references and scalars of one step, about: checked against the memory bound first.
inline constexpr std::size_t kBytesPerStep = 64;

enum class Cell : std::uint8_t { absent, number, histogram };

// What one series holds at every step. `histograms` is empty when it holds none, else one per step.
struct Row {
  std::vector<double> values;
  std::vector<Cell> cells;
  std::vector<HistogramPtr> histograms;
  bool any = false;  // some cell is not absent

  void reset(std::size_t steps) {
    values.assign(steps, 0);
    cells.assign(steps, Cell::absent);
    histograms.clear();
    any = false;
  }
  void set(std::size_t step, double value) {
    values[step] = value;
    cells[step] = Cell::number;
    any = true;
  }
  void set(std::size_t step, HistogramPtr histogram) {
    if (histograms.empty()) histograms.resize(cells.size());
    histograms[step] = std::move(histogram);
    cells[step] = Cell::histogram;
    any = true;
  }
};

// The label set of every row: rows of a selection, whose labels are made when first asked for, or
// label sets of our own. Copying is cheap enough for the former and copies handles for the latter.
class LabelColumn {
 public:
  LabelColumn() = default;
  LabelColumn(std::shared_ptr<const Selection> selection, std::vector<std::uint32_t> rows)
      : selection_(std::move(selection)), rows_(std::move(rows)) {}
  static LabelColumn all(std::shared_ptr<const Selection> selection);

  std::size_t size() const { return selection_ ? rows_.size() : own_.size(); }
  const Labels& operator[](std::size_t row) const {
    return selection_ ? selection_->labels(rows_[row]) : own_[row];
  }
  void push_back(Labels labels);
  void set(std::size_t row, Labels labels);
  LabelColumn pick(std::span<const std::uint32_t> rows) const;
  // As Selection::group, for these rows.
  Selection::Grouping group(std::span<const std::string> names, bool without) const;
  const Selection* selection() const { return selection_.get(); }

 private:
  void make_own();
  std::shared_ptr<const Selection> selection_;
  std::vector<std::uint32_t> rows_;
  std::vector<Labels> own_;
};

// Rows in column form, row-major. A scalar is one row without labels, a number in every cell.
struct Frame {
  Grid grid;
  LabelColumn labels;
  std::vector<std::uint8_t> drop_name;  // the metric name goes at the end of the query
  std::vector<double> values;           // rows * steps
  std::vector<Cell> cells;              // likewise
  std::vector<std::vector<HistogramPtr>> histograms;  // empty, or per row: empty or one per step
  bool ordered = false;                               // the order of the rows is part of the answer
  Charge charge;

  std::size_t rows() const { return labels.size(); }
  std::size_t steps() const { return grid.count; }
  std::span<double> row_values(std::size_t row) {
    return {values.data() + row * grid.count, grid.count};
  }
  std::span<const double> row_values(std::size_t row) const {
    return {values.data() + row * grid.count, grid.count};
  }
  std::span<Cell> row_cells(std::size_t row) {
    return {cells.data() + row * grid.count, grid.count};
  }
  std::span<const Cell> row_cells(std::size_t row) const {
    return {cells.data() + row * grid.count, grid.count};
  }
  bool has_histograms(std::size_t row) const {
    return row < histograms.size() && !histograms[row].empty();
  }
  const HistogramPtr& histogram(std::size_t row, std::size_t step) const {
    return histograms[row][step];
  }
  void set_histogram(std::size_t row, std::size_t step, HistogramPtr histogram);
  bool present(std::size_t row, std::size_t step) const {
    return cells[row * grid.count + step] != Cell::absent;
  }
  bool any(std::size_t row) const;

  // Appends an all-absent row.
  std::size_t add_row(Labels row_labels, bool drop);
  void append(Labels row_labels, bool drop, Row&& row);
  void copy_cell(std::size_t row, std::size_t step, const Frame& from, std::size_t from_row,
                 std::size_t from_step);
  // Keeps the listed rows, in that order.
  void keep(std::span<const std::uint32_t> rows);
  void drop_empty_rows();
  std::size_t samples() const;  // present cells
};

using FramePtr = std::shared_ptr<Frame>;

inline constexpr std::string_view kTypeLabel = "__type__", kUnitLabel = "__unit__";
// Without the labels that describe the metric rather than the thing measured: name, type, unit.
Labels without_metadata(const Labels& labels);

}  // namespace pharos::query
