#include "metrics/rollup.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "metrics/sample_fold.hpp"

namespace pharos::metrics {
namespace {

UnixMillis window_of(UnixMillis t, UnixMillis width) {
  return t >= 0 ? t / width : -((-(t + 1)) / width) - 1;
}

// One window as it grows.
struct Window {
  double count = 0, sum = 0, min = 0, max = 0, first = 0, last = 0, counter = 0;
  UnixMillis t_ms = 0, start_ms = 0;
  HistogramPtr histogram;
  bool any = false;

  void add_value(double n, double total, double low, double high, double from, double to,
                 double end) {
    if (count == 0) {
      min = low, max = high, first = from;
      counter = end;
    } else {
      if (low < min || std::isnan(min)) min = low;
      if (high > max || std::isnan(max)) max = high;
      // From the last value to this one, then what happened inside.
      counter += (from >= last ? from - last : from) + (end - from);
    }
    count += n, sum += total, last = to;
  }
  void add_time(UnixMillis t, UnixMillis start, const HistogramPtr& h) {
    t_ms = t;
    start_ms = start;
    if (h) histogram = h;
    any = true;
  }
  void put(Rollup& out) {
    if (!any) return;
    const UnixMillis starts[] = {start_ms};
    const double values[] = {0};
    append(out.base, SampleSpan({&t_ms, 1}, values, {&histogram, 1}, starts));
    const double row[] = {count, sum, min, max, first, last, counter};
    for (std::size_t c = 0; c < kStoredAggregates; ++c) out.columns[c].push_back(row[c]);
    *this = {};
  }
};

// True when the part could be read, or was corrupt and has been reported.
Status note(Status status, std::vector<std::string>& damage) {
  if (status || status.error().code != Errc::corrupt) return status;
  damage.push_back(status.error().message);
  return {};
}

}  // namespace

void take_rows(Rollup& to, const Rollup& from, std::span<const std::uint32_t> rows) {
  for (const auto row : rows) {
    append(to.base,
           SampleSpan({&from.base.t_ms[row], 1}, {&from.base.value[row], 1},
                      from.base.histograms.empty() ? std::span<const HistogramPtr>()
                                                   : std::span(&from.base.histograms[row], 1),
                      from.base.start_ms.empty() ? std::span<const UnixMillis>()
                                                 : std::span(&from.base.start_ms[row], 1)));
    for (std::size_t c = 0; c < kStoredAggregates; ++c)
      to.columns[c].push_back(from.columns[c][row]);
  }
}

Rollup roll_up(const SampleColumn& samples, UnixMillis window_ms) {
  Rollup out;
  Window window;
  UnixMillis current = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto t = samples.t_ms[i];
    if (const auto w = window_of(t, window_ms); w != current) {
      window.put(out);
      current = w;
    }
    const auto histogram = samples.histograms.empty() ? nullptr : samples.histograms[i];
    if (histogram ? is_stale(*histogram) : is_stale(samples.value[i])) continue;
    window.add_time(t, samples.start_ms.empty() ? 0 : samples.start_ms[i], histogram);
    const double v = samples.value[i];
    if (!histogram) window.add_value(1, v, v, v, v, v, v);
  }
  window.put(out);
  return out;
}

Rollup roll_up(const Rollup& finer, UnixMillis window_ms) {
  Rollup out;
  Window window;
  UnixMillis current = 0;
  for (std::size_t i = 0; i < finer.size(); ++i) {
    const auto t = finer.base.t_ms[i];
    if (const auto w = window_of(t, window_ms); w != current) {
      window.put(out);
      current = w;
    }
    window.add_time(t, finer.base.start_ms.empty() ? 0 : finer.base.start_ms[i],
                    finer.base.histograms.empty() ? nullptr : finer.base.histograms[i]);
    const auto at = [&](Aggregate a) { return finer.of(a)[i]; };
    if (at(Aggregate::count) > 0)
      window.add_value(at(Aggregate::count), at(Aggregate::sum), at(Aggregate::min),
                       at(Aggregate::max), at(Aggregate::first), at(Aggregate::last),
                       at(Aggregate::counter));
  }
  window.put(out);
  return out;
}

Status read_merged(std::span<const std::shared_ptr<const Part>> parts, SeriesId id,
                   UnixMillis from_ms, UnixMillis to_ms, SampleColumn& out,
                   std::vector<std::string>& damage) {
  std::vector<SampleColumn> columns;
  bool in_order = true;
  for (const auto& part : parts) {
    if (part->max_ms() < from_ms || part->min_ms() > to_ms || !part->contains(id)) continue;
    SampleColumn column;
    TRY(note(part->read(id, from_ms, to_ms, column), damage));
    if (column.empty()) continue;
    in_order = in_order && (columns.empty() || columns.back().t_ms.back() < column.t_ms.front());
    columns.push_back(std::move(column));
  }
  if (columns.size() == 1) {
    out = std::move(columns[0]);
  } else if (in_order) {
    for (const auto& column : columns) append(out, SampleSpan(column));
  } else {
    std::vector<SampleSpan> spans;
    for (const auto& column : columns) spans.emplace_back(column);
    merge(spans, out);
  }
  return {};
}

Status read_merged(std::span<const std::shared_ptr<const Part>> parts, SeriesId id,
                   UnixMillis from_ms, UnixMillis to_ms, Rollup& out,
                   std::vector<std::string>& damage) {
  Rollup all;
  for (const auto& part : parts) {
    if (part->max_ms() < from_ms || part->min_ms() > to_ms || !part->contains(id)) continue;
    Rollup one;
    bool whole = true;
    for (std::size_t c = 0; c < kStoredAggregates && whole; ++c) {
      SampleColumn column;
      const auto before = damage.size();
      TRY(note(part->read_aggregate(id, static_cast<Aggregate>(c), from_ms, to_ms, column),
               damage));
      whole = damage.size() == before && (c == 0 || column.size() == one.size());
      one.columns[c] = column.value;
      if (c == 0) one.base = std::move(column);
    }
    if (!whole) continue;
    append(all.base, SampleSpan(one.base));
    for (std::size_t c = 0; c < kStoredAggregates; ++c)
      all.columns[c].insert(all.columns[c].end(), one.columns[c].begin(), one.columns[c].end());
  }
  if (std::ranges::adjacent_find(all.base.t_ms, std::greater_equal<>{}) == all.base.t_ms.end()) {
    out = std::move(all);
    return {};
  }
  std::vector<std::uint32_t> rows(all.size());
  std::iota(rows.begin(), rows.end(), 0u);
  std::ranges::stable_sort(rows, {}, [&](std::uint32_t row) { return all.base.t_ms[row]; });
  const auto [first, last] =
      std::ranges::unique(rows, {}, [&](std::uint32_t row) { return all.base.t_ms[row]; });
  rows.erase(first, last);
  take_rows(out, all, rows);
  return {};
}

std::vector<double> cumulative(std::span<const double> first, std::span<const double> last,
                               std::span<const double> counter) {
  std::vector<double> out;
  out.reserve(counter.size());
  for (std::size_t i = 0; i < counter.size(); ++i) {
    if (i == 0)
      out.push_back(counter[0]);
    else
      out.push_back(out.back() + (first[i] >= last[i - 1] ? first[i] - last[i - 1] : first[i]) +
                    (counter[i] - first[i]));
  }
  return out;
}

}  // namespace pharos::metrics
