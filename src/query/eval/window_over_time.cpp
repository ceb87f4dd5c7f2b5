// sum, avg, min, max, count, first, last … _over_time. Windows that overlap little are walked one
// by one with Prometheus' Kahan sums; for windows that share most of their samples sums come from
// one prefix sum in twice the precision (equal to the Kahan sum within an ulp) and extremes from a
// monotonic queue.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "query/eval/window.hpp"
#include "query/histogram_math.hpp"

namespace pharos::query {
namespace {

constexpr std::size_t kOverlapMin = 8;  // a sample in more windows than this: share the work

bool overlap_much(std::span<const Window> windows, std::size_t samples) {
  std::size_t looked_at = 0;
  for (const auto w : windows) looked_at += w.size();
  return looked_at > kOverlapMin * samples;
}

// s[i] = sum of the first i values as an unevaluated pair; false when it leaves the finite numbers.
struct PrefixSum {
  std::vector<double> high, low;
  bool build(std::span<const double> v) {
    high.resize(v.size() + 1);
    low.resize(v.size() + 1);
    double h = 0, l = 0;
    for (std::size_t i = 0; i < v.size(); ++i) {
      const double s = h + v[i];
      const double part = s - h;
      l += (h - (s - part)) + (v[i] - part);
      h = s + l;
      l -= h - s;
      high[i + 1] = h;
      low[i + 1] = l;
    }
    return std::isfinite(h) && std::isfinite(l);
  }
  double sum(Window w) const {
    const double a = high[w.end], b = high[w.begin];
    const double d = a - b;
    const double part = d - a;
    const double error = (a - (d - part)) - (b + part);
    return d + (error + (low[w.end] - low[w.begin]));
  }
};

double kahan_sum(std::span<const double> v) {
  double sum = 0, c = 0;
  for (const double x : v) kahan_add(x, sum, c);
  return std::isinf(sum) ? sum : sum + c;
}

// The direct mean, or the incremental one from where the sum would overflow.
double mean(std::span<const double> v) {
  double sum = v[0], c = 0, count = 1, running = 0;
  bool incremental = false;
  for (std::size_t i = 1; i < v.size(); ++i) {
    count = static_cast<double>(i + 1);
    if (!incremental) {
      double new_sum = sum, new_c = c;
      kahan_add(v[i], new_sum, new_c);
      if (!std::isinf(new_sum)) {
        sum = new_sum, c = new_c;
        continue;
      }
      incremental = true;
      running = sum / (count - 1);
      c /= count - 1;
    }
    const double q = (count - 1) / count;
    running *= q;
    c *= q;
    kahan_add(v[i] / count, running, c);
  }
  return incremental ? running + c : sum / count + c / count;
}

bool has_overflow(const Histogram& h) {
  const auto inf = [](double v) { return std::isinf(v); };
  return inf(h.zero_count) || inf(h.count) || inf(h.sum) || std::ranges::any_of(h.positive, inf) ||
         std::ranges::any_of(h.negative, inf);
}

class HistogramTotal {
 public:
  HistogramTotal(const WindowCall& call, Window w)
      : call_(call), h_(call.histograms.value.subspan(w.begin, w.size())) {}

  HistogramPtr sum() {
    Histogram total = start();
    Histogram c = zero_compensation(total);
    for (const auto& h : h_.subspan(1)) {
      see(*h);
      if (!noted(kahan_add(total, c, *h))) return nullptr;
    }
    if (h_.size() > 1 && !noted(add(total, c))) return nullptr;
    return finish(std::move(total));
  }

  HistogramPtr avg() {
    Histogram total = start();
    Histogram c = zero_compensation(total);
    Histogram running;
    bool incremental = false;
    double count = 1;
    for (std::size_t i = 1; i < h_.size(); ++i) {
      see(*h_[i]);
      count = static_cast<double>(i + 1);
      if (!incremental) {
        Histogram new_total = total, new_c = c;
        if (!noted(kahan_add(new_total, new_c, *h_[i]))) return nullptr;
        if (!has_overflow(new_total)) {
          total = std::move(new_total), c = std::move(new_c);
          continue;
        }
        incremental = true;
        running = std::move(total);
        divide(running, count - 1);
        divide(c, count - 1);
      }
      const double q = (count - 1) / count;
      multiply(running, q);
      multiply(c, q);
      Histogram part = *h_[i];
      divide(part, count);
      if (!noted(kahan_add(running, c, part))) return nullptr;
    }
    if (!incremental) {
      running = std::move(total);
      divide(running, count);
      divide(c, count);
    }
    if (h_.size() > 1 && !noted(add(running, c))) return nullptr;
    return finish(std::move(running));
  }

 private:
  Histogram start() {
    Histogram first = *h_[0];
    first.integer = false;
    see(first);
    return first;
  }
  void see(const Histogram& h) {
    reset_ |= h.reset_hint == ResetHint::reset;
    not_reset_ |= h.reset_hint == ResetHint::not_reset;
  }
  bool noted(HistogramNotes notes) {
    reconciled_ |= notes.bounds_reconciled;
    if (!notes.incompatible) return true;
    call_.notes->add(note::mixed_exponential_custom(call_.metric_name(), call_.pos));
    return false;
  }
  HistogramPtr finish(Histogram&& h) {
    if (reset_ && not_reset_)
      call_.notes->add(note::reset_collision(note::HistogramOperation::aggregation, call_.pos));
    if (reconciled_)
      call_.notes->add(note::bounds_reconciled(note::HistogramOperation::aggregation, call_.pos));
    return std::make_shared<const Histogram>(std::move(h));
  }
  const WindowCall& call_;
  std::span<const HistogramPtr> h_;
  bool reset_ = false, not_reset_ = false, reconciled_ = false;
};

// sum and avg: floats only or histograms only; a mix is a warning and no result.
template <class Floats, class Histograms>
void total(const WindowCall& call, Floats floats, Histograms histograms, Row& out) {
  for (std::size_t i = 0; i < call.steps(); ++i) {
    const auto f = call.float_windows[i], h = call.histogram_windows[i];
    if (f.size() > 0 && h.size() > 0) {
      call.notes->add(note::mixed_floats_histograms(call.metric_name(), call.pos));
    } else if (f.size() > 0) {
      out.set(i, floats(f));
    } else if (h.size() > 0) {
      if (auto result = histograms(h)) out.set(i, std::move(result));
    }
  }
}

std::span<const double> slice(const WindowCall& call, Window w) {
  return call.floats.value.subspan(w.begin, w.size());
}

// Floats only; histograms beside them are noted.
template <class Function>
void floats_of(const WindowCall& call, Function function, Row& out) {
  for (std::size_t i = 0; i < call.steps(); ++i) {
    const auto f = call.float_windows[i];
    if (f.size() == 0) continue;
    if (call.histogram_windows[i].size() > 0)
      call.notes->add(note::histogram_ignored_in_mixed_range(call.metric_name(), call.pos));
    out.set(i, function(f));
  }
}

// Extremes; NaN only when there is nothing else.
template <class Better>
void extreme(const WindowCall& call, Better better, Row& out) {
  const auto v = call.floats.value;
  if (!overlap_much(call.float_windows, v.size())) {
    floats_of(
        call,
        [&](Window w) {
          double best = v[w.begin];
          for (auto i = w.begin + 1; i < w.end; ++i)
            if (better(v[i], best) || std::isnan(best)) best = v[i];
          return best;
        },
        out);
    return;
  }
  std::vector<std::uint32_t> queue(
      v.size());  // indices, values falling from front to back in `better`
  std::size_t front = 0, back = 0, next = 0;
  floats_of(
      call,
      [&](Window w) {
        next = std::max<std::size_t>(next, w.begin);
        for (; next < w.end; ++next) {
          if (std::isnan(v[next])) continue;
          while (back > front && better(v[next], v[queue[back - 1]])) --back;
          queue[back++] = static_cast<std::uint32_t>(next);
        }
        while (front < back && queue[front] < w.begin) ++front;
        return front < back ? v[queue[front]] : std::numeric_limits<double>::quiet_NaN();
      },
      out);
}

template <class AtLeast>
void time_of_extreme(const WindowCall& call, AtLeast at_least, Row& out) {
  const auto v = call.floats.value;
  floats_of(
      call,
      [&](Window w) {
        auto best = w.begin;
        for (auto i = w.begin; i < w.end; ++i)
          if (at_least(v[i], v[best]) || std::isnan(v[best])) best = i;
        return static_cast<double>(call.floats.t_ms[best]) / 1000;
      },
      out);
}

// The oldest or newest sample of either kind.
template <class Take>
void end_sample(const WindowCall& call, bool newest, Take take) {
  for (std::size_t i = 0; i < call.steps(); ++i) {
    const auto f = call.float_windows[i], h = call.histogram_windows[i];
    if (f.size() + h.size() == 0) continue;
    const auto fi = newest ? f.end - 1 : f.begin, hi = newest ? h.end - 1 : h.begin;
    bool is_float = f.size() > 0;
    if (is_float && h.size() > 0)
      is_float = newest ? call.histograms.t_ms[hi] < call.floats.t_ms[fi]
                        : call.floats.t_ms[fi] < call.histograms.t_ms[hi];
    take(i, is_float, is_float ? fi : hi);
  }
}

void end_value(const WindowCall& call, bool newest, Row& out) {
  end_sample(call, newest, [&](std::size_t step, bool is_float, std::uint32_t at) {
    if (is_float) {
      out.set(step, call.floats.value[at]);
    } else {
      out.set(step, call.histograms.value[at]);
    }
  });
}

void end_time(const WindowCall& call, bool newest, Row& out) {
  end_sample(call, newest, [&](std::size_t step, bool is_float, std::uint32_t at) {
    out.set(step,
            static_cast<double>(is_float ? call.floats.t_ms[at] : call.histograms.t_ms[at]) / 1000);
  });
}

}  // namespace

Status window_sum(const WindowCall& call, Row& out) {
  const auto histograms = [&](Window w) { return HistogramTotal(call, w).sum(); };
  PrefixSum prefix;
  if (overlap_much(call.float_windows, call.floats.value.size()) &&
      prefix.build(call.floats.value)) {
    total(call, [&](Window w) { return prefix.sum(w); }, histograms, out);
  } else {
    total(call, [&](Window w) { return kahan_sum(slice(call, w)); }, histograms, out);
  }
  return {};
}

Status window_avg(const WindowCall& call, Row& out) {
  const auto histograms = [&](Window w) { return HistogramTotal(call, w).avg(); };
  PrefixSum prefix;
  if (overlap_much(call.float_windows, call.floats.value.size()) &&
      prefix.build(call.floats.value)) {
    total(
        call, [&](Window w) { return prefix.sum(w) / static_cast<double>(w.size()); }, histograms,
        out);
  } else {
    total(call, [&](Window w) { return mean(slice(call, w)); }, histograms, out);
  }
  return {};
}

Status window_min(const WindowCall& call, Row& out) {
  extreme(call, [](double a, double b) { return a < b; }, out);
  return {};
}
Status window_max(const WindowCall& call, Row& out) {
  extreme(call, [](double a, double b) { return a > b; }, out);
  return {};
}
Status window_ts_of_min(const WindowCall& call, Row& out) {
  time_of_extreme(call, [](double a, double b) { return a <= b; }, out);
  return {};
}
Status window_ts_of_max(const WindowCall& call, Row& out) {
  time_of_extreme(call, [](double a, double b) { return a >= b; }, out);
  return {};
}

Status window_count(const WindowCall& call, Row& out) {
  for (std::size_t i = 0; i < call.steps(); ++i)
    if (const auto n = call.float_windows[i].size() + call.histogram_windows[i].size(); n > 0)
      out.set(i, static_cast<double>(n));
  return {};
}
Status window_present(const WindowCall& call, Row& out) {
  for (std::size_t i = 0; i < call.steps(); ++i)
    if (call.float_windows[i].size() + call.histogram_windows[i].size() > 0) out.set(i, 1.0);
  return {};
}
Status window_first(const WindowCall& call, Row& out) {
  return end_value(call, false, out), Status{};
}
Status window_last(const WindowCall& call, Row& out) {
  return end_value(call, true, out), Status{};
}
Status window_ts_of_first(const WindowCall& call, Row& out) {
  return end_time(call, false, out), Status{};
}
Status window_ts_of_last(const WindowCall& call, Row& out) {
  return end_time(call, true, out), Status{};
}

}  // namespace pharos::query
