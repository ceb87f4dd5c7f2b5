// Spread, quantiles, regression and smoothing over windows of floats. Histograms beside floats are
// noted and left out.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "query/eval/window.hpp"

namespace pharos::query {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

bool nan_first(double a, double b) {
  return std::isnan(a) ? !std::isnan(b) : a < b;
}

void note_mixed(const WindowCall& call) {
  call.notes->add(note::histogram_ignored_in_mixed_range(call.metric_name(), call.pos));
}

// Calls function(window, step) for windows of at least `floats_min` floats.
template <class Function>
void each(const WindowCall& call, std::uint32_t floats_min, Function function) {
  for (std::size_t i = 0; i < call.steps(); ++i) {
    const auto f = call.float_windows[i];
    if (f.size() > 0 && call.histogram_windows[i].size() > 0) note_mixed(call);
    if (f.size() >= floats_min) function(f, i);
  }
}

double variance(std::span<const double> v) {
  double count = 0, mean = 0, mean_c = 0, m2 = 0, m2_c = 0;
  for (const double x : v) {
    ++count;
    const double delta = x - (mean + mean_c);
    kahan_add(delta / count, mean, mean_c);
    kahan_add(delta * (x - (mean + mean_c)), m2, m2_c);
  }
  return (m2 + m2_c) / count;
}

std::span<const double> slice(const WindowCall& call, Window w) {
  return call.floats.value.subspan(w.begin, w.size());
}

// The sorted values of a sliding window: samples enter and leave by binary search.
class SortedWindow {
 public:
  std::span<double> move_to(std::span<const double> v, Window w) {
    if (w.begin >= at_.end || w.begin < at_.begin || w.end < at_.end) {
      sorted_.assign(v.begin() + w.begin, v.begin() + w.end);
      std::ranges::sort(sorted_, nan_first);
    } else {
      for (auto i = at_.begin; i < w.begin; ++i)
        sorted_.erase(std::ranges::lower_bound(sorted_, v[i], nan_first));
      for (auto i = at_.end; i < w.end; ++i)
        sorted_.insert(std::ranges::upper_bound(sorted_, v[i], nan_first), v[i]);
    }
    at_ = w;
    return sorted_;
  }

 private:
  std::vector<double> sorted_;
  Window at_;
};

double quantile_of_sorted(double q, std::span<const double> sorted) {
  if (sorted.empty() || std::isnan(q)) return kNaN;
  if (q < 0) return -std::numeric_limits<double>::infinity();
  if (q > 1) return std::numeric_limits<double>::infinity();
  const auto n = static_cast<double>(sorted.size());
  const double rank = q * (n - 1);
  const double lower = std::max(0.0, std::floor(rank)), upper = std::min(n - 1, lower + 1);
  const double weight = rank - std::floor(rank);
  return sorted[static_cast<std::size_t>(lower)] * (1 - weight) +
         sorted[static_cast<std::size_t>(upper)] * weight;
}

}  // namespace

double quantile_of(double q, std::span<double> values) {
  std::ranges::sort(values, nan_first);
  return quantile_of_sorted(q, values);
}

Line linear_regression(std::span<const UnixMillis> t_ms, std::span<const double> value,
                       UnixMillis intercept_ms) {
  double n = 0, sx = 0, cx = 0, sy = 0, cy = 0, sxy = 0, cxy = 0, sxx = 0, cxx = 0;
  bool constant = true;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] != value[0]) constant = i == 0 && constant;
    n += 1;
    const double x = static_cast<double>(t_ms[i] - intercept_ms) / 1e3;
    kahan_add(x, sx, cx);
    kahan_add(value[i], sy, cy);
    kahan_add(x * value[i], sxy, cxy);
    kahan_add(x * x, sxx, cxx);
  }
  if (constant) return std::isinf(value[0]) ? Line{kNaN, kNaN} : Line{0, value[0]};
  sx += cx, sy += cy, sxy += cxy, sxx += cxx;
  const double covariance = sxy - sx * sy / n, spread = sxx - sx * sx / n;
  const double slope = covariance / spread;
  return {slope, sy / n - slope * sx / n};
}

Status window_stddev(const WindowCall& call, Row& out) {
  each(call, 1, [&](Window w, std::size_t i) { out.set(i, std::sqrt(variance(slice(call, w)))); });
  return {};
}

Status window_stdvar(const WindowCall& call, Row& out) {
  each(call, 1, [&](Window w, std::size_t i) { out.set(i, variance(slice(call, w))); });
  return {};
}

Status window_quantile(const WindowCall& call, Row& out) {
  SortedWindow sorted;
  each(call, 1, [&](Window w, std::size_t i) {
    const double q = call.argument[0][i];
    if (!(q >= 0 && q <= 1)) call.notes->add(note::invalid_quantile(q, call.pos));
    out.set(i, quantile_of_sorted(q, sorted.move_to(call.floats.value, w)));
  });
  return {};
}

Status window_mad(const WindowCall& call, Row& out) {
  std::vector<double> values;
  each(call, 1, [&](Window w, std::size_t i) {
    const auto v = slice(call, w);
    if (std::ranges::any_of(v, [](double x) { return std::isnan(x); })) return out.set(i, kNaN);
    values.assign(v.begin(), v.end());
    const double median = quantile_of(0.5, values);
    for (double& x : values) x = std::abs(x - median);
    out.set(i, quantile_of(0.5, values));
  });
  return {};
}

Status window_deriv(const WindowCall& call, Row& out) {
  each(call, 2, [&](Window w, std::size_t i) {
    const auto t = call.floats.t_ms.subspan(w.begin, w.size());
    out.set(i, linear_regression(t, slice(call, w), t[0]).slope);
  });
  return {};
}

Status window_predict_linear(const WindowCall& call, Row& out) {
  each(call, 2, [&](Window w, std::size_t i) {
    const auto t = call.floats.t_ms.subspan(w.begin, w.size());
    const auto line = linear_regression(t, slice(call, w), call.grid.at(i));
    out.set(i, line.slope * call.argument[0][i] + line.intercept);
  });
  return {};
}

Status window_double_exponential_smoothing(const WindowCall& call, Row& out) {
  const auto bad = [](const char* what, const char* symbol, double got) {
    char text[128];
    std::snprintf(text, sizeof text, "invalid %s factor. Expected: 0 < %s < 1, got: %f", what,
                  symbol, got);
    return fail(Errc::conflict, text);
  };
  for (std::size_t i = 0; i < call.steps(); ++i) {
    const auto w = call.float_windows[i];
    if (w.size() + call.histogram_windows[i].size() == 0) continue;
    const double smoothing = call.argument[0][i], trend = call.argument[1][i];
    if (smoothing <= 0 || smoothing >= 1) return bad("smoothing", "sf", smoothing);
    if (trend <= 0 || trend >= 1) return bad("trend", "tf", trend);
    if (w.size() > 0 && call.histogram_windows[i].size() > 0) note_mixed(call);
    if (w.size() < 2) continue;
    const auto v = slice(call, w);
    double before = 0, smoothed = v[0], b = v[1] - v[0];
    for (std::size_t k = 1; k < v.size(); ++k) {
      const double x = smoothing * v[k];
      if (k > 1) b = trend * (smoothed - before) + (1 - trend) * b;
      const double y = (1 - smoothing) * (smoothed + b);
      before = smoothed;
      smoothed = x + y;
    }
    out.set(i, smoothed);
  }
  return {};
}

}  // namespace pharos::query
