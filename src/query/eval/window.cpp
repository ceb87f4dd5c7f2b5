#include "query/eval/window.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "query/eval/column_scans.hpp"

namespace pharos::query {
namespace {

// The first index whose time is above `edge`, from `at` on: gallop, then search between.
std::size_t search(const UnixMillis* t, std::size_t n, UnixMillis edge, std::size_t at) {
  if (at >= n || t[at] > edge) return at;
  std::size_t low = at, span = 1;
  while (low + span < n && t[low + span] <= edge) {
    low += span;
    span *= 2;
  }
  const auto high = std::min(low + span, n);
  return static_cast<std::size_t>(std::upper_bound(t + low, t + high, edge) - t);
}

}  // namespace

void Runs::assign(const SampleColumn& column, bool with_start) {
  const std::span<const UnixMillis> starts =
      with_start ? std::span<const UnixMillis>(column.start_ms) : std::span<const UnixMillis>{};
  histograms_ = {};
  if (column.histograms.empty() && !any_stale(column.value)) {
    floats_ = {column.t_ms, column.value, starts};
    return;
  }
  t_.clear(), start_.clear(), value_.clear();
  histogram_t_.clear(), histogram_start_.clear(), histogram_.clear();
  for (std::size_t i = 0; i < column.size(); ++i) {
    if (!column.histograms.empty() && column.histograms[i]) {
      if (is_stale(*column.histograms[i])) continue;
      histogram_t_.push_back(column.t_ms[i]);
      histogram_.push_back(column.histograms[i]);
      if (!starts.empty()) histogram_start_.push_back(starts[i]);
    } else if (!is_stale(column.value[i])) {
      t_.push_back(column.t_ms[i]);
      value_.push_back(column.value[i]);
      if (!starts.empty()) start_.push_back(starts[i]);
    }
  }
  floats_ = {t_, value_, start_};
  histograms_ = {histogram_t_, histogram_, histogram_start_};
}

void find_windows(std::span<const UnixMillis> t_ms, std::span<const UnixMillis> lefts,
                  std::span<const UnixMillis> rights, std::vector<Window>& windows) {
  windows.resize(rights.size());
  const UnixMillis* const t = t_ms.data();
  const auto n = t_ms.size();
  const UnixMillis *const left = lefts.data(), *const right = rights.data();
  Window* const out = windows.data();
  // Steps before the first sample and after the last hold nothing: a day is often asked of a series
  // that has hours.
  const auto first = n == 0 ? rights.size()
                            : static_cast<std::size_t>(std::ranges::lower_bound(rights, t[0]) -
                                                       rights.begin());
  const auto last = n == 0 ? rights.size()
                           : std::max(first, static_cast<std::size_t>(
                                                 std::ranges::lower_bound(lefts, t[n - 1]) -
                                                 lefts.begin()));
  const auto none = static_cast<std::uint32_t>(n);
  std::fill(out, out + first, Window{});
  std::fill(out + last, out + windows.size(), Window{none, none});
  std::size_t begin = 0, end = 0, begin_stride = 0, end_stride = 0;
  // Moves past everything up to `edge`. The stride is how far the step before moved: with regular
  // spacing two looks confirm it.
  const auto move = [t, n](UnixMillis edge, std::size_t& at, std::size_t& stride) {
    const auto guess = at + stride;
    if (guess > 0 && guess < n && t[guess - 1] <= edge && t[guess] > edge) [[likely]] {
      at = guess;
      return;
    }
    const auto to = search(t, n, edge, at);
    stride = to - at;
    at = to;
  };
  for (std::size_t i = first; i < last; ++i) {
    move(left[i], begin, begin_stride);
    if (end < begin) end = begin;
    move(right[i], end, end_stride);
    out[i] = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(std::max(begin, end))};
  }
}

StepSpan steps_with_samples(std::span<const Window> windows, std::size_t samples) {
  const auto first = std::ranges::partition_point(windows, [](Window w) { return w.end == 0; });
  const auto last = std::ranges::partition_point(windows, [samples](Window w) { return w.begin < samples; });
  const auto at = [&](auto i) { return static_cast<std::size_t>(i - windows.begin()); };
  return {at(first), std::max(at(first), at(last))};
}

bool is_start_reset(UnixMillis previous_start, UnixMillis previous_t, UnixMillis start,
                    UnixMillis t) {
  // 0: unknown; later than the sample: invalid; equal: OpenTelemetry's "unknown".
  if (start == 0 || start >= t) return false;
  if (start < previous_t) return false;
  if (start > previous_t) return true;
  // Points at the previous sample: a delta series, or a cumulative one whose start is unknown; told
  // apart by whether the previous sample's own start is known.
  if (previous_start > previous_t) return false;
  return previous_start != 0 && previous_start != previous_t;
}

WindowKernel find_window_kernel(std::string_view function) {
  static constexpr std::array kKernels = std::to_array<std::pair<std::string_view, WindowKernel>>({
      {"rate", window_rate},
      {"increase", window_increase},
      {"delta", window_delta},
      {"increase_from_birth", window_increase_from_birth},
      {"irate", window_irate},
      {"idelta", window_idelta},
      {"changes", window_changes},
      {"resets", window_resets},
      {"sum_over_time", window_sum},
      {"avg_over_time", window_avg},
      {"min_over_time", window_min},
      {"max_over_time", window_max},
      {"count_over_time", window_count},
      {"present_over_time", window_present},
      {"absent_over_time", window_present},  // the caller turns presence round
      {"first_over_time", window_first},
      {"last_over_time", window_last},
      {"ts_of_first_over_time", window_ts_of_first},
      {"ts_of_last_over_time", window_ts_of_last},
      {"ts_of_min_over_time", window_ts_of_min},
      {"ts_of_max_over_time", window_ts_of_max},
      {"stddev_over_time", window_stddev},
      {"stdvar_over_time", window_stdvar},
      {"quantile_over_time", window_quantile},
      {"mad_over_time", window_mad},
      {"deriv", window_deriv},
      {"predict_linear", window_predict_linear},
      {"double_exponential_smoothing", window_double_exponential_smoothing},
      {"holt_winters", window_double_exponential_smoothing},  // its name in Prometheus 2
  });
  for (const auto& [name, kernel] : kKernels)
    if (name == function) return kernel;
  return nullptr;
}

}  // namespace pharos::query
