// Instant selectors: the newest sample of each series within the look-back, at every step.
#include <algorithm>
#include <bit>

#include "query/eval/evaluator.hpp"
#include "query/eval/reset_hints.hpp"
#include "query/histogram_math.hpp"

namespace pharos::query {
namespace {

constexpr std::size_t kNone = ~std::size_t{0};

struct InstantShape {
  std::vector<UnixMillis> at;  // the reference time of every step
  std::int64_t lookback_ms;
  UnixMillis lower(UnixMillis t) const { return t - lookback_ms; }  // exclusive
};

// Calls found(step, index) with the newest sample in (at - lookback, at] of every step that has
// one. Steps before the first sample and after the last one's look-back are passed over at once: a
// day is often asked of a series that has hours. The times of steps never fall.
template <class Found>
void newest(std::span<const UnixMillis> t, const InstantShape& shape, Found found) {
  if (t.empty()) return;
  std::size_t next = 0, stride = 0;  // t[next] is the first sample after the step's time
  const auto first = std::ranges::lower_bound(shape.at, t.front()) - shape.at.begin();
  for (auto step = static_cast<std::size_t>(first); step < shape.at.size(); ++step) {
    const auto at = shape.at[step];
    if (shape.lower(at) >= t.back()) return;
    // Regular spacing moves by the same number of samples each step: two looks confirm it.
    const auto guess = next + stride;
    if (guess <= t.size() && (guess == 0 || t[guess - 1] <= at) &&
        (guess == t.size() || t[guess] > at)) {
      next = guess;
    } else {
      const auto from = next;
      while (next < t.size() && t[next] <= at) ++next;
      stride = next - from;
    }
    if (next > 0 && t[next - 1] > shape.lower(at)) found(step, next - 1);
  }
}

class InstantRows final : public RowSource {
 public:
  enum class What { value, time, start_time };
  InstantRows(std::shared_ptr<const Selection> selection, Grid steps, InstantShape shape, What what,
              bool starts, Control& control, std::vector<std::atomic<std::uint64_t>>* per_step,
              bool statistics)
      : selection_(std::move(selection)),
        shape_(std::move(shape)),
        what_(what),
        starts_(starts),
        control_(control),
        per_step_(per_step),
        statistics_(statistics) {
    grid = steps;
    labels = LabelColumn::all(selection_);
    const auto [low, high] = std::ranges::minmax(shape_.at);
    from_ms_ = shape_.lower(low) + 1, to_ms_ = high;
  }
  bool drop_name(std::size_t) const override { return what_ != What::value; }
  std::size_t work_per_row() const override {
    return grid.count + static_cast<std::size_t>((to_ms_ - from_ms_) / kUsualInterval_ms);
  }

  Status read(std::size_t row, Scratch& scratch, Row& out) const override {
    auto& column = scratch.column;
    TRY(selection_->read(row, from_ms_, to_ms_, column));
    out.reset(grid.count);
    if (column.empty()) return {};
    std::uint64_t found = 0;
    if (what_ == What::value && column.histograms.empty()) {
      const auto* const v = column.value.data();
      newest(column.t_ms, shape_, [&](std::size_t step, std::size_t i) {
        if (std::bit_cast<std::uint64_t>(v[i]) == kStaleNaNBits) return;
        out.values[step] = v[i];
        out.cells[step] = Cell::number;
        ++found;
      });
      out.any = found > 0;
    } else {
      newest(column.t_ms, shape_, [&](std::size_t step, std::size_t i) {
        const bool histogram = !column.histograms.empty() && column.histograms[i];
        if (histogram ? is_stale(*column.histograms[i]) : is_stale(column.value[i])) return;
        ++found;
        if (what_ == What::time) {
          out.set(step, static_cast<double>(column.t_ms[i]) / 1000);
        } else if (what_ == What::start_time) {
          if (starts_)
            out.set(step,
                    column.start_ms.empty() ? 0.0 : static_cast<double>(column.start_ms[i]) / 1000);
        } else if (histogram) {
          out.set(step, hinted(row, column, i));
          found += sample_weight(*column.histograms[i]) - 1;
        } else {
          out.set(step, column.value[i]);
        }
      });
    }
    control_.count_read(found);
    if (per_step_)
      for (std::size_t i = 0; i < grid.count; ++i)
        if (out.cells[i] != Cell::absent) (*per_step_)[i].fetch_add(1, std::memory_order_relaxed);
    return {};
  }

 private:
  std::shared_ptr<const Selection> selection_;
  InstantShape shape_;
  What what_;
  bool starts_;
  Control& control_;
  std::vector<std::atomic<std::uint64_t>>* per_step_;
  bool statistics_;

  // The sample before the column's first is looked up when the first one is asked for.
  HistogramPtr hinted(std::size_t row, const SampleColumn& column, std::size_t i) const {
    if (i > 0 || column.histograms[0]->reset_hint != ResetHint::unknown)
      return with_reset_hint(column, i, nullptr, statistics_);
    SampleColumn earlier;
    const auto status = selection_->read(row, from_ms_ - shape_.lookback_ms, from_ms_ - 1, earlier);
    const bool known = status && !earlier.histograms.empty();
    return with_reset_hint(column, i, known ? earlier.histograms.back().get() : nullptr,
                           statistics_);
  }
  UnixMillis from_ms_, to_ms_;
};

// `smoothed`: interpolated between the samples on both sides of the step's time.
class SmoothedRows final : public RowSource {
 public:
  SmoothedRows(std::shared_ptr<const Selection> selection, Grid steps, InstantShape shape,
               promql::Range pos, Control& control)
      : selection_(std::move(selection)), shape_(std::move(shape)), pos_(pos), control_(control) {
    grid = steps;
    labels = LabelColumn::all(selection_);
    const auto [low, high] = std::ranges::minmax(shape_.at);
    from_ms_ = low - shape_.lookback_ms + 1, to_ms_ = high + shape_.lookback_ms;
  }
  bool drop_name(std::size_t) const override { return false; }

  Status read(std::size_t row, Scratch& scratch, Row& out) const override {
    TRY(selection_->read(row, from_ms_, to_ms_, scratch.column));
    out.reset(grid.count);
    scratch.runs.assign(scratch.column, false);
    const auto& f = scratch.runs.floats();
    const auto& h = scratch.runs.histograms();
    for (std::size_t step = 0; step < grid.count; ++step) {
      const auto at = shape_.at[step];
      const auto [f_before, f_after] = neighbours(f.t_ms, at);
      const auto [h_before, h_after] = neighbours(h.t_ms, at);
      const bool floats = f_before != kNone || f_after != kNone,
                 histograms = h_before != kNone || h_after != kNone;
      if (floats && histograms) {
        scratch.notes.add(note::mixed_floats_histograms(labels[row].metric_name(), pos_));
      } else if (f_before != kNone) {
        out.set(step, f_after == kNone || f.t_ms[f_before] == at
                          ? f.value[f_before]
                          : between(f.t_ms[f_before], f.value[f_before], f.t_ms[f_after],
                                    f.value[f_after], at));
        control_.count_read(1);
      } else if (h_before != kNone) {
        interpolate(h, h_before, h_after, at, row, step, scratch.notes, out);
      }
    }
    return {};
  }

 private:
  static double between(UnixMillis t1, double y1, UnixMillis t2, double y2, UnixMillis at) {
    return y1 + (y2 - y1) * static_cast<double>(at - t1) / static_cast<double>(t2 - t1);
  }
  // Newest at or before `at` and oldest after it, both within the look-back.
  std::pair<std::size_t, std::size_t> neighbours(std::span<const UnixMillis> t,
                                                 UnixMillis at) const {
    const auto after = static_cast<std::size_t>(std::ranges::upper_bound(t, at) - t.begin());
    const bool has_before = after > 0 && t[after - 1] > at - shape_.lookback_ms;
    const bool has_after = after < t.size() && t[after] <= at + shape_.lookback_ms;
    return {has_before ? after - 1 : kNone, has_after ? after : kNone};
  }
  void interpolate(const HistogramRun& h, std::size_t before, std::size_t after, UnixMillis at,
                   std::size_t row, std::size_t step, Notes& notes, Row& out) const {
    control_.count_read(sample_weight(*h.value[before]));
    if (after == kNone || h.t_ms[before] == at) return out.set(step, h.value[before]);
    const double fraction = static_cast<double>(at - h.t_ms[before]) /
                            static_cast<double>(h.t_ms[after] - h.t_ms[before]);
    Histogram result = *h.value[after];
    result.integer = false;
    auto noted = subtract(result, *h.value[before]);
    if (noted.incompatible) {
      notes.add(note::mixed_exponential_custom(labels[row].metric_name(), pos_));
      return;
    }
    if (noted.bounds_reconciled)
      notes.add(note::bounds_reconciled(note::HistogramOperation::subtraction, pos_));
    multiply(result, fraction);
    noted = add(result, *h.value[before]);
    if (noted.bounds_reconciled)
      notes.add(note::bounds_reconciled(note::HistogramOperation::addition, pos_));
    out.set(step, std::make_shared<const Histogram>(std::move(result)));
  }

  std::shared_ptr<const Selection> selection_;
  InstantShape shape_;
  promql::Range pos_;
  Control& control_;
  UnixMillis from_ms_, to_ms_;
};

}  // namespace

Result<std::shared_ptr<const Selection>> Evaluator::select(const Node& selector, UnixMillis from_ms,
                                                           UnixMillis to_ms, std::int64_t range_ms,
                                                           const Grid& grid,
                                                           std::string_view function) {
  std::string key;
  for (const auto& matcher : selector.matchers) key += matcher.to_string() + ",";
  key += std::to_string(from_ms) + "-" + std::to_string(to_ms);
  auto& known = selections_[key];
  if (known) return known;
  SelectHints hints;
  hints.start_ms = grid.start_ms;
  hints.end_ms = grid.end_ms();
  hints.step_ms = grid.count > 1 ? grid.step_ms : 0;
  hints.range_ms = range_ms;
  hints.function = function;
  const auto began = control_.now();
  known = TRY(querier_.select(selector.matchers, from_ms, to_ms, hints));
  selecting_ += control_.now() - began;
  series_selected_ += known->size();
  return known;
}

std::vector<UnixMillis> Evaluator::reference_times(const Node& selector, const Grid& grid) const {
  std::vector<UnixMillis> times(grid.count);
  for (std::size_t i = 0; i < grid.count; ++i)
    times[i] = selector.at_ms.value_or(grid.at(i)) - selector.offset.ms;
  return times;
}

Result<std::unique_ptr<RowSource>> Evaluator::instant_source(const Node& selector, const Grid& grid,
                                                             Sample what,
                                                             std::string_view function) {
  InstantShape shape{reference_times(selector, grid),
                     settings_.lookback_ms + (settings_.closed_windows ? 1 : 0)};
  const auto [low, high] = std::ranges::minmax(shape.at);
  const auto from = low - shape.lookback_ms + 1;
  const auto to = high + (selector.smoothed ? shape.lookback_ms : 0);
  auto selection = TRY(select(selector, from, to, 0, grid, function));
  std::unique_ptr<RowSource> rows;
  if (selector.smoothed) {
    rows = std::make_unique<SmoothedRows>(std::move(selection), grid, std::move(shape),
                                          selector.pos, control_);
  } else {
    const bool count_steps = grid.count == per_step_.size() && grid.start_ms == settings_.start_ms;
    const auto kind = what == Sample::value  ? InstantRows::What::value
                      : what == Sample::time ? InstantRows::What::time
                                             : InstantRows::What::start_time;
    rows = std::make_unique<InstantRows>(std::move(selection), grid, std::move(shape), kind,
                                         settings_.start_timestamps, control_,
                                         count_steps && !per_step_.empty() ? &per_step_ : nullptr,
                                         statistics_selectors_.contains(&selector));
  }
  return rows;
}

}  // namespace pharos::query
