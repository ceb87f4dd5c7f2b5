#include "query/eval/frame.hpp"

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace pharos::query {

LabelColumn LabelColumn::all(std::shared_ptr<const Selection> selection) {
  std::vector<std::uint32_t> rows(selection->size());
  std::iota(rows.begin(), rows.end(), 0u);
  return {std::move(selection), std::move(rows)};
}

void LabelColumn::make_own() {
  if (!selection_) return;
  own_.reserve(rows_.size());
  for (const auto row : rows_) own_.push_back(selection_->labels(row));
  selection_.reset();
  rows_.clear();
}

void LabelColumn::push_back(Labels labels) {
  make_own();
  own_.push_back(std::move(labels));
}

void LabelColumn::set(std::size_t row, Labels labels) {
  make_own();
  own_[row] = std::move(labels);
}

LabelColumn LabelColumn::pick(std::span<const std::uint32_t> rows) const {
  LabelColumn out;
  if (selection_) {
    out.selection_ = selection_;
    out.rows_.reserve(rows.size());
    for (const auto row : rows) out.rows_.push_back(rows_[row]);
  } else {
    out.own_.reserve(rows.size());
    for (const auto row : rows) out.own_.push_back(own_[row]);
  }
  return out;
}

Selection::Grouping LabelColumn::group(std::span<const std::string> names, bool without) const {
  Selection::Grouping out;
  out.group_of.resize(size());
  if (size() == 0) return out;
  if (names.empty() && !without) {
    out.labels.emplace_back();
    return out;
  }
  // Renumbers groups by first appearance among these rows.
  constexpr auto kNone = ~std::uint32_t{0};
  if (selection_) {
    auto whole = selection_->group(names, without);
    std::vector<std::uint32_t> number(whole.labels.size(), kNone);
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const auto group = whole.group_of[rows_[i]];
      if (number[group] == kNone) {
        number[group] = static_cast<std::uint32_t>(out.labels.size());
        out.labels.push_back(std::move(whole.labels[group]));
      }
      out.group_of[i] = number[group];
    }
    return out;
  }
  std::vector<std::string> sorted(names.begin(), names.end());
  if (without) sorted.emplace_back(kMetricName);
  std::unordered_map<Labels, std::uint32_t> seen;
  seen.reserve(own_.size());
  for (std::size_t i = 0; i < own_.size(); ++i) {
    auto key = without ? own_[i].remove(sorted) : own_[i].keep(sorted);
    const auto [at, fresh] =
        seen.try_emplace(std::move(key), static_cast<std::uint32_t>(out.labels.size()));
    if (fresh) out.labels.push_back(at->first);
    out.group_of[i] = at->second;
  }
  return out;
}

void Frame::set_histogram(std::size_t row, std::size_t step, HistogramPtr histogram) {
  if (histograms.size() < rows()) histograms.resize(rows());
  if (histograms[row].empty()) histograms[row].resize(steps());
  histograms[row][step] = std::move(histogram);
  cells[row * steps() + step] = Cell::histogram;
}

bool Frame::any(std::size_t row) const {
  return std::ranges::any_of(row_cells(row), [](Cell cell) { return cell != Cell::absent; });
}

std::size_t Frame::add_row(Labels row_labels, bool drop) {
  const auto row = rows();
  labels.push_back(std::move(row_labels));
  drop_name.push_back(drop);
  values.resize(values.size() + steps());
  cells.resize(cells.size() + steps(), Cell::absent);
  return row;
}

void Frame::append(Labels row_labels, bool drop, Row&& row) {
  labels.push_back(std::move(row_labels));
  drop_name.push_back(drop);
  values.insert(values.end(), row.values.begin(), row.values.end());
  cells.insert(cells.end(), row.cells.begin(), row.cells.end());
  if (!row.histograms.empty()) {
    histograms.resize(rows());
    histograms.back() = std::move(row.histograms);
  }
}

void Frame::copy_cell(std::size_t row, std::size_t step, const Frame& from, std::size_t from_row,
                      std::size_t from_step) {
  const auto cell = from.cells[from_row * from.steps() + from_step];
  if (cell == Cell::histogram) {
    set_histogram(row, step, from.histogram(from_row, from_step));
  } else {
    values[row * steps() + step] = from.values[from_row * from.steps() + from_step];
    cells[row * steps() + step] = cell;
  }
}

void Frame::keep(std::span<const std::uint32_t> kept) {
  std::vector<double> new_values(kept.size() * steps());
  std::vector<Cell> new_cells(kept.size() * steps());
  std::vector<std::uint8_t> new_drop(kept.size());
  std::vector<std::vector<HistogramPtr>> new_histograms(histograms.empty() ? 0 : kept.size());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    std::ranges::copy(row_values(kept[i]),
                      new_values.begin() + static_cast<std::ptrdiff_t>(i * steps()));
    std::ranges::copy(row_cells(kept[i]),
                      new_cells.begin() + static_cast<std::ptrdiff_t>(i * steps()));
    new_drop[i] = drop_name[kept[i]];
    if (has_histograms(kept[i])) new_histograms[i] = std::move(histograms[kept[i]]);
  }
  labels = labels.pick(kept);
  values = std::move(new_values);
  cells = std::move(new_cells);
  drop_name = std::move(new_drop);
  histograms = std::move(new_histograms);
}

void Frame::drop_empty_rows() {
  std::vector<std::uint32_t> kept;
  kept.reserve(rows());
  for (std::size_t row = 0; row < rows(); ++row)
    if (any(row)) kept.push_back(static_cast<std::uint32_t>(row));
  if (kept.size() != rows()) keep(kept);
}

std::size_t Frame::samples() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(cells, [](Cell cell) { return cell != Cell::absent; }));
}

Labels without_metadata(const Labels& labels) {
  static const std::vector<std::string> kNames{std::string(kMetricName), std::string(kTypeLabel),
                                               std::string(kUnitLabel)};
  return labels.remove(kNames);
}

}  // namespace pharos::query
