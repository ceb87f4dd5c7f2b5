// changes and resets: transitions between neighbouring samples, of either kind. A transition
// belongs to a window when both its samples do; so one prefix count answers every window of an
// all-float series.
#include <algorithm>
#include <cmath>

#include "query/eval/window.hpp"
#include "query/histogram_math.hpp"

namespace pharos::query {
namespace {

bool float_changes(double previous, double value) {
  return value != previous && !(std::isnan(value) && std::isnan(previous));
}

struct Sample {
  UnixMillis t = 0, start = 0;
  double value = 0;
  const Histogram* histogram = nullptr;
};

bool changed(const Sample& previous, const Sample& now) {
  if (!previous.histogram && !now.histogram) return float_changes(previous.value, now.value);
  if (!previous.histogram || !now.histogram) return true;
  return !equals(*now.histogram, *previous.histogram);
}

bool reset(const Sample& previous, const Sample& now) {
  const bool start_reset = is_start_reset(previous.start, previous.t, now.start, now.t);
  if (!previous.histogram && !now.histogram) return now.value < previous.value || start_reset;
  if (!previous.histogram || !now.histogram) return true;
  return start_reset || detect_reset(*now.histogram, *previous.histogram);
}

// For anchored ranges: the newest sample at or before the left edge is the base, older ones go.
// False when nothing lies after the edge.
bool anchor(const WindowCall& call, std::size_t step, Window& f, Window& h) {
  const auto left = call.lefts[step];
  const auto t = call.floats.t_ms, ht = call.histograms.t_ms;
  auto fi = f.begin, hi = h.begin;
  while (fi < f.end && t[fi] <= left) ++fi;
  while (hi < h.end && ht[hi] <= left) ++hi;
  if (fi == f.end && hi == h.end) return false;
  const bool has_float = fi > f.begin, has_histogram = hi > h.begin;
  if (!has_float && !has_histogram) return true;
  if (!has_histogram || (has_float && t[fi - 1] >= ht[hi - 1])) {
    f.begin = fi - 1, h.begin = hi;
  } else {
    f.begin = fi, h.begin = hi - 1;
  }
  return true;
}

template <class Transition>
void count_mixed(const WindowCall& call, Transition transition, Row& out) {
  for (std::size_t i = 0; i < call.steps(); ++i) {
    auto f = call.float_windows[i], h = call.histogram_windows[i];
    if (f.size() + h.size() == 0) continue;
    if (call.anchored && !anchor(call, i, f, h)) continue;
    Sample previous;
    bool first = true;
    std::size_t count = 0;
    auto fi = f.begin, hi = h.begin;
    while (fi < f.end || hi < h.end) {
      Sample now;
      if (hi >= h.end || (fi < f.end && call.floats.t_ms[fi] < call.histograms.t_ms[hi])) {
        now = {call.floats.t_ms[fi], call.floats.start_ms.empty() ? 0 : call.floats.start_ms[fi],
               call.floats.value[fi], nullptr};
        ++fi;
      } else {
        now = {call.histograms.t_ms[hi],
               call.histograms.start_ms.empty() ? 0 : call.histograms.start_ms[hi], 0,
               call.histograms.value[hi].get()};
        ++hi;
      }
      if (!first) count += transition(previous, now);
      first = false;
      previous = now;
    }
    out.set(i, static_cast<double>(count));
  }
}

template <class Transition>
void count_floats(const WindowCall& call, Transition transition, Row& out) {
  const auto v = call.floats.value;
  std::vector<std::uint32_t> before(
      v.size());  // transitions up to and including the one into sample i
  for (std::size_t i = 1; i < v.size(); ++i) before[i] = before[i - 1] + transition(v[i - 1], v[i]);
  for (std::size_t i = 0; i < call.steps(); ++i) {
    const auto w = call.float_windows[i];
    if (w.size() > 0) out.set(i, static_cast<double>(before[w.end - 1] - before[w.begin]));
  }
}

bool plain(const WindowCall& call) {
  return call.histograms.value.empty() && call.floats.start_ms.empty() && !call.anchored;
}

}  // namespace

Status window_changes(const WindowCall& call, Row& out) {
  if (plain(call)) {
    count_floats(call, float_changes, out);
  } else {
    count_mixed(call, changed, out);
  }
  return {};
}

Status window_resets(const WindowCall& call, Row& out) {
  if (plain(call)) {
    count_floats(call, [](double previous, double value) { return value < previous; }, out);
  } else {
    count_mixed(call, reset, out);
  }
  return {};
}

}  // namespace pharos::query
