// Functions over range vectors: windows of a selector's samples, or of a sub-query's points.
#include <algorithm>
#include <array>
#include <atomic>

#include "query/eval/column_scans.hpp"
#include "query/eval/evaluator.hpp"
#include "query/eval/reset_hints.hpp"
#include "query/histogram_math.hpp"

namespace pharos::query {

using promql::NodeKind;

namespace {

class SelectionRange final : public RangeSource {
 public:
  SelectionRange(std::shared_ptr<const Selection> selection, std::int64_t lookback_ms,
                 bool statistics)
      : selection_(std::move(selection)), lookback_ms_(lookback_ms), statistics_(statistics) {
    labels = LabelColumn::all(selection_);
  }
  Status read(std::size_t row, UnixMillis from_ms, UnixMillis to_ms,
              SampleColumn& out) const override {
    TRY(selection_->read(row, from_ms, to_ms, out));
    if (out.histograms.empty()) return {};
    SampleColumn earlier;
    if (out.histograms[0] && out.histograms[0]->reset_hint == ResetHint::unknown)
      TRY(selection_->read(row, from_ms - lookback_ms_, from_ms - 1, earlier));
    infer_reset_hints(out, earlier.histograms.empty() ? nullptr : earlier.histograms.back().get(),
                      statistics_);
    return {};
  }
  Status facts(std::size_t row, UnixMillis from_ms, UnixMillis to_ms,
               WindowFacts& out) const override {
    return selection_->facts(row, from_ms, to_ms, out);
  }

 private:
  std::shared_ptr<const Selection> selection_;
  std::int64_t lookback_ms_;
  bool statistics_;
};

// The points of a sub-query. Its histograms lose their reset hints, except "gauge": which samples a
// sub-query returns has nothing to do with where resets happened.
class FrameRange final : public RangeSource {
 public:
  explicit FrameRange(FramePtr frame) : frame_(std::move(frame)) { labels = frame_->labels; }
  bool drop_name(std::size_t row) const override { return frame_->drop_name[row] != 0; }
  Status read(std::size_t row, UnixMillis from_ms, UnixMillis to_ms,
              SampleColumn& out) const override {
    out.clear();
    const auto values = frame_->row_values(row);
    const auto cells = frame_->row_cells(row);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const auto t = frame_->grid.at(i);
      if (cells[i] == Cell::absent || t < from_ms || t > to_ms) continue;
      out.t_ms.push_back(t);
      out.value.push_back(values[i]);
      if (cells[i] != Cell::histogram) continue;
      auto h = frame_->histogram(row, i);
      if (h->reset_hint == ResetHint::reset || h->reset_hint == ResetHint::not_reset) {
        auto copy = std::make_shared<Histogram>(*h);
        copy->reset_hint = ResetHint::unknown;
        h = std::move(copy);
      }
      out.histograms.resize(out.t_ms.size() - 1);
      out.histograms.push_back(std::move(h));
    }
    if (!out.histograms.empty()) out.histograms.resize(out.t_ms.size());
    return {};
  }

 private:
  FramePtr frame_;
};

// Which facts of a window answer a function by themselves.
enum class FactOf { none, min, max, count, present, first, last };
FactOf fact_of(std::string_view function) {
  if (function == "min_over_time") return FactOf::min;
  if (function == "max_over_time") return FactOf::max;
  if (function == "count_over_time") return FactOf::count;
  if (function == "present_over_time" || function == "absent_over_time") return FactOf::present;
  if (function == "first_over_time") return FactOf::first;
  if (function == "last_over_time") return FactOf::last;
  return FactOf::none;
}

constexpr std::array kAnchoredSafe{"changes", "delta", "increase", "rate", "resets"};
constexpr std::array kSmoothedSafe{"delta", "increase", "rate"};

Status check_extended(const promql::Node& range, std::string_view function) {
  const auto check = [&](std::string_view modifier, const auto& safe) -> Status {
    if (std::ranges::find(safe, function,
                          [](const char* name) { return std::string_view(name); }) != safe.end())
      return {};
    std::string list;
    for (const auto* name : safe) list += (list.empty() ? "" : ", ") + std::string(name);
    return execution_error(std::string(modifier) + " modifier can only be used with: " + list +
                           " - not with " + std::string(function));
  };
  if (range.anchored) return check("anchored", kAnchoredSafe);
  if (range.smoothed) return check("smoothed", kSmoothedSafe);
  return {};
}

bool counter_name(std::string_view name) {
  return name.ends_with("_total") || name.ends_with("_sum") || name.ends_with("_count") ||
         name.ends_with("_bucket");
}

// The floats of a range vector shown by itself, with its ends at the edges: the value before the
// left one (anchored) or interpolated (smoothed).
Status extend_points(std::vector<Point>& points, UnixMillis left, UnixMillis right, bool smoothed) {
  if (points.empty()) return {};
  if (std::ranges::any_of(points, [](const Point& p) { return p.histogram != nullptr; }))
    return execution_error("anchored modifier is not supported with histograms");
  const auto by_time = [](const Point& p) { return p.t_ms; };
  const auto sentinel = points.end() - 1;
  const auto above = static_cast<std::size_t>(
      std::ranges::upper_bound(points.begin(), sentinel, left, {}, by_time) - points.begin());
  auto first = above > 0 ? above - 1 : 0;
  auto last = points.size() - 1;
  if (smoothed)
    last = static_cast<std::size_t>(
        std::ranges::lower_bound(points.begin(), sentinel, right, {}, by_time) - points.begin());
  if (points[last].t_ms <= left) return points.clear(), Status{};
  const auto between = [&](std::size_t i, UnixMillis at) {
    const auto &a = points[i], &b = points[i + 1];
    return a.value + (b.value - a.value) * static_cast<double>(at - a.t_ms) /
                         static_cast<double>(b.t_ms - a.t_ms);
  };
  const double left_value =
      smoothed && points[first].t_ms < left ? between(first, left) : points[first].value;
  const double right_value = smoothed && last > 0 && points[last].t_ms > right
                                 ? between(last - 1, right)
                                 : points[last].value;
  if (points[first].t_ms <= left) ++first;
  const auto end = points[last].t_ms >= right ? last : last + 1;
  std::vector<Point> out{{left, left_value, nullptr}};
  for (auto i = first; i < end; ++i) out.push_back(points[i]);
  out.push_back({right, right_value, nullptr});
  points = std::move(out);
  return {};
}

}  // namespace

class RangeCallSource final : public RowSource {
 public:
  std::unique_ptr<RangeSource> range;
  WindowKernel kernel = nullptr;
  WindowCall shape;                                 // what is the same for every series
  std::vector<UnixMillis> lefts, rights;            // the windows asked for
  std::vector<UnixMillis> read_lefts, read_rights;  // with the look-back of anchored and smoothed
  std::vector<double> arguments[2];
  FactOf fact = FactOf::none;
  bool drops_name = true, with_start = false, check_counter = false, type_labels = false;
  Control* control = nullptr;
  std::vector<std::atomic<std::uint64_t>>* per_step = nullptr;

  bool drop_name(std::size_t row) const override { return drops_name || range->drop_name(row); }
  std::size_t work_per_row() const override {
    const auto samples =
        static_cast<std::size_t>((read_rights.back() - read_lefts.front()) / kUsualInterval_ms);
    // Facts stand beside the samples, one for a hundred.
    return 2 * grid.count + (fact == FactOf::none ? samples : samples / 16);
  }

  Status read(std::size_t row, Scratch& scratch, Row& out) const override {
    out.reset(grid.count);
    if (fact != FactOf::none) {
      bool answered = true;
      TRY(read_facts(row, out, answered));
      if (answered) return {};
      out.reset(grid.count);
    }
    TRY(range->read(row, read_lefts.front() + 1, read_rights.back(), scratch.column));
    if (scratch.column.empty()) return {};
    scratch.runs.assign(scratch.column, with_start);
    WindowCall call = shape;
    call.floats = scratch.runs.floats();
    call.histograms = scratch.runs.histograms();
    find_windows(call.floats.t_ms, read_lefts, read_rights, scratch.float_windows);
    if (call.histograms.t_ms.empty()) {
      if (scratch.no_windows.size() != grid.count) scratch.no_windows.assign(grid.count, {});
    } else {
      find_windows(call.histograms.t_ms, read_lefts, read_rights, scratch.histogram_windows);
    }
    call.float_windows = scratch.float_windows;
    call.histogram_windows =
        call.histograms.t_ms.empty() ? scratch.no_windows : scratch.histogram_windows;
    call.labels = &labels;
    call.row = row;
    call.notes = &scratch.notes;
    TRY(count(call));
    TRY(kernel(call, out));
    if (check_counter && out.any && std::ranges::find(out.cells, Cell::number) != out.cells.end())
      had_floats_[row] = 1;
    return {};
  }

  void prepare() {
    if (check_counter) had_floats_.resize(labels.size());
  }

  // rate() and increase() of something that does not look like a counter. Series are looked at by
  // name and type, so that their labels are not made.
  void finish(Notes& notes) override {
    if (!check_counter) return;
    static const std::vector<std::string> kNames{std::string(kMetricName), std::string(kTypeLabel)};
    const auto groups = labels.group(kNames, false);
    std::vector<std::uint8_t> seen(groups.labels.size());
    for (std::size_t row = 0; row < had_floats_.size(); ++row) {
      const auto group = groups.group_of[row];
      if (!had_floats_[row] || seen[group]) continue;
      seen[group] = 1;
      const auto name = groups.labels[group].metric_name();
      if (name.empty()) continue;
      const auto type = groups.labels[group].get(kTypeLabel);
      if (type_labels && !type.empty()) {
        if (type != "counter" && type != "histogram")
          notes.add(note::possible_non_counter_label(name, type, shape.pos));
      } else if (!counter_name(name)) {
        notes.add(note::possible_non_counter(name, shape.pos));
      }
    }
  }

 private:
  // Windows that do not overlap and whose answer the store knows.
  Status read_facts(std::size_t row, Row& out, bool& answered) const {
    for (std::size_t i = 0; i < grid.count; ++i) {
      WindowFacts facts;
      TRY(range->facts(row, read_lefts[i] + 1, read_rights[i], facts));
      if (!facts.exact) return answered = false, Status{};
      if (facts.count == 0) continue;
      switch (fact) {
        case FactOf::min: out.set(i, facts.min); break;
        case FactOf::max: out.set(i, facts.max); break;
        case FactOf::count: out.set(i, static_cast<double>(facts.count)); break;
        case FactOf::present: out.set(i, 1.0); break;
        case FactOf::first: out.set(i, facts.first); break;
        case FactOf::last: out.set(i, facts.last); break;
        case FactOf::none: break;
      }
      control->count_read(facts.count);
      if (per_step) (*per_step)[i].fetch_add(facts.count, std::memory_order_relaxed);
    }
    return {};
  }

  Status count(const WindowCall& call) const {
    auto totals = sizes(call.float_windows);
    if (!call.histograms.value.empty()) {
      const auto weight = sample_weight(*call.histograms.value.back());
      const auto histograms = sizes(call.histogram_windows);
      totals.sum += weight * histograms.sum;
      totals.largest += weight * histograms.largest;
    }
    if (per_step)
      for (std::size_t i = 0; i < grid.count; ++i)
        (*per_step)[i].fetch_add(call.float_windows[i].size() + call.histogram_windows[i].size(),
                                 std::memory_order_relaxed);
    control->count_read(totals.sum);
    return control->peek(totals.largest);
  }
  static SizeTotals sizes(std::span<const Window> windows) {
    static_assert(sizeof(Window) == 2 * sizeof(std::uint32_t));
    return total_sizes({windows.empty() ? nullptr : &windows[0].begin, windows.size() * 2});
  }

  mutable std::vector<std::uint8_t> had_floats_;  // each row written by its one reader
};

Result<std::unique_ptr<RangeSource>> Evaluator::range_source(const Node& node, const Grid& grid,
                                                             std::string_view function,
                                                             UnixMillis from_ms, UnixMillis to_ms) {
  std::unique_ptr<RangeSource> range;
  if (node.kind == NodeKind::matrix_selector) {
    auto selection = TRY(select(*node.children[0], from_ms, to_ms, node.range.ms, grid, function));
    range =
        std::make_unique<SelectionRange>(std::move(selection), settings_.lookback_ms,
                                         statistics_selectors_.contains(node.children[0].get()));
  } else {
    auto frame = TRY(eval_subquery(node, grid));
    range = std::make_unique<FrameRange>(std::move(frame));
  }
  return range;
}

Result<FramePtr> Evaluator::eval_subquery(const Node& node, const Grid& grid) {
  const auto step = node.step.ms > 0 ? node.step.ms : settings_.subquery_step_ms;
  const auto times = reference_times(node, grid);
  const auto [low, high] = std::ranges::minmax(times);
  // The first multiple of the step inside the window.
  const auto edge = low - node.range.ms;
  auto start = step * (edge / step);
  if (settings_.closed_windows ? start < edge : start <= edge) start += step;
  auto empty = std::make_shared<Frame>();
  if (start > high) {
    empty->grid = {start, step, 1};
    return empty;
  }
  const Grid inner{start, step, static_cast<std::size_t>((high - start) / step) + 1};
  // What the steps themselves take, times and windows, before a single sample is read.
  Charge charge;
  TRY(charge.take(control_, 0, inner.count * kBytesPerStep));
  return eval(*node.children[0], inner);
}

Result<std::unique_ptr<RowSource>> Evaluator::range_call_source(const Node& call,
                                                                std::size_t matrix_index,
                                                                const Grid& grid) {
  const auto function = call.function->name;
  const Node& range_node = bare(*call.children[matrix_index]);
  const bool is_selector = range_node.kind == NodeKind::matrix_selector;
  const Node& timed = is_selector ? *range_node.children[0] : range_node;
  auto rows = std::make_unique<RangeCallSource>();
  rows->grid = grid;
  rows->kernel = find_window_kernel(function);
  if (!rows->kernel)
    return fail(Errc::unsupported, "function " + std::string(function) + " is not implemented");
  rows->shape.anchored = is_selector && (range_node.anchored || timed.anchored);
  rows->shape.smoothed = is_selector && (range_node.smoothed || timed.smoothed);
  rows->shape.histogram_zero = settings_.histogram_zero;
  if (is_selector) TRY(check_extended(timed, function));

  const auto closed = settings_.closed_windows ? 1 : 0;
  rows->rights = reference_times(timed, grid);
  rows->lefts = rows->rights;
  for (auto& left : rows->lefts) left -= range_node.range.ms;
  rows->read_lefts = rows->lefts;
  rows->read_rights = rows->rights;
  // A counter without a sample in this time before the window was born in it.
  constexpr std::int64_t kUnborn_ms = 3'600'000;
  const auto before = function == "increase_from_birth"
                          ? std::max(kUnborn_ms, settings_.lookback_ms)
                      : rows->shape.anchored || rows->shape.smoothed ? settings_.lookback_ms
                                                                     : 0;
  const auto after = rows->shape.smoothed ? settings_.lookback_ms : 0;
  for (auto& left : rows->read_lefts) left -= before + closed;
  for (auto& right : rows->read_rights) right += after;

  std::size_t argument = 0;
  for (std::size_t i = 0; i < call.children.size(); ++i) {
    if (i == matrix_index || argument == 2) continue;
    rows->arguments[argument] = TRY(scalar_argument(*call.children[i], grid));
    rows->shape.argument[argument] = rows->arguments[argument];
    ++argument;
  }

  const auto from = rows->read_lefts.front() + 1, to = rows->read_rights.back();
  rows->range = TRY(range_source(range_node, grid, function, from, to));
  rows->labels = rows->range->labels;
  rows->shape.grid = grid;
  rows->shape.lefts = rows->lefts;
  rows->shape.rights = rows->rights;
  rows->shape.range_ms = range_node.range.ms;
  rows->shape.pos = bare(*call.children[0]).pos;
  rows->drops_name = function != "last_over_time" && function != "first_over_time";
  rows->with_start = settings_.start_timestamps;
  rows->check_counter =
      function == "rate" || function == "increase" || function == "increase_from_birth";
  rows->type_labels = settings_.type_and_unit_labels;
  rows->control = &control_;
  if (!per_step_.empty() && grid.count == per_step_.size() && grid.start_ms == settings_.start_ms)
    rows->per_step = &per_step_;
  // Facts pay when a window holds many samples and no sample is in two windows.
  constexpr std::int64_t kFactsRangeMin_ms = 600'000;
  const bool apart = grid.count == 1 || (grid.step_ms >= range_node.range.ms && grid.count <= 64);
  if (is_selector && apart && range_node.range.ms >= kFactsRangeMin_ms && !rows->shape.anchored &&
      !rows->shape.smoothed)
    rows->fact = fact_of(function);
  rows->prepare();
  return rows;
}

Result<FramePtr> Evaluator::eval_absent_over_time(const Node& call, const Grid& grid) {
  auto rows = TRY(range_call_source(call, 0, grid));
  std::vector<std::uint8_t> present(grid.count);
  std::mutex mutex;
  TRY(for_chunks(rows->labels.size(), rows_per_task(*rows),
                 [&](std::size_t begin, std::size_t end, Scratch& scratch) -> Status {
                   std::vector<std::uint8_t> seen(grid.count);
                   for (auto row = begin; row < end; ++row) {
                     TRY(rows->read(row, scratch, scratch.row));
                     for (std::size_t i = 0; i < grid.count; ++i)
                       seen[i] |= scratch.row.cells[i] != Cell::absent;
                   }
                   std::lock_guard lock(mutex);
                   for (std::size_t i = 0; i < grid.count; ++i) present[i] |= seen[i];
                   return {};
                 }));
  auto frame = std::make_shared<Frame>();
  frame->grid = grid;
  if (std::ranges::find(present, 0) == present.end()) return frame;
  const auto row = frame->add_row(labels_for_absent(*call.children[0]), false);
  for (std::size_t i = 0; i < grid.count; ++i) {
    if (present[i]) continue;
    frame->values[row * grid.count + i] = 1;
    frame->cells[row * grid.count + i] = Cell::number;
  }
  return frame;
}

Result<Matrix> Evaluator::run_matrix(const Node& root, const Grid& grid) {
  const Node& node = bare(root);
  const bool is_selector = node.kind == NodeKind::matrix_selector;
  const Node& timed = is_selector ? *node.children[0] : node;
  const auto right = reference_times(timed, grid).front();
  const auto left = right - node.range.ms - (settings_.closed_windows ? 1 : 0);
  const bool anchored = is_selector && (node.anchored || timed.anchored);
  const bool smoothed = is_selector && (node.smoothed || timed.smoothed);
  const auto before = anchored || smoothed ? settings_.lookback_ms : 0;
  const auto after = smoothed ? settings_.lookback_ms : 0;
  auto range = TRY(range_source(node, grid, {}, left + 1 - before, right + after));
  Matrix matrix;
  SampleColumn column;
  Charge charge;
  for (std::size_t row = 0; row < range->labels.size(); ++row) {
    TRY(control_.check());
    TRY(range->read(row, left + 1 - before, right + after, column));
    Series series;
    series.points.reserve(column.size());
    for (std::size_t i = 0; i < column.size(); ++i) {
      const bool histogram = !column.histograms.empty() && column.histograms[i];
      if (histogram ? is_stale(*column.histograms[i]) : is_stale(column.value[i])) continue;
      series.points.push_back(
          {column.t_ms[i], column.value[i], histogram ? column.histograms[i] : nullptr});
    }
    if (anchored || smoothed) TRY(extend_points(series.points, left, right, smoothed));
    if (series.points.empty()) continue;
    control_.count_read(series.points.size());
    TRY(charge.take(control_, series.points.size(), series.points.size() * sizeof(Point)));
    const auto& own_labels = range->labels[row];
    series.labels = range->drop_name(row) ? without_metadata(own_labels) : own_labels;
    matrix.series.push_back(std::move(series));
  }
  std::ranges::sort(matrix.series,
                    [](const Series& a, const Series& b) { return (a.labels <=> b.labels) < 0; });
  for (std::size_t i = 1; i < matrix.series.size(); ++i)
    if (matrix.series[i].labels == matrix.series[i - 1].labels)
      return execution_error(std::string(kSameLabelset));
  return matrix;
}

}  // namespace pharos::query
