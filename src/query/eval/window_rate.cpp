// rate, increase and delta. The extrapolation is Prometheus' (promql: extrapolatedRate): towards
// both edges of the window by at most 1.1 times the average distance of samples, else by half of
// it, and for counters never below zero.
#include <algorithm>
#include <cmath>

#include "query/eval/column_scans.hpp"
#include "query/eval/rate_block.hpp"
#include "query/eval/window.hpp"
#include "query/histogram_math.hpp"

namespace pharos::query {
namespace {

using note::HistogramOperation;

bool overlaps(UnixMillis previous_start, UnixMillis previous_t, UnixMillis start) {
  return start != 0 && start < previous_t && start != previous_start;
}

// The factor that turns a raw difference into the extrapolated one. `first` is the window's first
// value (or count), `increase` the raw difference, for the zero point of counters.
struct Extrapolation {
  double to_start, to_end, sampled;  // seconds
  std::uint32_t gaps;
};
inline double extrapolate(const Extrapolation& e, bool counter, double first, double increase) {
  const double average = e.sampled / static_cast<double>(e.gaps);
  const double threshold = average * 1.1;
  double to_start = e.to_start, to_end = e.to_end;
  if (to_start >= threshold) to_start = average / 2;
  if (counter && increase > 0 && first >= 0) {
    const double to_zero = e.sampled * (first / increase);
    if (to_zero < to_start) to_start = to_zero;
  }
  if (to_end >= threshold) to_end = average / 2;
  return e.sampled != 0 ? (e.sampled + to_start + to_end) / e.sampled : 1.0;
}

// Increase of a counter over each window: last - first plus the value before every reset in it.
// Resets are few as a rule: their indices are listed once, each window walks its own.
class ResetList {
 public:
  void find(std::span<const double> v) {
    at_.clear();
    if (v.size() < 2) return;
    const auto falls = count_falls(v);  // a quick look first: most counters never fall
    if (falls == 0) return;
    at_.reserve(falls);
    for (std::size_t i = 1; i < v.size(); ++i)
      if (v[i] < v[i - 1]) at_.push_back(static_cast<std::uint32_t>(i));
  }
  bool empty() const { return at_.empty(); }
  // Windows come with rising begins.
  double correction(std::span<const double> v, Window w, double sum) {
    while (first_ < at_.size() && at_[first_] <= w.begin) ++first_;
    for (auto i = first_; i < at_.size() && at_[i] < w.end; ++i) sum += v[at_[i] - 1];
    return sum;
  }

 private:
  std::vector<std::uint32_t> at_;
  std::size_t first_ = 0;
};

void float_rate(const WindowCall& call, RateKind kind, Row& out) {
  const auto t = call.floats.t_ms;
  const auto v = call.floats.value;
  ResetList resets;
  if (kind.counter) resets.find(v);
  const bool has_resets = !resets.empty();
  const double seconds = kind.per_second ? static_cast<double>(call.range_ms) / 1000 : 1;
  RateBlock block;
  const auto steps = steps_with_samples(call.float_windows, t.size());
  for (std::size_t begin = steps.begin; begin < steps.end; begin += kRateBlock) {
    const auto n = std::min(kRateBlock, steps.end - begin);
    bool any = false;
    for (std::size_t k = 0; k < n; ++k) {
      const auto i = begin + k;
      const auto w = call.float_windows[i];
      if (w.size() < 2) {
        block.increase[k] = block.first[k] = block.to_start[k] = block.to_end[k] = 0;
        block.sampled[k] = block.gaps[k] = 1;  // any numbers
        continue;
      }
      const double first = v[w.begin];
      double increase = v[w.end - 1] - first;
      if (has_resets) increase = resets.correction(v, w, increase);
      const auto first_t = t[w.begin], last_t = t[w.end - 1];
      block.increase[k] = increase;
      block.first[k] = first;
      block.to_start[k] = static_cast<double>(first_t - call.lefts[i]);
      block.to_end[k] = static_cast<double>(call.rights[i] - last_t);
      block.sampled[k] = static_cast<double>(last_t - first_t);
      block.gaps[k] = static_cast<double>(w.size() - 1);
      out.cells[i] = Cell::number;
      any = true;
    }
    if (!any) continue;
    out.any = true;
    extrapolate_block(block, n, kind.counter, seconds, out.values.data() + begin);
  }
}

// The same with start times: a start inside the window stands for a sample of value 0.
double end_factor(double to_end, double average, double sampled, double to_start) {
  if (to_end >= average * 1.1) to_end = average / 2;
  return sampled != 0 ? (sampled + to_start + to_end) / sampled : 1.0;
}

bool starts_inside(std::span<const UnixMillis> starts, std::uint32_t first, UnixMillis left,
                   UnixMillis first_t) {
  return !starts.empty() && starts[first] != 0 && starts[first] > left && starts[first] < first_t;
}

void float_rate_with_starts(const WindowCall& call, Window w, std::size_t step, RateKind kind,
                            Row& out) {
  const auto t = call.floats.t_ms;
  const auto v = call.floats.value;
  const auto starts = call.floats.start_ms;
  double increase = v[w.end - 1] - v[w.begin];
  bool warned = false;
  for (auto i = w.begin + 1; i < w.end; ++i) {
    if (!warned && overlaps(starts[i - 1], t[i - 1], starts[i])) {
      call.notes->add(note::start_time_overlap(call.metric_name(), call.pos));
      warned = true;
    }
    if (v[i] < v[i - 1] || is_start_reset(starts[i - 1], t[i - 1], starts[i], t[i]))
      increase += v[i - 1];
  }
  const auto first_t = t[w.begin], last_t = t[w.end - 1];
  const double to_start = static_cast<double>(first_t - call.lefts[step]) / 1000;
  const double to_end = static_cast<double>(call.rights[step] - last_t) / 1000;
  const double sampled = static_cast<double>(last_t - first_t) / 1000;
  const auto gaps = w.size() - 1;
  double factor;
  if (starts_inside(starts, w.begin, call.lefts[step], first_t)) {
    increase += v[w.begin];
    factor = end_factor(to_end, gaps > 0 ? sampled / gaps : 0,
                        static_cast<double>(last_t - starts[w.begin]) / 1000, 0);
  } else if (gaps == 0) {
    return;
  } else {
    factor = extrapolate({to_start, to_end, sampled, gaps}, kind.counter, v[w.begin], increase);
  }
  if (kind.per_second) factor /= static_cast<double>(call.range_ms) / 1000;
  out.set(step, increase * factor);
}

// The raw difference of the histograms of a window, resets added back; nothing when they do not go
// together (a note says so).
std::optional<Histogram> histogram_increase(const WindowCall& call, Window w, bool counter) {
  const auto h = call.histograms.value.subspan(w.begin, w.size());
  const auto t = call.histograms.t_ms.subspan(w.begin, w.size());
  const auto starts = call.histograms.start_ms.empty()
                          ? call.histograms.start_ms
                          : call.histograms.start_ms.subspan(w.begin, w.size());
  const auto start_reset = [&](std::size_t i) {
    return !starts.empty() && is_start_reset(starts[i - 1], t[i - 1], starts[i], t[i]);
  };
  auto& notes = *call.notes;
  const auto mixed = [&] {
    notes.add(note::mixed_exponential_custom(call.metric_name(), call.pos));
  };

  const Histogram& last = *h.back();
  if (counter && (h.front()->reset_hint == ResetHint::gauge || last.reset_hint == ResetHint::gauge))
    notes.add(note::not_counter(call.metric_name(), call.pos));

  // A reset between the first two makes the first one's layout irrelevant: take an empty one
  // instead.
  Histogram nothing;
  const Histogram* previous = h.front().get();
  bool custom = previous->custom();
  if (counter && (start_reset(1) || detect_reset(*h[1], *previous))) {
    nothing.schema = h[1]->schema;
    nothing.custom_values = h[1]->custom_values;
    previous = &nothing;
    custom = h[1]->custom();
  }
  if (last.custom() != custom) return mixed(), std::nullopt;

  auto schema = std::min(last.schema, previous->schema);
  if (counter) {
    for (const auto& current : h.subspan(1, h.size() - 2)) {
      if (current->reset_hint == ResetHint::gauge)
        notes.add(note::not_counter(call.metric_name(), call.pos));
      schema = std::min(schema, current->schema);
      if (current->custom() != custom) return mixed(), std::nullopt;
    }
  }
  auto sum = last.schema == schema ? last : to_schema(last, schema);
  const auto noted = subtract(sum, *previous);
  if (noted.incompatible) return mixed(), std::nullopt;
  if (noted.bounds_reconciled)
    notes.add(note::bounds_reconciled(HistogramOperation::subtraction, call.pos));
  if (counter) {
    bool warned = false;
    for (std::size_t i = 1; i < h.size(); ++i) {
      if (!warned && !starts.empty() && overlaps(starts[i - 1], t[i - 1], starts[i])) {
        notes.add(note::start_time_overlap(call.metric_name(), call.pos));
        warned = true;
      }
      if (start_reset(i) || detect_reset(*h[i], *previous)) {
        const auto added = add(sum, *previous);
        if (added.incompatible) return mixed(), std::nullopt;
        if (added.bounds_reconciled)
          notes.add(note::bounds_reconciled(HistogramOperation::addition, call.pos));
      }
      previous = h[i].get();
    }
  } else if (h.front()->reset_hint != ResetHint::gauge || last.reset_hint != ResetHint::gauge) {
    notes.add(note::not_gauge(call.metric_name(), call.pos));
  }
  sum.reset_hint = ResetHint::gauge;
  sum.integer = false;
  compact(sum);
  return sum;
}

void histogram_rate(const WindowCall& call, Window w, std::size_t step, RateKind kind, Row& out) {
  const auto t = call.histograms.t_ms;
  const auto first_t = t[w.begin], last_t = t[w.end - 1];
  const auto& first = *call.histograms.value[w.begin];
  std::optional<Histogram> increase;
  if (w.size() > 1) {
    increase = histogram_increase(call, w, kind.counter);
    if (!increase) return;
  }
  const double to_start = static_cast<double>(first_t - call.lefts[step]) / 1000;
  const double to_end = static_cast<double>(call.rights[step] - last_t) / 1000;
  const double sampled = static_cast<double>(last_t - first_t) / 1000;
  const auto gaps = w.size() - 1;
  const auto starts = call.histograms.start_ms;
  double factor;
  if (kind.counter && starts_inside(starts, w.begin, call.lefts[step], first_t)) {
    if (!increase) {
      increase = first;
    } else {
      const auto added = add(*increase, first);
      if (added.incompatible) {
        call.notes->add(note::mixed_exponential_custom(call.metric_name(), call.pos));
        return;
      }
      if (added.bounds_reconciled)
        call.notes->add(note::bounds_reconciled(HistogramOperation::addition, call.pos));
    }
    factor = end_factor(to_end, gaps > 0 ? sampled / gaps : 0,
                        static_cast<double>(last_t - starts[w.begin]) / 1000, 0);
  } else if (gaps == 0) {
    return;
  } else {
    factor = extrapolate({to_start, to_end, sampled, gaps}, kind.counter && call.histogram_zero,
                         first.count, increase->count);
  }
  if (kind.per_second) factor /= static_cast<double>(call.range_ms) / 1000;
  increase->integer = false;
  multiply(*increase, factor);
  out.set(step, std::make_shared<const Histogram>(std::move(*increase)));
}

void rate(const WindowCall& call, RateKind kind, Row& out) {
  if (call.anchored || call.smoothed) return extended_rate(call, kind, out);
  if (call.histograms.value.empty() && (!kind.counter || call.floats.start_ms.empty()))
    return float_rate(call, kind, out);
  const bool with_starts = kind.counter && !call.floats.start_ms.empty();
  WindowCall one = call;
  for (std::size_t i = 0; i < call.steps(); ++i) {
    const auto f = call.float_windows[i];
    const auto h = call.histogram_windows[i];
    if (f.size() > 0 && h.size() > 0) {
      call.notes->add(note::mixed_floats_histograms(call.metric_name(), call.pos));
    } else if (h.size() > 0) {
      histogram_rate(call, h, i, kind, out);
    } else if (f.size() > 0 && with_starts) {
      float_rate_with_starts(call, f, i, kind, out);
    } else if (f.size() > 0) {
      one.float_windows = call.float_windows.subspan(i, 1);
      one.lefts = call.lefts.subspan(i, 1);
      one.rights = call.rights.subspan(i, 1);
      Row single;
      single.reset(1);
      float_rate(one, kind, single);
      if (single.any) out.set(i, single.values[0]);
    }
  }
}

}  // namespace

Status window_rate(const WindowCall& call, Row& out) {
  return rate(call, {true, true}, out), Status{};
}
Status window_increase(const WindowCall& call, Row& out) {
  return rate(call, {true, false}, out), Status{};
}
Status window_increase_from_birth(const WindowCall& call, Row& out) {
  return extended_rate(call, {true, false, true}, out), Status{};
}
Status window_delta(const WindowCall& call, Row& out) {
  return rate(call, {false, false}, out), Status{};
}

}  // namespace pharos::query
