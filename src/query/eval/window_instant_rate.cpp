// irate and idelta: the last two samples of each window.
#include "query/eval/window.hpp"
#include "query/histogram_math.hpp"

namespace pharos::query {
namespace {

struct Newest {
  UnixMillis t = 0, start = 0;
  double value = 0;
  const Histogram* histogram = nullptr;
};

// The newest two samples of both runs, older first.
bool newest_two(const WindowCall& call, Window f, Window h, Newest (&out)[2]) {
  if (f.size() + h.size() < 2) return false;
  auto fi = f.end, hi = h.end;
  for (int k = 1; k >= 0; --k) {
    const bool has_float = fi > f.begin, has_histogram = hi > h.begin;
    const bool take_float =
        has_float && (!has_histogram || call.floats.t_ms[fi - 1] > call.histograms.t_ms[hi - 1]);
    if (take_float) {
      --fi;
      out[k] = {call.floats.t_ms[fi], call.floats.start_ms.empty() ? 0 : call.floats.start_ms[fi],
                call.floats.value[fi], nullptr};
    } else {
      --hi;
      out[k] = {call.histograms.t_ms[hi],
                call.histograms.start_ms.empty() ? 0 : call.histograms.start_ms[hi], 0,
                call.histograms.value[hi].get()};
    }
  }
  return true;
}

void instant_value(const WindowCall& call, bool rate, Row& out) {
  auto& notes = *call.notes;
  for (std::size_t i = 0; i < call.steps(); ++i) {
    Newest s[2];
    if (!newest_two(call, call.float_windows[i], call.histogram_windows[i], s)) continue;
    const auto interval = s[1].t - s[0].t;
    if (interval == 0) continue;
    const double seconds = static_cast<double>(interval) / 1000;
    const bool start_reset = is_start_reset(s[0].start, s[0].t, s[1].start, s[1].t);
    if (!s[0].histogram && !s[1].histogram) {
      double value = s[1].value;
      if (!rate || !(s[1].value < s[0].value || start_reset)) value = s[1].value - s[0].value;
      out.set(i, rate ? value / seconds : value);
      continue;
    }
    if (!s[0].histogram || !s[1].histogram) {
      notes.add(note::mixed_floats_histograms(call.metric_name(), call.pos));
      continue;
    }
    const bool gauges = s[0].histogram->reset_hint == ResetHint::gauge &&
                        s[1].histogram->reset_hint == ResetHint::gauge;
    const bool gauge = s[0].histogram->reset_hint == ResetHint::gauge ||
                       s[1].histogram->reset_hint == ResetHint::gauge;
    if (rate && gauge) notes.add(note::not_counter(call.metric_name(), call.pos));
    if (!rate && !gauges) notes.add(note::not_gauge(call.metric_name(), call.pos));
    Histogram result = *s[1].histogram;
    result.integer = false;
    if (!rate || (!start_reset && !detect_reset(*s[1].histogram, *s[0].histogram))) {
      const auto noted = subtract(result, *s[0].histogram);
      if (noted.incompatible) {
        notes.add(note::mixed_exponential_custom(call.metric_name(), call.pos));
        continue;
      }
      if (noted.bounds_reconciled)
        notes.add(note::bounds_reconciled(note::HistogramOperation::subtraction, call.pos));
    }
    result.reset_hint = ResetHint::gauge;
    compact(result);
    if (rate) divide(result, seconds);
    out.set(i, std::make_shared<const Histogram>(std::move(result)));
  }
}

}  // namespace

Status window_irate(const WindowCall& call, Row& out) {
  return instant_value(call, true, out), Status{};
}
Status window_idelta(const WindowCall& call, Row& out) {
  return instant_value(call, false, out), Status{};
}

}  // namespace pharos::query
