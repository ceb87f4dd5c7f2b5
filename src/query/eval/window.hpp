// Functions over sliding windows of one series: all steps of a series in one call, no allocation
// per step. Results are Prometheus' to the last bit where no sum is shared between windows, to
// 1e-12 where one is (stated beside the kernel). Pure functions over spans; thread-safe.
#pragma once
#include <cmath>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "model/sample.hpp"
#include "query/eval/frame.hpp"
#include "query/eval/notes.hpp"

namespace pharos::query {

struct Window {  // samples [begin, end) of a run
  std::uint32_t begin = 0, end = 0;
  std::uint32_t size() const { return end - begin; }
};

// The float samples of a series, stale markers taken out. `start_ms` is empty when none is known.
struct FloatRun {
  std::span<const UnixMillis> t_ms;
  std::span<const double> value;
  std::span<const UnixMillis> start_ms;
};
struct HistogramRun {
  std::span<const UnixMillis> t_ms;
  std::span<const HistogramPtr> value;
  std::span<const UnixMillis> start_ms;
};

// A column split into its runs, without copying when the column has neither histograms nor stale
// markers.
class Runs {
 public:
  void assign(const SampleColumn& column, bool with_start);
  const FloatRun& floats() const { return floats_; }
  const HistogramRun& histograms() const { return histograms_; }

 private:
  FloatRun floats_;
  HistogramRun histograms_;
  std::vector<UnixMillis> t_, start_, histogram_t_, histogram_start_;
  std::vector<double> value_;
  std::vector<HistogramPtr> histogram_;
};

// windows[i] = samples with lefts[i] < t <= rights[i]; both edges never fall from one step to the
// next. O(samples + steps), O(steps) for regular spacing.
void find_windows(std::span<const UnixMillis> t_ms, std::span<const UnixMillis> lefts,
                  std::span<const UnixMillis> rights, std::vector<Window>& windows);

// Steps [begin, end): outside of them no window of find_windows holds a sample.
struct StepSpan {
  std::size_t begin = 0, end = 0;
};
StepSpan steps_with_samples(std::span<const Window> windows, std::size_t samples);

// Everything a kernel may look at for one series.
struct WindowCall {
  FloatRun floats;
  HistogramRun histograms;
  std::span<const Window> float_windows, histogram_windows;  // one per step
  std::span<const UnixMillis> lefts,
      rights;  // the window of each step: (left, right], without look-back
  Grid grid;
  std::int64_t range_ms = 0;
  std::span<const double> argument[2];  // scalar arguments, one value per step
  bool anchored = false, smoothed = false;
  bool histogram_zero = true;  // see EvaluationSettings
  const LabelColumn* labels = nullptr;  // for the texts of notes
  std::size_t row = 0;
  promql::Range pos;  // of the call's first argument, for notes
  Notes* notes = nullptr;

  std::size_t steps() const { return float_windows.size(); }
  std::string_view metric_name() const {
    return labels ? (*labels)[row].metric_name() : std::string_view{};
  }
};

using WindowKernel = Status (*)(const WindowCall& call, Row& out);

// nullptr when there is no such function over a range.
WindowKernel find_window_kernel(std::string_view function);

// window_rate.cpp
struct RateKind {
  bool counter, per_second;
  bool from_birth = false;  // a first sample without one before the window counts from zero
};
Status window_rate(const WindowCall&, Row&);
Status window_increase(const WindowCall&, Row&);
Status window_delta(const WindowCall&, Row&);
Status window_increase_from_birth(const WindowCall&, Row&);
// window_rate_extended.cpp: anchored and smoothed ranges.
void extended_rate(const WindowCall&, RateKind, Row&);
// window_instant_rate.cpp
Status window_irate(const WindowCall&, Row&);
Status window_idelta(const WindowCall&, Row&);
// window_changes.cpp
Status window_changes(const WindowCall&, Row&);
Status window_resets(const WindowCall&, Row&);
// window_over_time.cpp
Status window_sum(const WindowCall&, Row&);
Status window_avg(const WindowCall&, Row&);
Status window_min(const WindowCall&, Row&);
Status window_max(const WindowCall&, Row&);
Status window_count(const WindowCall&, Row&);
Status window_present(const WindowCall&, Row&);
Status window_first(const WindowCall&, Row&);
Status window_last(const WindowCall&, Row&);
Status window_ts_of_first(const WindowCall&, Row&);
Status window_ts_of_last(const WindowCall&, Row&);
Status window_ts_of_min(const WindowCall&, Row&);
Status window_ts_of_max(const WindowCall&, Row&);
// window_statistics.cpp
Status window_stddev(const WindowCall&, Row&);
Status window_stdvar(const WindowCall&, Row&);
Status window_quantile(const WindowCall&, Row&);
Status window_mad(const WindowCall&, Row&);
Status window_deriv(const WindowCall&, Row&);
Status window_predict_linear(const WindowCall&, Row&);
Status window_double_exponential_smoothing(const WindowCall&, Row&);

// A new start time says that the counter began anew between two samples.
bool is_start_reset(UnixMillis previous_start, UnixMillis previous_t, UnixMillis start,
                    UnixMillis t);

// Kahan-Neumaier: sum + compensation is the running total.
inline void kahan_add(double x, double& sum, double& compensation) {
  const double t = sum + x;
  if (std::isinf(t)) {  // the compensation would be NaN
    compensation = 0;
  } else if (std::abs(sum) >= std::abs(x)) {
    compensation += (sum - t) + x;
  } else {
    compensation += (x - t) + sum;
  }
  sum = t;
}

// PromQL's quantile by linear interpolation between ranks; sorts in place, NaN before everything.
double quantile_of(double q, std::span<double> values);
// Least squares; x in seconds from `intercept_ms`.
struct Line {
  double slope, intercept;
};
Line linear_regression(std::span<const UnixMillis> t_ms, std::span<const double> value,
                       UnixMillis intercept_ms);

}  // namespace pharos::query
