// rate, increase and delta over `anchored` and `smoothed` ranges: no extrapolation; the value at
// each edge is the sample before it (anchored) or interpolated between its neighbours (smoothed).
// The windows of the call reach back (and for smoothed on) by the look-back.
#include <algorithm>

#include "query/eval/window.hpp"
#include "query/histogram_math.hpp"

namespace pharos::query {
namespace {

using note::HistogramOperation;

// Samples [first, last] of a window that matter for (left, right].
struct Edges {
  std::size_t first, last;
  bool any;
};
Edges find_edges(std::span<const UnixMillis> t, UnixMillis left, UnixMillis right, bool smoothed) {
  const auto end =
      t.begin() + static_cast<std::ptrdiff_t>(t.size() - 1);  // the last one is a sentinel
  const auto above = static_cast<std::size_t>(std::upper_bound(t.begin(), end, left) - t.begin());
  Edges edges{above > 0 ? above - 1 : 0, t.size() - 1, true};
  if (smoothed)
    edges.last = static_cast<std::size_t>(std::lower_bound(t.begin(), end, right) - t.begin());
  edges.any = t[edges.last] > left && !(smoothed && t[edges.first] > right);
  return edges;
}

double between(std::span<const UnixMillis> t, std::span<const double> v, std::size_t i,
               UnixMillis at, bool counter) {
  const double y2 = v[i + 1];
  const double y1 = counter && y2 < v[i] ? 0 : v[i];  // after a reset the counter began at 0
  return y1 + (y2 - y1) * static_cast<double>(at - t[i]) / static_cast<double>(t[i + 1] - t[i]);
}

void extended_floats(const WindowCall& call, Window w, std::size_t step, RateKind kind, Row& out) {
  const auto t = call.floats.t_ms.subspan(w.begin, w.size());
  const auto v = call.floats.value.subspan(w.begin, w.size());
  const auto left_ms = call.lefts[step], right_ms = call.rights[step];
  const auto edges = find_edges(t, left_ms, right_ms, call.smoothed);
  if (!edges.any) return;
  const double left = call.smoothed && t[edges.first] < left_ms
                          ? between(t, v, edges.first, left_ms, kind.counter)
                          : v[edges.first];
  const double right = call.smoothed && edges.last > 0 && t[edges.last] > right_ms
                           ? between(t, v, edges.last - 1, right_ms, kind.counter)
                           : v[edges.last];
  double result = right - left;
  if (kind.counter) {
    const auto begin = edges.first + (t[edges.first] <= left_ms ? 1 : 0);
    const auto end = edges.last + (t[edges.last] >= right_ms ? 0 : 1);
    double correction = 0, previous = left;
    for (auto i = begin; i < end; ++i) {
      if (v[i] < previous) correction += previous;
      previous = v[i];
    }
    if (right < previous) correction += previous;
    result += correction;
  }
  if (kind.from_birth && t[edges.first] > left_ms) result += left;
  if (kind.per_second) result /= static_cast<double>(call.range_ms) / 1000;
  out.set(step, result);
}

class ExtendedHistograms {
 public:
  ExtendedHistograms(const WindowCall& call, Window w, std::size_t step, RateKind kind)
      : call_(call),
        kind_(kind),
        t_(call.histograms.t_ms.subspan(w.begin, w.size())),
        h_(call.histograms.value.subspan(w.begin, w.size())),
        left_ms_(call.lefts[step]),
        right_ms_(call.rights[step]) {}

  std::optional<Histogram> run() {
    const auto edges = find_edges(t_, left_ms_, right_ms_, call_.smoothed);
    if (!edges.any) return std::nullopt;
    first_ = edges.first, last_ = edges.last;
    if (!valid()) return std::nullopt;
    auto left = call_.smoothed && t_[first_] < left_ms_ ? between(first_, left_ms_)
                                                        : std::optional(*h_[first_]);
    if (!left) return std::nullopt;
    auto right = call_.smoothed && last_ > 0 && t_[last_] > right_ms_
                     ? between(last_ - 1, right_ms_)
                     : std::optional(*h_[last_]);
    if (!right) return std::nullopt;
    if (!kind_.counter &&
        (left->reset_hint != ResetHint::gauge || right->reset_hint != ResetHint::gauge))
      call_.notes->add(note::not_gauge(call_.metric_name(), call_.pos));
    Histogram result = *right;
    result.integer = false;
    const bool born = kind_.from_birth && t_[first_] > left_ms_;
    if (!born && !take(result, *left)) return std::nullopt;
    if (kind_.counter) {
      std::optional<Histogram> correction;
      if (!correct(*left, *right, correction)) return std::nullopt;
      if (correction && !put(result, *correction)) return std::nullopt;
    }
    if (kind_.per_second) divide(result, static_cast<double>(call_.range_ms) / 1000);
    result.reset_hint = ResetHint::gauge;
    compact(result);
    return result;
  }

 private:
  bool valid() {
    const bool custom = h_[first_]->custom();
    for (auto i = first_; i <= last_; ++i) {
      if (h_[i]->custom() != custom) return incompatible();
      if (kind_.counter && h_[i]->reset_hint == ResetHint::gauge)
        call_.notes->add(note::not_counter(call_.metric_name(), call_.pos));
    }
    return true;
  }
  bool incompatible() {
    call_.notes->add(note::mixed_exponential_custom(call_.metric_name(), call_.pos));
    return false;
  }
  bool put(Histogram& to, const Histogram& h) {
    const auto noted = add(to, h);
    if (noted.incompatible) return incompatible();
    if (noted.bounds_reconciled)
      call_.notes->add(note::bounds_reconciled(HistogramOperation::addition, call_.pos));
    return true;
  }
  bool take(Histogram& from, const Histogram& h) {
    const auto noted = subtract(from, h);
    if (noted.incompatible) return incompatible();
    if (noted.bounds_reconciled)
      call_.notes->add(note::bounds_reconciled(HistogramOperation::subtraction, call_.pos));
    return true;
  }
  std::optional<Histogram> between(std::size_t i, UnixMillis at) {
    if (at == t_[i]) return *h_[i];
    if (at == t_[i + 1]) return *h_[i + 1];
    const double fraction =
        static_cast<double>(at - t_[i]) / static_cast<double>(t_[i + 1] - t_[i]);
    Histogram result = *h_[i + 1];
    result.integer = false;
    if (kind_.counter && detect_reset(*h_[i + 1], *h_[i])) {
      multiply(result, fraction);
      return result;
    }
    if (!take(result, *h_[i])) return std::nullopt;
    multiply(result, fraction);
    if (!put(result, *h_[i])) return std::nullopt;
    return result;
  }
  // What resets between the edges took away.
  bool correct(const Histogram& left, const Histogram& right,
               std::optional<Histogram>& correction) {
    auto first = first_ + 1;
    const Histogram* previous = &left;
    if (call_.smoothed && t_[first_] < left_ms_ && detect_reset(*h_[first_ + 1], *h_[first_])) {
      previous = h_[first_ + 1].get();  // the left edge was interpolated across this reset already
      ++first;
    }
    if (first > last_) return true;
    const auto lost = [&](const Histogram& h) {
      if (correction) return put(*correction, h);
      correction = h;
      correction->integer = false;
      return true;
    };
    for (auto i = first; i < last_; ++i) {
      if (detect_reset(*h_[i], *previous) && !lost(*previous)) return false;
      previous = h_[i].get();
    }
    return !detect_reset(right, *previous) || lost(*previous);
  }

  const WindowCall& call_;
  RateKind kind_;
  std::span<const UnixMillis> t_;
  std::span<const HistogramPtr> h_;
  UnixMillis left_ms_, right_ms_;
  std::size_t first_ = 0, last_ = 0;
};

}  // namespace

void extended_rate(const WindowCall& call, RateKind kind, Row& out) {
  for (std::size_t i = 0; i < call.steps(); ++i) {
    const auto f = call.float_windows[i];
    const auto h = call.histogram_windows[i];
    if (f.size() > 0 && h.size() > 0) {
      call.notes->add(note::mixed_floats_histograms(call.metric_name(), call.pos));
    } else if (h.size() > 0) {
      if (auto result = ExtendedHistograms(call, h, i, kind).run())
        out.set(i, std::make_shared<const Histogram>(std::move(*result)));
    } else if (f.size() > 0) {
      extended_floats(call, f, i, kind, out);
    }
  }
}

}  // namespace pharos::query
